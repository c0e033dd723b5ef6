import { expect, test } from "vitest";

import { stepOf, wayOf } from "./drag.ts";

const carrying = { by: "keys", from: 3, to: 5 } as const;
const line = {
    next: (place: number, way: string, resize: boolean) => {
        if (resize) return place * 10;
        if (way === "up") return place > 0 ? place - 1 : undefined;
        return way === "down" ? place + 1 : undefined;
    },
};

test("arrows move it, as far as there are places", () => {
    expect(stepOf("ArrowDown", false, carrying, line, false)).toEqual({ do: "move", to: 6 });
    expect(stepOf("ArrowUp", false, { ...carrying, to: 0 }, line, false)).toEqual({ do: "nothing" });
    expect(stepOf("ArrowLeft", false, carrying, line, false)).toEqual({ do: "nothing" });
});

test("Shift and an arrow change its size", () => {
    expect(stepOf("ArrowDown", true, carrying, line, false)).toEqual({ do: "move", to: 50 });
});

test("Enter and Space drop it where it is now", () => {
    for (const key of ["Enter", " "]) expect(stepOf(key, false, carrying, line, false)).toEqual({ do: "drop", to: 5 });
});

test("Escape and Tab put it back", () => {
    for (const key of ["Escape", "Tab"]) expect(stepOf(key, false, carrying, line, false)).toEqual({ do: "back" });
});

test("other keys mean nothing meanwhile", () => {
    expect(stepOf("a", false, carrying, line, false)).toEqual({ do: "nothing" });
});

test("left and right change places where one reads from the right", () => {
    expect([wayOf("ArrowLeft", false), wayOf("ArrowRight", false)]).toEqual(["start", "end"]);
    expect([wayOf("ArrowLeft", true), wayOf("ArrowRight", true)]).toEqual(["end", "start"]);
    expect([wayOf("ArrowUp", true), wayOf("ArrowDown", true), wayOf("Home", true)]).toEqual(["up", "down", undefined]);
});
