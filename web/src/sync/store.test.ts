import { describe, expect, test, vi } from "vitest";

import { derived } from "./derived.ts";
import type { Command, Fields, Kept } from "./kinds.ts";
import { type Note, notes, SCHEMA } from "./model.ts";
import { Store } from "./store.ts";

function note(id: string, version = 1, fields: Partial<Note> = {}): Note {
    return { id, version, title: id, color: "red", labels: [], done: false, ...fields };
}

function event(seq: number, type: string, data: unknown) {
    return { seq, type, at: "", data };
}

function command(key: string, id: string, body: Fields, more: Partial<Command> = {}): Command {
    return { key, order: Number(key), kind: "update_note", id, body, at: "", seen: null, state: "waiting", ...more };
}

function filled(count: number): Store {
    const store = new Store(SCHEMA);
    store.load(
        Array.from({ length: count }, (_, n) => ({ table: "notes", row: note(`n${n}`) })),
        [],
        0,
    );
    return store;
}

describe("events", () => {
    test("put, replace and remove; one that was applied before changes nothing", () => {
        const store = new Store(SCHEMA);
        store.apply(event(1, "note.created", note("a")));
        store.apply(event(2, "note.updated", note("a", 2, { title: "New" })));
        store.apply(event(1, "note.created", note("a", 3)));
        expect(store.get(notes, "a")?.title).toBe("New");
        store.apply(event(3, "note.deleted", { id: "a" }));
        expect(store.all(notes)).toEqual([]);
        expect(store.seq).toBe(3);
    });

    test("of a kind that this build doesn't know change nothing but the number", () => {
        const store = new Store(SCHEMA);
        store.apply(event(1, "comet.seen", { id: "a" }));
        expect([store.seq, store.all(notes)]).toEqual([1, []]);
    });

    test("older than an answer don't go back, nor bring back what was deleted", () => {
        const store = filled(2);
        store.settle(null, [{ table: "notes", row: note("n0", 5, { title: "Answer" }) }], []);
        store.settle(null, [], [{ table: "notes", id: "n1" }]);
        store.apply(event(1, "note.updated", note("n0", 4)));
        store.apply(event(2, "note.updated", note("n1", 2)));
        expect(store.all(notes).map(({ title }) => title)).toEqual(["Answer"]);
        store.apply(event(3, "note.deleted", { id: "n1" }));
        store.apply(event(4, "note.created", note("n1", 1, { title: "Restored" })));
        expect(store.get(notes, "n1")?.title).toBe("Restored");
    });

    test("that deleted something are stronger than a late answer", () => {
        const store = filled(1);
        store.apply(event(1, "note.deleted", { id: "n0" }));
        store.settle(null, [{ table: "notes", row: note("n0", 9) }], []);
        expect(store.all(notes)).toEqual([]);
    });
});

describe("the view", () => {
    test("is the base with the commands over it, in the order of the disk", () => {
        const store = filled(1);
        store.enqueue(command("2", "n0", { title: "Second" }));
        store.enqueue(command("1", "n0", { title: "First", color: "blue" }));
        expect(store.get(notes, "n0")).toMatchObject({ title: "Second", color: "blue" });
        store.apply(event(1, "note.updated", note("n0", 2, { title: "Elsewhere", done: true })));
        expect(store.get(notes, "n0")).toMatchObject({ title: "Second", color: "blue", done: true });
        store.drop("2");
        store.drop("1");
        expect(store.get(notes, "n0")).toMatchObject({ title: "Elsewhere", color: "red" });
    });

    test("leaves out what waits for a decision", () => {
        const store = filled(1);
        store.enqueue(command("1", "n0", { title: "Mine" }, { state: "conflict", conflict: { why: "deleted" } }));
        expect(store.get(notes, "n0")?.title).toBe("n0");
        expect([store.waiting, store.conflicts.length]).toEqual([0, 1]);
    });

    test("finds rows by their fields, as they look now", () => {
        const store = filled(3);
        store.enqueue(command("1", "n1", { color: "blue" }));
        expect(store.by(notes, "color", "blue").map(({ id }) => id)).toEqual(["n1"]);
        expect(store.by(notes, "color", "red").map(({ id }) => id)).toEqual(["n0", "n2"]);
        store.drop("1");
        expect(store.by(notes, "color", "blue")).toEqual([]);
    });

    test("survives a command of a kind that this build doesn't know", () => {
        const store = filled(1);
        store.enqueue(command("1", "n0", {}, { kind: "fly_to_moon" }));
        expect([store.get(notes, "n0")?.title, store.waiting]).toEqual(["n0", 1]);
    });
});

