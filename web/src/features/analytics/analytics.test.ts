import { expect, test } from "vitest";

import { monthsOf, rangeOf, stepOf } from "./rules.ts";
import type { DayProgress } from "./table.ts";

const day = (text: string, focusedMinutes: number, tasksCompleted = 0): DayProgress => ({
    id: text,
    version: 0,
    day: text,
    focusedMinutes,
    tasksCompleted,
});

test("months are summed, and the oldest of thirteen is left out", () => {
    const list = Array.from({ length: 13 }, (_, n) => {
        const month = String((n % 12) + 1).padStart(2, "0");
        return [
            day(`20${30 + Math.floor(n / 12)}-${month}-03`, n, 1),
            day(`20${30 + Math.floor(n / 12)}-${month}-20`, 10),
        ];
    }).flat();
    const months = monthsOf(list, "focusedMinutes");
    expect(months).toHaveLength(12);
    expect(months[0]).toEqual(["2030-02-01", 11]);
    expect(months.at(-1)).toEqual(["2031-01-01", 22]);
    expect(monthsOf(list, "tasksCompleted").at(-1)).toEqual(["2031-01-01", 1]);
});

test("charts have at most six lines", () => {
    const step = (what: Parameters<typeof stepOf>[0], value: number) => stepOf(what, [{ value }]);
    expect([0, 300, 301, 2010].map((value) => step("focusedMinutes", value))).toEqual([60, 60, 120, 600]);
    expect([0, 4, 19, 84].map((value) => step("tasksCompleted", value))).toEqual([1, 1, 5, 20]);
});

test("an address that names no range means the week", () => {
    expect([null, "day", "month", "year"].map(rangeOf)).toEqual(["week", "week", "month", "year"]);
});
