/**
 * What the server last said (base), with the waiting commands laid over it (view).
 *
 * Screens read the view only. There is one writer, `sync.ts`. When a base row or a command changes, the view of that
 * row alone is computed anew; lists are kept until a row of their table changes.
 */
import type { AnyKind, AnyTable, Command, Event, Kept, Others, Put, Rows, Schema, Table } from "./kinds.ts";

type Indexes = Readonly<Record<string, (row: never) => string | null>>;

/** Rows by id and by the fields of their indexes. Lists are computed when asked for, and kept until a row changes. */
class Collection {
    readonly rows = new Map<string, Kept>();
    revision = 0;
    readonly #indexes: Indexes;
    #all: readonly Kept[] | null = null;
    readonly #by = new Map<string, Map<string, Map<string, Kept>>>();
    readonly #lists = new Map<string, readonly Kept[]>();

    constructor(indexes: Indexes = {}) {
        this.#indexes = indexes;
        for (const name of Object.keys(indexes)) this.#by.set(name, new Map());
    }

    set(row: Kept): void {
        const before = this.rows.get(row.id);
        if (before === row) return;
        if (before) this.#unindex(before);
        this.rows.set(row.id, row);
        for (const [name, keyOf] of Object.entries(this.#indexes)) {
            const key = keyOf(row as never);
            if (key === null) continue;
            const index = this.#by.get(name)!;
            if (!index.has(key)) index.set(key, new Map());
            index.get(key)!.set(row.id, row);
            this.#lists.delete(`${name} ${key}`);
        }
        this.#changed();
    }

    delete(id: string): void {
        const before = this.rows.get(id);
        if (!before) return;
        this.#unindex(before);
        this.rows.delete(id);
        this.#changed();
    }

    all(): readonly Kept[] {
        return (this.#all ??= [...this.rows.values()]);
    }

    by(name: string, key: string): readonly Kept[] {
        const place = `${name} ${key}`;
        let list = this.#lists.get(place);
        if (!list) this.#lists.set(place, (list = [...(this.#by.get(name)?.get(key)?.values() ?? [])]));
        return list;
    }

    #unindex(row: Kept): void {
        for (const [name, keyOf] of Object.entries(this.#indexes)) {
            const key = keyOf(row as never);
            if (key === null) continue;
            this.#by.get(name)!.get(key)?.delete(row.id);
            this.#lists.delete(`${name} ${key}`);
        }
    }

    #changed(): void {
        this.revision++;
        this.#all = null;
    }
}

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

/** Base rows changed by an event or an answer, to be written to the disk. */
export interface Written {
    readonly put: Put[];
    readonly remove: { table: string; id: string }[];
}

const QUEUE = "commands"; // the name under which reads of the queue are recorded

export class Store implements View {
    readonly #tables = new Map<string, AnyTable>();
    readonly #kinds = new Map<string, AnyKind>();
    readonly #reducers = new Map<string, AnyTable[]>();
    readonly #base = new Map<string, Collection>();
    readonly #view = new Map<string, Collection>();
    readonly #commands = new Map<string, Command>();
    #queue: readonly Command[] | null = [];
    /** Commands by the rows that they change: `table id`. */
    readonly #laid = new Map<string, Set<string>>();
    /** Rows whose deletion was answered, but whose event hasn't come: older events don't bring them back. */
    readonly #awaited = new Set<string>();
    /** Rows that an event deleted: late answers don't bring them back. */
    readonly #deleted = new Set<string>();
    #queueRevision = 0;
    #listeners = new Set<() => void>();
    #planned = false;
    #recorder: Set<string> | null = null;
    /** The number of the last event in the base. */
    seq = 0;

    constructor(schema: Schema) {
        for (const table of schema.tables) {
            this.#tables.set(table.name, table);
            this.#base.set(table.name, new Collection(table.indexes));
            this.#view.set(table.name, new Collection(table.indexes));
            for (const type of Object.keys(table.events)) {
                this.#reducers.set(type, [...(this.#reducers.get(type) ?? []), table]);
            }
        }
        for (const kind of schema.kinds) this.#kinds.set(kind.name, kind);
    }

    // Reading.

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
        return this.queue.reduce((sum, command) => sum + (command.state === "conflict" ? 0 : 1), 0);
    }

    get conflicts(): readonly Command[] {
        return this.queue.filter((command) => command.state === "conflict");
    }

