/** What is asked of the API about calendar accounts. */
import type { Request } from "../../../sync/kinds.ts";
import type { components } from "../../../sync/openapi.d.ts";

type Schemas = components["schemas"];

export type Accounts = Schemas["CalendarAccounts"];
export type Provider = Accounts["providers"][number];
/** How much is read: only when the student is busy, or also with what. */
export type Access = Schemas["CalendarAccount"]["access"];
/** Where the browser goes, so that the student gives access there. */
export type Authorization = Schemas["Authorization"];
export type CalDavSignIn = Schemas["CalDavSignIn"];

const path = "/api/calendar";

export const listAccounts = (): Request => ({ method: "GET", path: `${path}/accounts` });
export const authorize = (provider: "google" | "outlook", access: Access): Request => ({
    method: "POST",
    path: `${path}/${provider}/connect`,
    body: { access },
});
export const connectCalDav = (body: CalDavSignIn): Request => ({
    method: "POST",
    path: `${path}/caldav/connect`,
    body,
    timeout: 60_000, // the server asks the other one several times
});
/** Chooses whether focus sessions are written into an account. */
export const chooseWrites = (id: string, writes: boolean): Request => ({
    method: "PATCH",
    path: `${path}/accounts/${id}`,
    body: { writes },
});
/** Chooses whether a calendar is read, and its events take time. */
export const chooseBusy = (id: string, calendarId: string, busy: boolean): Request => ({
    method: "PATCH",
    path: `${path}/accounts/${id}/calendars/${calendarId}`,
    body: { busy },
});
/** Synchronizes an account now, in the background. */
export const syncAccount = (id: string): Request => ({ method: "POST", path: `${path}/accounts/${id}/sync` });
export const disconnectAccount = (id: string, removeEvents: boolean): Request => ({
    method: "DELETE",
    path: `${path}/accounts/${id}`,
    query: { removeEvents },
});
export const reverseConflict = (id: string): Request => ({ method: "POST", path: `${path}/conflicts/${id}/reverse` });
