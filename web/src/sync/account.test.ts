import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { Account } from "./account.ts";
import { DiskRefused, MemoryDatabase } from "./database.ts";
import type { Command, Kept } from "./kinds.ts";
import type { LiveWorld } from "./live.ts";
import { ModelApi, ModelBrowser, ModelServer, type Note, notes, random, SCHEMA, sleep } from "./model.ts";
import { same } from "./merge.ts";
import { Store } from "./store.ts";

/** A disk that several tabs share and that outlives them. */
class SharedDatabase extends MemoryDatabase {
    override readonly kept = true;
    full = false;

    override async add(...given: Parameters<MemoryDatabase["add"]>): Promise<Command> {
        if (this.full) throw new DiskRefused("QuotaExceededError");
        await sleep(1);
        return super.add(...given);
    }

    override async save(...given: Parameters<MemoryDatabase["save"]>): Promise<void> {
        if (this.full && given[0].put?.length) throw new DiskRefused("QuotaExceededError");
        await sleep(1);
        return super.save(...given);
    }
}

class Tab {
    readonly store = new Store(SCHEMA);
    readonly api: ModelApi;
    readonly account: Account;
    ended = false;
    #connected: LiveWorld | null = null;
    #lead: () => void = () => undefined;
    #follow: () => void = () => undefined;

    readonly server: ModelServer;
    readonly chance: () => number;

    constructor(server: ModelServer, database: SharedDatabase, browser: ModelBrowser, chance: () => number) {
        this.server = server;
        this.chance = chance;
        this.api = new ModelApi(server, chance);
        this.account = new Account({
            store: this.store,
            schema: SCHEMA,
            database,
            api: this.api,
            channel: browser.channel(),
            connect: (live) => ({
                start: () => (this.#connected = live),
                stop: () => (this.#connected = null),
                retry: () => undefined,
            }),
            elect: (tabs) => {
                this.#lead = tabs.lead;
                this.#follow = tabs.follow;
                return { start: () => undefined, stop: () => undefined, hear: () => undefined };
            },
            ended: () => (this.ended = true),
            left: () => undefined,
            build: () => undefined,
        });
    }

    static async open(...given: ConstructorParameters<typeof Tab>): Promise<Tab> {
        const tab = new Tab(...given);
        await tab.account.open();
        return tab;
    }

    lead(): this {
        this.#lead();
        return this;
    }

    follow(): void {
        this.#follow();
    }

    get connected(): boolean {
        return this.#connected !== null;
    }

    /** The connection delivers some of what there is: in order, twice, or with a gap. */
    hear(): void {
        const from = Math.max(0, this.store.seq - Math.floor(this.chance() * 3)) + (this.chance() < 0.2 ? 2 : 0);
        this.#connected?.receive(structuredClone(this.server.events.slice(from, from + 5)));
    }

    get shown(): Note[] {
        return this.store.all(notes).toSorted((a, b) => (a.id < b.id ? -1 : 1)) as Note[];
    }

    note(id: string): Note | undefined {
        return this.store.get(notes, id);
    }
}

function truth(server: ModelServer): Note[] {
    return [...server.rows.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

async function world(seed = 1) {
    const [server, database, browser, chance] = [
        new ModelServer(),
        new SharedDatabase(),
        new ModelBrowser(),
        random(seed),
    ];
    const tab = await Tab.open(server, database, browser, chance);
    return { server, database, browser, chance, tab };
}

const settle = (ms = 200_000) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2030, 0, 1) }));
afterEach(() => void vi.useRealTimers());

