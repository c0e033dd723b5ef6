import { describe, expect, test } from "vitest";

import type { Command, Fields, Known } from "../../sync/kinds.ts";
import { merge } from "../../sync/merge.ts";
import { Store } from "../../sync/store.ts";
import { SCHEMA } from "../schema.ts";
import {
    completeTask,
    createSubtask,
    createTask,
    deleteTask,
    due,
    orderSubtasks,
    quickAddTask,
    reopenTask,
    skipTask,
    updateSubtask,
    updateTask,
} from "./commands.ts";
import {
    byDue,
    doneOn,
    dueDay,
    isDueBy,
    isOverdue,
    labelsInUse,
    openTasks,
    progressOf,
    searchKept,
    sortedByDue,
    stepsOf,
} from "./rules.ts";
import { KEPT_DAYS, type Subtask, type Task, tasks } from "./table.ts";

const ZONE = { timeZone: "Europe/Berlin", dayStart: "04:00" };
const AT = "2030-01-31T12:00:00Z";

function command<B extends Fields>(body: B, more: Partial<Command> = {}): Command<B> {
    return { key: "k", order: 1, kind: "", id: "t", at: AT, seen: null, state: "waiting", ...more, body };
}

function task(id: string, fields: Partial<Task> = {}): Task {
    const made = createTask.look(undefined, command({ title: id }, { id }))!;
    return { ...made, version: 1, ...fields };
}

function step(id: string, fields: Partial<Subtask> = {}): Subtask {
    const made = createSubtask.look(undefined, command({ taskId: "t", title: id }, { id }))!;
    return { ...made, version: 1, ...fields };
}

function viewOf(rows: { tasks?: Task[]; subtasks?: Subtask[] }): Store {
    const store = new Store(SCHEMA);
    const puts = Object.entries(rows).flatMap(([table, list]) => list.map((row) => ({ table, row })));
    store.load(puts, [], 0);
    return store;
}

const known = (rows: Subtask[] = []): Known<never> => ({ row: undefined, version: 3, by: () => rows as never });

describe("how tasks look at once", () => {
    test("a new one has what was given, and what the server gives by itself", () => {
        const body = { title: "Essay", dueDate: "2030-02-01", priority: null as never };
        expect(createTask.look(undefined, command(body))).toMatchObject({
            id: "t",
            title: "Essay",
            dueDate: "2030-02-01",
            priority: "medium",
            status: "pending",
            labels: [],
        });
        const line = command({ text: "Essay fri", shown: { title: "Essay", dueDate: "2030-02-01" } });
        expect(quickAddTask.look(undefined, line)).toMatchObject({ title: "Essay", dueDate: "2030-02-01" });
        expect(quickAddTask.look(undefined, command({ text: "Essay fri" }))?.title).toBe("Essay fri");
    });

    test("the server's row is stronger than a guess", () => {
        const row = task("t", { title: "From the server" });
        expect(quickAddTask.look(row, command({ text: "x" }))).toBe(row);
    });

    test("completing keeps the first time, reopening clears it", () => {
        const done = completeTask.look(task("t"), command({}))!;
        expect(done).toMatchObject({ status: "completed", completedAt: AT });
        expect(completeTask.look(done, command({}))).toBe(done);
        expect(reopenTask.look(done, command({}))).toMatchObject({ status: "pending", completedAt: null });
    });

    test("nothing is made of what isn't there", () => {
        for (const kind of SCHEMA.kinds.filter(({ does }) => does !== "creates")) {
            if (kind.table.name === "preferences") continue; // there always are some
            expect(kind.look(undefined, command({ ids: [], minutes: 5 })), kind.name).toBeUndefined();
        }
    });
});

