/** The base: what the server last said, as reads, events and answers change it. Knows nothing of commands. */
import { Collection } from "./collection.ts";
import type { AnyTable, Event, Kept, Others, Place, Put, Rows } from "./kinds.ts";

/** Base rows changed by an event or an answer, to be written to the disk. */
export interface Written {
    readonly put: Put[];
    readonly remove: Place[];
}

export class Base {
    readonly #tables: readonly AnyTable[];
    readonly #reducers = new Map<string, AnyTable[]>();
    readonly #rows = new Map<string, Collection>();
    /** Rows whose deletion was answered, but whose event hasn't come: older events don't bring them back. */
    readonly #awaited = new Set<string>();
    /** Rows that an event deleted: late answers don't bring them back. */
    readonly #deleted = new Set<string>();
    readonly #changed: (table: string, id: string) => void;
    #seq = 0;

    /** `changed` is called for each row that was set or removed, but not by `load`. */
    constructor(tables: readonly AnyTable[], changed: (table: string, id: string) => void) {
        this.#tables = tables;
        this.#changed = changed;
        for (const table of tables) {
            this.#rows.set(table.name, new Collection(table.indexes));
            for (const type of Object.keys(table.events)) {
                this.#reducers.set(type, [...(this.#reducers.get(type) ?? []), table]);
            }
        }
    }

    /** The number of the last event in the base. */
    get seq(): number {
        return this.#seq;
    }

    get(table: string, id: string): Kept | undefined {
        return this.#rows.get(table)?.rows.get(id);
    }

    /** The rows with this value of an index. */
    by(table: string, index: string, key: string): readonly Kept[] {
        return this.#rows.get(table)?.by(index, key) ?? [];
    }

    rowsOf(table: string): Iterable<Kept> {
        return this.#rows.get(table)?.rows.values() ?? [];
    }

    all(): Put[] {
        return [...this.#rows].flatMap(([table, { rows }]) => [...rows.values()].map((row) => ({ table, row })));
    }

    /** Replaces everything, as read from the disk. */
    load(rows: Iterable<Put>, seq: number): void {
        for (const table of this.#tables) this.#rows.set(table.name, new Collection(table.indexes));
        for (const { table, row } of rows) this.#rows.get(table)?.set(row);
        this.#startAt(seq);
    }

    /** Replaces everything by what was read of the server; `seq` is the head noted before reading. */
    replace(rows: readonly Put[], seq: number): void {
        const places = new Set(rows.map(({ table, row }) => `${table} ${row.id}`));
        const written: Written = { put: [], remove: [] };
        for (const [name, table] of this.#rows) {
            for (const id of table.rows.keys()) if (!places.has(`${name} ${id}`)) this.#remove(name, id, written);
        }
        for (const { table, row } of rows) this.#set(table, row, written);
        this.#startAt(seq);
    }

    /**
     * Applies an event that is the next one; an older one changes nothing. Returns what changed. An event that can't be
     * applied raises an error and isn't counted: everything has to be read anew.
     */
    apply(event: Event): Written {
        const written: Written = { put: [], remove: [] };
        if (event.seq <= this.#seq) return written;
        for (const table of this.#reducers.get(event.type) ?? []) {
            table.events[event.type]!(this.#writable(table.name, written), event.data, this.#others);
        }
        this.#seq = event.seq;
        return written;
    }

    /** Takes the rows of an answer. Returns what changed. */
    settle(puts: readonly Put[], removes: readonly Place[]): Written {
        const written: Written = { put: [], remove: [] };
        for (const { table, row } of puts) {
            if (!this.#deleted.has(`${table} ${row.id}`)) this.#setNewer(table, row, written);
        }
        for (const { table, id } of removes) {
            if (this.get(table, id)) this.#awaited.add(`${table} ${id}`);
            this.#remove(table, id, written);
        }
        return written;
    }

    /** Removes the rows that are no longer worth keeping, but those that are `needed`. */
    prune(now: number, needed: (table: string, id: string) => boolean): Written {
        const written: Written = { put: [], remove: [] };
        for (const table of this.#tables) {
            if (!table.keep) continue;
            for (const row of this.rowsOf(table.name)) {
                if (!table.keep(row, now) && !needed(table.name, row.id)) this.#remove(table.name, row.id, written);
            }
        }
        return written;
    }

    #startAt(seq: number): void {
        this.#seq = seq;
        this.#awaited.clear();
        this.#deleted.clear();
    }

    readonly #others: Others = {
        get: (table, id) => this.get(table.name, id) as never,
    };

    #writable(table: string, written: Written): Rows<Kept> {
        const rows = this.#rows.get(table)!;
        return {
            get: (id) => rows.rows.get(id),
            all: () => rows.all(),
            by: (index, key) => rows.by(index, key),
            put: (row) => {
                this.#deleted.delete(`${table} ${row.id}`);
                if (!this.#awaited.has(`${table} ${row.id}`)) this.#setNewer(table, row, written);
            },
            patch: (id, fields) => {
                const row = rows.rows.get(id);
                if (row) this.#set(table, { ...row, ...fields }, written);
            },
            remove: (id) => {
                this.#awaited.delete(`${table} ${id}`);
                this.#deleted.add(`${table} ${id}`);
                this.#remove(table, id, written);
            },
        };
    }

    #setNewer(table: string, row: Kept, written: Written): void {
        const before = this.get(table, row.id);
        if (before && row.version > 0 && before.version >= row.version) return;
        this.#set(table, row, written);
    }

    #set(table: string, row: Kept, written: Written): void {
        const rows = this.#rows.get(table);
        if (!rows) return;
        rows.set(row);
        written.put.push({ table, row });
        this.#changed(table, row.id);
    }

    #remove(table: string, id: string, written: Written): void {
        this.#rows.get(table)?.delete(id);
        written.remove.push({ table, id });
        this.#changed(table, id);
    }
}
