import { type Day, dayOf, type Zone } from "../../platform/time.ts";
import { derived } from "../../sync/derived.ts";
import type { IconName } from "../../ui/icons.ts";
import { type Notification, notifications } from "./table.ts";

/** All that are kept, the newest first: their ids are made in the order of time. */
export const newestFirst = derived((view) => view.all(notifications).toSorted((a, b) => (a.id < b.id ? 1 : -1)));

export const unreadCount = derived((view) => view.all(notifications).filter((one) => !one.read).length);

/** The notifications by local day, the newest day first. */
export function byDay(list: readonly Notification[], zone: Zone): (readonly [Day, readonly Notification[]])[] {
    return [...Map.groupBy(list, (one) => dayOf(one.createdAt, zone))];
}

/** Where the object of a notification is, if it has one. */
export function addressOf({ type, data }: Pick<Notification, "type" | "data">): string | undefined {
    const { taskId, focusSessionId, exportId } = data as Readonly<Record<string, unknown>>;
    if (type.startsWith("calendar_")) return "/settings/calendars";
    if (typeof taskId === "string") return `/tasks/${encodeURIComponent(taskId)}`;
    if (typeof focusSessionId === "string") return "/focus";
    if (typeof exportId === "string") return "/settings/data";
    return type === "security" ? "/settings/security" : undefined;
}

const ICONS: Readonly<Record<string, IconName>> = {
    welcome: "spark",
    security: "shield",
    export_ready: "download",
    task_completed: "check",
    focus_forgotten: "clock",
    calendar_stopped: "week",
    calendar_conflict: "week",
};

/** The drawing of its type; that of a bell for a type that is not known here. */
export function iconOf({ type }: Pick<Notification, "type">): IconName {
    return ICONS[type] ?? "notifications";
}