describe("how they are sent", () => {
    test("creations name their ids, so that they are single", () => {
        expect(createTask.request(command({ title: "x" }), { title: "x" }, known()).body).toEqual({
            id: "t",
            title: "x",
        });
        const subtask = command({ taskId: "p", title: "x" }, { id: "s" });
        const request = createSubtask.request(subtask, subtask.body, known());
        expect([request.path, request.body]).toEqual(["/api/tasks/p/subtasks", { id: "s", title: "x" }]);
    });

    test("a line says when it was typed, and nothing of what was shown", () => {
        const line = command({ text: "Essay", shown: { title: "Essay" } });
        expect(quickAddTask.request(line, line.body, known()).body).toEqual({
            id: "t",
            text: "Essay",
            create: true,
            at: AT,
        });
    });

    test("changes name the version that they are based on", () => {
        expect(updateTask.request(command({}), { title: "x" }, known())).toMatchObject({
            ifMatch: 3,
            body: { title: "x" },
        });
        const seen = { ...step("s"), taskId: "p" } as never;
        expect(updateSubtask.request(command({}, { id: "s", seen }), {}, known()).path).toBe("/api/tasks/p/subtasks/s");
    });

    test("an order has each subtask once, whatever came and went meanwhile", () => {
        const now = [step("a", { order: 0 }), step("b", { order: 1 }), step("new", { order: 2 })];
        const body = { ids: ["gone", "b", "a"], before: [] };
        expect(orderSubtasks.request(command(body), body, known(now)).body).toEqual({ ids: ["b", "a", "new"] });
    });
});

describe("undoing", () => {
    test("brings back exactly what was, a due time as a whole", () => {
        const before = task("t", { dueAt: AT, dueZone: "Europe/Berlin", title: "Old" });
        expect(updateTask.inverse!(before, command({ title: "New", ...due({ day: "2030-02-01" }) }))).toEqual([
            {
                kind: "update_task",
                id: "t",
                body: { title: "Old", dueDate: null, dueAt: AT, dueZone: "Europe/Berlin" },
            },
        ]);
        expect(updateTask.inverse!(before, command({ dueDate: "2030-02-01" }))![0]!.body).toEqual({
            dueDate: null,
            dueAt: AT,
            dueZone: "Europe/Berlin",
        });
    });

    test("reopens into the state before; nothing is to be undone if nothing happened", () => {
        expect(
            completeTask.inverse!(task("t", { status: "in_progress" }), command({}))?.map(({ kind }) => kind),
        ).toEqual(["reopen_task", "update_task"]);
        expect(completeTask.inverse!(task("t", { status: "completed" }), command({}))).toBe(null);
        expect(reopenTask.inverse!(task("t"), command({}))).toBe(null);
        expect(skipTask.inverse!(task("t"), command({}))![0]!.body).toEqual({ status: "pending" });
    });

    test("makes again what was deleted", () => {
        const made = deleteTask.inverse!(
            task("t", { title: "Essay", status: "completed", dueDate: "2030-02-01" }),
            command({}),
        )!;
        expect(made.map(({ kind }) => kind)).toEqual(["create_task", "complete_task"]);
        expect(made[0]!.body).toMatchObject({ title: "Essay", dueDate: "2030-02-01" });
        expect(made[0]!.id).not.toBe("t");
    });
});

test("a due day clashes with a due time as one line", () => {
    const seen = task("t", { dueDate: "2030-01-31" }) as Task & Fields;
    const { lines, body } = merge(updateTask.groups!, seen, due({ at: AT, zone: "Europe/Berlin" }), {
        ...seen,
        dueDate: "2030-02-05",
    });
    expect([lines.map(({ group }) => group), body]).toEqual([["due"], {}]);
});

