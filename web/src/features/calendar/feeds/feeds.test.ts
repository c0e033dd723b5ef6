import { beforeAll, describe, expect, test } from "vitest";

import { loadLocale, withTexts } from "../../../platform/messages.ts";
import { Store } from "../../../sync/store.ts";
import { SCHEMA } from "../../schema.ts";
import { daysOfWeek, freeOn, readWeek, takenOn } from "../week.ts";
import { eventsOn } from "./events.ts";
import type { CalendarEvent, FeedChange } from "./requests.ts";
import { addressFault, allFeeds, changeText, resultText, stateText, timeText, whenText } from "./rules.ts";
import type { Feed } from "./table.ts";

const BERLIN = { timeZone: "Europe/Berlin", dayStart: "04:00" };
const THURSDAY = "2030-01-31";
const WEEK = daysOfWeek("2030-W05", 1)!;
const NOW = Date.parse("2030-01-31T08:00:00Z");

function feed(id: string, more: Partial<Feed> = {}): Feed {
    const read = { lastRun: "2030-01-31T07:55:00Z", nextRun: "2030-01-31T08:55:00Z", failures: 0, problems: [] };
    const counts = { added: 3, changed: 0, removed: 0, version: 0 };
    const own = { id, name: "Courses", host: "school.example", subjectId: null, createdAt: "2030-01-01T00:00:00Z" };
    return { ...own, ...read, ...counts, ...more };
}

function event(more: Partial<CalendarEvent>): CalendarEvent {
    const said = { id: "e", feedId: "f", calendarId: null, title: "Lecture", description: "", location: "", url: "" };
    const times = { startsAt: null, endsAt: null, startDate: null, endDate: null };
    return { ...said, ...times, busy: true, deadline: false, taskId: null, ...more };
}

const from = (startsAt: string, endsAt: string, more: Partial<CalendarEvent> = {}) =>
    event({ startsAt, endsAt, ...more });

beforeAll(() => withTexts(loadLocale("en-GB"), "feeds"));

describe("the table of calendars", () => {
    const later = feed("b", { createdAt: "2030-01-02T00:00:00Z" });

    test("follows what the server says of each calendar", () => {
        const store = new Store(SCHEMA);
        store.load([{ table: "feeds", row: feed("a", { lastRun: null, subjectId: "s" }) }], [], 0);
        const said: [string, object][] = [
            ["feed.updated", later],
            ["feed.updated", feed("a", { name: "Ada's courses", subjectId: "s" })],
            ["subject.deleted", { id: "s" }],
        ];
        said.forEach(([type, data], n) => store.apply({ seq: n + 1, type, at: "", data }));
        expect(allFeeds(store).map(({ name, subjectId }) => [name, subjectId])).toEqual([
            ["Ada's courses", null],
            ["Courses", null],
        ]);
        store.apply({ seq: 4, type: "feed.deleted", at: "", data: { id: "a" } });
        expect(allFeeds(store)).toEqual([later]);
    });
});

describe("what is said", () => {
    test.each([
        [{ lastRun: null }, "Being read…"],
        [{ lastRun: "2030-01-31T07:59:30Z" }, "Read just now"],
        [{}, "Read 5 minutes ago"],
        [{ lastRun: "2030-01-31T05:10:00Z" }, "Read 2 hours ago"],
        [{ lastRun: "2030-01-30T06:00:00Z" }, "Read yesterday"],
        [{ failures: 2, nextRun: "2030-01-31T13:20:00Z" }, "Next try at 14:20"],
    ])("of a calendar: %o", (more, text) => {
        expect(stateText(feed("a", more), NOW, BERLIN)).toBe(text);
    });

    test("of what a new calendar has, or why it couldn't be read", () => {
        expect(resultText(feed("a"))).toBe("“Courses” was read: 3 events.");
        const failed = feed("a", { failures: 1, problems: ["The calendar's server can't be reached."] });
        expect(resultText(failed)).toBe(
            "The calendar of school.example couldn't be read. The calendar's server can't be reached.",
        );
    });

    test.each<[Partial<FeedChange>, string]>([
        [{ kind: "changed", before: "2030-12-03", after: "2030-12-05", taskId: "t" }, "due moved from 3 Dec to 5 Dec"],
        [{ kind: "changed", before: "2030-12-03T22:59:00Z", after: "2030-12-05" }, "moved from 3 Dec, 23:59 to 5 Dec"],
        [{ kind: "changed", before: "2030-12-03", after: "2030-12-03", taskId: "t" }, "has a new title"],
        [{ kind: "added", before: null, after: "2030-12-09", taskId: "t" }, "added, due 9 Dec"],
        [{ kind: "added", before: null, after: "2030-12-09T08:00:00Z" }, "added, 9 Dec, 9:00"],
        [{ kind: "removed", before: "2030-12-09", after: null, taskId: "t" }, "no longer in the calendar"],
    ])("of a change: %o", (change, text) => {
        const base = {
            id: "c",
            kind: "added" as const,
            title: "Essay",
            before: null,
            after: null,
            taskId: null,
            at: "",
        };
        expect(changeText({ ...base, ...change }, BERLIN)).toBe(text);
    });

    test("of when an event is", () => {
        const lecture = from(`${THURSDAY}T09:00:00Z`, `${THURSDAY}T10:30:00Z`);
        expect(timeText(lecture, BERLIN)).toBe("10:00–11:30");
        expect(whenText(lecture, BERLIN)).toBe("Thursday 31 January, 10:00–11:30");
        const late = from(`${THURSDAY}T21:00:00Z`, `${THURSDAY}T23:00:00Z`);
        expect(whenText(late, BERLIN)).toBe("Thursday 31 January, 22:00–0:00");
        const trip = event({ startDate: THURSDAY, endDate: "2030-02-02" });
        expect(timeText(trip, BERLIN)).toBe("");
        expect(whenText(trip, BERLIN)).toBe("Thursday 31 January – Friday 1 February");
        expect(whenText(event({ startDate: THURSDAY, endDate: THURSDAY }), BERLIN)).toBe("Thursday 31 January");
    });
});

