import { expect, test } from "vitest";

import { chance, uuidv7 } from "./random.ts";

test("ids are UUIDs of version 7 that sort by time", () => {
    const ids = [0, 1, 0xffff, 0x10000, 1_900_000_000_000, 2 ** 47].map(uuidv7);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(ids.toSorted()).toEqual(ids);
    expect(Number.parseInt(uuidv7(1_900_000_000_123).replaceAll("-", "").slice(0, 12), 16)).toBe(1_900_000_000_123);
    expect(new Set(Array.from({ length: 1000 }, () => uuidv7(5))).size).toBe(1000);
});

test("chance is from 0 up to 1", () => {
    const found = Array.from({ length: 1000 }, chance);
    expect(found.every((one) => one >= 0 && one < 1)).toBe(true);
    expect(new Set(found).size).toBeGreaterThan(990);
});
