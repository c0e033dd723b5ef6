import { describe, expect, test } from "vitest";

import { piecesOf, withChoices, type Parsed } from "./line.ts";

const parsed = (spans: [number, number][], more: Partial<Parsed> = {}): Parsed => ({
    task: { title: "t", labels: [], dueAt: "2030-01-31T16:00:00Z" } as unknown as Parsed["task"],
    spans: spans.map(([start, end]) => ({ start, end, field: "dueAt", value: "" })),
    choices: [],
    ...more,
});
const marks = (typed: string, text: string, spans: [number, number][]) =>
    piecesOf(typed, { text, parsed: parsed(spans) }).map(({ text: part, field }) => (field ? `[${part}]` : part));

describe("marks over what is typed", () => {
    test("pieces are the whole line", () =>
        expect(marks("read at 3pm 45m", "read at 3pm 45m", [[8, 11]]).join("")).toBe("read at [3pm] 45m"));
    test("offsets are code points", () => expect(marks("🐻🐻 3pm", "🐻🐻 3pm", [[3, 6]])).toEqual(["🐻🐻 ", "[3pm]"]));
    test("while one types on, marks before stay", () =>
        expect(marks("at 3pm x", "at 3pm ", [[3, 6]])).toEqual(["at ", "[3pm]", " x"]));
    test("a mark that may change is taken away", () => expect(marks("at 3pm", "at 3p", [[3, 5]])).toEqual(["at 3pm"]));
    test("what changed before a mark takes it away", () =>
        expect(marks("an 3pm x", "at 3pm x", [[3, 6]])).toEqual(["an 3pm x"]));
    test("nothing known, nothing marked", () => expect(piecesOf("abc", null)).toEqual([{ text: "abc", field: null }]));
});

test("a choice takes the place of the first meaning", () => {
    const choice = { field: "dueAt" as const, start: 3, end: 7, options: [] };
    const line = parsed([], { choices: [choice] });
    expect(withChoices(line, new Map()).dueAt).toBe("2030-01-31T16:00:00Z");
    expect(withChoices(line, new Map([[3, "2030-01-31T04:00:00Z"]])).dueAt).toBe("2030-01-31T04:00:00Z");
});
