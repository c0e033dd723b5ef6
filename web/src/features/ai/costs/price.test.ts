import { beforeAll, expect, test } from "vitest";

import { loadLocale, withTexts } from "../../../platform/messages.ts";
import { isWorthAsking, priceText } from "./price.svelte.ts";
import type { Estimate } from "./requests.ts";

const estimate = (changed: Partial<Estimate>): Estimate => ({
    most: 12_000,
    likely: 4000,
    left: 21_000,
    limit: 30_000,
    fits: true,
    ownKey: false,
    ...changed,
});

beforeAll(() => withTexts(loadLocale("en"), "costs"));

test.each<[string, Partial<Estimate>, boolean]>([
    ["a tenth of the day", { likely: 3000 }, false],
    ["more than a tenth", { likely: 3001 }, true],
    ["what was asked before", { likely: 0, most: 0 }, false],
    ["too few tokens left", { fits: false, likely: 100 }, true],
    ["no model", { fits: false, likely: 0, most: 0 }, false],
    ["much with an own key", { ownKey: true, left: 0 }, true],
])("the price of %s", (_, changed, asked) => {
    expect(isWorthAsking(estimate(changed))).toBe(asked);
});

test("the most is never more than what is left", () => {
    expect(priceText(estimate({}))).toBe("This takes about 4,000 tokens: up to 12,000 of the 21,000 left today.");
    expect(priceText(estimate({ left: 9000 }))).toContain("up to 9,000 of the 9,000");
});

test("with an own key, what is left doesn't matter", () => {
    expect(priceText(estimate({ ownKey: true, left: 0 }))).toContain("12,000 at most, with your own key");
});

test("with too few tokens, a template is told", () => {
    expect(priceText(estimate({ fits: false, left: 300 }))).toBe(
        "Too few AI tokens are left today (300). A template will be used instead.",
    );
});