describe("what a student asks", () => {
    test("shows at once, is sent, and leaves the queue when it is in the base", async () => {
        const { server, tab } = await world();
        tab.lead();
        await settle();
        const asked = tab.account.ask({ kind: "create_note", id: "a", body: { title: "One" } });
        expect(tab.note("a")?.title).toBe("One");
        expect(tab.account.status).toMatchObject({ waiting: 1, stored: 0 });
        await settle(1);
        await asked;
        expect(tab.account.status).toMatchObject({ waiting: 1, stored: 1 });
        await settle();
        expect(tab.account.status.waiting).toBe(0);
        expect(server.rows.get("a")?.title).toBe("One");
        expect(tab.note("a")?.version).toBe(1);
    });

    test("survives a restart while offline, and waits in its order", async () => {
        const { server, database, browser, chance, tab } = await world();
        tab.lead();
        await settle();
        tab.api.loss = 1;
        void tab.account.ask({ kind: "create_note", id: "a", body: { title: "One" } });
        void tab.account.ask({ kind: "finish_note", id: "a", body: {} });
        void tab.account.ask({ kind: "count_up", id: "a", body: {} });
        await settle();
        expect(tab.account.status).toMatchObject({ waiting: 3, online: false });
        const stopping = tab.account.stop();
        await settle();
        await stopping;
        const next = await Tab.open(server, database, browser, chance);
        expect(next.note("a")).toMatchObject({ title: "One", done: true });
        next.lead();
        await settle();
        expect(server.rows.get("a")).toMatchObject({ title: "One", done: true });
        expect(server.counts.get("a")).toBe(1);
        expect(next.account.status).toMatchObject({ waiting: 0, conflicts: 0, online: true });
    });

    test("and what others do comes by a new connection after the network was away", async () => {
        const { tab } = await world();
        tab.lead();
        await settle();
        expect(tab.connected).toBe(true);
        tab.account.lost();
        expect(tab.connected).toBe(false);
        tab.account.wake();
        await settle(1_000);
        expect(tab.connected).toBe(true);
    });

    test.each([1, 2, 3, 5, 8, 13])("may be on its way when the app stops, after %i ms", async (wait) => {
        const { tab } = await world();
        tab.lead();
        await settle();
        void tab.account.ask({ kind: "create_note", id: "a", body: { title: "One" } });
        await vi.advanceTimersByTimeAsync(wait);
        const stopped = expect(tab.account.stop()).resolves.toBeUndefined();
        await settle();
        await stopped;
    });

    test("folds into what waits about the same", async () => {
        const { server, tab } = await world();
        server.create({ id: "a", title: "One", color: "red", labels: [], done: false });
        tab.lead();
        await settle();
        tab.api.loss = 1;
        for (const title of ["1", "12", "123"]) void tab.account.ask({ kind: "update_note", id: "a", body: { title } });
        void tab.account.ask({ kind: "update_note", id: "a", body: { color: "blue" } });
        await settle(30_000);
        expect(tab.account.status.waiting).toBeLessThanOrEqual(2); // the first may have been sent already
        tab.api.loss = 0;
        tab.api.sent = [];
        tab.account.wake();
        await settle();
        expect(server.rows.get("a")).toMatchObject({ title: "123", color: "blue" });
        expect(tab.api.sent.filter(({ method }) => method === "PATCH").length).toBeLessThanOrEqual(3);
    });

    test("is refused when the disk is full, and doesn't show", async () => {
        const { database, tab } = await world();
        tab.lead();
        await settle();
        database.full = true;
        const refused = expect(tab.account.ask({ kind: "create_note", id: "a", body: {} })).rejects.toThrow(
            DiskRefused,
        );
        await settle(10);
        await refused;
        expect(tab.note("a")).toBeUndefined();
        expect(tab.account.status.disk).toBe("full");
        database.full = false;
        void tab.account.ask({ kind: "create_note", id: "a", body: {} });
        await settle();
        expect(tab.account.status.disk).toBe("kept");
        expect(tab.note("a")).toBeDefined();
    });

    test("writes everything again after the disk was full while events came", async () => {
        const { server, database, browser, chance, tab } = await world();
        tab.lead();
        await settle();
        database.full = true;
        server.create({ id: "a", title: "While full", color: "red", labels: [], done: false });
        tab.hear();
        await settle(100);
        expect(tab.account.status.disk).toBe("full");
        database.full = false;
        server.create({ id: "b", title: "After", color: "red", labels: [], done: false });
        for (let n = 0; n < 20; n++) tab.hear();
        await settle();
        const next = await Tab.open(server, database, browser, chance);
        expect(next.shown.map(({ id }) => id)).toEqual(["a", "b"]);
    });

    test("stops when the session has ended, and keeps all", async () => {
        const { server, tab } = await world();
        tab.lead();
        await settle();
        server.ended = true;
        void tab.account.ask({ kind: "create_note", id: "a", body: {} });
        await settle();
        expect(tab.ended).toBe(true);
        expect(tab.account.status.waiting).toBe(1);
    });

    test("of a deletion, can be taken back without a trace", async () => {
        const { server, tab } = await world();
        server.create({ id: "a", title: "One", color: "red", labels: [], done: false });
        tab.lead();
        await settle();
        void tab.account.ask({ kind: "delete_note", id: "a", body: {} });
        await settle(3_000);
        expect(tab.note("a")).toBeUndefined();
        void tab.account.undo();
        await settle();
        expect(tab.note("a")?.title).toBe("One");
        expect(server.events).toHaveLength(1);
        void tab.account.ask({ kind: "delete_note", id: "a", body: {} });
        await settle();
        expect(server.rows.size).toBe(0);
        expect(tab.account.status.waiting).toBe(0);
        void tab.account.undo(); // too late for no trace: made again
        await settle();
        expect([...server.rows.values()]).toMatchObject([{ id: "a'", title: "One" }]);
    });

    test("is undone by its key, whatever was asked since", async () => {
        const { server, tab } = await world();
        server.create({ id: "a", title: "One", color: "red", labels: [], done: false });
        tab.lead();
        await settle();
        const asked = tab.account.ask({ kind: "update_note", id: "a", body: { title: "Two" } });
        await settle();
        void tab.account.ask({ kind: "update_note", id: "a", body: { color: "blue" } });
        await settle();
        void tab.account.undo((await asked).key);
        await settle();
        expect(server.rows.get("a")).toMatchObject({ title: "One", color: "blue" });
        expect(await tab.account.undo("unknown")).toBe(false);
    });

    test("is undone by its inverse, what was asked together at once", async () => {
        const { server, tab } = await world();
        for (const id of ["a", "b"]) server.create({ id, title: id, color: "red", labels: [], done: false });
        tab.lead();
        await settle();
        void tab.account.askAll(["a", "b"].map((id) => ({ kind: "update_note", id, body: { color: "blue" } })));
        await settle();
        expect(tab.shown.map(({ color }) => color)).toEqual(["blue", "blue"]);
        void tab.account.undo();
        await settle();
        expect([...server.rows.values()].map(({ color }) => color)).toEqual(["red", "red"]);
        expect(await tab.account.undo()).toBe(false);
    });
});

