/**
 * Writes changes of the base and of commands to the disk, in order, and tells the other tabs afterwards. What comes
 * while a write runs is written together.
 */
import type { Database, Patch } from "./database.ts";
import type { Place, Put } from "./kinds.ts";
import type { Store } from "./store.ts";
import type { Change } from "./tabs.ts";

/** What is written next, and who has to be told. */
interface Pending {
    patch: Required<Omit<Patch, "seq" | "user">> & { seq?: number };
    readonly changes: Change[];
}

export class Writer {
    readonly #store: Pick<Store, "knownRows" | "seq">;
    readonly #database: Pick<Database, "save" | "replace">;
    readonly #post: (change: Change) => void;
    readonly #refused: (refused: boolean) => void;
    #pending: Pending | null = null;
    #writing: Promise<void> = Promise.resolve();
    /** Whether the disk lacks something, so that everything has to be written. */
    #behind = false;

    /** `post` tells the other tabs; `refused` is called after each write with whether the disk refused it. */
    constructor(
        store: Pick<Store, "knownRows" | "seq">,
        database: Pick<Database, "save" | "replace">,
        post: (change: Change) => void,
        refused: (refused: boolean) => void,
    ) {
        this.#store = store;
        this.#database = database;
        this.#post = post;
        this.#refused = refused;
    }

    write(patch: Patch, change: Change): void {
        this.#pending ??= { patch: { put: [], remove: [], commands: [], drop: [] }, changes: [] };
        const all = this.#pending.patch;
        const places = new Set([...(patch.put ?? []).map(placeOfRow), ...(patch.remove ?? []).map(placeOf)]);
        this.#pending.patch = {
            put: [...all.put.filter((one) => !places.has(placeOfRow(one))), ...(patch.put ?? [])],
            remove: [...all.remove.filter((one) => !places.has(placeOf(one))), ...(patch.remove ?? [])],
            commands: [...all.commands, ...(patch.commands ?? [])],
            drop: [...all.drop, ...(patch.drop ?? [])],
            ...(patch.seq !== undefined ? { seq: patch.seq } : all.seq !== undefined && { seq: all.seq }),
        };
        if (this.#pending.changes.push(change) === 1) this.#writing = this.#writing.then(() => this.#writePending());
    }

    /** Writes the whole base. */
    writeAll(change: Change): void {
        this.#behind = true;
        this.write({}, change);
    }

    /** Resolves when what came so far is written. */
    flushed(): Promise<void> {
        return this.#writing;
    }

    async #writePending(): Promise<void> {
        const pending = this.#pending;
        this.#pending = null;
        if (!pending) return;
        try {
            if (this.#behind) await this.#database.replace(this.#store.knownRows(), this.#store.seq);
            await this.#database.save(pending.patch);
            this.#behind = false;
            this.#refused(false);
        } catch {
            this.#behind = true; // the next write writes everything
            this.#refused(true);
        }
        for (const change of pending.changes) this.#post(change);
    }
}

function placeOf({ table, id }: Place): string {
    return `${table} ${id}`;
}

function placeOfRow({ table, row }: Put): string {
    return placeOf({ table, id: row.id });
}
