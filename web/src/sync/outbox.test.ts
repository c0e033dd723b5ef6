import { describe, expect, test } from "vitest";

import { Problem, SessionEnded, NoAnswer } from "./api.ts";
import { MemoryDatabase } from "./database.ts";
import { type Command, type Fields, type Request, UNSTORED } from "./kinds.ts";
import { notes, type Note, SCHEMA } from "./model.ts";
import { folder, nextOf, Outbox } from "./outbox.ts";
import { Store } from "./store.ts";

const ROW: Note = { id: "a", version: 1, title: "One", color: "red", labels: [], done: false };

function command(kind: string, body: Fields = {}, more: Partial<Command> = {}): Command {
    const seen = kind === "create_note" ? null : (ROW as Note & Fields);
    return { key: kind, order: UNSTORED, kind, id: "a", body, at: "", seen, state: "waiting", ...more };
}

function refused(status: number, code: string, retryAfter: number | null = null): Problem {
    return new Problem({ status, code, title: "", detail: "Why.", errors: [] }, retryAfter);
}

/** Sends one command and answers in turn. */
async function sent(asked: Command, ...answers: unknown[]) {
    const [store, database, requests] = [new Store(SCHEMA), new MemoryDatabase(), [] as Request[]];
    store.load([{ table: "notes", row: ROW }], [await database.add(asked, () => null)], 0);
    const send = async (request: Request) => {
        requests.push(request);
        const answer = answers.shift();
        if (answer instanceof Error) throw answer;
        return { status: 200, data: answer };
    };
    const outbox = new Outbox(
        store,
        database,
        { send: send as never },
        {
            now: () => 0,
            chance: () => 0.5,
            newKey: () => "again",
            settled: async (one, done) => void store.settle(one, done.put, done.remove),
            changed: async (commands) => commands.forEach((one) => store.enqueue(one)),
            split: async (conflict, rest) => [conflict, { ...rest, order: 99 }].forEach((one) => store.enqueue(one)),
            learned: async ({ row }) => void store.settle(null, [{ table: "notes", row }], []),
        },
    );
    const pause = await outbox.drain(() => requests.length === 0);
    return { store, requests, pause, outbox, conflict: store.conflicts[0]?.conflict };
}

describe("an answer", () => {
    test("2xx goes into the base, and the command is done", async () => {
        const { store, requests } = await sent(command("finish_note"), { ...ROW, version: 2, done: true });
        expect(requests).toEqual([{ method: "POST", path: "/notes/a/finish", body: {}, key: "finish_note" }]);
        expect(store.known("notes", "a")).toMatchObject({ version: 2, done: true });
        expect(store.queue).toEqual([]);
    });

    test.each([
        ["none", new NoAnswer("x"), 500, false],
        ["500", refused(500, "internal_error"), 500, true],
        ["503", refused(503, "unavailable", 7), 7000, true],
        ["429", refused(429, "too_many_requests", 30), 30_000, true],
        ["408", refused(408, "request_timeout"), 500, true],
        ["409 of a key in progress", refused(409, "still_running"), 500, true],
    ])("%s: waits and keeps the command as sent", async (_, answer, ms, online) => {
        const { store, pause } = await sent(command("finish_note"), answer);
        expect(pause).toEqual({ kind: "wait", ms, online });
        expect(store.queue).toMatchObject([{ key: "finish_note", state: "sent" }]);
        expect(store.get(notes, "a")?.done).toBe(true);
    });

    test("waits twice as long each time, at most a minute", async () => {
        const { outbox } = await sent(command("finish_note"), { ...ROW, version: 2 });
        const waits = Array.from({ length: 9 }, () => outbox.pauseAfter(new NoAnswer("x")));
        expect(waits.map((pause) => pause.kind === "wait" && pause.ms)).toEqual([
            500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000,
        ]);
    });

    test("412: reads, merges, and sends what is left with the new version", async () => {
        const theirs = { ...ROW, version: 2, color: "blue" };
        const { requests, store } = await sent(
            command("update_note", { title: "Mine" }),
            refused(412, "stale_version"),
            theirs,
            { ...theirs, version: 3, title: "Mine" },
        );
        expect(requests.map(({ method, ifMatch }) => [method, ifMatch])).toEqual([
            ["PATCH", 1],
            ["GET", undefined],
            ["PATCH", 2],
        ]);
        expect(store.get(notes, "a")).toMatchObject({ title: "Mine", color: "blue", version: 3 });
    });

    test("412: done without asking again if both are alike", async () => {
        const { requests, store } = await sent(
            command("update_note", { title: "Mine" }),
            refused(412, "stale_version"),
            { ...ROW, version: 2, title: "Mine" },
        );
        expect([requests.length, store.queue.length]).toEqual([2, 0]);
    });

    test("412: what clashes goes into the list, the rest is sent", async () => {
        const { store, conflict } = await sent(
            command("update_note", { title: "Mine", color: "blue" }),
            refused(412, "stale_version"),
            { ...ROW, version: 2, title: "Theirs" },
        );
        expect(conflict).toMatchObject({ why: "changed", lines: [{ group: "title" }] });
        expect(store.queue.map(({ state, body }) => [state, body])).toEqual([
            ["conflict", { title: "Mine" }],
            ["waiting", { color: "blue" }],
        ]);
    });

    test("404 of a deletion: done", async () => {
        const { store } = await sent(command("delete_note"), refused(404, "note_not_found"));
        expect([store.queue.length, store.all(notes).length]).toEqual([0, 0]);
    });

    test("404 of a change: deleted elsewhere", async () => {
        expect((await sent(command("finish_note"), refused(404, "x"))).conflict).toEqual({ why: "deleted" });
    });

    test.each([400, 403, 409, 413, 422])("%i: refused, with the problem's own words", async (status) => {
        const { conflict, store } = await sent(command("finish_note"), refused(status, "wrong_state"));
        expect(conflict).toMatchObject({ why: "refused", problem: { status, code: "wrong_state", detail: "Why." } });
        expect(store.get(notes, "a")?.done).toBe(false);
    });

    test("409 of an older version that merging can't mend: refused", async () => {
        const { conflict, requests } = await sent(
            command("update_note", { title: "Mine" }),
            refused(409, "already_completed"),
            { ...ROW, version: 2 },
        );
        expect([conflict?.why, requests.length]).toEqual(["refused", 2]);
    });

    test("of an ended session: stops and keeps all", async () => {
        const { pause, store } = await sent(command("finish_note"), new SessionEnded());
        expect([pause.kind, store.waiting]).toEqual(["ended", 1]);
    });

    test("to a repeated request may be old: the object is read again", async () => {
        const { requests, store } = await sent(
            command("create_note", {}, { id: "b", state: "sent" }),
            { ...ROW, id: "b", version: 1 },
            refused(404, "note_not_found"),
        );
        expect(requests.map(({ method }) => method)).toEqual(["POST", "GET"]);
        expect(store.get(notes, "b")).toBeUndefined();
        expect(store.queue).toEqual([]);
    });
});