describe("the list of conflicts", () => {
    async function clash() {
        const made = await world();
        const { server, tab } = made;
        server.create({ id: "a", title: "One", color: "red", labels: ["x"], done: false });
        tab.lead();
        await settle();
        tab.api.loss = 1;
        void tab.account.ask({
            kind: "update_note",
            id: "a",
            body: { title: "Mine", color: "blue", labels: ["x", "mine"] },
        });
        await settle(1_000);
        server.change("a", { title: "Theirs", labels: ["theirs"] });
        tab.api.loss = 0;
        tab.account.wake();
        await settle();
        return made;
    }

    test("has only the fields that both sides changed differently; the rest is merged", async () => {
        const { server, tab } = await clash();
        const [conflict] = tab.store.conflicts;
        expect(conflict?.conflict).toEqual({
            why: "changed",
            lines: [{ group: "title", yours: { title: "Mine" }, theirs: { title: "Theirs" } }],
        });
        expect(server.rows.get("a")).toMatchObject({ title: "Theirs", color: "blue", labels: ["theirs", "mine"] });
        expect(tab.note("a")?.title).toBe("Theirs");
    });

    test.each(["yours", "theirs"] as const)("ends as decided: %s", async (keep) => {
        const { server, tab } = await clash();
        void tab.account.decide(tab.store.conflicts[0]!.key, { group: "title", keep });
        await settle();
        expect(server.rows.get("a")?.title).toBe(keep === "yours" ? "Mine" : "Theirs");
        expect(tab.note("a")?.title).toBe(keep === "yours" ? "Mine" : "Theirs");
        expect(tab.account.status).toMatchObject({ waiting: 0, conflicts: 0 });
    });

    async function deletedElsewhere() {
        const made = await world();
        const { server, tab } = made;
        server.create({ id: "a", title: "One", color: "red", labels: [], done: false });
        tab.lead();
        await settle();
        tab.api.loss = 1;
        void tab.account.ask({ kind: "update_note", id: "a", body: { title: "Mine" } });
        void tab.account.ask({ kind: "finish_note", id: "a", body: {} });
        await settle(1_000);
        server.delete("a");
        tab.api.loss = 0;
        tab.account.wake();
        await settle();
        expect(tab.store.conflicts.map(({ conflict }) => conflict)).toEqual([{ why: "deleted" }]);
        return made;
    }

    test("offers to make again what was deleted elsewhere, with what was asked", async () => {
        const { server, tab } = await deletedElsewhere();
        void tab.account.decide(tab.store.conflicts[0]!.key, "again");
        await settle();
        expect([...server.rows.values()]).toMatchObject([{ title: "Mine" }]);
        expect(tab.account.status).toMatchObject({ waiting: 0, conflicts: 0 });
        expect(same(tab.shown, truth(server))).toBe(true);
    });

    test("lets it go with everything that was asked about it", async () => {
        const { server, tab } = await deletedElsewhere();
        void tab.account.decide(tab.store.conflicts[0]!.key, "let go");
        await settle();
        expect(server.rows.size).toBe(0);
        expect(tab.account.status).toMatchObject({ waiting: 0, conflicts: 0 });
    });

    test("takes what the server refuses out of the view, and the queue goes on", async () => {
        const { server, tab } = await world();
        tab.lead();
        await settle();
        void tab.account.ask({ kind: "create_note", id: "a", body: { title: "refused" } });
        void tab.account.ask({ kind: "finish_note", id: "a", body: {} });
        void tab.account.ask({ kind: "create_note", id: "b", body: { title: "fine" } });
        await settle();
        expect(tab.shown.map(({ id }) => id)).toEqual(["b"]);
        expect(server.rows.size).toBe(1);
        expect(tab.account.status).toMatchObject({ waiting: 1, conflicts: 1 });
        void tab.account.decide(tab.store.conflicts[0]!.key, "let go");
        await settle();
        expect(tab.account.status).toMatchObject({ waiting: 0, conflicts: 0 });
    });
});

