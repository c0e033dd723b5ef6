import { expect, test } from "vitest";

import { sound } from "./sound.ts";

const row = { table: "notes", row: { id: "a", version: 1 } };
const command = { key: "k", order: 1, kind: "x", id: "a", body: {}, at: "", seen: null, state: "waiting" };

test("what is sound stays what it is", () => {
    const conflicts = [
        { why: "deleted" },
        { why: "refused", problem: {} },
        { why: "changed", lines: [{ group: "title", yours: {}, theirs: {} }] },
    ].map((conflict) => ({ ...command, state: "conflict", conflict }));
    const found = { rows: [row], commands: [command, { ...command, state: "sent" }, ...conflicts], seq: 7 };
    expect(sound(found)).toEqual(found);
});

test.each([undefined, null, "7", Number.NaN, -1, 1.5, 1e300, {}])(
    "after the event %j everything is read anew",
    (seq) => {
        expect(sound({ rows: [row], commands: [command], seq })).toEqual({
            rows: [row],
            commands: [command],
            seq: null,
        });
    },
);

test.each([
    [null],
    ["x"],
    [{}],
    [{ table: 7, row: row.row }],
    [{ table: "notes", row: null }],
    [{ table: "notes", row: { id: 7, version: 1 } }],
    [{ table: "notes", row: { id: "a" } }],
])("the row %j is left out, and everything is read anew", (damaged) => {
    expect(sound({ rows: [damaged, row], commands: [], seq: 7 })).toEqual({ rows: [row], commands: [], seq: null });
});

test.each([
    [{}],
    [{ ...command, key: 5 }],
    [{ ...command, body: null }],
    [{ ...command, body: [] }],
    [{ ...command, seen: "x" }],
    [{ ...command, state: "done" }],
    [{ ...command, order: "1" }],
])("the command %j isn't used", (damaged) => {
    expect(sound({ rows: [], commands: [damaged, command], seq: 7 }).commands).toEqual([command]);
});

test.each([
    undefined,
    null,
    {},
    { why: "moon" },
    { why: "changed" },
    { why: "changed", lines: [null] },
    { why: "refused" },
])("the conflict %j is listed as refused", (conflict) => {
    const [found] = sound({ rows: [], commands: [{ ...command, state: "conflict", conflict }], seq: 7 }).commands;
    expect(found).toMatchObject({ key: "k", conflict: { why: "refused", problem: { code: "outdated_command" } } });
});