test.each([
    ["https://school.example/feed.ics", ""],
    ["webcal://school.example/feed.ics", ""],
    ["", "Enter the address of a calendar."],
    ["school.example/feed.ics", "Enter an address that begins with https:, http: or webcal:."],
    ["ftp://school.example/feed.ics", "Enter an address that begins with https:, http: or webcal:."],
    ["https://school.example/my feed.ics", "Enter an address that begins with https:, http: or webcal:."],
])("of the address %s", (typed, fault) => {
    expect(addressFault(typed)).toBe(fault);
});

describe("events in the week", () => {
    const on = (day: string, one: CalendarEvent) => {
        const { timed, whole } = eventsOn([one], day, BERLIN);
        return { timed: timed.map(({ minute, minutes }) => [minute, minutes]), whole: whole.length };
    };

    test("stand at their local time, and at night in the day before", () => {
        expect(on(THURSDAY, from(`${THURSDAY}T09:00:00Z`, `${THURSDAY}T10:30:00Z`))).toEqual({
            timed: [[600, 90]],
            whole: 0,
        });
        expect(on(THURSDAY, from(`${THURSDAY}T23:30:00Z`, "2030-02-01T01:00:00Z")).timed).toEqual([[1470, 90]]);
    });

    test("are cut where the student's day ends", () => {
        const night = from("2030-02-01T01:00:00Z", "2030-02-01T05:00:00Z"); // 2:00 to 6:00
        expect(on(THURSDAY, night).timed).toEqual([[26 * 60, 120]]);
        expect(on("2030-02-01", night).timed).toEqual([[240, 120]]);
        expect(on("2030-02-02", night).timed).toEqual([]);
    });

    test("keep the time of the clock on the day on which it changes", () => {
        // The clocks go forward at 2:00 on Sunday, 31 March 2030.
        expect(on("2030-03-31", from("2030-03-31T08:00:00Z", "2030-03-31T09:00:00Z")).timed).toEqual([[600, 60]]);
    });

    test("of whole days, deadlines, and what takes a day and more stand above the hours", () => {
        const trip = event({ startDate: THURSDAY, endDate: "2030-02-02" });
        expect([WEEK[2]!, THURSDAY, "2030-02-01", "2030-02-02"].map((day) => on(day, trip).whole)).toEqual([
            0, 1, 1, 0,
        ]);
        expect(on(THURSDAY, event({ startDate: THURSDAY })).whole).toBe(1);
        const quiz = from(`${THURSDAY}T22:59:00Z`, `${THURSDAY}T22:59:00Z`, { deadline: true });
        expect(on(THURSDAY, quiz)).toEqual({ timed: [], whole: 1 });
        const camp = from(`${THURSDAY}T09:00:00Z`, "2030-02-01T16:00:00Z");
        expect([THURSDAY, "2030-02-01", "2030-02-02"].map((day) => on(day, camp))).toEqual(
            [1, 1, 0].map((whole) => ({ timed: [], whole })),
        );
    });

    test("a deadline whose task is there isn't shown twice", () => {
        expect(on(THURSDAY, event({ startDate: THURSDAY, deadline: true, taskId: "t" })).whole).toBe(0);
        expect(on(THURSDAY, event({ startDate: THURSDAY, deadline: true })).whole).toBe(1);
    });

    test("share the width with sessions at the same time, and widen the hours that are shown", () => {
        const store = new Store(SCHEMA);
        const session = {
            id: "s",
            version: 1,
            status: "scheduled",
            scheduledAt: `${THURSDAY}T09:00:00Z`,
            day: THURSDAY,
        };
        const none = { startedAt: null, endedAt: null, taskId: null, subjectId: null };
        store.load([{ table: "sessions", row: { ...session, ...none, plannedMinutes: 60 } as never }], [], 0);
        const events = [
            from(`${THURSDAY}T09:30:00Z`, `${THURSDAY}T10:30:00Z`),
            from(`${THURSDAY}T05:30:00Z`, `${THURSDAY}T06:30:00Z`, { id: "early" }),
        ];
        const week = readWeek(store, WEEK, BERLIN, NOW, (day) => eventsOn(events, day, BERLIN));
        const day = week.days.find((one) => one.day === THURSDAY)!;
        expect(day.blocks.map(({ lane, lanes }) => [lane, lanes])).toEqual([[0, 2]]);
        expect(day.events.map(({ event: { id }, lane, lanes }) => [id, lane, lanes])).toEqual([
            ["early", 0, 1],
            ["e", 1, 2],
        ]);
        expect([week.from, week.to, day.sum]).toEqual([6, 22, 60]);
    });

    test("take time, if they are busy", () => {
        const store = new Store(SCHEMA);
        const next = (busy: boolean) => {
            const lecture = from(`${THURSDAY}T15:00:00Z`, `${THURSDAY}T17:00:00Z`, { busy });
            const week = readWeek(store, WEEK, BERLIN, NOW, (day) => eventsOn([lecture], day, BERLIN));
            return freeOn(takenOn(store, week, THURSDAY), THURSDAY, 60, BERLIN, NOW)?.minute;
        };
        expect([next(true), next(false)]).toEqual([18 * 60, 16 * 60]);
    });
});
