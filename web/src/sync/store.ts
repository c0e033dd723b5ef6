/**
 * What screens read: what the server last said (base), with the waiting commands laid over it (view).
 *
 * When a base row or a command changes, the view of that row alone is computed anew; lists are kept until a row of
 * their table changes. Only `replica.ts` and `outbox.ts` write; `sync.ts` empties it.
 */
import { Base, type Written } from "./base.ts";
import { Collection } from "./collection.ts";
import {
    type AnyKind,
    type Command,
    type Event,
    type Kept,
    type Place,
    type Put,
    type Schema,
    type Table,
    UNSTORED,
} from "./kinds.ts";
import { Queue } from "./queue.ts";

/** What screens can read. The same rows and lists are returned until something in them changes. */
export interface View {
    get<T extends Kept>(table: Table<T>, id: string | null | undefined): T | undefined;
    all<T extends Kept>(table: Table<T>): readonly T[];
    by<T extends Kept>(table: Table<T>, index: string, key: string): readonly T[];
    /** The commands of an object that the server hasn't answered yet. */
    commandsOf(id: string): readonly Command[];
    readonly waiting: number;
    readonly conflicts: readonly Command[];
}

const QUEUE = "commands"; // the name under which reads of the queue are recorded

export class Store implements View {
    readonly #kinds = new Map<string, AnyKind>();
    readonly #base: Base;
    readonly #queue: Queue;
    readonly #view = new Map<string, Collection>();
    #listeners = new Set<() => void>();
    #planned = false;
    #recorder: Set<string> | null = null;

    constructor(schema: Schema) {
        this.#base = new Base(schema.tables, (table, id) => this.#renewRow(table, id));
        this.#queue = new Queue((name) => this.#kinds.get(name));
        for (const table of schema.tables) this.#view.set(table.name, new Collection(table.indexes));
        for (const kind of schema.kinds) this.#kinds.set(kind.name, kind);
    }

    // Reading the view.

    get<T extends Kept>(table: Table<T>, id: string | null | undefined): T | undefined {
        return id ? (this.#read(table.name).rows.get(id) as T | undefined) : undefined;
    }

    all<T extends Kept>(table: Table<T>): readonly T[] {
        return this.#read(table.name).all() as readonly T[];
    }

    by<T extends Kept>(table: Table<T>, index: string, key: string): readonly T[] {
        return this.#read(table.name).by(index, key) as readonly T[];
    }

    commandsOf(id: string): readonly Command[] {
        return this.queue.filter((command) => command.id === id);
    }

    get waiting(): number {
        return this.queue.filter(({ state }) => state !== "conflict").length;
    }

    /** How many of the waiting commands are on the disk. */
    get stored(): number {
        return this.queue.filter(({ state, order }) => state !== "conflict" && order < UNSTORED).length;
    }

    get conflicts(): readonly Command[] {
        return this.queue.filter((command) => command.state === "conflict");
    }

    /** The commands in the order of the disk. */
    get queue(): readonly Command[] {
        this.#recorder?.add(QUEUE);
        return this.#queue.all;
    }

    command(key: string): Command | undefined {
        return this.#queue.get(key);
    }

    kind(name: string): AnyKind | undefined {
        return this.#kinds.get(name);
    }

    /** Calls `listener` after changes, once for all that happened in the same turn. Returns how to stop. */
    subscribe(listener: () => void): () => void {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
    }

    /** Runs `read` and returns its result with the names of the tables that it read. */
    record<A>(read: (view: View) => A): [A, ReadonlySet<string>] {
        const outer = this.#recorder;
        const tables = (this.#recorder = new Set<string>());
        try {
            return [read(this), tables];
        } finally {
            this.#recorder = outer;
            for (const name of tables) outer?.add(name);
        }
    }

    /** A number that grows with every change of the table's view. */
    revision(table: string): number {
        this.#recorder?.add(table);
        return table === QUEUE ? this.#queue.revision : (this.#view.get(table)?.revision ?? 0);
    }

    #read(table: string): Collection {
        this.#recorder?.add(table);
        const found = this.#view.get(table);
        if (!found) throw new Error(`unknown table: ${table}`);
        return found;
    }

    // Reading the base.

    /** The number of the last event in the base. */
    get seq(): number {
        return this.#base.seq;
    }

    /** The base row: what the server last said. */
    known(table: string, id: string): Kept | undefined {
        return this.#base.get(table, id);
    }

    /** The base rows with this value of an index. */
    knownBy(table: string, index: string, key: string): readonly Kept[] {
        return this.#base.by(table, index, key);
    }

    /** All base rows, for the disk. */
    knownRows(): Put[] {
        return this.#base.all();
    }

    // Writing.

    /** Replaces everything, as read from the disk. */
    load(rows: Iterable<Put>, commands: Iterable<Command>, seq: number): void {
        this.#base.load(rows, seq);
        this.#queue.clear();
        for (const command of commands) this.#queue.set(command);
        for (const table of this.#view.keys()) this.#renew(table);
        this.changed();
    }

    /** Replaces the whole base by what was read of the server; `seq` is the head noted before reading. */
    replace(rows: readonly Put[], seq: number): void {
        this.#base.replace(rows, seq);
    }

    /** Applies an event that is the next one; an older one changes nothing. Returns what changed. */
    apply(event: Event): Written {
        return this.#base.apply(event);
    }

    /** Puts the rows of an answer into the base and takes its command from the queue. */
    settle(command: Command | null, puts: readonly Put[], removes: readonly Place[]): Written {
        const written = this.#base.settle(puts, removes);
        if (command) this.drop(command.key);
        return written;
    }

    /** Adds a command or replaces the one with its key. */
    enqueue(command: Command): void {
        for (const { table, id } of this.#queue.set(command)) this.#renewRow(table, id);
        this.changed();
    }

    /** Takes a command from the queue. */
    drop(key: string): void {
        if (!this.#queue.get(key)) return;
        for (const { table, id } of this.#queue.delete(key)) this.#renewRow(table, id);
        this.changed();
    }

    /** The base rows that are no longer worth keeping, removed. */
    prune(now: number): Written {
        return this.#base.prune(now, (table, id) => this.#queue.has(table, id));
    }

    /** Tells listeners that something beside the rows has changed. */
    changed(): void {
        if (this.#planned) return;
        this.#planned = true;
        queueMicrotask(() => {
            this.#planned = false;
            for (const listener of this.#listeners) listener();
        });
    }

    /** Computes the view of one row anew: the base, then its commands in order. */
    #renewRow(table: string, id: string): void {
        const view = this.#view.get(table);
        if (!view) return;
        let row = this.#base.get(table, id);
        for (const command of this.#queue.on(table, id)) {
            row = this.#kinds.get(command.kind)!.look(row, command) as Kept | undefined;
        }
        if (row) view.set(row);
        else view.delete(id);
        this.changed();
    }

    #renew(table: string): void {
        const view = this.#view.get(table)!;
        for (const id of view.rows.keys()) if (!this.#base.get(table, id)) this.#renewRow(table, id);
        for (const row of this.#base.rowsOf(table)) {
            if (this.#queue.has(table, row.id)) this.#renewRow(table, row.id);
            else view.set(row);
        }
        for (const id of this.#queue.idsOf(table)) if (!this.#base.get(table, id)) this.#renewRow(table, id);
    }
}
