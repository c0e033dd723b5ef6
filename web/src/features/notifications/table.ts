import { type Kept, removes, replaces, type Rows, rowsOf, type Table } from "../../sync/kinds.ts";
import type { components } from "../../sync/openapi.d.ts";

export type Notification = components["schemas"]["Notification"] & Kept;

/** The newest notifications that are kept: one page of the API. */
export const KEPT = 200;

export const notifications: Table<Notification> = {
    name: "notifications",
    async *read(reader) {
        for await (const page of reader.pages<Notification>("/api/notifications", { limit: KEPT })) {
            yield rowsOf("notifications", page);
            break;
        }
    },
    late: true,
    events: {
        "notification.created": replaces,
        "notification.deleted": removes,
        "notifications.read": (rows: Rows<Notification>, { ids }: { ids: string[] }) => {
            for (const id of ids) {
                const row = rows.get(id);
                if (row && !row.read) rows.put(readOf(row));
            }
        },
    },
};

/** A notification that was read: that raises its version by one. */
export function readOf(row: Notification): Notification {
    return { ...row, read: true, version: row.version + 1 };
}
