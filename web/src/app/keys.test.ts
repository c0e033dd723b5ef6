import { expect, test } from "vitest";

import type { Action } from "./feature.ts";
import { isSingle, Sequence, shown, written } from "./keys.ts";

const stroke = (key: string, held: Partial<Record<"ctrl" | "meta" | "alt" | "shift", boolean>> = {}) => ({
    key,
    ctrl: false,
    meta: false,
    alt: false,
    shift: false,
    ...held,
});
const action = (id: string, ...keys: string[]) => ({ id, keys }) as unknown as Action;
const actions = [
    action("add", "a"),
    action("tasks", "g a"),
    action("today", "g t"),
    action("palette", "Mod+k"),
    action("range", "Shift+ArrowDown"),
];

test.each([
    [stroke("a"), "a"],
    [stroke("A", { shift: true }), "Shift+a"],
    [stroke("?", { shift: true }), "?"],
    [stroke("k", { ctrl: true }), "Mod+k"],
    [stroke("k", { meta: true }), "Meta+k"],
    [stroke("ArrowDown", { shift: true }), "Shift+ArrowDown"],
    [stroke("z", { ctrl: true, shift: true }), "Mod+Shift+z"],
])("a stroke is written as in the list: %#", (pressed, text) => {
    expect(written(pressed, false)).toBe(text);
});

test("Mod is the command key on Apple's machines", () => {
    expect(written(stroke("k", { meta: true }), true)).toBe("Mod+k");
});

test("a sequence is read key by key", () => {
    const sequence = new Sequence();
    expect(sequence.press("g", actions, 0)).toBe("begun");
    expect(sequence.press("t", actions, 900)).toMatchObject({ id: "today" });
    expect(sequence.press("t", actions, 901)).toBeUndefined();
});

test("the second key of a sequence has another meaning alone", () => {
    const sequence = new Sequence();
    expect(sequence.press("a", actions, 0)).toMatchObject({ id: "add" });
    sequence.press("g", actions, 10);
    expect(sequence.press("a", actions, 20)).toMatchObject({ id: "tasks" });
});

test("a sequence that was left is forgotten", () => {
    const sequence = new Sequence();
    sequence.press("g", actions, 0);
    expect(sequence.press("a", actions, 2000)).toMatchObject({ id: "add" });
});

test("a sequence that leads nowhere does not eat the key", () => {
    const sequence = new Sequence();
    sequence.press("g", actions, 0);
    expect(sequence.press("Mod+k", actions, 10)).toMatchObject({ id: "palette" });
});

test("single keys are told from those that cannot be spoken by accident", () => {
    expect(["a", "g t", "?", "["].every(isSingle)).toBe(true);
    expect(["Mod+k", "Delete", "Shift+ArrowDown", "Escape"].some(isSingle)).toBe(false);
});

test("keys are shown as they are printed", () => {
    expect([shown("Mod+k", true), shown("Mod+k", false)]).toEqual(["⌘K", "Ctrl+K"]);
    expect(shown("g t", false)).toBe("G T");
    expect(shown("Delete", false)).toBe("Del");
    expect(shown("Shift+ArrowDown", false)).toBe("Shift+↓");
    expect(shown("+", false)).toBe("+");
});
