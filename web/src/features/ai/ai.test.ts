import { beforeAll, describe, expect, test } from "vitest";

import { loadLocale, withTexts } from "../../platform/messages.ts";
import { NoAnswer, Problem, SessionEnded } from "../../sync/api.ts";
import { countOptions } from "./counts.ts";
import { problemOf } from "./problems.ts";
import type { Step } from "./requests.ts";
import { acceptedOf, briefOf, choicesOf, faultyOf, MINUTES, numberIn, piecesOf, quotesOf, sumOf } from "./rules.ts";
import { kindsText, outcomeText, providerText } from "./sent.ts";

beforeAll(() => withTexts(loadLocale("en"), "ai", "auth"));

/** A step that cites these words of a brief, as the API counts: in code points. */
function citing(brief: string, ...quotes: string[]): Step {
    const cites = quotes.map((quote) => {
        const start = Array.from(brief.slice(0, brief.indexOf(quote))).length;
        return { start, end: start + Array.from(quote).length };
    });
    return { title: "Read", minutes: 30, dueDate: null, cites };
}

const marked = (brief: string, ...steps: Step[]) =>
    piecesOf(brief, steps).map(({ text, steps: which, begins }) => [text, which, begins]);

describe("the places that a step serves", () => {
    test("are pieces of the brief", () => {
        const brief = "Read the text. Write a page.";
        expect(marked(brief, citing(brief, "Read the text."), citing(brief, "Write a page."))).toEqual([
            ["Read the text.", [0], [0]],
            [" ", [], []],
            ["Write a page.", [1], [1]],
        ]);
    });

    test("are counted in characters, of which an emoji is one, and in any script", () => {
        for (const brief of ["🧪🧪 Measure it. 👩‍🔬 Plot it.", "🧪 قس الكتلة. 📈 Plot it."]) {
            const pieces = piecesOf(brief, [citing(brief, "Plot it.")]);
            expect(pieces.map(({ text }) => text).join("")).toBe(brief);
            expect(pieces.filter(({ steps }) => steps.length).map(({ text }) => text)).toEqual(["Plot it."]);
            expect(quotesOf(brief, citing(brief, "Plot it."))).toEqual(["Plot it."]);
        }
        const arabic = "١. قس كتلة كل سائل. 🧪\n٢. ارسم الحجم.";
        expect(quotesOf(arabic, citing(arabic, "ارسم الحجم."))).toEqual(["ارسم الحجم."]);
    });

    test("may overlap", () => {
        const brief = "abcdef";
        const steps = [citing(brief, "abcd"), citing(brief, "cdef")];
        expect(marked(brief, ...steps)).toEqual([
            ["ab", [0], [0]],
            ["cd", [0, 1], [1]],
            ["ef", [1], []],
        ]);
    });

    test("of a step that isn't wanted are not marked", () => {
        const brief = "Read it.";
        expect(piecesOf(brief, [citing(brief, "Read")], () => false).map(({ steps }) => steps)).toEqual([[]]);
    });

    test("that can't be are left out, and an empty brief has no pieces", () => {
        const step = { cites: [{ start: 3, end: 90 }, { start: 8, end: 8 }, { start: 70, end: 80 }] }; // prettier-ignore
        expect(piecesOf("Read it.", [step]).map(({ text }) => text)).toEqual(["Rea", "d it."]);
        expect(piecesOf("", [step])).toEqual([]);
    });

    test("are read aloud once each, on one line, and not at length", () => {
        const brief = `Read\n  it. ${"word ".repeat(100)}`;
        expect(quotesOf(brief, citing(brief, "Read\n  it.", "Read\n  it."))).toEqual(["Read it."]);
        const [long] = quotesOf(brief, { cites: [{ start: 0, end: 500 }] });
        expect(long).toMatch(/…$/);
        expect(long!.length).toBeLessThanOrEqual(80);
    });
});