describe("what was asked too long ago", () => {
    test("is asked as of now when the student tries again", async () => {
        const { server, tab } = await world();
        server.create({ id: "a", title: "One", color: "red", labels: [], done: false });
        tab.lead();
        await settle();
        server.oldest = new Date(Date.now() + 60_000).toISOString();
        void tab.account.ask({ kind: "count_up", id: "a", body: {} });
        await settle();
        expect([tab.account.status.conflicts, server.counts.get("a")]).toEqual([1, undefined]);
        void tab.account.decide(tab.store.conflicts[0]!.key, "again");
        await settle();
        expect(tab.account.status).toMatchObject({ waiting: 0, conflicts: 0 });
        expect(server.counts.get("a")).toBe(1);
    });
});

describe("an event that can't be applied", () => {
    test("leads to reading everything anew, in each tab", async () => {
        const { server, database, browser, chance, tab } = await world();
        tab.lead();
        const second = await Tab.open(server, database, browser, chance);
        await settle();
        server.create({ id: "a", title: "One", color: "red", labels: [], done: false });
        server.events.push({ seq: server.head + 1, type: "note.updated", at: "2030-01-01T00:00:00Z", data: null });
        server.change("a", { title: "Two" });
        tab.account.wake();
        await settle();
        expect(tab.shown).toEqual(truth(server));
        expect(second.shown).toEqual(truth(server));
        expect([tab.store.seq, second.store.seq]).toEqual([server.head, server.head]);
    });

    test("doesn't count as synced before that", async () => {
        const { server, tab } = await world();
        tab.lead();
        await settle();
        const { lastSync } = tab.account.status;
        server.events.push({ seq: server.head + 1, type: "note.updated", at: "2030-01-01T00:00:00Z", data: null });
        tab.api.answered = ({ path }) => void (path === "/api/reads" && (tab.api.loss = 1));
        tab.account.wake();
        await settle();
        expect(tab.account.status).toMatchObject({ online: false, lastSync });
        tab.api.loss = 0;
        tab.api.answered = () => undefined;
        await settle();
        expect(tab.store.seq).toBe(server.head);
        expect(tab.account.status.lastSync).toBeGreaterThan(lastSync!);
    });
});

