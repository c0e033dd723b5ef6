/** What is asked of the API about calendars that the student subscribes to. */
import type { Instant } from "../../../platform/time.ts";
import type { Request } from "../../../sync/kinds.ts";
import type { components } from "../../../sync/openapi.d.ts";

type Schemas = components["schemas"];

export type NewFeed = Schemas["NewFeed"];
export type FeedChange = Schemas["FeedChange"];
export type Course = Schemas["Course"];
export type CalendarEvent = Schemas["CalendarEvent"];

const path = "/api/calendar/feeds";

export const createFeed = (body: NewFeed): Request => ({ method: "POST", path, body });
export const deleteFeed = (id: string): Request => ({ method: "DELETE", path: `${path}/${id}` });
/** Replaces the address of a calendar. */
export const moveFeed = (id: string, url: string): Request => ({
    method: "PATCH",
    path: `${path}/${id}`,
    body: { url },
});
export const listCourses = (id: string): Request => ({ method: "GET", path: `${path}/${id}/courses` });
/** Chooses the subject of a course; answers with all courses of the calendar. */
export const chooseSubject = (id: string, body: Schemas["CourseChoice"]): Request => ({
    method: "PUT",
    path: `${path}/${id}/courses`,
    body,
});
/** Reads the calendar now, in the background. */
export const syncFeed = (id: string): Request => ({ method: "POST", path: `${path}/${id}/sync` });
export const listChanges = (id: string): Request => ({
    method: "GET",
    path: `${path}/${id}/changes`,
    query: { limit: 20 },
});
export const listEvents = (from: Instant, to: Instant): Request => ({
    method: "GET",
    path: "/api/calendar/events",
    query: { from, to },
});
