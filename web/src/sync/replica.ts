/** What a tab keeps of one account: the store, in step with the disk and the other tabs. */
import { now } from "../platform/time.ts";
import type { Written } from "./base.ts";
import { type Database, DiskRefused, type Fold } from "./database.ts";
import { type Command, type Done, type Event, type Place, type Put, UNSTORED } from "./kinds.ts";
import { folder } from "./outbox.ts";
import type { Store } from "./store.ts";
import type { Change, Tabs } from "./tabs.ts";
import { Writer } from "./writer.ts";

const NOTHING: Done = { put: [], remove: [] };

export class Replica {
    readonly #store: Store;
    readonly #database: Database;
    readonly #tabs: Tabs;
    readonly #added: () => void;
    readonly #fold: Fold;
    readonly #writer: Writer;
    /** Keys of commands that are done: messages about them that come late are ignored. */
    readonly #settled = new Set<string>();
    #unstored = UNSTORED;
    #complete = false;
    #lastSync: number | null = null;
    #full = false;
    #stopped = false;

    /** `added` is called when a command is on the disk, ready to be sent. */
    constructor(store: Store, database: Database, tabs: Tabs, added: () => void) {
        this.#store = store;
        this.#database = database;
        this.#tabs = tabs;
        this.#added = added;
        this.#fold = folder((name) => store.kind(name));
        this.#writer = new Writer(
            store,
            database,
            (change) => tabs.post(change),
            (refused) => this.#setFull(refused),
        );
    }

    /** Whether everything was read of the server once. */
    get complete(): boolean {
        return this.#complete;
    }

    /** When it was last known to have everything that the server has, in milliseconds. */
    get lastSync(): number | null {
        return this.#lastSync;
    }

    get disk(): "kept" | "memory" | "full" {
        return this.#full ? "full" : this.#database.kept ? "kept" : "memory";
    }

    /** Takes everything from the disk. What was asked here and isn't stored yet stays. */
    async load(): Promise<void> {
        const content = await this.#database.load();
        const unstored = this.#store.queue.filter((one) => one.order >= UNSTORED);
        this.#complete = content.seq !== null;
        this.#store.load(content.rows, [...content.commands, ...unstored], content.seq ?? 0);
        this.#store.changed();
    }

    /** From now on, what is asked is stored, but no longer shown: the store may be another student's. */
    stop(): void {
        this.#stopped = true;
    }

    /** Resolves when everything so far is on the disk. */
    flushed(): Promise<void> {
        return this.#writer.flushed();
    }

    // Commands.

    /** Shows a command at once, and stores it at the end of the queue. Raises `DiskRefused` if it can't be stored. */
    async add(asked: Omit<Command, "order">): Promise<Command> {
        const command: Command = { ...asked, order: this.#unstored++ };
        this.#store.enqueue(command);
        try {
            const stored = await this.#database.add(command, this.#fold);
            if (this.#stopped) return stored;
            this.#setFull(false);
            if (stored.key !== command.key) this.#store.drop(command.key);
            this.#store.enqueue(stored);
            this.#tabs.post({ say: "commands", commands: [stored] });
            this.#added();
            return stored;
        } catch (fault) {
            this.#store.drop(command.key);
            if (fault instanceof DiskRefused && !this.#stopped) this.#setFull(true);
            throw fault;
        }
    }

    /** Takes a command back unless it may have been sent; returns whether it was. */
    async withdraw(key: string): Promise<boolean> {
        const command = this.#store.command(key);
        if (!command || !(await this.#database.withdraw(command.order))) return false;
        this.#store.drop(key);
        this.#settled.add(key);
        this.#tabs.post({ say: "commands", commands: [], dropped: key });
        return true;
    }

    /** Replaces commands that are in the queue. */
    async change(commands: readonly Command[]): Promise<void> {
        for (const command of commands) this.#store.enqueue(command);
        this.#writer.write({ commands }, { say: "commands", commands });
        await this.#writer.flushed();
    }

    /** Stores a conflict and what is left of its command in one transaction, so that neither is lost nor doubled. */
    async split(conflict: Command, rest: Command): Promise<void> {
        const stored = await this.#database.add(rest, () => null, [conflict]);
        this.#store.enqueue(conflict);
        this.#store.enqueue(stored);
        this.#tabs.post({ say: "commands", commands: [conflict, stored] });
    }

    /** Puts the rows of an answer into the base, and takes the command that is done from the queue. */
    async settle(command: Command | null, done: Done = NOTHING): Promise<void> {
        const written = this.#store.settle(command, done.put, done.remove);
        if (command) this.#settled.add(command.key);
        const patch = { ...written, drop: command && command.order < UNSTORED ? [command.order] : [] };
        this.#writer.write(patch, { say: "settled", command, ...done });
        await this.#writer.flushed();
    }

    // What comes from the server.

    /** Applies events in order, up to a gap. Returns those that were applied. */
    receive(events: readonly Event[]): readonly Event[] {
        const applied: Event[] = [];
        const patch: Written = { put: [], remove: [] };
        for (const event of events) {
            if (event.seq <= this.#store.seq) continue;
            if (event.seq !== this.#store.seq + 1) break;
            const written = this.#store.apply(event);
            patch.put.push(...written.put);
            patch.remove.push(...written.remove);
            applied.push(event);
        }
        if (!applied.length) return applied;
        this.#lastSync = now();
        this.#writer.write({ ...patch, seq: this.#store.seq }, { say: "events", events: applied });
        this.#dropCreations(patch.remove);
        return applied;
    }

    /** Shows rows before everything has been read. */
    show(rows: readonly Put[]): void {
        this.#store.settle(null, rows, []);
    }

    /** Replaces all rows by what was read; `seq` is the head noted before reading. Resolves when they are stored. */
    replace(rows: readonly Put[], seq: number): Promise<void> {
        this.#store.replace(rows, seq);
        this.#writer.writeAll({ say: "reload" });
        return this.#writer.flushed();
    }

    /** Enough was read for the first screens. */
    markComplete(): void {
        this.#complete = true;
        this.#store.changed();
    }

    /** At this time it had everything that the server had. */
    markSynced(at: number | null): void {
        this.#lastSync = at;
    }

    /** Removes the rows that are no longer worth keeping. */
    prune(): void {
        const { remove } = this.#store.prune(now());
        if (remove.length) this.#writer.write({ remove }, { say: "reload" });
    }

    /** What was created here and deleted elsewhere, before the answer came, must not be created again. */
    #dropCreations(removed: readonly Place[]): void {
        const ids = new Set(removed.map(({ id }) => id));
        for (const command of ids.size ? this.#store.queue : []) {
            const creates = this.#store.kind(command.kind)?.does === "creates";
            if (creates && command.state === "sent" && ids.has(command.id)) void this.settle(command);
        }
    }

    // What comes from other tabs, which have stored it.

    async follow(change: Change): Promise<void> {
        switch (change.say) {
            case "events":
                return this.#apply(change.events);
            case "settled":
                this.#store.settle(change.command, change.put, change.remove);
                if (change.command) this.#settled.add(change.command.key);
                return;
            case "commands":
                if (change.dropped) this.#store.drop(change.dropped);
                for (const command of change.commands) {
                    if (!this.#settled.has(command.key)) this.#store.enqueue(command);
                }
                return;
            case "reload":
                return this.load();
        }
    }

    async #apply(events: readonly Event[]): Promise<void> {
        try {
            for (const event of events) {
                if (event.seq > this.#store.seq + 1) return await this.load();
                this.#store.apply(event);
            }
        } catch {
            return this.load(); // the leading tab reads everything anew
        }
        this.#lastSync = now();
    }

    #setFull(full: boolean): void {
        if (this.#full === full) return;
        this.#full = full;
        this.#store.changed();
    }
}