describe("what the student chooses", () => {
    const proposal = { steps: [citing("a", "a"), { ...citing("a", "a"), title: "Write", minutes: 45 }] };

    test("is everything at first", () => {
        expect(sumOf(choicesOf(proposal))).toEqual({ count: 2, minutes: 75 });
        expect(acceptedOf(proposal, choicesOf(proposal))).toEqual([{ index: 0 }, { index: 1 }]);
    });

    test("is sent with what was changed only", () => {
        const [one, two] = choicesOf(proposal) as [never, never];
        const choices = [
            { ...(one as object), title: " Read it all ", minutes: "30" },
            { ...(two as object), minutes: "7" },
        ] as ReturnType<typeof choicesOf>;
        expect(acceptedOf(proposal, choices)).toEqual([
            { index: 0, title: "Read it all" },
            { index: 1, minutes: 7 },
        ]);
        choices[0]!.wanted = false;
        expect(acceptedOf(proposal, choices)).toEqual([{ index: 1, minutes: 7 }]);
        expect(sumOf(choices)).toEqual({ count: 1, minutes: 7 });
    });

    test("must have minutes, if it is wanted", () => {
        const choices = choicesOf(proposal);
        expect(faultyOf(choices)).toBe(-1);
        choices[1]!.minutes = "";
        expect(faultyOf(choices)).toBe(1);
        expect(sumOf(choices)).toEqual({ count: 2, minutes: 30 });
        choices[1]!.wanted = false;
        expect(faultyOf(choices)).toBe(-1);
    });

    test.each([
        ["1", 1],
        [" 1440 ", 1440],
        ["0", undefined],
        ["1441", undefined],
        ["1.5", undefined],
        ["", undefined],
        ["ten", undefined],
    ])("minutes are whole numbers within their bounds: %o", (text, value) => {
        expect(numberIn(text, MINUTES)).toBe(value);
    });
});

test("an assignment begins with what the task says", () => {
    expect(briefOf({ title: "Essay", description: " 1,500 words \n" })).toBe("Essay\n\n1,500 words");
    expect(briefOf({ title: "Essay", description: "" })).toBe("Essay");
});

test("the number of steps is chosen from all that there can be", () => {
    expect(countOptions([3, 5], 6).map(({ label }) => label)).toEqual([
        "About 6 steps",
        "3 steps",
        "4 steps",
        "5 steps",
    ]);
    expect(countOptions([4, 8])[0]).toEqual({ value: "4", label: "4 steps" });
});

describe("what goes wrong says what to do", () => {
    const problem = (status: number, code: string, wait: number | null = null) =>
        problemOf(new Problem({ status, code, title: "", detail: "In English.", errors: [] }, wait));

    test("in the student's language", () => {
        expect(problem(429, "too_many_requests", 7)).toBe("That was a lot at once. Try again in 7 seconds.");
        expect(problem(429, "calls_used_up", 40_000)).toContain("Try again tomorrow");
        expect(problem(404, "no_such_task")).toContain("This task was deleted");
        expect(problem(409, "too_many_subtasks")).toContain("200 subtasks");
        expect(problem(503, "overloaded")).toContain("Try again shortly");
        expect(problem(422, "new_one")).toBe("In English.");
        expect(problemOf(new NoAnswer())).toContain("Check your connection");
        expect(problemOf(new SessionEnded())).toBe("");
    });

    test("and faults of the program are thrown on", () => {
        expect(() => problemOf(new TypeError("not ours"))).toThrow("not ours");
    });
});

test("what was sent is said in words, and as it is where it isn't known", () => {
    expect(kindsText(["brief", "subject", "novelty"])).toBe("contains the assignment, the subject’s name, and novelty");
    expect(outcomeText({ tokens: 1200, outcome: "answered" })).toBe("1,200 tokens");
    expect(outcomeText({ tokens: 0, outcome: "timeout" })).toBe("0 tokens · no answer in time");
    expect(outcomeText({ tokens: null, outcome: null })).toBe("running");
    expect(["built in", "api.example.com"].map(providerText)).toEqual(["built-in model", "api.example.com"]);
});
