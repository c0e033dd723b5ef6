/** What needs a connection: changes of a whole series, occurrences, history, search, and reading a typed line. */
import type { Request } from "../../sync/kinds.ts";
import type { TaskChanges } from "./table.ts";

export type Scope = "this" | "following" | "all";

export const readLine = (text: string, at: string, signal?: AbortSignal): Request => ({
    method: "POST",
    path: "/api/tasks/quick-add",
    body: { text, at },
    timeout: 5_000,
    ...(signal && { signal }),
});

export const updateSeries = (id: string, body: TaskChanges, scope: Scope, version?: number): Request => ({
    method: "PATCH",
    path: `/api/tasks/${id}`,
    query: { scope },
    body,
    ...(version && { ifMatch: version }),
});

export const deleteSeries = (id: string, scope: Scope): Request => ({
    method: "DELETE",
    path: `/api/tasks/${id}`,
    query: { scope },
});

export const listOccurrences = (id: string, fromDay?: string, toDay?: string): Request => ({
    method: "GET",
    path: `/api/tasks/${id}/occurrences`,
    query: { fromDay, toDay, limit: 100 },
});

export const createOccurrence = (id: string, start: string): Request => ({
    method: "POST",
    path: `/api/tasks/${id}/occurrences`,
    body: { start },
});

export const listHistory = (id: string, cursor?: string | null): Request => ({
    method: "GET",
    path: `/api/tasks/${id}/history`,
    query: { limit: 50, cursor },
});

export const undoChange = (id: string, changeId: string): Request => ({
    method: "POST",
    path: `/api/tasks/${id}/history/${changeId}/undo`,
    body: {},
});

export const search = (q: string, cursor?: string | null, signal?: AbortSignal): Request => ({
    method: "GET",
    path: "/api/search",
    query: { q, limit: 50, cursor },
    ...(signal && { signal }),
});

const attachments = (id: string, rest = "") => `/api/tasks/${id}/attachments${rest}`;

export const listAttachments = (id: string): Request => ({ method: "GET", path: attachments(id) });

export const createAttachment = (id: string, body: { name: string; type: string; size: number }): Request => ({
    method: "POST",
    path: attachments(id),
    body,
});

/** Sends the content where `createAttachment` said. */
export const uploadAttachment = (upload: { url: string; headers: Record<string, string> }, content: Blob): Request => ({
    method: "PUT",
    path: upload.url,
    body: content,
    headers: upload.headers,
    timeout: 300_000,
});

export const finishAttachment = (id: string, attachmentId: string): Request => ({
    method: "POST",
    path: attachments(id, `/${attachmentId}/finish`),
    body: {},
});

/** Its answer is a Blob. */
export const downloadAttachment = (id: string, attachmentId: string): Request => ({
    method: "GET",
    path: attachments(id, `/${attachmentId}/content`),
    answers: "blob",
    timeout: 300_000,
});

export const deleteAttachment = (id: string, attachmentId: string): Request => ({
    method: "DELETE",
    path: attachments(id, `/${attachmentId}`),
});
