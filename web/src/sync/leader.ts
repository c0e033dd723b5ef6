/**
 * One tab leads per account: it holds the connection and sends. The others apply what it tells them.
 *
 * A visible tab that has heard nothing of the leader for eight seconds takes the lead, within ten. Two leaders at once do no harm,
 * because commands have keys. Without locks, on plain http, a tab leads by itself.
 */
import { elapsed } from "../platform/time.ts";

const PING = 2_000;
const SILENCE = 8_000;

export interface LeaderWorld {
    /** The name of the lock, or null to lead at once and alone. */
    readonly lock: string | null;
    lead(): void;
    follow(): void;
    /** Asks the leader for a sign. */
    ping(): void;
}

export class Leader {
    readonly #world: LeaderWorld;
    #heard = elapsed();
    #stopped = new AbortController();
    #timer: ReturnType<typeof setInterval> | undefined;
    leading = false;

    constructor(world: LeaderWorld) {
        this.#world = world;
    }

    start(): void {
        const locks = typeof navigator === "undefined" ? undefined : navigator.locks;
        if (!this.#world.lock || !locks) return this.#lead();
        void this.#request(locks, this.#world.lock, { signal: this.#stopped.signal });
        this.#timer = setInterval(() => this.#listen(locks, this.#world.lock!), PING);
        document.addEventListener("visibilitychange", this.hear, { signal: this.#stopped.signal });
    }

    stop(): void {
        clearInterval(this.#timer);
        this.leading = false;
        this.#stopped.abort();
    }

    /** The leader gave a sign. */
    readonly hear = (): void => {
        this.#heard = elapsed();
    };

    #lead(): void {
        this.leading = true;
        this.#world.lead();
    }

    #listen(locks: LockManager, lock: string): void {
        if (this.leading || document.visibilityState !== "visible") return;
        this.#world.ping();
        if (elapsed() - this.#heard < SILENCE) return;
        this.hear();
        void this.#request(locks, lock, { steal: true });
    }

    async #request(locks: LockManager, lock: string, options: LockOptions): Promise<void> {
        try {
            await locks.request(lock, options, () => {
                if (this.#stopped.signal.aborted) return undefined;
                this.#lead();
                return new Promise<void>((resolve) => {
                    this.#stopped.signal.addEventListener("abort", () => resolve(), { once: true });
                });
            });
        } catch {
            if (this.#stopped.signal.aborted) return;
            // Another tab took the lead; stand in line again.
            this.leading = false;
            this.hear();
            this.#world.follow();
            void this.#request(locks, lock, { signal: this.#stopped.signal });
        }
    }
}
