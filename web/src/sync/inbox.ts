/** Takes what the server has into the replica: everything at first, then events in order, and summaries anew. */
import { rest } from "../platform/rest.ts";
import { now } from "../platform/time.ts";
import type { Api } from "./api.ts";
import type { AnyTable, Event, Put, Reader } from "./kinds.ts";
import type { Replica } from "./replica.ts";
import type { Store } from "./store.ts";

/** The world of the inbox. */
export interface InboxWorld {
    readonly tables: readonly AnyTable[];
    readonly api: Pick<Api, "send" | "reader">;
    readonly replica: Replica;
    readonly store: Pick<Store, "seq">;
    /** Events are missing, which `catchUp` reads. */
    missing(): void;
    /** Reading a summary failed. */
    failed(fault: unknown): void;
}

interface Changes {
    readonly items: readonly Event[];
    readonly nextSeq: number;
    readonly reset: boolean;
}

const REFRESH = 2_000;

export class Inbox {
    readonly #world: InboxWorld;
    readonly #replica: Replica;
    readonly #refreshes = new Map<string, ReturnType<typeof setTimeout>>();
    #unread = false;
    #behind = true;

    constructor(world: InboxWorld) {
        this.#world = world;
        this.#replica = world.replica;
    }

    /** Whether everything has to be read first: `readEverything`. */
    get unread(): boolean {
        return this.#unread;
    }

    /** Whether there may be events that haven't come: `catchUp`. */
    get behind(): boolean {
        return this.#behind;
    }

    /** From now on this tab reads. */
    start(): void {
        this.#behind = true;
        this.#unread ||= !this.#replica.complete;
    }

    /** Another tab reads from now on. */
    stop(): void {
        for (const timer of this.#refreshes.values()) clearTimeout(timer);
        this.#refreshes.clear();
    }

    /** Events may have been missed. */
    lag(): void {
        this.#behind = true;
    }

    /** Events are missing for good. */
    startAnew(): void {
        this.#unread = true;
    }

    /** Reads everything anew. The head is read first: what happens meanwhile is seen twice, never missed. */
    async readEverything(): Promise<void> {
        const first = !this.#replica.complete;
        const reader = this.#world.api.reader(now());
        const { tables } = this.#world;
        const [head, soon] = await Promise.all([
            reader.get<Changes>("/api/changes", { since: Number.MAX_SAFE_INTEGER }),
            this.#readTables(
                tables.filter(({ late }) => !late),
                reader,
                first,
            ),
        ]);
        this.#replica.markComplete();
        await rest(); // the first screen doesn't wait for what it doesn't show
        const late = await this.#readTables(
            tables.filter((table) => table.late),
            reader,
            first,
        );
        const stored = this.#replica.replace([...soon, ...late], head.nextSeq);
        this.#unread = false;
        this.#behind = true;
        await stored;
    }

    /** Reads the events since the last one. Returns whether the server still has them all. */
    async catchUp(): Promise<boolean> {
        for (;;) {
            const since = this.#world.store.seq;
            const page = await this.#changes(since);
            if (page.reset) return false;
            this.receive(page.items);
            if (this.#unread) return true;
            if (!page.items.length || this.#world.store.seq === since) break;
        }
        this.#behind = false;
        this.#replica.markSynced(now());
        return true;
    }

    /** Applies events in order; after a gap, the missing ones are read first. */
    receive(events: readonly Event[]): void {
        let applied: readonly Event[];
        try {
            applied = this.#replica.receive(events);
        } catch {
            this.startAnew(); // of an event that this app doesn't understand, the result can be read
            return this.#world.missing();
        }
        for (const table of this.#world.tables) {
            if (table.refreshOn && applied.some(({ type }) => table.refreshOn!.includes(type)))
                this.#refreshSoon(table);
        }
        if (!events.some(({ seq }) => seq > this.#world.store.seq)) return;
        this.#behind = true;
        this.#world.missing();
    }

    /** Reads a table anew, for summaries that no event describes. */
    async refresh(table: AnyTable): Promise<void> {
        const put = await this.#readAll(table, this.#world.api.reader(now()));
        await this.#replica.settle(null, { put, remove: [] });
    }

    #refreshSoon(table: AnyTable): void {
        clearTimeout(this.#refreshes.get(table.name));
        const timer = setTimeout(() => {
            this.#refreshes.delete(table.name);
            this.refresh(table).catch((fault: unknown) => this.#world.failed(fault)); // the next event tries again
        }, REFRESH);
        this.#refreshes.set(table.name, timer);
    }

    async #readTables(tables: readonly AnyTable[], reader: Reader, shown: boolean): Promise<Put[]> {
        return (await Promise.all(tables.map((table) => this.#readAll(table, reader, shown)))).flat();
    }

    /** All rows that a table reads; with `shown`, each page is shown as it comes. */
    async #readAll(table: AnyTable, reader: Reader, shown = false): Promise<Put[]> {
        const rows: Put[] = [];
        for await (const page of table.read(reader)) {
            rows.push(...page);
            if (shown) this.#replica.show(page);
        }
        return rows;
    }

    async #changes(since: number): Promise<Changes> {
        const query = { since };
        return (await this.#world.api.send<never>({ method: "GET", path: "/api/changes", query })).data;
    }
}
