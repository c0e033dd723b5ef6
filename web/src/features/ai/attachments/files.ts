/** The attachments of a task whose text the server can read. */
import type { App } from "../../../app/context.ts";
import type { Attachment } from "../../tasks/files.ts";
import { listAttachments } from "../../tasks/requests.ts";

const READABLE: readonly string[] = [
    "application/pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "text/plain",
    "text/markdown",
    "text/csv",
];

/** Asked of the API: attachments aren't kept on the device. */
export async function readableFiles(app: App, taskId: string): Promise<Attachment[]> {
    const { items } = await app.call<{ items: Attachment[] }>(listAttachments(taskId));
    return items.filter(({ status, type }) => status === "ready" && READABLE.includes(type));
}
