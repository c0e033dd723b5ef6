import type { App } from "../../app/context.ts";
import { m } from "../../platform/messages.ts";
import { NoAnswer, Problem } from "../../sync/api.ts";
import { eventsOf } from "./events.ts";
import { begun, type Exchange, exchangeOf, levelReached, metaOf, take } from "./exchange.ts";
import { tutorProblemOf } from "./problems.ts";
import { type About, askTutor, type ChatMessage, listMessages, type Page } from "./requests.ts";

/** Milliseconds before a lost response is asked for again. */
const WAITS = [1000, 2000, 4000] as const;

/** A chat with the tutor, or one that begins with the next message. */
export class Conversation {
    /** Null until the first response of a new chat comes. */
    id: string | null = $state(null);
    /** Whether the latest response was about graded work; null before one. */
    assessed: boolean | null = $state(null);
    exchanges: readonly Exchange[] = $state.raw([]);
    /** What is being written. */
    draft = $state("");
    /** A response is coming. */
    busy = $state(false);
    /** The connection was lost, and is tried again. */
    resuming = $state(false);
    /** Why the last message got no response, and what to do. */
    problem = $state("");
    /** Of a new chat: a task or a subject, such as "task:…", and whether it is graded. */
    place: string | null = $state(null);
    graded = $state("yes");
    readonly #app: App;
    readonly #onbegun: (chat: Conversation) => void;
    #request: AbortController | null = null;
    /** The id of the last event, after which a lost response goes on. */
    #last = "";

    constructor(app: App, id: string | null, place: string | null, onbegun: (chat: Conversation) => void) {
        this.#app = app;
        this.id = id;
        this.place = place;
        this.#onbegun = onbegun;
    }

    get level(): number {
        return levelReached(this.exchanges);
    }

    /** Reads what was said. */
    async read(): Promise<void> {
        const found: Exchange[] = [];
        let cursor: string | null = null;
        do {
            const page: Page<ChatMessage> = await this.#app.call(listMessages(this.id!, cursor));
            found.push(...page.items.map(exchangeOf));
            cursor = page.nextCursor;
        } while (cursor);
        this.exchanges = found;
    }

    /** Sends what was written. Resolves to whether there is a response, which may have been stopped. */
    async send(): Promise<boolean> {
        const message = this.draft.trim();
        if (this.busy || !message) return false;
        const { signal } = (this.#request = new AbortController());
        this.draft = this.problem = this.#last = "";
        this.busy = true;
        this.exchanges = [...this.exchanges, begun(message)];
        try {
            await this.#follow({ message, ...(this.id ? { chatId: this.id } : this.#about()) }, signal);
        } catch (fault) {
            const isCut = fault instanceof NoAnswer && this.#last !== "";
            if (!signal.aborted && !isCut) this.problem = await tutorProblemOf(this.#app, fault);
            this.#end(signal.aborted ? "stopped" : "cut", message);
        } finally {
            this.busy = this.resuming = false;
        }
        return this.#last !== "";
    }

    /** What came stays, and what was sent without a response is there to be sent again. */
    stop(): void {
        this.#request?.abort();
    }

    /** The same where the student goes elsewhere: gives what wasn't sent, or got no response. */
    leave(): string {
        const unanswered = this.busy && !this.#last ? this.exchanges.at(-1)!.message : "";
        this.stop();
        return this.draft || unanswered;
    }

    #about(): About {
        const [kind, id] = this.place?.split(":") ?? [];
        return { ...(kind && id && { [`${kind}Id`]: id }), assessed: this.graded === "yes" };
    }

    /** Reads the response to its end, also if the connection is lost in between. */
    async #follow(body: { message: string } & About, signal: AbortSignal): Promise<void> {
        for (let tries = 0; ; tries++) {
            try {
                return await this.#readEvents(body, signal);
            } catch (fault) {
                const wait = WAITS[tries];
                if (signal.aborted || wait === undefined || !this.#isPassing(fault)) throw fault;
                this.resuming = this.#last !== "";
                if (this.resuming) this.#app.announce(m("tutor.resuming"));
                await pause(wait, signal);
            }
        }
    }

    /** Without an event there is nothing to go on with: a message that is sent again could be answered twice. */
    #isPassing(fault: unknown): boolean {
        if (fault instanceof NoAnswer) return this.#last !== "";
        return fault instanceof Problem && fault.code === "still_answering";
    }

    async #readEvents(body: { message: string } & About, signal: AbortSignal): Promise<void> {
        const stream = await this.#app.call<ReadableStream<Uint8Array>>(askTutor(body, this.#last, signal));
        for await (const event of eventsOf(stream)) {
            signal.throwIfAborted();
            this.resuming = false;
            this.#last = event.id;
            const meta = metaOf(event);
            if (meta) this.#grade(meta.assessed);
            if (meta && !this.id) this.#begin(meta.chatId);
            this.#put((exchange) => take(exchange, event));
            if (event.name === "done") return;
        }
        signal.throwIfAborted();
        throw new NoAnswer("the response has no end");
    }

    /** A later message of a chat for practice can bring a problem that was graded before, too. */
    #grade(assessed: boolean): void {
        const isPractice = this.id ? this.assessed === false : this.graded === "no";
        if (assessed && isPractice) this.#app.toast(m("tutor.graded.before"));
        this.assessed = assessed;
    }

    #begin(chatId: string): void {
        this.id = chatId;
        this.#onbegun(this);
    }

    #put(change: (exchange: Exchange) => Exchange): void {
        this.exchanges = [...this.exchanges.slice(0, -1), change(this.exchanges.at(-1)!)];
    }

    #end(state: Exchange["state"], message: string): void {
        if (this.#last) return this.#put((exchange) => ({ ...exchange, state }));
        this.exchanges = this.exchanges.slice(0, -1);
        this.draft ||= message;
    }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
        const timer = setTimeout(resolve, ms);
        signal.addEventListener("abort", () => {
            clearTimeout(timer);
            reject(signal.reason as Error);
        });
    });
}
