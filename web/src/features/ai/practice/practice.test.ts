import { expect, test } from "vitest";

import { citedOf, nextOf, scoreOf, sourceOf } from "./rules.ts";

function setOf(...rights: readonly (boolean | null)[]) {
    const questions = rights.map((right) => ({
        question: "____",
        options: [],
        title: "",
        page: 1,
        given: right === null ? null : "x",
        right,
        answer: null,
        quote: null,
        attachmentId: null,
        start: null,
        end: null,
    }));
    return { questions };
}

test("the score counts what is right among what was answered", () => {
    expect(scoreOf(setOf(true, false, null))).toEqual({ right: 1, answered: 2, all: 3 });
    expect(scoreOf(setOf())).toEqual({ right: 0, answered: 0, all: 0 });
});

test("the next question is an open one, and none is left out", () => {
    expect(nextOf(setOf(true, null, null))).toBe(1);
    expect(nextOf(setOf(null, true, null), 2)).toBe(2);
    expect(nextOf(setOf(null, true, true), 2)).toBe(0);
    expect(nextOf(setOf(true, false), 1)).toBe(2);
});

test("a place is a task or a subject", () => {
    expect(sourceOf("task:1")).toEqual({ taskId: "1" });
    expect(sourceOf("subject:2")).toEqual({ subjectId: "2" });
});

test("the quote of an answered question leads to its page, that of a text nowhere", () => {
    const [open] = setOf(true).questions;
    const answered = { ...open!, title: "notes.pdf", page: 2, quote: "A rule.", attachmentId: "a", start: 0, end: 7 };
    expect(citedOf(answered)).toMatchObject({ attachmentId: "a", page: 2, text: "A rule.", start: 0, end: 7 });
    expect(citedOf(open!)).toBeNull();
});
