/** The sync layer as the app sees it: who is signed in, the view, and what can be asked. */
import { clockOffset, restoreClock } from "../platform/time.ts";
import { Account, type Status } from "./account.ts";
import { Api, NoAnswer, Problem, SessionEnded } from "./api.ts";
import type { Decision } from "./conflicts.ts";
import { type Database, MemoryDatabase, openDatabase } from "./database.ts";
import type { AnyTable, Asked, Command, CommandKind, Fields, Kept, Request, Schema } from "./kinds.ts";
import { Leader } from "./leader.ts";
import { Live } from "./live.ts";
import { Session, type User } from "./session.ts";
import { Store } from "./store.ts";
import type { Channel, Message } from "./tabs.ts";

const IDLE: Status = {
    online: true,
    leader: false,
    waiting: 0,
    stored: 0,
    conflicts: 0,
    lastSync: null,
    complete: false,
    disk: "kept",
};

export class Sync {
    readonly store: Store;
    readonly session: Session;
    readonly #schema: Schema;
    readonly #origin: string;
    readonly #api: Api;
    #account: Account | null = null;
    #database: Database | null = null;
    #opening: Promise<void> = Promise.resolve();
    /** The build of the app that the server has. */
    onBuild: (build: string | null) => void = () => undefined;
    /** Another tab runs a newer app, which has taken the database. */
    onOutdated: () => void = () => undefined;
    /** The session has ended and the screen is about to be locked: what is being typed can still be stored. */
    onLock: () => void = () => undefined;

    /** `origin` is empty in the browser. */
    constructor(schema: Schema, origin = "") {
        this.#schema = schema;
        this.#origin = origin;
        this.#api = new Api(origin);
        this.store = new Store(schema);
        this.session = new Session(this.#api, () => this.store.changed());
        this.session.onUser = (user, shared) => void this.#enter(user, shared).catch(() => undefined);
    }

    get status(): Status {
        return this.#account?.status ?? IDLE;
    }

    /** Whether nothing would be lost if the page were left now. */
    get idle(): boolean {
        return this.status.waiting === 0;
    }

    /** Calls `listener` when the view, the session or the status has changed. Returns how to stop. */
    subscribe(listener: () => void): () => void {
        return this.store.subscribe(listener);
    }

    /** Shows what this device keeps, then asks the server. Resolves when there is something to show. */
    async start(): Promise<void> {
        this.#watchPage();
        restoreClock(Number(remembered("clock") ?? 0));
        const leaving = remembered("leaving");
        if (leaving) await this.#finishLeaving(leaving);
        const account = remembered("account");
        if (account && (await this.#inTurn(() => this.#showKept(account)))) return;
        try {
            await this.session.resume();
            await this.#opening;
        } catch (fault) {
            if (![SessionEnded, NoAnswer, Problem].some((kind) => fault instanceof kind)) throw fault;
            this.session.forget();
        }
    }

    /** Stores what the student asked and shows it at once; resolves when it is on the disk. */
    ask<T extends Kept, B extends Fields>(kind: CommandKind<T, B> | string, id: string, body: B): Promise<Command> {
        return this.#opened((account) => account.ask({ kind, id, body }));
    }

    /** Asks for several things that are undone together. */
    askAll(list: readonly Asked[]): Promise<Command[]> {
        return this.#opened((account) => account.askAll(list));
    }

    undo(key?: string): Promise<boolean> {
        return this.#open().undo(key);
    }

    decide(key: string, decision: Decision): Promise<void> {
        return this.#open().decide(key, decision);
    }

    /** Sends at once what is held back so that it can be undone. */
    release(): Promise<void> {
        return this.#account?.release() ?? Promise.resolve();
    }

    refresh(table: AnyTable): Promise<void> {
        return this.#open().refresh(table);
    }

    /** Asks the server for what is never kept. Raises `NoAnswer` and `Problem`. */
    async call<A = unknown>(request: Request): Promise<A> {
        const id = this.session.user?.id;
        try {
            // Another student may sign in meanwhile, in another tab: nothing of this one is asked as that one.
            return (await new Api(this.#origin, this.session.tokens(id)).send<A>(request)).data;
        } catch (fault) {
            if (fault instanceof SessionEnded && id === this.session.user?.id) await this.#lock();
            throw fault;
        }
    }

    /** The same without signing in: reset of a password, what the server offers. */
    async callAnonymously<A = unknown>(request: Request): Promise<A> {
        return (await this.#api.sendAs<A>(request)).data;
    }

    /**
     * Signs out: everything on this device is deleted at once, changes that wait too (`status.waiting` says how many);
     * the session ends now, or at the next contact with the server.
     */
    async signOut(): Promise<void> {
        this.#account?.leave();
        if (!this.session.shared) remember("leaving", this.session.user?.id ?? UNKNOWN);
        await this.#close(true);
        try {
            await this.session.endAtServer();
            remember("leaving", null);
        } catch {
            // No contact; the mark stays, and the session is ended at the next start.
        }
        this.session.forget();
    }

    /** What is kept can't be shown: the next start reads it anew. What waits to be sent stays. */
    async distrust(): Promise<void> {
        await this.#database?.distrust();
    }

    /** Ends for good, as when the page closes. */
    async stop(): Promise<void> {
        await this.#opening;
        await this.#close(false);
    }

    /** Runs with the open account. Right after signing in that takes a moment, and what is asked then waits for it. */
    #opened<A>(run: (account: Account) => Promise<A>): Promise<A> {
        return this.#account ? run(this.#open()) : this.#opening.then(() => run(this.#open()));
    }

    #open(): Account {
        if (!this.#account || this.session.state !== "signed-in") throw new SessionEnded();
        return this.#account;
    }

    /** Accounts are opened one after the other: another tab may say who is signed in while this one still looks. */
    #inTurn<A>(run: () => Promise<A>): Promise<A> {
        const turn = this.#opening.then(run);
        this.#opening = turn.then(
            () => undefined,
            () => undefined,
        );
        return turn;
    }

    /** Opens the account of a student, and closes that of another one. */
    #enter(user: User, shared: boolean): Promise<void> {
        return this.#inTurn(async () => {
            const open = this.#account !== null && !shared && this.#database?.kept && remembered("account") === user.id;
            if (!open) await this.#close(false);
            remember("leaving", null);
            remember("account", shared ? null : user.id);
            const account = open ? null : await this.#openAccount(user.id, shared);
            await this.#database?.save({ user }).catch(() => undefined);
            account?.start();
        });
    }

