import { beforeAll, describe, expect, test } from "vitest";

import { loadLocale, withTexts } from "../../platform/messages.ts";
import { sizeText } from "./files.ts";
import { type Change, type Names, sentenceOf } from "./history.ts";

const names: Names = {
    subject: () => "Physics",
    subtask: () => undefined,
    zone: () => ({ timeZone: "Europe/Berlin", dayStart: "04:00" }),
};
beforeAll(() => withTexts(loadLocale("en"), "tasks"));

const changed = (changes: object) => ({ id: "1", kind: "updated", changes }) as unknown as Change;

describe("the history of a task", () => {
    test("a due day that gets a time is one change", () => {
        const text = sentenceOf(
            changed({
                dueAt: { before: null, after: "2030-02-01T14:30:00Z" },
                dueDate: { before: "2030-02-01", after: null },
            }),
            names,
        );
        expect(text.match(/→/gu)).toHaveLength(1);
        expect(text).not.toContain("–");
        expect(text.split("→").every((side) => /Feb/u.test(side))).toBe(true);
    });
    test("a due time that moves says its day once", () => {
        const text = sentenceOf(
            changed({
                dueAt: { before: "2030-02-01T14:30:00Z", after: "2030-02-02T14:30:00Z" },
                dueDate: { before: null, after: null },
            }),
            names,
        );
        expect(text.match(/→/gu)).toHaveLength(1);
    });
    test("notes are named, not told", () => {
        const text = sentenceOf(changed({ description: { before: "a", after: "b" } }), names);
        expect(text).not.toContain("→");
    });
});

test("a file of a few bytes isn't called empty", () => {
    expect(sizeText(12)).toContain("0.1");
    expect(sizeText(0)).toMatch(/^0\D/u);
});
