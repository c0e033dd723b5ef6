/** A line of quick add as the server reads it, and how its marks are laid over what is typed. */
import type { components } from "../../sync/openapi.d.ts";

export type Parsed = components["schemas"]["ParsedLine"];
export type Span = components["schemas"]["Span"];
export type Choice = components["schemas"]["Choice"];

/** What is known of a line: the text that was sent and the answer. */
export interface Reading {
    readonly text: string;
    readonly parsed: Parsed;
}

export interface Piece {
    readonly text: string;
    readonly field: Span["field"] | null;
}

/**
 * Cuts what is typed into pieces, marked or not. Offsets of spans are in code points. While the answer to the newest
 * text is awaited, marks stay where nothing before their end has changed.
 */
export function piecesOf(typed: string, reading: Reading | null): Piece[] {
    const signs = Array.from(typed);
    const kept = reading ? commonLength(signs, Array.from(reading.text)) : 0;
    const whole = reading?.text === typed;
    const spans = (reading?.parsed.spans ?? []).filter(({ end }) => whole || end < kept);
    const pieces: Piece[] = [];
    let at = 0;
    for (const { start, end, field } of spans) {
        if (start > at) pieces.push({ text: signs.slice(at, start).join(""), field: null });
        pieces.push({ text: signs.slice(start, end).join(""), field });
        at = end;
    }
    if (at < signs.length) pieces.push({ text: signs.slice(at).join(""), field: null });
    return pieces;
}

function commonLength(a: readonly string[], b: readonly string[]): number {
    let at = 0;
    while (at < a.length && at < b.length && a[at] === b[at]) at++;
    return at;
}

/** The task of a line with other meanings of its unclear parts than the first; `chosen` by the start of the part. */
export function withChoices(parsed: Parsed, chosen: ReadonlyMap<number, string>): Parsed["task"] {
    const picked = parsed.choices.filter(({ start }) => chosen.has(start));
    return picked.reduce((task, choice) => ({ ...task, ...fieldOf(choice, chosen.get(choice.start)!) }), parsed.task);
}

function fieldOf({ field }: Choice, value: string): Partial<Parsed["task"]> {
    if (field === "dueAt") return { dueAt: value, dueDate: null };
    if (field === "dueDate") return { dueDate: value, dueAt: null, dueZone: null };
    return field === "subjectId" ? { subjectId: value } : {};
}
