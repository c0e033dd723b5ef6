/** Asks the server what it understands of a line while it is typed. */
import type { App } from "../../app/context.ts";
import { instant } from "../../platform/time.ts";
import { addedText } from "./asks.ts";
import type { Parsed, Reading } from "./line.ts";
import { readLine } from "./requests.ts";

/** Milliseconds after the last key until it is asked, and until the answer is said aloud. */
const PAUSE = 90;
const SAY = 900;

export class LineReader {
    typed = $state("");
    reading: Reading | null = $state.raw(null);
    /** Other meanings of unclear parts than the first, by where they begin. */
    chosen: ReadonlyMap<number, string> = $state.raw(new Map());
    readonly #app: App;
    #timer: ReturnType<typeof setTimeout> | undefined;
    #saying: ReturnType<typeof setTimeout> | undefined;
    #asking: AbortController | undefined;

    constructor(app: App) {
        this.#app = app;
    }

    /** What is understood of exactly what is typed now. */
    get current(): Parsed | null {
        return this.reading?.text === this.typed ? this.reading.parsed : null;
    }

    choose(start: number, value: string): void {
        this.chosen = new Map([...this.chosen, [start, value]]);
    }

    /** The text has changed. */
    changed(): void {
        this.#stop();
        this.chosen = new Map();
        if (!this.typed.trim()) this.reading = null;
        else this.#timer = setTimeout(() => void this.ask(), PAUSE);
    }

    clear(): void {
        this.typed = "";
        this.changed();
    }

    async ask(): Promise<void> {
        const text = this.typed;
        this.#asking = new AbortController();
        try {
            const parsed = await this.#app.call<Parsed>(readLine(text, instant(), this.#asking.signal));
            this.reading = { text, parsed };
            this.#saying = setTimeout(() => this.#say(), SAY);
        } catch {
            // Overtaken by the next key, or no connection: the line is read when it arrives.
        }
    }

    #say(): void {
        if (this.current) this.#app.announce(addedText(this.#app, this.current.task, "tasks.quick.say"));
    }

    #stop(): void {
        clearTimeout(this.#timer);
        clearTimeout(this.#saying);
        this.#asking?.abort();
    }
}
