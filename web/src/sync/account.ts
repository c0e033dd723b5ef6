/**
 * The local copy of one account: keeps the store in step with the server, the disk and the other tabs, and carries
 * commands out. The only writer of the store.
 */
import { chance, uuidv7 } from "../platform/random.ts";
import { instant, now } from "../platform/time.ts";
import type { Api } from "./api.ts";
import type { Written } from "./base.ts";
import { type Database, DiskRefused, type Patch } from "./database.ts";
import type { AnyKind, AnyTable, Asked, Command, Event, Fields, Kept, Place, Put, Schema } from "./kinds.ts";
import type { Connection, LiveWorld } from "./live.ts";
import { folder, Outbox, type Pause, UNSTORED } from "./outbox.ts";
import type { Store } from "./store.ts";

/** What tabs tell each other. */
export type Message =
    | { readonly say: "events"; readonly events: readonly Event[] }
    | {
          readonly say: "settled";
          readonly command: Command | null;
          readonly put: readonly Put[];
          readonly remove: readonly Place[];
      }
    | { readonly say: "commands"; readonly commands: readonly Command[]; readonly dropped?: string }
    | { readonly say: "reload" }
    | { readonly say: "online"; readonly online: boolean; readonly at: number | null }
    | { readonly say: "ping" }
    | { readonly say: "pong" }
    | { readonly say: "leave" };

export interface Channel {
    post(message: Message): void;
    /** Calls `hear` for what other tabs post. */
    open(hear: (message: Message) => void): void;
    close(): void;
}

export interface AccountWorld {
    readonly store: Store;
    readonly schema: Schema;
    readonly database: Database;
    readonly api: Pick<Api, "send" | "reader">;
    readonly channel: Channel | null;
    connect(world: LiveWorld): Connection;
    /** Whether this tab leads from now on, and what to do when it is heard of the leader. */
    elect(world: { lead(): void; follow(): void; ping(): void }): { start(): void; stop(): void; hear(): void };
    /** The session has ended. */
    ended(): void;
    /** Another tab signed out. */
    left(): void;
    /** The server has this build of the app. */
    build(build: string | null): void;
}

export interface Status {
    /** Whether the server answered last. */
    readonly online: boolean;
    readonly leader: boolean;
    /** Commands that the server hasn't answered. */
    readonly waiting: number;
    readonly conflicts: number;
    /** When the copy was last known to be complete, in milliseconds. */
    readonly lastSync: number | null;
    /** Whether everything was read once. */
    readonly complete: boolean;
    /** "memory": nothing is kept; "full": the disk refuses, so nothing can be asked. */
    readonly disk: "kept" | "memory" | "full";
}

/** What was asked together, the last first, and what undoes each. */
type Undo = { readonly command: Command; readonly inverses: readonly Asked[] }[];

const DAY = 86_400_000;
const REFRESH = 2_000;
const MOST_UNDOS = 50;

/** What the student decides about a line of the conflict list. */
export type Decision = { readonly group: string; readonly keep: "yours" | "theirs" } | "again" | "let go";

export class Account {
    readonly #world: AccountWorld;
    readonly #store: Store;
    readonly #outbox: Outbox;
    readonly #live: Connection;
    readonly #leader: ReturnType<AccountWorld["elect"]>;
    readonly #fold;
    readonly #undos: Undo[] = [];
    readonly #settled = new Set<string>();
    readonly #refreshes = new Map<string, ReturnType<typeof setTimeout>>();
    #leading = false;
    #stopped = false;
    #online = true;
    #complete = false;
    #lastSync: number | null = null;
    #full = false;
    #unstored = UNSTORED;
    #asked = false;
    // The pump.
    #running: Promise<void> | null = null;
    #again = false;
    #behind = true;
    #unread = false;
    #timer: ReturnType<typeof setTimeout> | undefined;
    #pruning: ReturnType<typeof setInterval> | undefined;
    // Writing and hearing, each in order.
    #pending: { patch: Required<Omit<Patch, "seq" | "user">> & { seq?: number }; messages: Message[] } | null = null;
    #writing: Promise<void> = Promise.resolve();
    #diskBehind = false;
    #hearing: Promise<void> = Promise.resolve();

