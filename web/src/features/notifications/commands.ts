import type { CommandKind, Fields } from "../../sync/kinds.ts";
import { type Notification, notifications, readOf } from "./table.ts";

/** Marks notifications as read; the id is any. */
export const readNotifications: CommandKind<Notification, { ids: readonly string[] } & Fields> = {
    name: "read_notifications",
    table: notifications,
    does: "changes",
    targets: ({ body }) => body.ids,
    look: (row) => row && (row.read ? row : { ...row, read: true }),
    request: ({ body }) => ({ method: "POST", path: "/api/notifications/read", body: { ids: body.ids } }),
    answer: (data, _, known) =>
        (data as { ids: string[] }).ids
            .map(known)
            .filter((row) => row !== undefined)
            .filter((row) => !row.read)
            .map((row) => ({ table: notifications.name, row: readOf(row) })),
};

export const deleteNotification: CommandKind<Notification> = {
    name: "delete_notification",
    table: notifications,
    does: "deletes",
    look: () => undefined,
    request: ({ id }) => ({ method: "DELETE", path: `/api/notifications/${id}` }),
    hold: 8_000,
};

export const KINDS = [readNotifications, deleteNotification];
