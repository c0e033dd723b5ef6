/** Server-sent events, read from a response while it comes. */
import { NoAnswer } from "../../sync/api.ts";

export interface ServerEvent {
    /** The id of this event, or of the last one that had any. */
    readonly id: string;
    readonly name: string;
    readonly data: string;
}

/** Takes the text of a stream in pieces that are cut anywhere, and gives the events that are complete. */
export class EventParser {
    #rest = "";
    #id = "";
    #name = "";
    #data: string[] = [];

    push(text: string): ServerEvent[] {
        // A CR at the end may be half of a line break.
        const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
        this.#rest = lines.pop()!;
        return lines.flatMap((line) => this.#take(line) ?? []);
    }

    #take(line: string): ServerEvent | undefined {
        if (line === "") return this.#end();
        const colon = line.indexOf(":");
        const field = colon < 0 ? line : line.slice(0, colon);
        const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
        if (field === "id" && !value.includes("\0")) this.#id = value;
        else if (field === "event") this.#name = value;
        else if (field === "data") this.#data.push(value);
        return undefined;
    }

    #end(): ServerEvent | undefined {
        const event = { id: this.#id, name: this.#name || "message", data: this.#data.join("\n") };
        const isEmpty = this.#data.length === 0;
        this.#name = "";
        this.#data = [];
        return isEmpty ? undefined : event;
    }
}

/** The events of a response. Raises `NoAnswer` where the connection is lost. */
export async function* eventsOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
    const reader = stream.getReader();
    const decoder = new TextDecoder();
    const parser = new EventParser();
    try {
        for (;;) {
            const { done, value } = await reader.read().catch((fault: unknown) => {
                throw new NoAnswer("the stream broke", { cause: fault });
            });
            if (done) return;
            yield* parser.push(decoder.decode(value, { stream: true }));
        }
    } finally {
        void reader.cancel().catch(() => {}); // the connection may be gone
    }
}
