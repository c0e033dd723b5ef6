import { describe, expect, test } from "vitest";

import { Store } from "../../sync/store.ts";
import type { FocusSession } from "../focus/table.ts";
import { SCHEMA } from "../schema.ts";
import {
    blocksOn,
    daysOfWeek,
    duesOf,
    instantOf,
    nextPlace,
    type Place,
    placeOf,
    readWeek,
    sumOf,
    tooFull,
    unplannedTasks,
    weekNameOf,
    within,
} from "./week.ts";

const BERLIN = { timeZone: "Europe/Berlin", dayStart: "04:00" };
const THURSDAY = "2030-01-31";
const NOW = Date.parse("2030-01-31T08:00:00Z");
const WEEK = daysOfWeek("2030-W05", 1)!;

function session(id: string, startAt: string, plannedMinutes: number, more: Partial<FocusSession> = {}): FocusSession {
    const scheduledAt = startAt;
    const none = { startedAt: null, endedAt: null, taskId: null, subjectId: null, effectiveMinutes: 0 };
    const day = startAt.slice(0, 10);
    return { ...none, id, version: 1, status: "scheduled", scheduledAt, plannedMinutes, day, ...more } as FocusSession;
}

function storeOf(...rows: FocusSession[]): Store {
    const store = new Store(SCHEMA);
    const put = rows.map((row) => ({ table: "sessions", row }));
    store.load(put, [], 0);
    return store;
}

describe("weeks", () => {
    test("have the name of their Monday, whichever day comes first", () => {
        expect(weekNameOf("2030-02-03", 1)).toBe("2030-W05");
        expect(weekNameOf("2030-02-03", 7)).toBe("2030-W06");
        expect(daysOfWeek("2030-W06", 7)![0]).toBe("2030-02-03");
        expect(daysOfWeek("2030-W99", 1)).toBeNull();
    });
});

describe("places", () => {
    test("a night belongs to the day before", () => {
        const place = placeOf(session("a", "2030-01-31T01:30:00Z", 45), BERLIN)!;
        expect(place).toEqual({ day: "2030-01-30", minute: 26 * 60 + 30, minutes: 45 });
        expect(instantOf(place, BERLIN)).toBe("2030-01-31T01:30:00Z");
    });

    test("a completed session stands where it was", () => {
        const done = {
            status: "completed" as const,
            startedAt: "2030-01-31T13:00:00Z",
            endedAt: "2030-01-31T13:40:00Z",
        };
        expect(placeOf(session("a", "2030-01-31T12:00:00Z", 25, done), BERLIN)).toEqual({
            day: THURSDAY,
            minute: 14 * 60,
            minutes: 40,
        });
    });

    const noon: Place = { day: THURSDAY, minute: 720, minutes: 60 };
    test.each([
        ["up", false, { minute: 705 }],
        ["down", false, { minute: 735 }],
        ["start", false, { day: "2030-01-30" }],
        ["end", false, { day: "2030-02-01" }],
        ["up", true, { minutes: 45 }],
        ["down", true, { minutes: 75 }],
    ] as const)("%s, resizing: %s", (way, resize, change) => {
        expect(nextPlace(noon, way, resize, WEEK, BERLIN)).toEqual({ ...noon, ...change });
    });

    test("end at the edges of the day, of the week, and of a session's length", () => {
        expect(nextPlace({ ...noon, minute: 240 }, "up", false, WEEK, BERLIN)).toBeUndefined();
        expect(nextPlace({ ...noon, day: WEEK[0]! }, "start", false, WEEK, BERLIN)).toBeUndefined();
        expect(nextPlace({ ...noon, minutes: 15 }, "up", true, WEEK, BERLIN)).toBeUndefined();
        expect(nextPlace(noon, "end", true, WEEK, BERLIN)).toBeUndefined();
        expect(within({ ...noon, minutes: 255 }, BERLIN)).toBeUndefined();
        expect(within({ ...noon, minute: 1680 - 60 }, BERLIN)).toBeDefined();
        expect(within({ ...noon, minute: 1680 - 45 }, BERLIN)).toBeUndefined();
    });
});

describe("days", () => {
    test("show sessions side by side where they overlap", () => {
        const store = storeOf(
            session("a", "2030-01-31T09:00:00Z", 60),
            session("b", "2030-01-31T09:30:00Z", 60),
            session("c", "2030-01-31T10:00:00Z", 60),
            session("d", "2030-01-31T15:00:00Z", 60),
            session("e", "2030-01-31T12:00:00Z", 60, { status: "cancelled" }),
        );
        const lanes = blocksOn(store, THURSDAY, BERLIN).map(({ session: { id }, lane, lanes: all }) => [id, lane, all]);
        expect(lanes).toEqual([
            ["a", 0, 2],
            ["b", 1, 2],
            ["c", 0, 2],
            ["d", 0, 1],
        ]);
    });

    test("count work that was done and work that is planned", () => {
        const done = {
            status: "completed" as const,
            startedAt: "2030-01-31T06:00:00Z",
            endedAt: "2030-01-31T07:00:00Z",
        };
        const store = storeOf(
            session("a", "2030-01-31T06:00:00Z", 90, { ...done, effectiveMinutes: 50 }),
            session("b", "2030-01-31T09:00:00Z", 60),
        );
        expect(sumOf(blocksOn(store, THURSDAY, BERLIN))).toBe(110);
    });

    test("that are too full name the last session and where it would fit", () => {
        const store = storeOf(
            session("a", "2030-01-31T09:00:00Z", 120),
            session("b", "2030-01-31T14:00:00Z", 100),
            session("c", "2030-02-01T09:00:00Z", 120),
            session("d", "2030-02-02T15:00:00Z", 60),
        );
        const full = tooFull(store, readWeek(store, WEEK, BERLIN, NOW))!;
        expect([full.day, full.over, full.block?.session.id]).toEqual([THURSDAY, 40, "b"]);
        expect(full.place).toEqual({ day: "2030-02-02", minute: 17 * 60, minutes: 100 });
        expect(tooFull(store, readWeek(store, WEEK, BERLIN, Date.parse("2030-02-01T08:00:00Z")))).toBeNull();
    });

    test("show more hours when something stands there", () => {
        const store = storeOf(session("a", "2030-01-31T05:30:00Z", 60), session("b", "2030-01-31T23:00:00Z", 60));
        expect(readWeek(store, WEEK, BERLIN, NOW)).toMatchObject({ from: 6, to: 25 });
        expect(readWeek(storeOf(), WEEK, BERLIN, NOW)).toMatchObject({ from: 8, to: 22 });
    });
});

test("a task is unplanned until it has a session, and is due on its day", () => {
    const task = { id: "t", version: 1, status: "pending", priority: "medium", dueDate: THURSDAY, title: "Essay" };
    const store = new Store(SCHEMA);
    store.load([{ table: "tasks", row: task }], [], 0);
    expect(unplannedTasks(store).map(({ id }) => id)).toEqual(["t"]);
    expect(duesOf(store, WEEK, BERLIN).get(THURSDAY)).toHaveLength(1);
    const planned = session("a", "2030-01-31T09:00:00Z", 60, { taskId: "t" });
    store.load(
        [
            { table: "tasks", row: task },
            { table: "sessions", row: planned },
        ],
        [],
        0,
    );
    expect(unplannedTasks(store)).toEqual([]);
});
