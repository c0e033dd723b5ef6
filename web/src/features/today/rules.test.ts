import { describe, expect, test } from "vitest";

import { freeFrom, hoursOf, type Slot } from "./rules.ts";

const slot = (from: number, length: number) => ({ from, length }) as Slot;

describe("free time", () => {
    test("all that is left of an empty day", () => expect(freeFrom([], 600, 1200)).toEqual({ from: 600, length: 600 }));
    test("it begins on the half hour", () => expect(freeFrom([], 601, 1200)).toEqual({ from: 630, length: 570 }));
    test("after what has begun, before what comes", () =>
        expect(freeFrom([slot(590, 60), slot(840, 30)], 600, 1200)).toEqual({ from: 650, length: 190 }));
    test("less than an hour is not named", () =>
        expect(freeFrom([slot(640, 500)], 600, 1200)).toEqual({ from: 1140, length: 60 }));
    test("a full day has none", () => expect(freeFrom([slot(0, 1200)], 600, 1200)).toBeNull());
});

test("the hours hold all that there is", () => {
    expect(hoursOf([])).toEqual({ from: 8, to: 20 });
    expect(hoursOf([slot(400, 30), slot(1300, 45)])).toEqual({ from: 6, to: 23 });
});
