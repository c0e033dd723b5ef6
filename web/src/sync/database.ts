/**
 * What is kept on the disk: the base, and the commands that wait. The one home of IndexedDB.
 *
 * There is one database an account. Commands are written strictly: once `add` has returned they survive a crash. Rows
 * are a copy of the server's and can be read anew, so a new schema drops them; commands are migrated by `migrations.ts`.
 */
import { type DBSchema, type IDBPDatabase, openDB, deleteDB } from "idb";

import { migrate, SCHEMA } from "./migrations.ts";
import type { Command, Put } from "./kinds.ts";
import { sound } from "./sound.ts";

/** The disk is full, or the browser refuses to write: nothing was stored. */
export class DiskRefused extends Error {}

/** Everything on the disk. `seq` is null before all was read once. */
export interface Content {
    readonly rows: readonly Put[];
    readonly commands: readonly Command[];
    readonly seq: number | null;
    readonly user: unknown;
}

/** What is written in one transaction: strictly if it has commands. */
export interface Patch {
    readonly put?: readonly Put[];
    readonly remove?: readonly { table: string; id: string }[];
    /** The number of the last event; a patch that isn't newer than the disk is left out, with its rows. */
    readonly seq?: number;
    readonly commands?: readonly Command[];
    /** Places in the queue. */
    readonly drop?: readonly number[];
    readonly user?: unknown;
}

/** A command that may be sent now, and whether it may have been sent before. */
export interface Claim {
    readonly command: Command;
    readonly repeated: boolean;
}

export type Fold = (queue: readonly Command[], command: Command) => Command | null;

export interface Database {
    /** Whether it survives the tab. */
    readonly kept: boolean;
    load(): Promise<Content>;
    save(patch: Patch): Promise<void>;
    /** Replaces all rows. */
    replace(rows: readonly Put[], seq: number): Promise<void>;
    /** Marks the rows as damaged: from the next start on they count as none, until they are replaced. */
    distrust(): Promise<void>;
    /**
     * Stores a command at the end of the queue, or folded into one that waits there; returns it as stored. `beside` are
     * written in the same transaction.
     */
    add(command: Command, fold: Fold, beside?: readonly Command[]): Promise<Command>;
    /** Marks a command as sent and returns it as it stands on the disk, or null if it is done or undecided. */
    claim(order: number): Promise<Claim | null>;
    /** Takes a command back unless it may have been sent; returns whether it was. */
    withdraw(order: number): Promise<boolean>;
    close(): void;
    /** Deletes everything. */
    destroy(): Promise<void>;
}

interface Tables extends DBSchema {
    rows: { key: [string, string]; value: Put };
    commands: { key: number; value: Command };
    meta: { key: string; value: unknown };
}

const TABLES = ["rows", "commands", "meta"] as const;
const nameOf = (account: string) => `teddy:${account}`;

/** Opens the database of an account; `closed` is called when another tab needs a newer one. Null if forbidden. */
export async function openDatabase(account: string, closed: () => void = () => {}): Promise<Database | null> {
    try {
        let opened = await openTables(account, closed);
        if (!TABLES.every((name) => opened.objectStoreNames.contains(name))) {
            // Something else made it, or it is damaged; there is nothing in it.
            opened.close();
            await deleteDB(nameOf(account));
            opened = await openTables(account, closed);
        }
        return new DiskDatabase(opened, account);
    } catch {
        return null;
    }
}

function openTables(account: string, closed: () => void): Promise<IDBPDatabase<Tables>> {
    return openDB<Tables>(nameOf(account), SCHEMA, {
        async upgrade(db, from, _to, tx) {
            // A store that was damaged may lack its tables.
            const known = db.objectStoreNames.contains("commands");
            const commands = known ? await tx.objectStore("commands").getAll() : [];
            for (const name of Array.from(db.objectStoreNames)) db.deleteObjectStore(name);
            db.createObjectStore("rows", { keyPath: ["table", "row.id"] });
            db.createObjectStore("commands", { keyPath: "order", autoIncrement: true });
            db.createObjectStore("meta");
            for (const command of migrate(commands, from)) await tx.objectStore("commands").put(command);
        },
        blocking(_current, _blocked, event) {
            (event.target as IDBDatabase).close();
            closed();
        },
    });
}

class DiskDatabase implements Database {
    readonly kept = true;
    readonly #db: IDBPDatabase<Tables>;
    readonly #account: string;

    constructor(db: IDBPDatabase<Tables>, account: string) {
        this.#db = db;
        this.#account = account;
    }

    async load(): Promise<Content> {
        const tx = this.#db.transaction(TABLES);
        const [rows, commands, seq, user, damaged] = await Promise.all([
            tx.objectStore("rows").getAll(),
            tx.objectStore("commands").getAll(),
            tx.objectStore("meta").get("seq"),
            tx.objectStore("meta").get("user"),
            tx.objectStore("meta").get("damaged"),
        ]);
        const found = damaged ? { rows: [], commands, seq: null } : { rows, commands, seq };
        return { ...sound(found), user: user ?? null };
    }