describe("the tabs of a browser", () => {
    test("show what any of them asked, and what the leader learns", async () => {
        const { server, database, browser, chance, tab } = await world();
        tab.lead();
        await settle();
        const other = await Tab.open(server, database, browser, chance);
        void other.account.ask({ kind: "create_note", id: "a", body: { title: "From the other" } });
        await settle();
        expect(server.rows.get("a")?.title).toBe("From the other");
        expect(other.api.sent).toEqual([]);
        server.change("a", { color: "blue" });
        for (let n = 0; n < 10; n++) tab.hear();
        await settle();
        for (const one of [tab, other]) expect(one.note("a")).toMatchObject({ color: "blue", version: 2 });
        expect(other.account.status.waiting).toBe(0);
    });

    test("take everything from the disk when they missed events, and keep no command that is done", async () => {
        const { server, database, browser, chance, tab } = await world();
        const leader = browser.channel();
        leader.open(() => undefined);
        server.create({ id: "a", title: "Missed", color: "red", labels: [], done: false });
        server.create({ id: "b", title: "Heard", color: "red", labels: [], done: false });
        const rows = truth(server).map((row) => ({ table: "notes", row }));
        await Promise.all([database.save({ put: rows, seq: 2 }), settle(10)]);
        leader.post({ say: "events", events: server.events.slice(1) });
        await settle(10);
        expect(tab.shown.map(({ title }) => title)).toEqual(["Missed", "Heard"]);
        const other = await Tab.open(server, database, browser, chance);
        void other.account.ask({ kind: "finish_note", id: "a", body: {} });
        await settle(10);
        const [command] = other.store.queue;
        leader.post({ say: "settled", command: command!, put: [], remove: [] });
        leader.post({ say: "commands", commands: [command!] }); // from a third tab, too late
        await settle(10);
        expect([tab.store.queue, other.store.queue]).toEqual([[], []]);
    });
});

describe("everything is read anew", () => {
    test("and what happens meanwhile is seen twice, never missed", async () => {
        const { server, tab } = await world();
        tab.api.answered = ({ path }) => {
            if (path === "/notes" && !server.head) {
                server.create({ id: "a", title: "Meanwhile", color: "red", labels: [], done: false });
            }
        };
        tab.lead();
        await settle();
        expect(tab.shown).toEqual(truth(server));
    });

    test("after the server has lost the events since; what waits stays", async () => {
        const { server, tab } = await world();
        tab.lead();
        await settle();
        void tab.account.ask({ kind: "create_note", id: "a", body: { title: "One" } });
        await settle();
        tab.api.loss = 1;
        void tab.account.ask({ kind: "update_note", id: "a", body: { color: "blue" } });
        for (let n = 0; n < 20; n++) server.create({ id: `n${n}`, title: "", color: "", labels: [], done: false });
        server.expired = server.head - 2;
        await settle(1_000);
        tab.api.loss = 0;
        tab.account.wake();
        await settle();
        expect(same(tab.shown, truth(server))).toBe(true);
        expect(server.rows.get("a")?.color).toBe("blue");
    });

    test("found out while catching up, goes on with what happened meanwhile and with the connection", async () => {
        const { server, tab } = await world();
        for (let n = 0; n < 9; n++) server.create({ id: `n${n}`, title: "", color: "", labels: [], done: false });
        tab.lead();
        await settle();
        for (let n = 0; n < 9; n++) server.change(`n${n}`, { title: "Changed" });
        server.expired = server.head;
        let late = false;
        tab.api.answered = ({ path }) => {
            if (path !== "/api/reads" || late) return;
            late = true;
            server.create({ id: "late", title: "", color: "", labels: [], done: false });
        };
        tab.account.wake();
        await settle(10_000);
        expect(late).toBe(true);
        expect(same(tab.shown, truth(server))).toBe(true);
        expect(tab.connected).toBe(true);
    });
});

/** Groups of 20 interleavings; more with `SOAK=1`. */
const GROUPS = process.env["SOAK"] === "1" ? 200 : 10;

