import { expect, test } from "vitest";

import { migrate, SCHEMA } from "./migrations.ts";
import type { Command } from "./kinds.ts";

function command(order: number, kind: string, body = {}): Command {
    return { key: `k${order}`, order, kind, id: "a", body, at: "", seen: null, state: "sent" };
}

const STEPS = {
    1: (one: Command) => (one.kind === "rename" ? { ...one, kind: "update", body: { title: one.body["name"] } } : one),
    2: (one: Command) => (one.kind === "fax" ? null : one),
};

test("commands pass through every step, in their order, with their keys and states", () => {
    const migrated = migrate([command(1, "rename", { name: "New" }), command(2, "finish")], 1, 3, STEPS);
    expect(migrated).toEqual([command(1, "update", { title: "New" }), command(2, "finish")]);
});

test("only the steps since their schema apply", () => {
    expect(migrate([command(1, "rename")], 2, 3, STEPS)).toEqual([command(1, "rename")]);
});

test("a command that can't be migrated is listed for the student, not lost", () => {
    const [migrated] = migrate([command(1, "fax")], 1, 3, STEPS);
    expect(migrated).toMatchObject({ key: "k1", kind: "fax", state: "conflict", conflict: { why: "refused" } });
});

test("the newest schema changes nothing", () => {
    expect(migrate([command(1, "rename")], SCHEMA)).toEqual([command(1, "rename")]);
});