    save(patch: Patch): Promise<void> {
        return writing(async () => {
            const strict = patch.commands?.length || patch.drop?.length;
            const tx = this.#db.transaction(TABLES, "readwrite", {
                durability: strict ? "strict" : "relaxed",
            });
            const [rows, commands, meta] = [tx.objectStore("rows"), tx.objectStore("commands"), tx.objectStore("meta")];
            const newest = patch.seq === undefined ? null : ((await meta.get("seq")) as number | undefined);
            if (newest === null || patch.seq! > (newest ?? -1)) {
                for (const one of patch.put ?? []) void rows.put(one);
                for (const { table, id } of patch.remove ?? []) void rows.delete([table, id]);
                if (patch.seq !== undefined) void meta.put(patch.seq, "seq");
            }
            for (const command of patch.commands ?? []) void commands.put(command);
            for (const order of patch.drop ?? []) void commands.delete(order);
            if (patch.user !== undefined) void meta.put(patch.user, "user");
            await tx.done;
        });
    }

    replace(all: readonly Put[], seq: number): Promise<void> {
        return writing(async () => {
            const tx = this.#db.transaction(["rows", "meta"], "readwrite", { durability: "relaxed" });
            void tx.objectStore("rows").clear();
            for (const one of all) void tx.objectStore("rows").put(one);
            void tx.objectStore("meta").put(seq, "seq");
            void tx.objectStore("meta").delete("damaged");
            await tx.done;
        });
    }

    async distrust(): Promise<void> {
        await writing(() => this.#db.put("meta", true, "damaged"));
    }

    add(command: Command, fold: Fold, beside: readonly Command[] = []): Promise<Command> {
        return writing(async () => {
            const tx = this.#db.transaction("commands", "readwrite", { durability: "strict" });
            const folded = fold(await tx.store.getAll(), command);
            const { order: _, ...rest } = command;
            const order = folded ? folded.order : await tx.store.add(rest as Command);
            for (const one of folded ? [folded, ...beside] : beside) void tx.store.put(one);
            await tx.done;
            return folded ?? { ...command, order };
        });
    }

    claim(order: number): Promise<Claim | null> {
        return writing(async () => {
            const tx = this.#db.transaction("commands", "readwrite", { durability: "strict" });
            const command = await tx.store.get(order);
            if (command?.state === "waiting") void tx.store.put({ ...command, state: "sent" });
            await tx.done;
            return claimed(command);
        });
    }

    withdraw(order: number): Promise<boolean> {
        return writing(async () => {
            const tx = this.#db.transaction("commands", "readwrite", { durability: "strict" });
            const command = await tx.store.get(order);
            if (command?.state === "waiting") void tx.store.delete(order);
            await tx.done;
            return command?.state === "waiting";
        });
    }

    close(): void {
        this.#db.close();
    }

    async destroy(): Promise<void> {
        this.#db.close();
        await deleteDB(nameOf(this.#account));
    }
}

function claimed(command: Command | undefined): Claim | null {
    if (!command || command.state === "conflict") return null;
    return { command: { ...command, state: "sent" }, repeated: command.state === "sent" };
}

async function writing<A>(run: () => Promise<A>): Promise<A> {
    try {
        return await run();
    } catch (fault) {
        throw new DiskRefused(fault instanceof Error ? fault.name : "unknown", { cause: fault });
    }
}

/** A database in memory: on a shared computer, and where the browser forbids to store anything. */
export class MemoryDatabase implements Database {
    readonly kept: boolean = false;
    #rows = new Map<string, Put>();
    #commands = new Map<number, Command>();
    #seq: number | null = null;
    #user: unknown = null;
    #last = 0;

    async load(): Promise<Content> {
        const commands = [...this.#commands.values()].toSorted((a, b) => a.order - b.order);
        return { rows: [...this.#rows.values()], commands, seq: this.#seq, user: this.#user };
    }

    async save(patch: Patch): Promise<void> {
        if (patch.seq === undefined || patch.seq > (this.#seq ?? -1)) {
            for (const one of patch.put ?? []) this.#rows.set(placeOf(one.table, one.row.id), one);
            for (const { table, id } of patch.remove ?? []) this.#rows.delete(placeOf(table, id));
            this.#seq = patch.seq ?? this.#seq;
        }
        for (const command of patch.commands ?? []) this.#put(command);
        for (const order of patch.drop ?? []) this.#commands.delete(order);
        if (patch.user !== undefined) this.#user = patch.user;
    }

    async replace(rows: readonly Put[], seq: number): Promise<void> {
        this.#rows = new Map(rows.map((one) => [placeOf(one.table, one.row.id), one]));
        this.#seq = seq;
    }

    async distrust(): Promise<void> {}

    async add(command: Command, fold: Fold, beside: readonly Command[] = []): Promise<Command> {
        for (const one of beside) this.#put(one);
        const queue = [...this.#commands.values()].toSorted((a, b) => a.order - b.order);
        const stored = fold(queue, command) ?? { ...command, order: ++this.#last };
        this.#put(stored);
        return stored;
    }

    async claim(order: number): Promise<Claim | null> {
        const command = this.#commands.get(order);
        if (command?.state === "waiting") this.#put({ ...command, state: "sent" });
        return claimed(command);
    }

    async withdraw(order: number): Promise<boolean> {
        return this.#commands.get(order)?.state === "waiting" && this.#commands.delete(order);
    }

    close(): void {}

    async destroy(): Promise<void> {
        this.#rows.clear();
        this.#commands.clear();
        this.#seq = null;
        this.#user = null;
    }

    #put(command: Command): void {
        this.#commands.set(command.order, command);
    }
}

function placeOf(table: string, id: string): string {
    return `${table} ${id}`;
}
