import { expect, test } from "vitest";

import { matches } from "./palette.ts";

test.each([
    ["Go to Insights", "go in", true],
    ["Go to Insights", "ins", true],
    ["Go to Insights", "sights", false],
    ["Redacción: un viaje", "redaccion", true],
    ["Über Wellen", "uber", true],
    ["المواد الدراسية", "الدرا", true],
    ["anything", "", true],
])("%s, %s: %s", (text, typed, found) => {
    expect(matches(text, typed)).toBe(found);
});