    /** Opens what is kept of the account, if its student is known. */
    async #showKept(id: string): Promise<boolean> {
        if (this.#account) return true; // another tab was faster
        const account = await this.#openAccount(id, false);
        const { user } = (await this.#database?.load()) ?? { user: null };
        if (!isUser(user, id)) {
            await this.#close(false);
            return false;
        }
        this.session.assume(user);
        account.start();
        return true;
    }

    async #openAccount(id: string, shared: boolean): Promise<Account> {
        const kept = shared ? null : await openDatabase(id, () => this.#outdate());
        const database = (this.#database = kept ?? new MemoryDatabase());
        const api = new Api(this.#origin, this.session.tokens(id));
        const account: Account = new Account({
            store: this.store,
            schema: this.#schema,
            database,
            api,
            channel: database.kept ? channelOf(id) : null,
            connect: (world) => new Live(api, world),
            elect: (world) => new Leader({ ...world, lock: database.kept ? `teddy:${id}` : null }),
            ended: () => void this.#ended(account),
            left: () => void this.#left(account),
            build: (build) => {
                // Without a connection, a clock that is wrong stays put right.
                const offset = clockOffset();
                remember("clock", database.kept && Math.abs(offset) > CLOCK_TOLERANCE ? String(offset) : null);
                this.onBuild(build);
            },
        });
        this.#account = account;
        await account.open();
        return account;
    }

    /** A newer app has taken the database: it leads from now on, and this page shows what it had. */
    #outdate(): void {
        void this.#account?.stop();
        this.onOutdated();
    }

    async #close(destroy: boolean): Promise<void> {
        const [account, database] = [this.#account, this.#database];
        this.#account = this.#database = null;
        await account?.stop();
        if (destroy) {
            remember("account", null);
            remember("clock", null);
            await database?.destroy();
        }
        this.store.load([], [], 0);
    }

    async #ended(account: Account): Promise<void> {
        if (account === this.#account) await this.#lock();
    }

    /** Locks what is kept: the commands stay on the disk for the same student. */
    async #lock(): Promise<void> {
        if (this.#account) this.onLock();
        this.session.end();
        await this.#close(false);
    }

    async #left(account: Account): Promise<void> {
        if (account !== this.#account) return;
        this.session.forget();
        await this.#close(false);
    }

    /** The student whose session has still to be ended; the cookie may be another one's by now. */
    async #finishLeaving(id: string): Promise<void> {
        try {
            await this.session.endAtServer(id === UNKNOWN ? undefined : id);
            remember("leaving", null);
        } catch {
            // Still no contact; the mark stays.
        }
    }

    #watchPage(): void {
        if (typeof document === "undefined") return;
        addEventListener("online", () => this.#account?.wake());
        addEventListener("offline", () => this.#account?.lost());
        document.addEventListener("visibilitychange", () => {
            if (document.visibilityState === "visible") this.#account?.wake();
            else void this.release();
        });
    }
}

function isUser(user: unknown, id: string): user is User {
    if (typeof user !== "object" || user === null || (user as User).id !== id) return false;
    const { email, name, locale } = user as Record<keyof User, unknown>;
    return [email, name, locale].every((text) => typeof text === "string");
}

function channelOf(account: string): Channel | null {
    if (typeof BroadcastChannel === "undefined") return null;
    const channel = new BroadcastChannel(`teddy:${account}`);
    let open = true;
    return {
        post: (message) => void (open && channel.postMessage(message)),
        open: (hear) => {
            channel.addEventListener("message", ({ data }: MessageEvent<Message>) => hear(data));
        },
        close: () => {
            open = false; // what ends later has nobody to tell
            channel.close();
        },
    };
}

// What is remembered of the device: which account, whether a session has still to be ended, and how wrong the clock is.
// Nothing else.

type Mark = "account" | "leaving" | "clock";

/** Milliseconds by which a clock may be wrong without harm. */
const CLOCK_TOLERANCE = 30_000;

/** Written by earlier versions, which didn't say who was leaving. */
const UNKNOWN = "1";

function remembered(mark: Mark): string | null {
    try {
        return localStorage.getItem(`teddy.${mark}`);
    } catch {
        return null;
    }
}

function remember(mark: Mark, value: string | null): void {
    try {
        if (value === null) localStorage.removeItem(`teddy.${mark}`);
        else localStorage.setItem(`teddy.${mark}`, value);
    } catch {
        // Forbidden: the app asks the server who is signed in at the next start.
    }
}