describe("at 5,000 rows", () => {
    test("a change computes one row anew, and the other rows stay the same objects", () => {
        const store = filled(5000);
        const look = vi.spyOn(
            SCHEMA.kinds.find(({ name }) => name === "update_note")!,
            "look",
        );
        const before = store.all(notes) as readonly Kept[];
        store.enqueue(command("1", "n77", { title: "Changed" }));
        const after = store.all(notes) as readonly Kept[];
        expect(look).toHaveBeenCalledTimes(1);
        expect(after.filter((row, n) => row !== before[n]).map(({ id }) => id)).toEqual(["n77"]);
        look.mockRestore();
    });

    test("lists are kept until something in their table changes", () => {
        const store = filled(5000);
        const read = vi.fn((view: { all(table: typeof notes): readonly Note[] }) =>
            view.all(notes).filter((one) => !one.done),
        );
        const open = derived(read);
        expect(open(store)).toBe(open(store));
        expect(read).toHaveBeenCalledTimes(1);
        store.apply(event(1, "comet.seen", {}));
        open(store);
        expect(read).toHaveBeenCalledTimes(1);
        store.apply(event(2, "note.updated", note("n1", 2, { done: true })));
        expect(open(store)).toHaveLength(4999);
        expect(read).toHaveBeenCalledTimes(2);
    });

    test("a list that is derived from another one follows its tables", () => {
        const store = filled(3);
        const open = derived((view) => view.all(notes).filter((one) => !one.done));
        const count = derived((view) => open(view).length);
        expect(count(store)).toBe(3);
        store.apply(event(1, "note.updated", note("n1", 2, { done: true })));
        expect(count(store)).toBe(2);
    });

    test("2,000 events and as many commands take less than a second", () => {
        const store = filled(5000);
        const begin = performance.now();
        for (let n = 0; n < 2000; n++) {
            store.apply(event(n + 1, "note.updated", note(`n${n}`, 2)));
            store.enqueue(command(String(n), `n${n}`, { title: "x" }));
            store.drop(String(n));
        }
        expect(performance.now() - begin).toBeLessThan(1000);
    });
});

test("listeners hear of all changes of a turn at once", async () => {
    const store = filled(2);
    await Promise.resolve();
    const listener = vi.fn();
    const stop = store.subscribe(listener);
    store.enqueue(command("1", "n0", { title: "x" }));
    store.apply(event(1, "note.deleted", { id: "n1" }));
    await Promise.resolve();
    expect(listener).toHaveBeenCalledTimes(1);
    stop();
    store.drop("1");
    await Promise.resolve();
    expect(listener).toHaveBeenCalledTimes(1);
});

test("pruning removes what is no longer worth keeping, but nothing that waits", () => {
    const store = new Store(SCHEMA);
    const rows = ["a", "b", "c"].map((id) => ({
        table: "notes",
        row: note(id, 1, { color: id === "c" ? "new" : "old" }),
    }));
    store.load(rows, [command("1", "b", { title: "x" })], 0);
    expect(store.prune(0).remove).toEqual([{ table: "notes", id: "a" }]);
    expect(store.all(notes).map(({ id }) => id)).toEqual(["b", "c"]);
});
