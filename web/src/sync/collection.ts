/** Rows by id and by the fields of their indexes. Lists are computed when asked for, and kept until a row changes. */
import type { Kept } from "./kinds.ts";

type Indexes = Readonly<Record<string, (row: never) => string | null>>;

export class Collection {
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
