/** Pure questions about proposals: what of a brief a step serves, what the student chose, and whether it can be saved. */
import type { AcceptedStep, Proposal, Step } from "./requests.ts";

/** The fewest and the most steps of an assignment, and the parts of a subtask. */
export const STEPS = [3, 15] as const;
export const PARTS = [4, 8] as const;
/** How many there are when the student doesn't say. */
export const ABOUT = 6;
export const TOTAL = [15, 10_080] as const;
export const MINUTES = [1, 1440] as const;
/** Quotes are read aloud, so they are short. */
const QUOTE = 80;

/** What the student makes of a step. */
export interface Choice {
    wanted: boolean;
    title: string;
    minutes: string;
}

/** A piece of a brief, the steps that it serves by their place, and those of them that begin here. */
export interface Piece {
    readonly text: string;
    readonly steps: readonly number[];
    readonly begins: readonly number[];
}

/**
 * A brief in pieces, so that each can be marked with the steps that it serves; together they are the brief. Places count
 * characters as the API does, where an emoji is one and not two.
 */
export function piecesOf(
    brief: string,
    steps: readonly Pick<Step, "cites">[],
    wanted: (step: number) => boolean = () => true,
): Piece[] {
    const characters = Array.from(brief);
    const spans = steps.flatMap(({ cites }, step) => {
        const inside = cites.map(({ start, end }) => ({ step, start, end: Math.min(end, characters.length) }));
        return wanted(step) ? inside.filter(({ start, end }) => start < end) : [];
    });
    const edges = new Set([0, characters.length, ...spans.flatMap(({ start, end }) => [start, end])]);
    const sorted = [...edges].toSorted((a, b) => a - b);
    return sorted.slice(0, -1).map((from, index) => {
        const here = spans.filter(({ start, end }) => start <= from && from < end);
        return {
            text: characters.slice(from, sorted[index + 1]).join(""),
            steps: [...new Set(here.map(({ step }) => step))],
            begins: [...new Set(here.filter(({ start }) => start === from).map(({ step }) => step))],
        };
    });
}

/** The places of the brief that a step serves, in words. */
export function quotesOf(brief: string, { cites }: Pick<Step, "cites">): string[] {
    const characters = Array.from(brief);
    const texts = cites.map(({ start, end }) => characters.slice(start, end).join("").replaceAll(/\s+/g, " ").trim());
    return [...new Set(texts.filter(Boolean))].map((text) => {
        const letters = Array.from(text);
        return letters.length > QUOTE
            ? `${letters
                  .slice(0, QUOTE - 1)
                  .join("")
                  .trimEnd()}…`
            : text;
    });
}

export function choicesOf({ steps }: Pick<Proposal, "steps">): Choice[] {
    return steps.map(({ title, minutes }) => ({ wanted: true, title, minutes: String(minutes) }));
}

/** A whole number within its bounds, as it was typed; undefined if it isn't one. */
export function numberIn(text: string, [least, most]: readonly [number, number]): number | undefined {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    return Number.isInteger(value) && value >= least && value <= most ? value : undefined;
}

/** How many steps are wanted, and their minutes; what isn't a number counts nothing. */
export function sumOf(choices: readonly Choice[]): { count: number; minutes: number } {
    const wanted = choices.filter((choice) => choice.wanted);
    const minutes = wanted.reduce((sum, choice) => sum + (numberIn(choice.minutes, MINUTES) ?? 0), 0);
    return { count: wanted.length, minutes };
}

/** The first wanted step whose minutes can't be saved, by its place; -1 if there is none. */
export function faultyOf(choices: readonly Choice[]): number {
    return choices.findIndex(({ wanted, minutes }) => wanted && numberIn(minutes, MINUTES) === undefined);
}

/** What is sent to accept: the wanted steps, with what the student changed. */
export function acceptedOf({ steps }: Pick<Proposal, "steps">, choices: readonly Choice[]): AcceptedStep[] {
    return choices.flatMap((choice, index) => {
        const step = steps[index];
        if (!choice.wanted || !step) return [];
        const title = choice.title.trim();
        const minutes = numberIn(choice.minutes, MINUTES);
        return [
            {
                index,
                ...(title && title !== step.title && { title }),
                ...(minutes && minutes !== step.minutes && { minutes }),
            },
        ];
    });
}

/** What an assignment is before the student says more: the title of its task and the description. */
export function briefOf({ title, description }: { readonly title: string; readonly description: string }): string {
    return [title, description.trim()].filter(Boolean).join("\n\n");
}
