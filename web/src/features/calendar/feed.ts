/** The calendar for other programs. */
import type { App } from "../../app/context.ts";
import { m } from "../../platform/messages.ts";
import { Problem } from "../../sync/api.ts";
import { getFeed, type PublishedFeed } from "./requests.ts";

/** Minutes before a session or a due time; null for no reminder. */
export const ALARMS = [null, 0, 5, 15, 30, 60] as const;

export function alarmText(minutes: number | null): string {
    if (minutes === null) return m("calendar.feed.alarm.none");
    return minutes === 0 ? m("calendar.feed.alarm.begin") : m("calendar.feed.alarm.before", { count: minutes });
}

/** The published calendar, or null where there is none. */
export async function readFeed(app: App): Promise<PublishedFeed | null> {
    try {
        return await app.call<PublishedFeed>(getFeed());
    } catch (fault) {
        if (fault instanceof Problem && fault.code === "no_published_feed") return null;
        throw fault;
    }
}
