/** What is said about calendars that the student subscribes to. */
import { m } from "../../../platform/messages.ts";
import {
    addDays,
    addMinutes,
    dateOf,
    formatAgo,
    formatDay,
    formatTime,
    type Instant,
    isDay,
    millis,
    type Zone,
} from "../../../platform/time.ts";
import { derived } from "../../../sync/derived.ts";
import type { CalendarEvent, FeedChange } from "./requests.ts";
import { type Feed, feeds } from "./table.ts";

/** The calendars, the oldest first. */
export const allFeeds = derived((view) => view.all(feeds).toSorted(byAge));

interface Aged {
    readonly id: string;
    readonly createdAt: Instant;
}

/** The oldest first. */
export function byAge(a: Aged, b: Aged): number {
    return millis(a.createdAt) - millis(b.createdAt) || (a.id < b.id ? -1 : 1);
}

/** When it was read, or is tried again; `now` in milliseconds. */
export function stateText({ lastRun, failures, nextRun }: Feed, now: number, { timeZone }: Zone): string {
    if (lastRun === null) return m("calendar.feeds.reading");
    if (failures > 0) return m("calendar.feeds.next", { time: formatTime(nextRun, timeZone) });
    if (now - millis(lastRun) < 60_000) return m("calendar.feeds.read.now");
    return m("calendar.feeds.read", { ago: formatAgo(lastRun, now) });
}

/** What reading a new calendar led to. */
export function resultText(feed: Feed): string {
    const { failures, problems, name, host, added } = feed;
    if (failures > 0) return m("calendar.feeds.failed", { host, problem: problems[0] ?? "" });
    return m("calendar.feeds.found", { name, count: added });
}

/** What changed, without the title: "due moved from 3 Dec to 5 Dec". */
export function changeText({ kind, before, after, taskId }: FeedChange, zone: Zone): string {
    const [from, to] = [before, after].map((when) => when && changeTimeText(when, zone));
    if (kind === "removed") return m("calendar.feeds.change.removed");
    if (kind === "added") return m(taskId ? "calendar.feeds.change.due" : "calendar.feeds.change.added", { to: to! });
    if (from === to) return m("calendar.feeds.change.title");
    const moved = taskId ? "calendar.feeds.change.due.moved" : "calendar.feeds.change.moved";
    return m(moved, { from: from!, to: to! });
}

/** "3 Dec", or "3 Dec, 14:00" for an instant. */
function changeTimeText(when: string, { timeZone }: Zone): string {
    if (isDay(when)) return formatDay(when, "dateShort");
    return `${formatDay(dateOf(when, timeZone), "dateShort")}, ${formatTime(when, timeZone)}`;
}

/** When an event is: "10:00–12:00", "23:59" for a deadline; empty for whole days. */
export function timeText({ startsAt, endsAt }: CalendarEvent, { timeZone }: Zone): string {
    if (!startsAt) return "";
    const ends: readonly Instant[] = endsAt && endsAt !== startsAt ? [startsAt, endsAt] : [startsAt];
    return ends.map((at) => formatTime(at, timeZone)).join("–");
}

/** An event that ends at midnight isn't on the next day. */
function lastMinute({ startsAt, endsAt }: CalendarEvent): Instant {
    return endsAt && endsAt !== startsAt ? addMinutes(endsAt, -1) : startsAt!;
}

/** When an event is, with its days: "Tuesday, 29 January, 10:00–12:00". */
export function whenText(event: CalendarEvent, zone: Zone): string {
    const { startsAt, startDate, endDate } = event;
    const [first, last] = startsAt
        ? [startsAt, lastMinute(event)].map((at) => dateOf(at, zone.timeZone))
        : [startDate, endDate && endDate > startDate! ? addDays(endDate, -1) : startDate];
    const days = [...new Set([first!, last!])].map((day) => formatDay(day, "long")).join(" – ");
    return [days, timeText(event, zone)].filter(Boolean).join(", ");
}

const ADDRESS = /^(https?|webcals?):\/\/\S+$/i;

/** What is wrong with an address as it was typed, as far as that can be told before the API is asked; or empty. */
export function addressFault(typed: string): string {
    if (!typed) return m("calendar.feeds.address.missing");
    return ADDRESS.test(typed) ? "" : m("calendar.feeds.address.form");
}
