/** What the tutor remembers, and which kinds of data are never sent: asked of the API, and never kept. */
import type { Request } from "../../../sync/kinds.ts";
import type { components } from "../../../sync/openapi.d.ts";

type Schemas = components["schemas"];

export type Fact = Schemas["Fact"];
export type FactKind = Fact["kind"];
export type DataKind = Schemas["AiSettings"]["off"][number];
export interface AiSettings {
    readonly off: readonly DataKind[];
}

export const listFacts = (): Request => ({ method: "GET", path: "/api/ai/memory" });

export const createFact = (body: { kind: FactKind; text: string }): Request => ({
    method: "POST",
    path: "/api/ai/memory",
    body,
});

export const changeFact = (id: string, body: { kind: FactKind; text: string }): Request => ({
    method: "PATCH",
    path: `/api/ai/memory/${id}`,
    body,
});

export const deleteFact = (id: string): Request => ({ method: "DELETE", path: `/api/ai/memory/${id}` });

export const readSettings = (): Request => ({ method: "GET", path: "/api/ai/settings" });

export const changeSettings = (body: AiSettings): Request => ({ method: "PUT", path: "/api/ai/settings", body });
