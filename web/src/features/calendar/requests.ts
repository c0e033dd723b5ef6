/** What is asked of the API without being kept. */
import type { Request } from "../../sync/kinds.ts";
import type { components } from "../../sync/openapi.d.ts";

type Schemas = components["schemas"];

export type PublishedFeed = Schemas["PublishedFeed"];
export type NewPublishedFeed = Schemas["NewPublishedFeed"];

const path = "/api/calendar/feed";

export const getFeed = (): Request => ({ method: "GET", path });
export const publishFeed = (body: NewPublishedFeed): Request => ({ method: "POST", path, body });
export const deleteFeed = (): Request => ({ method: "DELETE", path });
