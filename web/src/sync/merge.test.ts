import { describe, expect, test } from "vitest";

import type { Fields, Group } from "./kinds.ts";
import { merge, same } from "./merge.ts";

const GROUPS: Record<string, Group> = {
    due: { fields: ["dueDate", "dueAt", "dueZone"] },
    labels: { fields: ["labels"], as: "set" },
    status: { fields: ["status"], theirsWins: (theirs) => theirs["status"] === "completed" },
};
const SEEN = {
    title: "Essay",
    dueDate: "2030-01-31",
    dueAt: null,
    dueZone: null,
    labels: ["a", "b"],
    status: "pending",
};
const AT = { dueDate: null, dueAt: "2030-02-01T14:00:00Z", dueZone: "Europe/Berlin" };

function merged(mine: Fields, theirs: Fields) {
    return merge(GROUPS, SEEN, mine, { ...SEEN, ...theirs });
}

describe("merging", () => {
    test.each<[string, Fields, Fields, Fields, string[]]>([
        // what, mine, theirs, what is sent, groups in conflict
        ["only mine", { title: "Mine" }, {}, { title: "Mine" }, []],
        ["only theirs elsewhere", { title: "Mine" }, { status: "in_progress" }, { title: "Mine" }, []],
        ["both alike", { title: "Both" }, { title: "Both" }, {}, []],
        ["both, differently", { title: "Mine" }, { title: "Theirs" }, {}, ["title"]],
        [
            "one of two",
            { title: "Mine", status: "in_progress" },
            { title: "Theirs" },
            { status: "in_progress" },
            ["title"],
        ],
        ["null and nothing", { estimatedMinutes: null }, {}, {}, []],
        ["due date against due time", { ...AT }, { dueDate: "2030-02-05" }, {}, ["due"]],
        ["due time, nobody else", { ...AT }, {}, { ...AT }, []],
        ["due alike", { ...AT }, { ...AT }, {}, []],
        [
            "labels of both",
            { labels: ["a", "b", "mine"] },
            { labels: ["b", "theirs"] },
            { labels: ["b", "theirs", "mine"] },
            [],
        ],
        ["a label removed here", { labels: ["a"] }, { labels: ["a", "b", "c"] }, { labels: ["a", "c"] }, []],
        ["labels alike", { labels: ["a"] }, { labels: ["a"] }, {}, []],
        ["completed elsewhere", { status: "in_progress" }, { status: "completed" }, {}, []],
        ["completed elsewhere, title here", { title: "Mine" }, { status: "completed" }, { title: "Mine" }, []],
        ["cancelled elsewhere, begun here", { status: "in_progress" }, { status: "cancelled" }, {}, ["status"]],
    ])("%s", (_, mine, theirs, body, conflicts) => {
        const result = merged(mine, theirs);
        expect(result.body).toEqual(body);
        expect(result.lines.map(({ group }) => group)).toEqual(conflicts);
    });

    test("shows both sides of a line with all fields of its group", () => {
        expect(merged({ ...AT }, { dueDate: "2030-02-05" }).lines).toEqual([
            { group: "due", yours: AT, theirs: { dueDate: "2030-02-05", dueAt: null, dueZone: null } },
        ]);
    });
});

test("values are alike whatever the order of their keys", () => {
    expect(same({ a: 1, b: [1, { c: null }] }, { b: [1, {}], a: 1 })).toBe(true);
    expect(same([1, 2], [2, 1])).toBe(false);
    expect(same({ a: 1 }, { a: 1, b: 0 })).toBe(false);
    expect(same([], {})).toBe(false);
    expect(same(null, undefined)).toBe(true);
    expect(same("", null)).toBe(false);
});
