import { expect, test } from "vitest";

import { readPage } from "./requests.ts";
import { around, type Cited, isReadable } from "./rules.ts";

const QUOTE: Cited = {
    text: "the “first”  rule",
    title: "Notes",
    page: 2,
    attachmentId: "a",
    taskId: null,
    subjectId: null,
    start: 13,
    end: 29,
};
const PAGE = { text: '🧪 The \n"x" the "first" rule. More.', start: 0 };

test("a quote is found by its characters, whatever their size", () => {
    const start = Array.from(PAGE.text).join("").indexOf("the") - 1; // one character of two units stands before
    const quote = { ...QUOTE, start, end: start + 16 };
    expect(around(PAGE, quote)).toEqual(['🧪 The \n"x" ', 'the "first" rule', ". More."]);
    const later = { ...PAGE, start: 500 };
    expect(around(later, { ...quote, start: start + 500, end: start + 516 })[1]).toBe('the "first" rule');
});

test("nothing is marked where other words stand now", () => {
    for (const [start, end] of [
        [0, 4],
        [-5, 3],
        [20, 900],
        [3, 3],
    ] as const) {
        expect(around(PAGE, { ...QUOTE, start, end })).toEqual([PAGE.text, "", ""]);
    }
});

test("attachments have pages, notes have one, and an old quote of notes none", () => {
    expect(readPage(QUOTE, 3)).toMatchObject({ path: "/api/ai/material/attachments/a", query: { page: 3 } });
    const notes = { ...QUOTE, attachmentId: null, page: null };
    expect(readPage({ ...notes, taskId: "t" }, 1)?.path).toBe("/api/ai/material/tasks/t");
    expect(readPage({ ...notes, subjectId: "s" }, 1)?.path).toBe("/api/ai/material/subjects/s");
    expect([isReadable(QUOTE), isReadable(notes), readPage(notes, 1)]).toEqual([true, false, null]);
});