/** A wild hour: students, other devices, a bad network, restarts and two leaders; then it calms down. */
async function wild(seed: number): Promise<void> {
    const { server, database, browser, chance, tab: first } = await world(seed);
    const tabs = [first.lead(), await Tab.open(server, database, browser, chance)];
    const asked = { created: new Set<string>(), counted: new Map<string, number>() };
    const pick = <A>(list: readonly A[]): A => list[Math.floor(chance() * list.length)]!;
    const quietly = (promise: Promise<unknown>) => void promise.catch(() => undefined);

    function act(): void {
        const tab = pick(tabs);
        const ids = tab.shown.map(({ id }) => id);
        const id = pick(ids);
        const roll = chance();
        if (roll < 0.15 || !id) {
            const fresh = `n${seed}-${asked.created.size}`;
            asked.created.add(fresh);
            quietly(tab.account.ask({ kind: "create_note", id: fresh, body: { title: fresh } }));
        } else if (roll < 0.35) {
            const body = pick<Record<string, unknown>>([
                { title: `t${chance()}` },
                { color: pick(["red", "blue"]) },
                { labels: [pick(["x", "y", "z"])] },
            ]);
            quietly(tab.account.ask({ kind: "update_note", id, body }));
        } else if (roll < 0.42) quietly(tab.account.ask({ kind: "finish_note", id, body: {} }));
        else if (roll < 0.52) {
            quietly(
                tab.account.ask({ kind: "count_up", id, body: {} }).then(() => {
                    asked.counted.set(id, (asked.counted.get(id) ?? 0) + 1);
                }),
            );
        } else if (roll < 0.56) quietly(tab.account.ask({ kind: "delete_note", id, body: {} }));
        else if (roll < 0.6) quietly(tab.account.undo());
        else if (roll < 0.7) server.change(pick([...server.rows.keys(), ""]), { color: pick(["green", "black"]) });
        else if (roll < 0.73) server.delete(pick([...server.rows.keys(), ""]));
        else if (roll < 0.76) server.expired = Math.floor(chance() * server.head);
        else if (roll < 0.8) tab.api.loss = pick([0, 0.2, 0.5, 1]);
        else if (roll < 0.84) tab.account.wake();
        else if (roll < 0.87) pick(tabs).lead();
        else if (roll < 0.89) pick(tabs).follow();
        else tab.hear();
    }

    for (let n = 0; n < 60; n++) {
        act();
        await vi.advanceTimersByTimeAsync(chance() * 400);
        if (chance() < 0.04) {
            // A tab crashes: nothing that it had in memory survives.
            const at = Math.floor(chance() * tabs.length);
            tabs[at]!.follow();
            tabs[at] = await Tab.open(server, database, browser, chance);
            if (chance() < 0.6) tabs[at]!.lead();
        }
    }
    for (const tab of tabs) tab.api.loss = 0;
    server.expired = 0;
    tabs[1]!.follow();
    tabs[0]!.follow();
    await settle(1_000);
    tabs[0]!.lead();
    await settle();
    for (const tab of tabs) for (let n = 0; n < 40; n++) tab.hear();
    await settle();

    // Each thing was done or is on the list; nothing was done twice.
    const stuck = new Set(tabs[0]!.store.conflicts.map(({ id }) => id));
    const waiting = tabs[0]!.store.queue.filter(({ state, id }) => state !== "conflict" && !stuck.has(id));
    expect(waiting).toEqual([]);
    for (const [id, count] of asked.counted) {
        const open = tabs[0]!.store.queue.filter((one) => one.kind === "count_up" && one.id === id).length;
        if (server.rows.has(id) || server.counts.has(id)) {
            expect((server.counts.get(id) ?? 0) + open, `counted ${id}`).toBeLessThanOrEqual(count);
        }
        if (server.rows.has(id)) expect((server.counts.get(id) ?? 0) + open, `counted ${id}`).toBe(count);
    }
    const disk = await database.load();
    for (const tab of tabs) {
        for (const conflict of tab.store.conflicts) {
            await Promise.all([tab.account.decide(conflict.key, "let go"), settle(100)]);
        }
    }
    await settle();
    for (const tab of tabs) {
        expect(tab.shown).toEqual(truth(server));
        expect(tab.store.queue).toEqual([]);
    }
    expect(disk.rows.map(({ row }) => row as Kept & Note).toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual(
        truth(server),
    );
}

describe("converges to the server's state, with no command lost or doubled", () => {
    test.each(Array.from({ length: GROUPS }, (_, n) => n))(
        "20 interleavings, group %i",
        { timeout: 60_000 },
        async (n) => {
            for (let seed = n * 20; seed < n * 20 + 20; seed++) {
                await wild(seed).catch((fault: unknown) => {
                    throw new Error(`seed ${seed}`, { cause: fault });
                });
                vi.clearAllTimers();
            }
        },
    );
});