    constructor(world: AccountWorld) {
        this.#world = world;
        this.#store = world.store;
        this.#fold = folder((name) => this.#store.kind(name));
        this.#outbox = new Outbox(world.store, world.database, world.api, {
            now,
            chance,
            newKey: () => uuidv7(now()),
            settled: (command, done) => this.#answered(() => this.#settle(command, done)),
            changed: (commands) => this.#answered(() => this.#change(commands)),
            split: (conflict, rest) => this.#answered(() => this.#split(conflict, rest)),
            learned: (put) => this.#answered(() => this.#settle(null, { put: [put], remove: [] })),
        });
        this.#live = world.connect(this.#liveWorld());
        this.#leader = world.elect({
            lead: () => this.#lead(),
            follow: () => this.#follow(),
            ping: () => this.#post({ say: "ping" }),
        });
    }

    get status(): Status {
        return {
            online: this.#online,
            leader: this.#leading,
            waiting: this.#store.waiting,
            conflicts: this.#store.conflicts.length,
            lastSync: this.#lastSync,
            complete: this.#complete,
            disk: this.#full ? "full" : this.#world.database.kept ? "kept" : "memory",
        };
    }

    /** Shows what the disk has. The channel is open before the disk is read, so nothing is missed in between. */
    async open(): Promise<void> {
        this.#world.channel?.open((message) => this.#hear(message));
        await this.#reload();
    }

    /** Begins to keep in step with the server. */
    start(): void {
        this.#leader.start();
    }

    /** Ends; what is being written is written. */
    async stop(): Promise<void> {
        this.#stopped = true;
        this.#follow();
        this.#leader.stop();
        this.#world.channel?.close();
        await this.#running;
        await this.#hearing;
        await this.#flushed();
        this.#world.database.close();
    }

    /** Tells other tabs that the student signs out here. */
    leave(): void {
        this.#post({ say: "leave" });
    }

    /** The network came back, or the student came back to the page. */
    wake(): void {
        if (!this.#leading) return this.#leader.hear();
        this.#outbox.reset();
        this.#behind = true;
        this.#live.retry();
        this.#pump();
    }

    /** The network went away: a connection over it may seem open, and never say anything again. */
    lost(): void {
        this.#live.stop();
        this.#setOnline(false);
    }

    // Asking.

    /** Stores what the student asked and shows it at once. Raises `DiskRefused` if it can't be stored. */
    async ask(asked: Asked): Promise<Command> {
        return (await this.askAll([asked]))[0]!;
    }

    /** Asks for several things that are undone together. */
    async askAll(list: readonly Asked[]): Promise<Command[]> {
        const undo: Undo = [];
        const commands: Command[] = [];
        for (const asked of list) {
            const kind = this.#kindOf(asked);
            const before = this.#seen(kind, asked.id);
            const command = await this.#add(kind, asked, before);
            commands.push(command);
            const inverses = kind.inverse?.(before, command) ?? [];
            if (inverses.length || command.notBefore) undo.unshift({ command, inverses });
        }
        if (undo.length) this.#undos.push(undo);
        if (this.#undos.length > MOST_UNDOS) this.#undos.shift();
        return commands;
    }

    /** Undoes what was asked last, or what the command of this key asked. Returns whether there was something to undo. */
    async undo(key?: string): Promise<boolean> {
        const of = (undo: Undo) => undo.some(({ command }) => command.key === key);
        const at = key ? this.#undos.findLastIndex(of) : this.#undos.length - 1;
        if (at < 0) return false;
        for (const { command, inverses } of this.#undos.splice(at, 1)[0]!) {
            if (command.notBefore && (await this.#withdraw(command))) continue;
            for (const asked of inverses) {
                const kind = this.#kindOf(asked);
                await this.#add(kind, asked, this.#seen(kind, asked.id));
            }
        }
        return true;
    }

    /** Sends at once what is held back for undoing. */
    async release(): Promise<void> {
        const held = this.#store.queue.filter((one) => one.state === "waiting" && (one.notBefore ?? 0) > now());
        if (held.length) await this.#change(held.map((one) => ({ ...one, notBefore: 0 })));
        this.#pump();
    }

    /** Carries out a decision of the conflict list. */
    async decide(key: string, decision: Decision): Promise<void> {
        const command = this.#store.command(key);
        if (command?.state !== "conflict" || !command.conflict) return;
        if (typeof decision === "object") await this.#decideLine(command, decision);
        else if (decision === "let go") await this.#letGo(command);
        else if (command.conflict.why === "deleted") await this.#remake(command);
        else await this.#retry(command);
        this.#pump();
    }

    /** Reads a table anew, for summaries that no event describes. */
    async refresh(table: AnyTable): Promise<void> {
        await this.#settle(null, { put: await this.#readAll(table), remove: [] });
    }

    async #add(kind: AnyKind, asked: Asked, seen: Kept | undefined): Promise<Command> {
        const at = now();
        const command: Command = {
            key: uuidv7(at),
            order: this.#unstored++,
            kind: kind.name,
            id: asked.id,
            body: asked.body,
            at: instant(at),
            seen: (seen as (Kept & Fields) | undefined) ?? null,
            state: "waiting",
            ...(kind.hold && { notBefore: at + kind.hold }),
        };
        this.#store.enqueue(command);
        return this.#keep(command);
    }

    /** Puts a command on the disk; the view shows it already. */
    async #keep(command: Command): Promise<Command> {
        try {
            const stored = await this.#world.database.add(command, this.#fold);
            if (this.#stopped) return stored; // it waits on the disk; the store may be another student's by now
            this.#setFull(false);
            if (stored.key !== command.key) this.#store.drop(command.key);
            this.#store.enqueue(stored);
            this.#post({ say: "commands", commands: [stored] });
            this.#persist();
            this.#pump();
            return stored;
        } catch (fault) {
            this.#store.drop(command.key);
            if (fault instanceof DiskRefused && !this.#stopped) this.#setFull(true);
            throw fault;
        }
    }

    async #withdraw(held: Command): Promise<boolean> {
        const command = this.#store.command(held.key);
        if (!command || !(await this.#world.database.withdraw(command.order))) return false;
        this.#store.drop(command.key);
        this.#settled.add(command.key);
        this.#post({ say: "commands", commands: [], dropped: command.key });
        return true;
    }

    async #decideLine(command: Command, { group, keep }: { group: string; keep: "yours" | "theirs" }): Promise<void> {
        if (command.conflict?.why !== "changed") return;
        const line = command.conflict.lines.find((one) => one.group === group);
        if (!line) return;
        const lines = command.conflict.lines.filter((one) => one !== line);
        const mine = Object.fromEntries(Object.entries(command.body).filter(([field]) => field in line.yours));
        const rest = Object.fromEntries(Object.entries(command.body).filter(([field]) => !(field in line.yours)));
        if (keep === "yours") {
            const seen = { ...command.seen, ...line.theirs } as Kept & Fields;
            const { conflict: _, ...plain } = command;
            const again: Command = {
                ...plain,
                key: uuidv7(now()),
                order: this.#unstored++,
                body: mine,
                seen,
                state: "waiting",
            };
            this.#store.enqueue(again);
            await this.#keep(again);
        }
        if (lines.length) await this.#change([{ ...command, body: rest, conflict: { why: "changed", lines } }]);
        else await this.#settle(command, NOTHING);
    }

    async #letGo(command: Command): Promise<void> {
        const whole = command.conflict?.why === "deleted" || this.#store.kind(command.kind)?.does === "creates";
        for (const one of whole ? this.#about(command) : [command]) await this.#settle(one, NOTHING);
    }

    /** Makes an object again that was deleted elsewhere, as it would look with everything that was asked. */
    async #remake(command: Command): Promise<void> {
        const kind = this.#store.kind(command.kind);
        const about = this.#about(command);
        let row: unknown = command.seen ?? undefined;
        for (const one of about) if (one.id === command.id) row = this.#store.kind(one.kind)?.look(row, one);
        const id = uuidv7(now());
        if (row && kind?.table.remake) {
            await this.askAll(kind.table.remake(row, id));
            for (const one of about) if (one.id !== command.id) await this.ask(renamed(one, command.id, id));
        }
        for (const one of about) await this.#settle(one, NOTHING);
    }

    async #retry(command: Command): Promise<void> {
        const { conflict: _, ...plain } = command;
        const again: Command = { ...plain, key: uuidv7(now()), order: this.#unstored++, state: "waiting" };
        this.#store.enqueue(again);
        await this.#keep(again);
        await this.#settle(command, NOTHING);
    }

    /** The commands that are about the same object, or need it. */
    #about(command: Command): Command[] {
        return this.#store.queue.filter(
            (one) => one.id === command.id || this.#store.kind(one.kind)?.needs?.(one).includes(command.id),
        );
    }

    #kindOf(asked: Asked): AnyKind {
        const name = typeof asked.kind === "string" ? asked.kind : asked.kind.name;
        const kind = this.#store.kind(name);
        if (!kind) throw new Error(`unknown command: ${name}`);
        return kind;
    }

    #seen(kind: AnyKind, id: string): Kept | undefined {
        return this.#store.get(kind.table, id) as Kept | undefined;
    }

    #persist(): void {
        if (this.#online || this.#asked || !this.#world.database.kept) return;
        this.#asked = true;
        void globalThis.navigator?.storage?.persist?.();
    }

    // Leading.

    #lead(): void {
        if (this.#stopped) return;
        this.#leading = true;
        this.#behind = true;
        this.#unread ||= !this.#complete;
        this.#pruning = setInterval(() => this.#prune(), DAY);
        this.#changed();
        this.#pump();
    }

    #follow(): void {
        this.#leading = false;
        clearTimeout(this.#timer);
        clearInterval(this.#pruning);
        for (const timer of this.#refreshes.values()) clearTimeout(timer);
        this.#refreshes.clear();
        this.#live.stop();
        this.#changed();
    }

    /** Catches up and sends, one at a time; a call while it runs lets it run once more. */
    #pump(): void {
        if (!this.#leading || this.#stopped) return;
        this.#again = true;
        clearTimeout(this.#timer);
        this.#running ??= this.#run().finally(() => {
            this.#running = null;
            if (this.#again) this.#pump();
        });
    }

    async #run(): Promise<void> {
        let pause: Pause = { kind: "empty" };
        while (this.#again && this.#leading) {
            this.#again = false;
            try {
                if (this.#unread) await this.#readEverything();
                this.#live.start();
                if (this.#behind) await this.#catchUp();
                pause = await this.#outbox.drain(() => this.#leading && !this.#unread);
            } catch (fault) {
                pause = this.#outbox.pauseAfter(fault);
            }
        }
        if (!this.#leading) return;
        if (pause.kind === "ended") this.#world.ended();
        if (pause.kind !== "wait") return;
        this.#setOnline(pause.online);
        this.#timer = setTimeout(() => this.#pump(), pause.ms);
    }

    /** Events are missing for good: reads everything, then follows again. */
    #startAnew(): void {
        this.#unread = true;
        this.#live.stop();
        this.#pump();
    }

    /** Reads everything anew. The head is noted first: what happens meanwhile is seen twice, never missed. */
    async #readEverything(): Promise<void> {
        const first = !this.#complete;
        const head = (await this.#changes(Number.MAX_SAFE_INTEGER)).nextSeq;
        const { tables } = this.#world.schema;
        const soon = await this.#readTables(
            tables.filter(({ late }) => !late),
            first,
        );
        this.#complete = true;
        this.#changed();
        const late = await this.#readTables(
            tables.filter((table) => table.late),
            first,
        );
        this.#store.replace([...soon, ...late], head);
        this.#unread = false;
        this.#behind = true;
        this.#diskBehind = true; // so that everything is written
        this.#write({}, { say: "reload" });
        await this.#flushed();
    }

    async #readTables(tables: readonly AnyTable[], shown: boolean): Promise<Put[]> {
        return (await Promise.all(tables.map((table) => this.#readAll(table, shown)))).flat();
    }

    /** All rows that a table reads; with `shown`, each page is shown as it comes. */
    async #readAll(table: AnyTable, shown = false): Promise<Put[]> {
        const rows: Put[] = [];
        for await (const page of table.read(this.#world.api.reader(now()))) {
            rows.push(...page);
            if (shown) this.#store.settle(null, page, []);
        }
        return rows;
    }

    async #catchUp(): Promise<void> {
        for (;;) {
            const since = this.#store.seq;
            const page = await this.#changes(since);
            if (page.reset) return this.#startAnew();
            this.#receive(page.items);
            if (!page.items.length || this.#store.seq === since) break;
        }
        this.#behind = false;
        this.#lastSync = now();
        this.#setOnline(true);
    }

    async #changes(since: number): Promise<{ items: Event[]; nextSeq: number; reset: boolean }> {
        const query = { since };
        return (await this.#world.api.send<never>({ method: "GET", path: "/api/changes", query })).data;
    }

    #liveWorld(): LiveWorld {
        return {
            last: () => this.#store.seq,
            receive: (events) => {
                if (this.#leading && !this.#unread) this.#receive(events);
            },
            reset: () => this.#startAnew(),
            opened: (build) => {
                this.#setOnline(true);
                this.#outbox.reset();
                this.#world.build(build);
                this.#pump();
            },
            closed: () => this.#changed(),
            unreached: () => this.#setOnline(false),
            ended: () => this.#world.ended(),
        };
    }

    /** Applies events in order; after a gap, the missing ones are read first. */
    #receive(events: readonly Event[]): void {
        const applied: Event[] = [];
        const patch: Written = { put: [], remove: [] };
        for (const event of events) {
            if (event.seq <= this.#store.seq) continue;
            if (event.seq !== this.#store.seq + 1) {
                this.#behind = true;
                this.#pump();
                break;
            }
            const written = this.#store.apply(event);
            patch.put.push(...written.put);
            patch.remove.push(...written.remove);
            applied.push(event);
        }
        if (!applied.length) return;
        this.#lastSync = now();
        this.#write({ ...patch, seq: this.#store.seq }, { say: "events", events: applied });
        this.#dropCreations(patch.remove);
        for (const table of this.#world.schema.tables) {
            if (table.refreshOn && applied.some(({ type }) => table.refreshOn!.includes(type)))
                this.#refreshSoon(table);
        }
    }

    /** What was created here and deleted elsewhere, before the answer came, must not be created again. */
    #dropCreations(removed: readonly Place[]): void {
        const ids = new Set(removed.map(({ id }) => id));
        for (const command of ids.size ? this.#store.queue : []) {
            const creates = this.#store.kind(command.kind)?.does === "creates";
            if (creates && command.state === "sent" && ids.has(command.id)) void this.#settle(command, NOTHING);
        }
    }

    #refreshSoon(table: AnyTable): void {
        clearTimeout(this.#refreshes.get(table.name));
        const timer = setTimeout(() => {
            this.#refreshes.delete(table.name);
            this.refresh(table).catch((fault: unknown) => this.#outbox.pauseAfter(fault)); // the next event tries again
        }, REFRESH);
        this.#refreshes.set(table.name, timer);
    }

    #prune(): void {
        const { remove } = this.#store.prune(now());
        if (remove.length) this.#write({ remove }, { say: "reload" });
    }

    // Writing.

    async #settle(command: Command | null, done: { put: readonly Put[]; remove: readonly Place[] }): Promise<void> {
        const written = this.#store.settle(command, done.put, done.remove);
        if (command) this.#settled.add(command.key);
        const patch = { ...written, drop: command && command.order < UNSTORED ? [command.order] : [] };
        this.#write(patch, { say: "settled", command, ...done });
        await this.#flushed();
    }

    #answered(then: () => Promise<void>): Promise<void> {
        this.#setOnline(true);
        return then();
    }

    /** Stores a conflict and what is left of its command in one transaction, so that neither is lost nor doubled. */
    async #split(conflict: Command, rest: Command): Promise<void> {
        const stored = await this.#world.database.add(rest, () => null, [conflict]);
        this.#store.enqueue(conflict);
        this.#store.enqueue(stored);
        this.#post({ say: "commands", commands: [conflict, stored] });
    }

    async #change(commands: readonly Command[]): Promise<void> {
        for (const command of commands) this.#store.enqueue(command);
        this.#write({ commands }, { say: "commands", commands });
        await this.#flushed();
    }

    /** Writes in order, and tells the other tabs afterwards. What comes while a write runs is written together. */
    #write(patch: Patch, message: Message): void {
        this.#pending ??= { patch: { put: [], remove: [], commands: [], drop: [] }, messages: [] };
        const all = this.#pending.patch;
        const places = new Set([...(patch.put ?? []).map(placeOf), ...(patch.remove ?? []).map(idOf)]);
        this.#pending.patch = {
            put: [...all.put.filter((one) => !places.has(placeOf(one))), ...(patch.put ?? [])],
            remove: [...all.remove.filter((one) => !places.has(idOf(one))), ...(patch.remove ?? [])],
            commands: [...all.commands, ...(patch.commands ?? [])],
            drop: [...all.drop, ...(patch.drop ?? [])],
            ...(patch.seq !== undefined ? { seq: patch.seq } : all.seq !== undefined && { seq: all.seq }),
        };
        if (this.#pending.messages.push(message) === 1) this.#writing = this.#writing.then(() => this.#writePending());
    }

    async #writePending(): Promise<void> {
        const pending = this.#pending;
        this.#pending = null;
        if (!pending) return;
        try {
            if (this.#diskBehind) await this.#world.database.replace(this.#store.knownRows(), this.#store.seq);
            await this.#world.database.save(pending.patch);
            this.#diskBehind = false;
            this.#setFull(false);
        } catch {
            this.#diskBehind = true; // the next write writes everything
            this.#setFull(true);
        }
        for (const message of pending.messages) this.#post(message);
    }

    #flushed(): Promise<void> {
        return this.#writing;
    }

    // Other tabs.

    #post(message: Message): void {
        this.#world.channel?.post(message);
    }

    #hear(message: Message): void {
        this.#hearing = this.#hearing.then(() => this.#heard(message)).catch(() => undefined);
    }

    async #heard(message: Message): Promise<void> {
        if (this.#stopped) return;
        if (message.say === "ping") {
            if (this.#leading) this.#post({ say: "pong" });
            return;
        }
        if (message.say !== "commands") this.#leader.hear();
        switch (message.say) {
            case "events":
                return this.#follows(message.events);
            case "settled":
                this.#store.settle(message.command, message.put, message.remove);
                if (message.command) this.#settled.add(message.command.key);
                return;
            case "commands":
                if (message.dropped) this.#store.drop(message.dropped);
                for (const command of message.commands) {
                    if (!this.#settled.has(command.key)) this.#store.enqueue(command);
                }
                return this.#pump();
            case "reload":
                return this.#reload();
            case "online":
                this.#lastSync = message.at;
                return this.#setOnline(message.online);
            case "leave":
                return this.#world.left();
        }
    }

    async #follows(events: readonly Event[]): Promise<void> {
        for (const event of events) {
            if (event.seq > this.#store.seq + 1) return this.#reload();
            this.#store.apply(event);
        }
        this.#lastSync = now();
    }

    /** Takes everything from the disk again. What was asked here and isn't stored yet stays. */
    async #reload(): Promise<void> {
        const content = await this.#world.database.load();
        const unstored = this.#store.queue.filter((one) => one.order >= UNSTORED);
        this.#complete = content.seq !== null;
        this.#store.load(content.rows, [...content.commands, ...unstored], content.seq ?? 0);
        this.#changed();
    }

    #setOnline(online: boolean): void {
        if (this.#online === online) return;
        this.#online = online;
        if (this.#leading) this.#post({ say: "online", online, at: this.#lastSync });
        this.#changed();
    }

    #setFull(full: boolean): void {
        if (this.#full === full) return;
        this.#full = full;
        this.#changed();
    }

    #changed(): void {
        this.#store.changed();
    }
}

const NOTHING = { put: [], remove: [] };

function placeOf({ table, row }: Put): string {
    return `${table} ${row.id}`;
}

function idOf({ table, id }: Place): string {
    return `${table} ${id}`;
}

/** A command that speaks of `to` where it spoke of `from`. */
function renamed(command: Command, from: string, to: string): Asked {
    const body = Object.fromEntries(
        Object.entries(command.body).map(([field, value]) => [field, value === from ? to : value]),
    );
    return { kind: command.kind, id: uuidv7(now()), body };
}
