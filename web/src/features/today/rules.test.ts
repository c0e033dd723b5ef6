import { describe, expect, test } from "vitest";

import { Store } from "../../sync/store.ts";
import type { FocusSession } from "../focus/table.ts";
import { SCHEMA } from "../schema.ts";
import type { Task } from "../tasks/table.ts";
import { freeFrom, hoursOf, minutesOf, type Slot, tasksOf } from "./rules.ts";

const slot = (from: number, length: number) => ({ from, length }) as Slot;

describe("free time", () => {
    test("all that is left of an empty day", () => expect(freeFrom([], 600, 1200)).toEqual({ from: 600, length: 600 }));
    test("it begins on the half hour", () => expect(freeFrom([], 601, 1200)).toEqual({ from: 630, length: 570 }));
    test("after what has begun, before what comes", () =>
        expect(freeFrom([slot(590, 60), slot(840, 30)], 600, 1200)).toEqual({ from: 650, length: 190 }));
    test("less than an hour is not named", () =>
        expect(freeFrom([slot(640, 500)], 600, 1200)).toEqual({ from: 1140, length: 60 }));
    test("a full day has none", () => expect(freeFrom([slot(0, 1200)], 600, 1200)).toBeNull());
});

test("the hours hold all that there is", () => {
    expect(hoursOf([])).toEqual({ from: 8, to: 20 });
    expect(hoursOf([slot(400, 30), slot(1300, 45)])).toEqual({ from: 6, to: 23 });
});

describe("the minutes of a day", () => {
    const DAY = "2030-01-31";
    const ZONE = { timeZone: "Europe/Berlin", dayStart: "04:00" };
    const task = (id: string, dueDate: string) =>
        ({
            id,
            version: 1,
            title: id,
            status: "pending",
            estimatedMinutes: 90,
            dueDate,
            dueAt: null,
            labels: [],
        }) as unknown as Task;
    const session = (taskId: string, status: string) =>
        ({
            id: `of ${taskId}`,
            version: 1,
            status,
            taskId,
            plannedMinutes: 25,
            day: DAY,
            startedAt: null,
            scheduledAt: `${DAY}T18:00:00Z`,
            effectiveMinutes: 0,
        }) as unknown as FocusSession;

    function planned(tasks: Task[], sessions: FocusSession[]): number {
        const store = new Store(SCHEMA);
        const puts = (table: string, rows: (Task | FocusSession)[]) => rows.map((row) => ({ table, row }));
        store.load([...puts("tasks", tasks), ...puts("sessions", sessions)], [], 0);
        return minutesOf(store, DAY, ZONE, tasksOf(store, DAY, ZONE)).planned;
    }

    test("a task that is due counts whole, once", () =>
        expect(planned([task("due", DAY)], [session("due", "scheduled")])).toBe(90));
    test("of a task that is due later only what is planned today counts", () =>
        expect(planned([task("later", "2030-02-04")], [session("later", "scheduled")])).toBe(25));
});
