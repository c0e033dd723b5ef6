/** Pages of the student's own material: asked of the API, and never kept. */
import type { Request } from "../../../sync/kinds.ts";
import type { components } from "../../../sync/openapi.d.ts";
import type { Cited } from "./rules.ts";

export type MaterialPage = components["schemas"]["MaterialPage"];

const PATH = "/api/ai/material";

/** A page of the attachment, or the notes, that a quote is from; null where that isn't known. */
export function readPage({ attachmentId, taskId, subjectId }: Cited, page: number): Request | null {
    if (attachmentId) return { method: "GET", path: `${PATH}/attachments/${attachmentId}`, query: { page } };
    if (taskId) return { method: "GET", path: `${PATH}/tasks/${taskId}` };
    return subjectId ? { method: "GET", path: `${PATH}/subjects/${subjectId}` } : null;
}
