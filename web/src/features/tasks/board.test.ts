import { describe, expect, test } from "vitest";

import { neighbour } from "./board.ts";

describe("arrows on the board", () => {
    const order = [["a", "b", "c"], [], ["d"]];
    test.each([
        ["a", "ArrowDown", "b"],
        ["a", "ArrowUp", undefined],
        ["c", "ArrowRight", "d"],
        ["d", "ArrowLeft", "a"],
        ["d", "ArrowRight", undefined],
        ["x", "ArrowDown", undefined],
    ])("%s %s: %s", (id, key, goal) => expect(neighbour(order, id, key, false)).toBe(goal));
    test("left and right change places in Arabic", () => expect(neighbour(order, "a", "ArrowLeft", true)).toBe("d"));
});
