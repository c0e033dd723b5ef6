import { expect, test } from "vitest";

import { Store } from "../../../sync/store.ts";
import type { FocusSession } from "../../focus/table.ts";
import { SCHEMA } from "../../schema.ts";
import type { PlannedDay } from "./requests.ts";
import { keyOf, piecesOf } from "./rules.ts";

const ZONE = { timeZone: "Europe/Berlin", dayStart: "04:00" };
const DATE = "2030-01-31";
const MORNING = Date.parse("2030-01-31T08:00:00Z");

function session(taskId: string, startAt: string, more: Partial<FocusSession> = {}) {
    const row = { id: `${taskId} ${startAt}`, taskId, status: "scheduled", scheduledAt: startAt, startedAt: null };
    return {
        ...row,
        endedAt: null,
        version: 1,
        plannedMinutes: 60,
        day: startAt.slice(0, 10),
        ...more,
    } as FocusSession;
}

function storeOf(...rows: FocusSession[]): Store {
    const store = new Store(SCHEMA);
    store.load(
        rows.map((row) => ({ table: "sessions", row })),
        [],
        0,
    );
    return store;
}

function dayOf(...minutes: readonly [taskId: string, minutes: number][]): PlannedDay {
    const items = minutes.map(([taskId, length]) => ({
        taskId,
        title: taskId,
        minutes: length,
        dueDate: null,
        reason: "later" as const,
    }));
    return { date: DATE, minutes: minutes.reduce((sum, [, length]) => sum + length, 0), items };
}

const hours = (pieces: ReturnType<typeof piecesOf>) => pieces.map(({ place }) => place && place.minute / 60);

test("each piece gets the first free hour of its day, after what is planned and those before it", () => {
    const store = storeOf(session("other", "2030-01-31T15:00:00Z"));
    const pieces = piecesOf(store, dayOf(["a", 90], ["b", 15], ["c", 3]), new Set(), ZONE, MORNING);
    expect(hours(pieces)).toEqual([17, 19, 20]);
    expect(pieces.map(({ place }) => place?.minutes)).toEqual([90, 15, 5]);
});

test("what isn't chosen takes no place", () => {
    const pieces = piecesOf(storeOf(), dayOf(["a", 60], ["b", 60]), new Set([keyOf(DATE, 0)]), ZONE, MORNING);
    expect(hours(pieces)).toEqual([null, 16]);
});

test("a session of the task on this day is the piece, and only one piece", () => {
    const planned = session("a", "2030-01-31T15:00:00Z");
    const store = storeOf(planned, session("a", "2030-02-01T15:00:00Z"));
    const pieces = piecesOf(store, dayOf(["a", 60], ["a", 60]), new Set(), ZONE, MORNING);
    expect(pieces.map((one) => one.session?.id)).toEqual([planned.id, undefined]);
    expect(hours(pieces)).toEqual([null, 17]);
    const done = storeOf(session("a", "2030-01-31T07:00:00Z", { status: "completed" }));
    expect(piecesOf(done, dayOf(["a", 60]), new Set(), ZONE, MORNING)[0]?.session).toBeNull();
});

test("what has passed is no free hour", () => {
    const evening = Date.parse("2030-01-31T18:30:00Z");
    expect(hours(piecesOf(storeOf(), dayOf(["a", 30], ["b", 30]), new Set(), ZONE, evening))).toEqual([20, null]);
});
