/** A message of the student and the tutor's response, as the events of the stream make it. Pure and total. */
import type { ServerEvent } from "./events.ts";
import type { Cited } from "./material/rules.ts";
import type { ChatMessage, Move } from "./requests.ts";

export interface Exchange {
    /** That of the message; empty until the server has said it. */
    readonly id: string;
    readonly message: string;
    readonly response: string;
    readonly move: Move | null;
    readonly hintLevel: number;
    /** A prepared hint was shown instead of what the model wrote. */
    readonly replaced: boolean;
    readonly citations: readonly Cited[];
    /** `coming` until the end; `stopped` by the student; `cut` where the model or the connection ended early. */
    readonly state: "coming" | "complete" | "stopped" | "cut";
}

/** The chat that a stream belongs to. */
export interface Meta {
    readonly chatId: string;
    readonly assessed: boolean;
}

/** The steps of the ladder: what a hint of each level gives. */
export const LEVELS = ["try", "idea", "method", "step", "begin"] as const;

const EMPTY: Exchange = {
    id: "",
    message: "",
    response: "",
    move: null,
    hintLevel: 0,
    replaced: false,
    citations: [],
    state: "coming",
};

export function begun(message: string): Exchange {
    return { ...EMPTY, message };
}

/** A message of the history. */
export function exchangeOf(kept: ChatMessage): Exchange {
    const { id, message, response, move, hintLevel, replaced, outcome } = kept;
    const citations = citationsOf(kept.citations);
    return { id, message, response, move, hintLevel, replaced, citations, state: stateOf(outcome) };
}

/** The exchange after an event. What isn't known, or isn't right, changes nothing. */
export function take(exchange: Exchange, event: ServerEvent): Exchange {
    const data = dataOf(event);
    switch (event.name) {
        case "meta":
            return { ...exchange, id: textOf(data["messageId"]) };
        case "move":
            return { ...exchange, move: (textOf(data["move"]) || null) as Move | null, hintLevel: levelOf(data) };
        case "delta":
            return { ...exchange, response: exchange.response + textOf(data["text"]) };
        case "citations":
            return { ...exchange, citations: citationsOf(data["items"]) };
        case "done":
            return {
                ...exchange,
                replaced: data["replaced"] === true,
                // Who stops a response closes the connection, and sees no end: the connection was lost, and is back.
                state: data["outcome"] === "answered" ? "complete" : "cut",
            };
        default:
            return exchange;
    }
}

export function metaOf(event: ServerEvent): Meta | undefined {
    const { chatId, assessed } = dataOf(event);
    return event.name === "meta" && typeof chatId === "string" ? { chatId, assessed: assessed !== false } : undefined;
}

/** The hint level that the chat has reached. */
export function levelReached(exchanges: readonly Exchange[]): number {
    return exchanges.findLast(({ move }) => move !== null)?.hintLevel ?? 0;
}

function dataOf({ data }: ServerEvent): Record<string, unknown> {
    try {
        const found: unknown = JSON.parse(data);
        return typeof found === "object" && found !== null ? (found as Record<string, unknown>) : {};
    } catch {
        return {};
    }
}

function citationsOf(items: unknown): Cited[] {
    const list = Array.isArray(items) ? (items as (Record<string, unknown> | null)[]) : [];
    return list.flatMap((one) => {
        const text = textOf(one?.["text"]);
        if (!text) return [];
        return [
            {
                text,
                title: textOf(one?.["title"]),
                page: numberOf(one?.["page"]),
                attachmentId: textOf(one?.["attachmentId"]) || null,
                taskId: textOf(one?.["taskId"]) || null,
                subjectId: textOf(one?.["subjectId"]) || null,
                start: numberOf(one?.["start"]) ?? 0,
                end: numberOf(one?.["end"]) ?? 0,
            },
        ];
    });
}

/** The server says `stopped` where the connection was closed, which is how a student stops a response. */
function stateOf(outcome: unknown): Exchange["state"] {
    if (outcome === "answered") return "complete";
    return outcome === "stopped" ? "stopped" : "cut";
}

function levelOf(data: Record<string, unknown>): number {
    const level = data["hintLevel"];
    return typeof level === "number" ? Math.min(Math.max(Math.trunc(level), 0), LEVELS.length - 1) : 0;
}

const numberOf = (value: unknown) => (typeof value === "number" ? value : null);
const textOf = (value: unknown) => (typeof value === "string" ? value : "");
