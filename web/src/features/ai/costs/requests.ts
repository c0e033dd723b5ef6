/** The student's own key, and what a request may cost: asked of the API, and never kept. */
import type { Request } from "../../../sync/kinds.ts";
import type { components } from "../../../sync/openapi.d.ts";

type Schemas = components["schemas"];

export type OwnKey = Schemas["OwnKey"];
export type Estimate = Schemas["Estimate"];

const KEY = "/api/ai/key";

export const readOwnKey = (): Request => ({ method: "GET", path: KEY });

export const keepOwnKey = (key: string, password: string): Request => ({
    method: "PUT",
    path: KEY,
    body: { key, password },
});

export const deleteOwnKey = (): Request => ({ method: "DELETE", path: KEY });

/** What a request may cost, by the request itself. */
export const estimateOf = ({ path, body }: Request): Request => ({ method: "POST", path: `${path}/estimate`, body });
