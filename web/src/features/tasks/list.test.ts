import { describe, expect, test } from "vitest";

import { grouped, matches, queryOf, sorted, wishOf } from "./list.ts";
import { sortedByDue } from "./rules.ts";
import type { Task } from "./table.ts";

const zone = { timeZone: "Europe/Berlin", dayStart: "04:00" };
const task = (id: string, more: Partial<Task> = {}) =>
    ({ id, title: id, status: "pending", priority: "medium", labels: [], dueDate: null, dueAt: null, ...more }) as Task;
const byText = () => (a: string, b: string) => a.localeCompare(b);
const wish = wishOf(new URLSearchParams());

describe("the wish in the address", () => {
    test("what is usual leaves the address empty", () => expect(queryOf(wish)).toBe(""));
    test.each(["?view=board&columns=subject&label=exam", "?sort=title&subject=1&priority=high&show=all"])(
        "%s",
        (query) =>
            expect(new URLSearchParams(queryOf(wishOf(new URLSearchParams(query))))).toEqual(
                new URLSearchParams(query),
            ),
    );
    test("nonsense is ignored", () => expect(wishOf(new URLSearchParams("?sort=<b>&view=3&priority=x"))).toEqual(wish));
});

describe("filters", () => {
    const done = task("a", { status: "completed" });
    test("finished tasks are hidden in the list", () => expect(matches(done, wish)).toBe(false));
    test("but have a column of the board", () => expect(matches(done, { ...wish, view: "board" })).toBe(true));
    test("subject, priority and label are joined by and", () => {
        const both = task("b", { subjectId: "s", labels: ["exam"] });
        expect(matches(both, { ...wish, subject: "s", label: "exam" })).toBe(true);
        expect(matches(both, { ...wish, subject: "s", label: "exam", priority: "high" })).toBe(false);
    });
});

describe("groups", () => {
    const today = "2030-01-31"; // a Thursday
    const groups = (...tasks: Task[]) =>
        grouped(sorted(sortedByDue(tasks), "due", byText), "due", today, zone, 1).map(({ key, tasks: rows }) => [
            key,
            rows.map(({ id }) => id).join(" "),
        ]);
    test("by due date, in the order of time", () =>
        expect(
            groups(
                task("none"),
                task("late", { dueDate: "2030-01-30" }),
                task("today", { dueDate: today }),
                task("tomorrow", { dueDate: "2030-02-01" }),
                task("sunday", { dueDate: "2030-02-03" }),
                task("monday", { dueDate: "2030-02-04" }),
                task("march", { dueDate: "2030-03-01" }),
            ),
        ).toEqual([
            ["overdue", "late"],
            ["today", "today"],
            ["tomorrow", "tomorrow"],
            ["week", "sunday"],
            ["next", "monday"],
            ["later", "march"],
            ["none", "none"],
        ]));
    test("two in the morning belongs to the day before", () =>
        expect(groups(task("night", { dueAt: "2030-02-01T01:30:00Z", dueZone: "Europe/Berlin" }))).toEqual([
            ["today", "night"],
        ]));
    test("a finished task is not overdue", () =>
        expect(groups(task("done", { status: "completed", dueDate: "2030-01-01" }))[0]![0]).toBe("earlier"));
    test("by priority, the most urgent first", () =>
        expect(
            grouped(
                sorted([task("l", { priority: "low" }), task("u", { priority: "urgent" })], "priority", byText),
                "priority",
                today,
                zone,
                1,
            ).map(({ key }) => key),
        ).toEqual(["urgent", "low"]));
});