test("a command that another tab has dealt with leaves the queue unsent", async () => {
    const [store, database] = [new Store(SCHEMA), new MemoryDatabase()];
    store.load([], [command("finish_note", {}, { order: 7 })], 0);
    const never = () => Promise.reject(new Error("sent"));
    const outbox = new Outbox(store, database, { send: never }, { now: () => 0 } as never);
    let turns = 0;
    const pause = await outbox.drain(() => ++turns < 5);
    expect([pause.kind, store.queue.length, turns]).toEqual(["empty", 0, 2]);
});

describe("the next command", () => {
    function next(...commands: Command[]) {
        const store = new Store(SCHEMA);
        store.load(
            [],
            commands.map((one, order) => ({ ...one, key: String(order), order })),
            0,
        );
        const found = nextOf(store, 1000);
        return found && ("command" in found ? found.command.kind : found.ms);
    }
    const conflict = { state: "conflict", conflict: { why: "deleted" } } as const;

    test("is the first one", () => {
        expect(next(command("finish_note"), command("update_note"))).toBe("finish_note");
        expect(next()).toBe(null);
    });

    test("is not one that is held, nor one about the same object", () => {
        const held = command("delete_note", {}, { notBefore: 1500 });
        expect(next(held)).toBe(500);
        expect(next(held, command("finish_note"))).toBe(500);
        expect(next(held, command("finish_note", {}, { id: "b" }))).toBe("finish_note");
    });

    test("is not about an object whose creation was refused, or that was deleted elsewhere", () => {
        expect(next(command("create_note", {}, conflict), command("finish_note"))).toBe(null);
        expect(next(command("finish_note", {}, conflict), command("update_note"))).toBe(null);
        const lines = { state: "conflict", conflict: { why: "changed", lines: [] } } as const;
        expect(next(command("update_note", {}, lines), command("finish_note"))).toBe("finish_note");
    });
});

describe("folding", () => {
    const fold = folder((name) => SCHEMA.kinds.find((kind) => kind.name === name));
    const waiting = command("update_note", { title: "1" }, { key: "first", order: 1 });

    test("replaces what waits about the same field, under its key and in its place", () => {
        const seen = { ...ROW, title: "1", color: "green" } as Note & Fields;
        const folded = fold([waiting], command("update_note", { title: "2", color: "blue" }, { seen }));
        expect(folded).toMatchObject({ key: "first", order: 1, body: { title: "2", color: "blue" } });
        expect(folded?.seen).toMatchObject({ title: "One", color: "green" });
    });

    test.each<[string, Command, Partial<Command>]>([
        ["one that was sent", { ...waiting, state: "sent" }, {}],
        ["one that is to be decided", { ...waiting, state: "conflict" }, {}],
        ["another object", { ...waiting, id: "b" }, {}],
        ["another kind", { ...waiting, kind: "finish_note" }, {}],
    ])("never touches %s", (_, last, more) => {
        expect(fold([last], command("update_note", { title: "2" }, more))).toBe(null);
    });

    test("stops at anything else about the object in between", () => {
        expect(fold([waiting, command("finish_note")], command("update_note", { title: "2" }))).toBe(null);
    });
});
