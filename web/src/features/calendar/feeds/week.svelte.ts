/** The events of the weeks that were shown. They are asked of the server and not kept on the disk. */
import type { App } from "../../../app/context.ts";
import { type Day, instant, spanOf, type Zone } from "../../../platform/time.ts";
import { NoAnswer, Problem, SessionEnded } from "../../../sync/api.ts";
import { type CalendarEvent, listEvents } from "./requests.ts";

export class WeekEvents {
    readonly #app: App;
    #weeks: ReadonlyMap<Day, readonly CalendarEvent[]> = $state.raw(new Map());
    #reading = new AbortController();

    constructor(app: App) {
        this.#app = app;
    }

    /** The events of a week as they were last read, by its first day. */
    of(first: Day): readonly CalendarEvent[] {
        return this.#weeks.get(first) ?? [];
    }

    /** Reads the events of a week. Without an answer, those that were read last stay. */
    async read(days: readonly Day[], zone: Zone): Promise<void> {
        this.#reading.abort();
        const { signal } = (this.#reading = new AbortController());
        const [from, to] = [spanOf(days[0]!, zone)[0], spanOf(days.at(-1)!, zone)[1]];
        try {
            const request = { ...listEvents(instant(from), instant(to)), signal };
            const { items } = await this.#app.call<{ items: readonly CalendarEvent[] }>(request);
            if (!signal.aborted) this.#weeks = new Map(this.#weeks).set(days[0]!, items);
        } catch (fault) {
            const isExpected = fault instanceof NoAnswer || fault instanceof Problem || fault instanceof SessionEnded;
            if (!isExpected && !signal.aborted) throw fault;
        }
    }
}
