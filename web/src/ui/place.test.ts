import { expect, test } from "vitest";

import { spotFor } from "./place.ts";

const screen = { width: 400, height: 600 };
const own = { width: 100, height: 50 };

test("stands below its anchor, along the start of it", () => {
    expect(spotFor({ left: 40, top: 100, width: 30, height: 20 }, own, screen)).toEqual({ block: 126, inline: 40 });
});

test("stands above where there is no room below", () => {
    expect(spotFor({ left: 40, top: 560, width: 30, height: 20 }, own, screen).block).toBe(504);
});

test("measures from the right where one reads from there", () => {
    expect(spotFor({ left: 40, top: 0, width: 30, height: 20 }, own, screen, { rtl: true }).inline).toBe(292);
    expect(spotFor({ left: 340, top: 0, width: 30, height: 20 }, own, screen, { rtl: true }).inline).toBe(30);
});

test("never leaves the screen", () => {
    const corner = spotFor({ left: 390, top: 590, width: 10, height: 10 }, own, screen, { centred: true });
    expect(corner).toEqual({ block: 534, inline: 292 });
    expect(spotFor({ left: 0, top: 0, width: 1, height: 1 }, { width: 900, height: 900 }, screen)).toEqual({
        block: 8,
        inline: 0,
    });
});
