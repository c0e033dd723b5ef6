/** The live connection: a ticket, a socket, and its events in order; it comes back by itself. */
import { chance } from "../platform/random.ts";
import { elapsed, setClock } from "../platform/time.ts";
import { type Api, NoAnswer, Problem, SessionEnded } from "./api.ts";
import type { Event } from "./kinds.ts";

export interface LiveWorld {
    /** The number of the last event that was applied. */
    last(): number;
    receive(events: readonly Event[]): void;
    /** Events are missing that the server no longer has: everything has to be read anew. */
    reset(): void;
    /** The connection opened; `build` names the build of the app that the server has now. */
    opened(build: string | null): void;
    closed(): void;
    /** The server gave no answer when a connection was asked for. */
    unreached(): void;
    /** The session was revoked or has expired. */
    ended(): void;
}

/** What keeps the account in step; tests have their own. */
export interface Connection {
    start(): void;
    stop(): void;
    /** Connects at once, if there is no connection. */
    retry(): void;
}

const MAX_WAIT = 30_000;
const REVOKED = 4403;
const REPLACED = 4409;

export class Live implements Connection {
    readonly #api: Api;
    readonly #world: LiveWorld;
    #socket: WebSocket | null = null;
    #timer: ReturnType<typeof setTimeout> | undefined;
    #wanted = false;
    #opening = false;
    #failures = 0;

    constructor(api: Api, world: LiveWorld) {
        this.#api = api;
        this.#world = world;
    }

    start(): void {
        this.#wanted = true;
        this.retry();
    }

    stop(): void {
        this.#wanted = false;
        clearTimeout(this.#timer);
        this.#socket?.close();
        this.#socket = null;
    }

    retry(): void {
        if (!this.#wanted || this.#socket || this.#opening) return;
        clearTimeout(this.#timer);
        void this.#open();
    }

    async #open(): Promise<void> {
        this.#opening = true;
        try {
            const { data } = await this.#api.send<{ ticket: string }>({
                method: "POST",
                path: "/api/realtime/ticket",
            });
            if (this.#wanted) this.#connect(data.ticket);
        } catch (fault) {
            if (fault instanceof SessionEnded) this.#world.ended();
            else {
                if (fault instanceof NoAnswer) this.#world.unreached();
                this.#later(fault instanceof Problem ? (fault.retryAfter ?? 0) * 1000 : 0);
            }
        } finally {
            this.#opening = false;
        }
    }

    #connect(ticket: string): void {
        const query = new URLSearchParams({ ticket, resume: String(this.#world.last()) });
        const socket = new WebSocket(`${this.#api.socketOrigin}/ws?${query}`);
        const asked = elapsed();
        this.#socket = socket;
        socket.addEventListener("message", ({ data }) => {
            if (this.#socket === socket) this.#hear(data, elapsed() - asked);
        });
        socket.addEventListener("close", ({ code }) => {
            if (this.#socket !== socket) return;
            this.#socket = null;
            this.#world.closed();
            this.#closed(code);
        });
    }

    #hear(text: unknown, took: number): void {
        const message = read(text);
        if (typeof message?.["seq"] === "number") this.#world.receive([message as unknown as Event]);
        else if (message?.["type"] === "reset") this.#world.reset();
        else if (message?.["type"] === "hello") {
            this.#failures = 0;
            if (typeof message["now"] === "string") setClock(message["now"], took);
            this.#world.opened(typeof message["build"] === "string" ? message["build"] : null);
        }
    }

    #closed(code: number): void {
        if (!this.#wanted) return;
        if (code === REVOKED) this.#world.ended();
        // The student has newer connections elsewhere: come back when they come back to this page.
        else if (code !== REPLACED || document.visibilityState === "visible") this.#later(0);
    }

    /** Tries again after 2ⁿ seconds with full jitter, at most 30. */
    #later(least: number): void {
        if (!this.#wanted) return;
        const most = Math.min(MAX_WAIT, 1000 * 2 ** this.#failures);
        this.#failures = Math.min(this.#failures + 1, 10);
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.retry(), Math.max(least, most * chance()));
    }
}

function read(text: unknown): Record<string, unknown> | null {
    try {
        const message: unknown = JSON.parse(String(text));
        return typeof message === "object" ? (message as Record<string, unknown> | null) : null;
    } catch {
        return null;
    }
}
