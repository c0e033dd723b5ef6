import { expect, test } from "vitest";

import { across, heat, stacked } from "./arithmetic.ts";

test("a drawing is mirrored where one reads from the right", () => {
    expect(across(100, 20, false)).toEqual([20, 100]);
    expect(across(100, 20, true)).toEqual([80, 0]);
});

test("parts stand upon each other, and empty ones are left out", () => {
    const parts = [{ key: "a" }, { key: "b" }, { key: "c" }];
    expect(stacked(parts, { a: 10, c: 5 })).toEqual([
        { key: "a", from: 0, to: 10 },
        { key: "c", from: 10, to: 15 },
    ]);
    expect(stacked(parts, { a: -3 })).toEqual([]);
});

test("the largest is darkest, and something is never shown as nothing", () => {
    expect([0, 1, 25, 26, 75, 100].map((value) => heat(value, 100))).toEqual([0, 1, 1, 2, 3, 4]);
    expect([heat(null, 100), heat(5, 0)]).toEqual([0, 0]);
});
