/** One account in this tab: keeps its replica in step with the server and the other tabs, and carries commands out. */
import type { Api } from "./api.ts";
import { Commands } from "./commands.ts";
import { Conflicts, type Decision } from "./conflicts.ts";
import type { Database } from "./database.ts";
import type { AnyTable, Asked, Command, Schema } from "./kinds.ts";
import type { Connection, LiveWorld } from "./live.ts";
import { SyncLoop } from "./loop.ts";
import { Replica } from "./replica.ts";
import type { Store } from "./store.ts";
import { type Channel, type Message, Tabs } from "./tabs.ts";

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
    /** How many of them are on the disk. */
    readonly stored: number;
    readonly conflicts: number;
    /** When the copy was last known to be complete, in milliseconds. */
    readonly lastSync: number | null;
    /** Whether everything was read once. */
    readonly complete: boolean;
    /** "memory": nothing is kept; "full": the disk refuses, so nothing can be asked. */
    readonly disk: "kept" | "memory" | "full";
}

export class Account {
    readonly #world: AccountWorld;
    readonly #store: Store;
    readonly #tabs: Tabs;
    readonly #replica: Replica;
    readonly #commands: Commands;
    readonly #conflicts: Conflicts;
    readonly #loop: SyncLoop;
    readonly #leader: ReturnType<AccountWorld["elect"]>;
    #stopped = false;
    #online = true;
    #persistent = false;

    constructor(world: AccountWorld) {
        this.#world = world;
        this.#store = world.store;
        this.#tabs = new Tabs(world.channel);
        this.#replica = new Replica(world.store, world.database, this.#tabs, () => {
            this.#persist();
            this.#loop.run();
        });
        this.#commands = new Commands(world.store, this.#replica);
        this.#conflicts = new Conflicts(world.store, this.#replica, this.#commands);
        this.#loop = new SyncLoop({
            store: world.store,
            schema: world.schema,
            database: world.database,
            api: world.api,
            replica: this.#replica,
            connect: (live) => world.connect(live),
            online: (online) => this.#setOnline(online),
            ended: () => world.ended(),
            build: (build) => world.build(build),
        });
        this.#leader = world.elect({
            lead: () => {
                if (!this.#stopped) this.#loop.start();
            },
            follow: () => this.#loop.stop(),
            ping: () => this.#tabs.post({ say: "ping" }),
        });
    }

    get status(): Status {
        return {
            online: this.#online,
            leader: this.#loop.leading,
            waiting: this.#store.waiting,
            stored: this.#store.stored,
            conflicts: this.#store.conflicts.length,
            lastSync: this.#replica.lastSync,
            complete: this.#replica.complete,
            disk: this.#replica.disk,
        };
    }

    /** Shows what the disk has. The channel is open before the disk is read, so nothing is missed in between. */
    async open(): Promise<void> {
        this.#tabs.open((message) => this.#hear(message));
        await this.#replica.load();
    }

    /** Begins to keep in step with the server. */
    start(): void {
        this.#leader.start();
    }

    /** Ends; what is being written is written. */
    async stop(): Promise<void> {
        this.#stopped = true;
        this.#replica.stop();
        this.#loop.stop();
        this.#leader.stop();
        await this.#loop.idle();
        await this.#tabs.heard;
        await this.#replica.flushed();
        this.#tabs.close(); // only now, since what was running tells the other tabs what it did
        this.#world.database.close();
    }

    /** Tells other tabs that the student signs out here. */
    leave(): void {
        this.#tabs.post({ say: "leave" });
    }

    /** The network came back, or the student came back to the page. */
    wake(): void {
        if (this.#loop.leading) this.#loop.wake();
        else this.#leader.hear();
    }

    /** The network went away. */
    lost(): void {
        this.#loop.lost();
    }

    // What the student can do.

    ask(asked: Asked): Promise<Command> {
        return this.#commands.ask(asked);
    }

    askAll(list: readonly Asked[]): Promise<Command[]> {
        return this.#commands.askAll(list);
    }

    undo(key?: string): Promise<boolean> {
        return this.#commands.undo(key);
    }

    /** Sends at once what is held back for undoing. */
    async release(): Promise<void> {
        await this.#commands.release();
        this.#loop.run();
    }

    /** Carries out a decision of the conflict list. */
    async decide(key: string, decision: Decision): Promise<void> {
        if (await this.#conflicts.decide(key, decision)) this.#loop.run();
    }

    /** Reads a table anew, for summaries that no event describes. */
    refresh(table: AnyTable): Promise<void> {
        return this.#loop.refresh(table);
    }

    /** What is asked without a network is in this browser only: it should not delete it to make room. */
    #persist(): void {
        if (this.#online || this.#persistent || !this.#world.database.kept) return;
        this.#persistent = true;
        void globalThis.navigator?.storage?.persist?.();
    }

    #setOnline(online: boolean): void {
        if (this.#online === online) return;
        this.#online = online;
        if (this.#loop.leading) this.#tabs.post({ say: "online", online, at: this.#replica.lastSync });
        this.#store.changed();
    }

    // Other tabs.

    async #hear(message: Message): Promise<void> {
        if (this.#stopped) return;
        if (message.say === "ping") {
            if (this.#loop.leading) this.#tabs.post({ say: "pong" });
            return;
        }
        if (message.say !== "commands") this.#leader.hear();
        switch (message.say) {
            case "pong":
                return;
            case "leave":
                return this.#world.left();
            case "online":
                this.#replica.markSynced(message.at);
                return this.#setOnline(message.online);
            case "commands":
                await this.#replica.follow(message);
                return this.#loop.run();
            default:
                return this.#replica.follow(message);
        }
    }
}
