import { expect, test } from "vitest";

import { extend, moved, nothing, steer, toggle, within } from "./selection.ts";

const order = ["a", "b", "c", "d"];

test("choosing twice leaves nothing chosen", () => {
    const once = toggle(nothing, "b");
    expect([...once.ids]).toEqual(["b"]);
    expect([...toggle(once, "b").ids]).toEqual([]);
});

test("a range reaches from where it began, in both directions", () => {
    const begun = toggle(nothing, "c");
    const up = extend(begun, order, "a");
    expect([...up.ids]).toEqual(["a", "b", "c"]);
    expect([...extend(up, order, "d").ids]).toEqual(["c", "d"]);
});

test("a range without a beginning is one row", () => {
    expect([...extend(nothing, order, "b").ids]).toEqual(["b"]);
    expect([...extend({ ids: new Set(["gone"]), anchor: "gone" }, order, "b").ids]).toEqual(["b"]);
});

test("what is gone from the list is no longer chosen", () => {
    const selection = { ids: new Set(["a", "gone"]), anchor: "gone" };
    expect([...within(selection, order).ids]).toEqual(["a"]);
    const whole = { ids: new Set(["a"]), anchor: "a" };
    expect(within(whole, order)).toBe(whole);
});

test("keys move within the list", () => {
    expect(moved("ArrowDown", 3, 4, 2)).toBe(3);
    expect(moved("ArrowUp", 0, 4, 2)).toBe(0);
    expect(moved("PageDown", 0, 4, 2)).toBe(2);
    expect(moved("End", 0, 4, 2)).toBe(3);
    expect(moved("Home", 3, 4, 2)).toBe(0);
    expect(moved("x", 0, 4, 2)).toBeUndefined();
    expect(moved("End", 0, 0, 2)).toBeUndefined();
});

test("Shift and an arrow choose from the row where it began", () => {
    const first = steer("ArrowDown", nothing, order, "b", 2)!;
    expect(first.goal).toBe("c");
    expect([...first.range.ids]).toEqual(["b", "c"]);
    expect([...steer("ArrowDown", first.range, order, "c", 2)!.range.ids]).toEqual(["b", "c", "d"]);
    expect(steer("x", nothing, order, "b", 2)).toBeUndefined();
});