    /** The commands in the order of the disk. */
    get queue(): readonly Command[] {
        this.#recorder?.add(QUEUE);
        return (this.#queue ??= [...this.#commands.values()].toSorted((a, b) => a.order - b.order));
    }

    kind(name: string): AnyKind | undefined {
        return this.#kinds.get(name);
    }

    table(name: string): AnyTable | undefined {
        return this.#tables.get(name);
    }

    /** The base row: what the server last said. */
    known(table: string, id: string): Kept | undefined {
        return this.#base.get(table)?.rows.get(id);
    }

    /** The base rows with this value of an index. */
    knownBy(table: string, index: string, key: string): readonly Kept[] {
        return this.#base.get(table)?.by(index, key) ?? [];
    }

    /** All base rows, for the disk. */
    knownRows(): Put[] {
        return [...this.#base].flatMap(([table, { rows }]) => [...rows.values()].map((row) => ({ table, row })));
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
        return table === QUEUE ? this.#queueRevision : (this.#view.get(table)?.revision ?? 0);
    }

    #read(table: string): Collection {
        this.#recorder?.add(table);
        const found = this.#view.get(table);
        if (!found) throw new Error(`unknown table: ${table}`);
        return found;
    }

    // Writing: `sync.ts` only.

    /** Replaces everything, as read from the disk. */
    load(rows: Iterable<Put>, commands: Iterable<Command>, seq: number): void {
        for (const [name, table] of this.#tables) {
            this.#base.set(name, new Collection(table.indexes));
        }
        for (const { table, row } of rows) this.#base.get(table)?.set(row);
        this.#commands.clear();
        this.#laid.clear();
        this.#awaited.clear();
        this.#deleted.clear();
        this.seq = seq;
        for (const command of commands) this.#enqueue(command);
        for (const name of this.#tables.keys()) this.#renew(name);
        this.#queueChanged();
    }

    /** Replaces the whole base by what was read of the server; `seq` is the head noted before reading. */
    replace(rows: readonly Put[], seq: number): void {
        const places = new Set(rows.map(({ table, row }) => `${table} ${row.id}`));
        const written: Written = { put: [], remove: [] };
        for (const [name, base] of this.#base) {
            for (const id of base.rows.keys()) if (!places.has(`${name} ${id}`)) this.#removeBase(name, id, written);
        }
        for (const { table, row } of rows) this.#setBase(table, row, written);
        this.seq = seq;
        this.#awaited.clear();
        this.#deleted.clear();
    }

    /** Applies an event that is the next one; an older one changes nothing. Returns what changed. */
    apply(event: Event): Written {
        const written: Written = { put: [], remove: [] };
        if (event.seq <= this.seq) return written;
        this.seq = event.seq;
        for (const table of this.#reducers.get(event.type) ?? []) {
            table.events[event.type]!(this.#rows(table.name, written), event.data, this.#others);
        }
        return written;
    }

    /** Puts the rows of an answer into the base and takes its command from the queue. */
    settle(command: Command | null, puts: readonly Put[], removes: readonly { table: string; id: string }[]): Written {
        const written: Written = { put: [], remove: [] };
        for (const { table, row } of puts) {
            if (!this.#deleted.has(`${table} ${row.id}`)) this.#putNewer(table, row, written);
        }
        for (const { table, id } of removes) {
            if (this.known(table, id)) this.#awaited.add(`${table} ${id}`);
            this.#removeBase(table, id, written);
        }
        if (command) this.drop(command.key);
        return written;
    }

    /** Adds a command or replaces the one with its key. */
    enqueue(command: Command): void {
        this.#enqueue(command);
        this.#queueChanged();
    }

    /** Takes a command from the queue. */
    drop(key: string): void {
        const command = this.#commands.get(key);
        if (!command) return;
        this.#commands.delete(key);
        this.#queue = null;
        for (const [table, id] of this.targets(command)) {
            this.#laid.get(`${table} ${id}`)?.delete(key);
            this.#renewRow(table, id);
        }
        this.#queueChanged();
    }

    command(key: string): Command | undefined {
        return this.#commands.get(key);
    }

    /** The base rows that are no longer worth keeping, removed. */
    prune(now: number): Written {
        const written: Written = { put: [], remove: [] };
        for (const [name, table] of this.#tables) {
            if (!table.keep) continue;
            for (const row of this.#base.get(name)!.rows.values()) {
                if (!table.keep(row, now) && !this.#laid.get(`${name} ${row.id}`)?.size) {
                    this.#removeBase(name, row.id, written);
                }
            }
        }
        return written;
    }

    /** The rows that a command changes. */
    targets(command: Command): (readonly [string, string])[] {
        const kind = this.#kinds.get(command.kind);
        if (!kind) return [];
        return (kind.targets?.(command) ?? [command.id]).map((id) => [kind.table.name, id] as const);
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

    #enqueue(command: Command): void {
        const before = this.#commands.get(command.key);
        this.#commands.set(command.key, command);
        this.#queue = null;
        const touched = new Set<string>();
        for (const [table, id] of before ? this.targets(before) : []) {
            this.#laid.get(`${table} ${id}`)?.delete(command.key);
            touched.add(`${table} ${id}`);
        }
        for (const [table, id] of this.targets(command)) {
            const place = `${table} ${id}`;
            if (!this.#laid.has(place)) this.#laid.set(place, new Set());
            this.#laid.get(place)!.add(command.key);
            touched.add(place);
        }
        for (const place of touched) this.#renewRow(...(place.split(" ") as [string, string]));
    }

    #queueChanged(): void {
        this.#queue = null;
        this.#queueRevision++;
        this.changed();
    }

    readonly #others: Others = {
        get: (table, id) => this.#base.get(table.name)?.rows.get(id) as never,
    };

    #rows(table: string, written: Written): Rows<Kept> {
        const base = this.#base.get(table)!;
        return {
            get: (id) => base.rows.get(id),
            all: () => base.all(),
            by: (index, key) => base.by(index, key),
            put: (row) => {
                this.#deleted.delete(`${table} ${row.id}`);
                if (!this.#awaited.has(`${table} ${row.id}`)) this.#putNewer(table, row, written);
            },
            patch: (id, fields) => {
                const row = base.rows.get(id);
                if (row) this.#setBase(table, { ...row, ...fields }, written);
            },
            remove: (id) => {
                this.#awaited.delete(`${table} ${id}`);
                this.#deleted.add(`${table} ${id}`);
                this.#removeBase(table, id, written);
            },
        };
    }

    #putNewer(table: string, row: Kept, written: Written): void {
        const before = this.known(table, row.id);
        if (before && row.version > 0 && before.version >= row.version) return;
        this.#setBase(table, row, written);
    }

    #setBase(table: string, row: Kept, written: Written): void {
        const base = this.#base.get(table);
        if (!base) return;
        base.set(row);
        written.put.push({ table, row });
        this.#renewRow(table, row.id);
    }

    #removeBase(table: string, id: string, written: Written): void {
        this.#base.get(table)?.delete(id);
        written.remove.push({ table, id });
        this.#renewRow(table, id);
    }

