import { describe, expect, test } from "vitest";

import { MemoryDatabase } from "./database.ts";
import type { Command } from "./kinds.ts";

function command(key: string, more: Partial<Command> = {}): Command {
    return { key, order: 2 ** 50, kind: "x", id: key, body: {}, at: "", seen: null, state: "waiting", ...more };
}

const row = (id: string, version = 1) => ({ table: "notes", row: { id, version } });
const never = () => null;

describe("commands", () => {
    test("have places in the order in which they were stored", async () => {
        const disk = new MemoryDatabase();
        const stored = [await disk.add(command("a"), never), await disk.add(command("b"), never)];
        expect(stored.map(({ order }) => order)).toEqual([1, 2]);
        expect((await disk.load()).commands.map(({ key }) => key)).toEqual(["a", "b"]);
    });

    test("are folded against what is on the disk at that moment", async () => {
        const disk = new MemoryDatabase();
        await disk.add(command("a"), never);
        const folded = await disk.add(command("b"), ([first]) => ({ ...first!, body: { folded: true } }));
        expect(folded).toMatchObject({ key: "a", order: 1, body: { folded: true } });
        expect((await disk.load()).commands).toEqual([folded]);
    });

    test("are claimed as sent, and told apart when they are claimed again", async () => {
        const disk = new MemoryDatabase();
        const { order } = await disk.add(command("a"), never);
        expect(await disk.claim(order)).toMatchObject({ repeated: false, command: { state: "sent" } });
        expect(await disk.claim(order)).toMatchObject({ repeated: true });
        expect(await disk.withdraw(order)).toBe(false);
        await disk.save({ drop: [order] });
        expect(await disk.claim(order)).toBe(null);
    });

    test("can be withdrawn before they are claimed, and aren't claimed in a conflict", async () => {
        const disk = new MemoryDatabase();
        const [a, b] = [await disk.add(command("a"), never), await disk.add(command("b"), never)];
        expect([await disk.withdraw(a.order), await disk.withdraw(a.order)]).toEqual([true, false]);
        await disk.save({ commands: [{ ...b, state: "conflict", conflict: { why: "deleted" } }] });
        expect(await disk.claim(b.order)).toBe(null);
    });

    test("beside another one are stored with it", async () => {
        const disk = new MemoryDatabase();
        const first = await disk.add(command("a"), never);
        await disk.add(command("rest"), never, [{ ...first, state: "conflict" }]);
        expect((await disk.load()).commands.map(({ key, state }) => [key, state])).toEqual([
            ["a", "conflict"],
            ["rest", "waiting"],
        ]);
    });
});

describe("rows", () => {
    test("of events that aren't newer than the disk are left out", async () => {
        const disk = new MemoryDatabase();
        await disk.save({ put: [row("a", 2)], seq: 5 });
        await disk.save({ put: [row("a", 1)], seq: 4 });
        expect(await disk.load()).toMatchObject({ rows: [row("a", 2)], seq: 5 });
    });

    test("are replaced as a whole, and commands stay", async () => {
        const disk = new MemoryDatabase();
        await disk.add(command("a"), never);
        await disk.save({ put: [row("a")], seq: 5, user: { id: "u" } });
        await disk.replace([row("b")], 3);
        expect(await disk.load()).toMatchObject({
            rows: [row("b")],
            seq: 3,
            commands: [{ key: "a" }],
            user: { id: "u" },
        });
    });
});

test("nothing is left after everything was deleted", async () => {
    const disk = new MemoryDatabase();
    await disk.add(command("a"), never);
    await disk.save({ put: [row("a")], seq: 5, user: {} });
    await disk.destroy();
    expect(await disk.load()).toEqual({ rows: [], commands: [], seq: null, user: null });
});
