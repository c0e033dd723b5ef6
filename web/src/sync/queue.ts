/** The commands that the server hasn't answered for good: in the order of the disk, and by the rows that they change. */
import type { AnyKind, Command, Place } from "./kinds.ts";

export class Queue {
    readonly #kindOf: (name: string) => AnyKind | undefined;
    readonly #commands = new Map<string, Command>();
    #sorted: readonly Command[] | null = [];
    /** The keys of commands by the rows that they change: `table id`. */
    readonly #byRow = new Map<string, Set<string>>();
    /** Grows with every change. */
    revision = 0;

    constructor(kindOf: (name: string) => AnyKind | undefined) {
        this.#kindOf = kindOf;
    }

    get all(): readonly Command[] {
        return (this.#sorted ??= [...this.#commands.values()].toSorted((a, b) => a.order - b.order));
    }

    get(key: string): Command | undefined {
        return this.#commands.get(key);
    }

    /** Adds a command or replaces the one with its key. Returns the rows that either changes. */
    set(command: Command): Place[] {
        const before = this.#unindex(command.key);
        this.#commands.set(command.key, command);
        const after = this.#targets(command);
        for (const { table, id } of after) {
            const row = `${table} ${id}`;
            if (!this.#byRow.has(row)) this.#byRow.set(row, new Set());
            this.#byRow.get(row)!.add(command.key);
        }
        this.#changed();
        const isNew = (place: Place) => !before.some(({ table, id }) => table === place.table && id === place.id);
        return [...before, ...after.filter(isNew)];
    }

    /** Takes a command out. Returns the rows that it changed. */
    delete(key: string): Place[] {
        const rows = this.#unindex(key);
        if (this.#commands.delete(key)) this.#changed();
        return rows;
    }

    clear(): void {
        this.#commands.clear();
        this.#byRow.clear();
        this.#changed();
    }

    /** Whether a command changes the row. */
    has(table: string, id: string): boolean {
        return (this.#byRow.get(`${table} ${id}`)?.size ?? 0) > 0;
    }

    /** The commands that show in a row, in their order: not those about which the student has to decide. */
    on(table: string, id: string): Command[] {
        const keys = this.#byRow.get(`${table} ${id}`);
        if (!keys?.size) return [];
        const found = [...keys].map((key) => this.#commands.get(key)!).filter(({ state }) => state !== "conflict");
        return found.length > 1 ? found.toSorted((a, b) => a.order - b.order) : found;
    }

    /** The ids of the rows of a table that commands change. */
    idsOf(table: string): string[] {
        const rows = [...this.#byRow.keys()].map((row) => row.split(" ") as [string, string]);
        return rows.filter(([name]) => name === table).map(([, id]) => id);
    }

    #unindex(key: string): Place[] {
        const command = this.#commands.get(key);
        const rows = command ? this.#targets(command) : [];
        for (const { table, id } of rows) this.#byRow.get(`${table} ${id}`)?.delete(key);
        return rows;
    }

    #targets(command: Command): Place[] {
        const kind = this.#kindOf(command.kind);
        if (!kind) return [];
        return (kind.targets?.(command) ?? [command.id]).map((id) => ({ table: kind.table.name, id }));
    }

    #changed(): void {
        this.#sorted = null;
        this.revision++;
    }
}
