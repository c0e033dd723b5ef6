/** The loop of the tab that leads: reads from the server what is missing, then sends what waits, one at a time. */
import { chance, uuidv7 } from "../platform/random.ts";
import { now } from "../platform/time.ts";
import type { Api } from "./api.ts";
import type { Database } from "./database.ts";
import { Inbox } from "./inbox.ts";
import type { AnyTable, Schema } from "./kinds.ts";
import type { Connection, LiveWorld } from "./live.ts";
import { Outbox, type Pause } from "./outbox.ts";
import type { Replica } from "./replica.ts";
import type { Store } from "./store.ts";

export interface LoopWorld {
    readonly store: Store;
    readonly schema: Schema;
    readonly database: Database;
    readonly api: Pick<Api, "send" | "reader">;
    readonly replica: Replica;
    connect(world: LiveWorld): Connection;
    /** Whether the server answered. */
    online(online: boolean): void;
    /** The session has ended. */
    ended(): void;
    /** The server has this build of the app. */
    build(build: string | null): void;
}

const DAY = 86_400_000;

export class SyncLoop {
    readonly #world: LoopWorld;
    readonly #inbox: Inbox;
    readonly #outbox: Outbox;
    readonly #live: Connection;
    #leading = false;
    #running: Promise<void> | null = null;
    #again = false;
    #timer: ReturnType<typeof setTimeout> | undefined;
    #pruning: ReturnType<typeof setInterval> | undefined;

    constructor(world: LoopWorld) {
        const { store, database, api, replica } = (this.#world = world);
        this.#inbox = new Inbox({
            tables: world.schema.tables,
            api,
            replica,
            store,
            missing: () => this.run(),
            failed: (fault) => this.#outbox.pauseAfter(fault),
        });
        this.#outbox = new Outbox(store, database, api, {
            now,
            chance,
            newKey: () => uuidv7(now()),
            settled: (command, done) => this.#answered(() => replica.settle(command, done)),
            changed: (commands) => this.#answered(() => replica.change(commands)),
            split: (conflict, rest) => this.#answered(() => replica.split(conflict, rest)),
            learned: (put) => this.#answered(() => replica.settle(null, { put: [put], remove: [] })),
        });
        this.#live = world.connect(this.#liveWorld());
    }

    /** Whether this tab leads. */
    get leading(): boolean {
        return this.#leading;
    }

    /** Begins: this tab leads. */
    start(): void {
        this.#leading = true;
        this.#inbox.start();
        this.#pruning = setInterval(() => this.#world.replica.prune(), DAY);
        this.#world.store.changed();
        this.run();
    }

    /** Ends: another tab leads, or the account is closed. What is being done is finished: `idle`. */
    stop(): void {
        this.#leading = false;
        clearTimeout(this.#timer);
        clearInterval(this.#pruning);
        this.#inbox.stop();
        this.#live.stop();
        this.#world.store.changed();
    }

    /** Resolves when nothing is being done. */
    async idle(): Promise<void> {
        await this.#running;
    }

    /** The network came back, or the student came back to the page. */
    wake(): void {
        this.#outbox.reset();
        this.#inbox.lag();
        this.#live.retry();
        this.run();
    }

    /** The network went away: a connection over it may seem open, and never say anything again. */
    lost(): void {
        this.#live.stop();
        this.#world.online(false);
    }

    /** Reads a table anew, for summaries that no event describes. */
    refresh(table: AnyTable): Promise<void> {
        return this.#inbox.refresh(table);
    }

    /** Catches up and sends, if this tab leads; a call while it runs lets it run once more. */
    run(): void {
        if (!this.#leading) return;
        this.#again = true;
        clearTimeout(this.#timer);
        this.#running ??= this.#run().finally(() => {
            this.#running = null;
            if (this.#again) this.run();
        });
    }

    async #run(): Promise<void> {
        let pause: Pause = { kind: "empty" };
        while (this.#again && this.#leading) {
            this.#again = false;
            try {
                if (this.#inbox.unread) await this.#inbox.readEverything();
                if (!this.#leading) return; // another tab has taken the lead meanwhile
                this.#live.start();
                if (this.#inbox.behind) await this.#catchUp();
                pause = await this.#outbox.drain(() => this.#leading && !this.#inbox.unread);
            } catch (fault) {
                pause = this.#outbox.pauseAfter(fault);
            }
        }
        if (!this.#leading) return;
        if (pause.kind === "ended") this.#world.ended();
        if (pause.kind !== "wait") return;
        this.#world.online(pause.online);
        this.#timer = setTimeout(() => this.run(), pause.ms);
    }

    async #catchUp(): Promise<void> {
        if (await this.#inbox.catchUp()) this.#world.online(true);
        else this.#startAnew();
    }

    /** Events are missing for good: reads everything, then follows again. */
    #startAnew(): void {
        this.#inbox.startAnew();
        this.#live.stop();
        this.run();
    }

    #answered(then: () => Promise<void>): Promise<void> {
        this.#world.online(true);
        return then();
    }

    #liveWorld(): LiveWorld {
        return {
            last: () => this.#world.store.seq,
            receive: (events) => {
                if (this.#leading && !this.#inbox.unread) this.#inbox.receive(events);
            },
            reset: () => this.#startAnew(),
            opened: (build) => {
                this.#world.online(true);
                this.#outbox.reset();
                this.#world.build(build);
                this.run();
            },
            closed: () => this.#world.store.changed(),
            unreached: () => this.#world.online(false),
            ended: () => this.#world.ended(),
        };
    }
}
