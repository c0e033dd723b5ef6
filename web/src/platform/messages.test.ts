import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { allFaults, faults, LANGUAGES, read, type Texts } from "../../scripts/messages.ts";
import { formatList, formatNumber, languageFor, loadLocale, locale, m } from "./messages.ts";

const ENGLISH: Texts = {
    "a.added": "Added: {title}",
    "a.waiting": { one: "{count} change", other: "{count} changes" },
};
const GERMAN: Texts = {
    "a.added": "Hinzugefügt: {title}",
    "a.waiting": { one: "Eine Änderung", other: "{count} Änderungen" },
};

test("every text is there in every language, with its placeholders and plural forms", () => {
    expect(allFaults()).toEqual([]);
    for (const language of LANGUAGES) expect(Object.keys(read(language))).toEqual(Object.keys(read("en")));
});

describe("the check of texts", () => {
    test("passes for a whole translation", () => {
        expect(faults("de", ENGLISH, GERMAN)).toEqual([]);
    });

    test.each<[string, Texts, string]>([
        ["a missing key", { "a.waiting": GERMAN["a.waiting"]! }, "“a.added” is missing"],
        ["a key too many", { ...GERMAN, "a.more": "x" }, "“a.more” isn't in English"],
        ["a missing placeholder", { ...GERMAN, "a.added": "Neu" }, "“a.added” (text) lacks {title}"],
        ["an unknown placeholder", { ...GERMAN, "a.added": "{title} {who}" }, "has an unknown placeholder {who}"],
        ["no plural forms", { ...GERMAN, "a.waiting": "{count}" }, "plural forms in one language only"],
        ["a missing plural form", { ...GERMAN, "a.waiting": { other: "{count}" } }, "lacks the form “one”"],
        ["nothing said", { ...GERMAN, "a.added": " " }, "lacks {title}"],
    ])("finds %s", (_, texts, fault) => {
        expect(faults("de", ENGLISH, texts).join("\n")).toContain(fault);
    });

    test("asks all six forms of Arabic", () => {
        const forms = ["zero", "one", "two", "few", "many"].filter((form) =>
            faults("ar", ENGLISH, { ...GERMAN }).some((fault) => fault.includes(`the form “${form}”`)),
        );
        expect(forms).toEqual(["zero", "two", "few", "many"]);
    });

    test("finds a key that stands twice", () => {
        const root = mkdtempSync(join(tmpdir(), "messages-"));
        for (const folder of ["one", "two"]) {
            mkdirSync(join(root, folder));
            writeFileSync(join(root, folder, "messages.en.json"), '{"a.b": "x"}');
        }
        expect(() => read("en", root)).toThrow("“a.b” stands twice");
    });
});

describe("languages", () => {
    test("are chosen by the first tag that we speak", () => {
        expect(languageFor(["fr-FR", "de-AT", "en"])).toBe("de");
        expect(languageFor(["xx"])).toBe("en");
    });

    test("decide about numbers and lists", async () => {
        await loadLocale("de-AT");
        expect(locale()).toBe("de-AT");
        expect(formatNumber(1234.5)).toMatch(/^1[.\s]?234,5$/);
        expect(formatList(["A", "B", "C"])).toBe("A, B und C");
        await loadLocale("en");
        expect(formatList(["A", "B", "C"])).toBe("A, B, and C");
    });

    test("a key that isn't known shows itself rather than nothing", () => {
        expect((m as (key: string) => string)("no.such.key")).toBe("no.such.key");
    });
});
