import { beforeAll, expect, test } from "vitest";

import { SCHEMA } from "../features/schema.ts";
import { subjects } from "../features/subjects/table.ts";
import { tasks } from "../features/tasks/table.ts";
import { loadLocale, withTexts } from "../platform/messages.ts";
import type { Command, Fields } from "../sync/kinds.ts";
import { Store } from "../sync/store.ts";
import { changesOf, fieldName, subjectOf, valueOf } from "./conflicts.ts";

beforeAll(() => withTexts(loadLocale("en-GB"), "app"));

const store = new Store(SCHEMA);
const row = (fields: Fields) => fields as never;
store.load(
    [
        {
            table: tasks.name,
            row: row({ id: "t", version: 2, title: "Essay draft", updatedAt: "2030-01-31T12:40:00Z" }),
        },
        { table: subjects.name, row: row({ id: "s", version: 1, name: "History" }) },
    ],
    [],
    0,
);
const command = (kind: string, id: string, body: Fields, seen: Fields | null = null) =>
    ({ key: "k", order: 1, kind, id, body, seen, at: "2030-01-31T12:31:00Z", state: "conflict" }) as Command;

test("a conflict is about the object as it is now", () => {
    expect(subjectOf(command("update_task", "t", { title: "Mine" }), store)).toMatchObject({
        title: "Essay draft",
        icon: "tasks",
        address: "/tasks/t",
        changed: "2030-01-31T12:40:00Z",
    });
});

test("what was deleted is called as it was seen, and can be made again", () => {
    const gone = subjectOf(command("update_task", "gone", { priority: "high" }, { title: "Quiz" }), store);
    expect(gone).toMatchObject({ title: "Quiz", address: undefined, returns: true });
    expect(subjectOf(command("of_tomorrow", "x", {}), store)).toMatchObject({ title: "A change", returns: false });
});

test("the fields of a due date are one", () => {
    expect(changesOf(command("update_task", "t", { dueDate: "2030-02-01", dueAt: null, title: "x" }))).toBe(
        "Due and Title",
    );
    expect(fieldName("unheard")).toBe("unheard");
});

test.each<[string, Fields, string]>([
    ["due", { dueDate: "2030-02-01", dueAt: null, dueZone: null }, "Friday 1 February"],
    ["due", { dueDate: null, dueAt: null, dueZone: null }, "None"],
    ["due", { dueDate: null, dueAt: "2030-02-01T14:00:00Z", dueZone: "Europe/Berlin" }, "1 Feb 2030, 15:00"],
    ["subjectId", { subjectId: "s" }, "History"],
    ["subjectId", { subjectId: null }, "None"],
    ["estimatedMinutes", { estimatedMinutes: 90 }, "1h 30"],
    ["priority", { priority: "high" }, "High"],
    ["title", { title: "high" }, "high"],
    ["labels", { labels: ["a", "b"] }, "a and b"],
    ["labels", { labels: [] }, "None"],
    ["completed", { completed: true }, "Yes"],
])("%s of %o is written as people do", (group, fields, text) => {
    const written = valueOf(group, fields, store, "UTC").replaceAll(/[\u00A0\u202F]/g, " ");
    expect(written.replaceAll("mins", "min").replace("Friday,", "Friday")).toBe(text);
});