    /** Computes the view of one row anew: the base, then its commands in order. */
    #renewRow(table: string, id: string): void {
        const view = this.#view.get(table);
        if (!view) return;
        let row = this.#base.get(table)!.rows.get(id);
        for (const command of this.#commandsOn(`${table} ${id}`)) {
            row = this.#kinds.get(command.kind)!.look(row, command) as Kept | undefined;
        }
        if (row) view.set(row);
        else view.delete(id);
        this.changed();
    }

    #commandsOn(place: string): Command[] {
        const keys = this.#laid.get(place);
        if (!keys?.size) return [];
        const found = [...keys].map((key) => this.#commands.get(key)!).filter((command) => isShown(command));
        return found.length > 1 ? found.toSorted((a, b) => a.order - b.order) : found;
    }

    #renew(table: string): void {
        const view = this.#view.get(table)!;
        const base = this.#base.get(table)!;
        for (const id of view.rows.keys()) if (!base.rows.has(id)) this.#renewRow(table, id);
        for (const row of base.rows.values()) {
            if (this.#laid.has(`${table} ${row.id}`)) this.#renewRow(table, row.id);
            else view.set(row);
        }
        for (const place of this.#laid.keys()) {
            const [name, id] = place.split(" ") as [string, string];
            if (name === table && !base.rows.has(id)) this.#renewRow(table, id);
        }
        this.changed();
    }
}

/** Whether a command shows in the view: not while the student has to decide about it. */
function isShown(command: Command): boolean {
    return command.state !== "conflict";
}

/**
 * Returns a read that is computed anew only when a table that it read has changed.
 *
 * Derive lists once, at the top of a module: `const open = derived((view) => view.all(tasks).filter(isOpen))`.
 */
export function derived<A>(read: (view: View) => A): (view: View) => A {
    let of: Store | null = null;
    let result: A;
    let seen: [string, number][] = [];
    return (view) => {
        const store = view as Store;
        if (store !== of || seen.some(([table, revision]) => store.revision(table) !== revision)) {
            const [found, tables] = store.record(read);
            of = store;
            result = found;
            seen = [...tables].map((table) => [table, store.revision(table)]);
        }
        return result;
    };
}