describe("questions", () => {
    const late = task("late", { dueAt: "2030-01-31T10:00:00Z", dueZone: "Europe/Berlin" });
    const soon = task("soon", { dueAt: "2030-01-31T15:00:00Z", dueZone: "Europe/Berlin" });
    const dated = task("dated", { dueDate: "2030-01-31" });
    const night = task("night", { dueAt: "2030-02-01T01:00:00Z", dueZone: "Europe/Berlin" });
    const now = Date.UTC(2030, 0, 31, 12);

    test("a time at night belongs to the day before", () => {
        expect(dueDay(night, ZONE)).toBe("2030-01-31");
        expect(dueDay(task("x"), ZONE)).toBe(null);
    });

    test("a day is overdue when it is over, a time when it has passed", () => {
        expect([late, soon, dated].map((one) => isOverdue(one, "2030-01-31", now))).toEqual([true, false, false]);
        expect(isOverdue(dated, "2030-02-01", now)).toBe(true);
        expect(isOverdue({ ...late, status: "completed" }, "2030-01-31", now)).toBe(false);
    });

    test("a task is due with its subtasks", () => {
        const view = viewOf({ tasks: [task("t")], subtasks: [step("s", { dueDate: "2030-01-30" })] });
        const [one] = view.all(tasks);
        expect(isDueBy(view, one!, "2030-01-31", ZONE)).toBe(true);
        expect(isDueBy(view, one!, "2030-01-29", ZONE)).toBe(false);
        expect(isDueBy(view, { ...one!, status: "cancelled" }, "2030-01-31", ZONE)).toBe(false);
    });

    test("lists are sorted by due, then priority, then age", () => {
        const urgent = task("z", { priority: "urgent" });
        const newer = task("0", { createdAt: "2030-02-01T00:00:00Z" });
        const list = [task("b"), newer, urgent, dated, soon, late, task("a")];
        const ids = ["late", "soon", "dated", "z", "a", "b", "0"];
        expect(sortedByDue(list).map(({ id }) => id)).toEqual(ids);
        expect(list.toSorted(byDue).map(({ id }) => id)).toEqual(ids);
        expect(openTasks(viewOf({ tasks: [...list, task("done", { status: "completed" })] }))).toHaveLength(7);
    });

    test("progress counts what is kept, and else what the server said", () => {
        const steps = [
            step("a", { order: 1 }),
            step("b", { order: 0, completed: true }),
            step("c", { taskId: "other" }),
        ];
        const view = viewOf({ tasks: [task("t")], subtasks: steps });
        expect(stepsOf(view, "t").map(({ id }) => id)).toEqual(["b", "a"]);
        expect(progressOf(view, task("t"))).toEqual({ done: 1, all: 2 });
        expect(progressOf(view, task("old", { subtaskCount: 5, subtasksCompleted: 4 }))).toEqual({ done: 4, all: 5 });
    });

    test("labels are counted by open tasks", () => {
        const view = viewOf({
            tasks: [
                task("1", { labels: ["b"] }),
                task("2", { labels: ["a", "b"] }),
                task("3", { labels: ["c"], status: "completed" }),
            ],
        });
        expect(labelsInUse(view)).toEqual(["b", "a", "c"]);
    });

    test("search finds every word, without case and accents, titles first", () => {
        const list = [
            task("1", { title: "Plan", description: "über Physik" }),
            task("2", { title: "Uber Physik lernen" }),
        ];
        const view = viewOf({ tasks: list });
        expect(searchKept(view, "ÜBER phys").map(({ id }) => id)).toEqual(["2", "1"]);
        expect([searchKept(view, "nothing"), searchKept(view, "  ")]).toEqual([[], []]);
    });

    test("what was done today, also what the server doesn't know yet", () => {
        const done = { status: "completed", completedAt: "2030-01-31T02:00:00Z" } as const;
        const view = viewOf({ tasks: [task("a", done), task("b", { ...done, completedOn: "2030-01-31" })] });
        expect(doneOn(view, "2030-01-31", ZONE).map(({ id }) => id)).toEqual(["b"]);
        expect(doneOn(view, "2030-01-30", ZONE).map(({ id }) => id)).toEqual(["a"]);
    });

    test("finished tasks are kept for 90 days, open ones for ever", () => {
        const old = new Date(now - (KEPT_DAYS + 1) * 86_400_000).toISOString();
        const kept = (fields: Partial<Task>) => tasks.keep!(task("x", { updatedAt: old, ...fields }), now);
        expect([kept({}), kept({ status: "completed" }), kept({ status: "completed", updatedAt: AT })]).toEqual([
            true,
            false,
            true,
        ]);
    });
});
