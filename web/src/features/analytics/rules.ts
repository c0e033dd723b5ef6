import { addDays, type Day } from "../../platform/time.ts";
import type { View } from "../../sync/store.ts";
import { type DayProgress, days, overviews } from "./table.ts";

/** The progress of the `count` days up to `last`, with zeros for days on which nothing was done. */
export function daysUpTo(view: View, last: Day, count: number): DayProgress[] {
    return Array.from({ length: count }, (_, n) => {
        const day = addDays(last, n + 1 - count);
        return view.get(days, day) ?? { id: day, version: 0, day, tasksCompleted: 0, focusedMinutes: 0 };
    });
}

/** Days on which something was done: charts need some before they say anything. */
export function daysWithData(view: View): number {
    return view.all(days).filter((day) => day.tasksCompleted || day.focusedMinutes).length;
}

/** The present streak in days, as the server said last. */
export function streakOf(view: View): number | null {
    return view.get(overviews, "year")?.streak.current ?? null;
}

/** What a student can look at. */
export type Shown = "week" | "month" | "year";

/** Days with data before patterns of days say anything. */
export const NEEDED = 14;

/** The range that an address names; the week if it names none. */
export function rangeOf(text: string | null): Shown {
    return text === "month" || text === "year" ? text : "week";
}

/** What is measured of a day. */
export type Measure = "focusedMinutes" | "tasksCompleted";

/** Sums by month, the last twelve; each with its first day. */
export function monthsOf(list: readonly DayProgress[], what: Measure): (readonly [Day, number])[] {
    const months = Map.groupBy(list, ({ day }) => `${day.slice(0, 8)}01`);
    return [...months]
        .map(([first, ofMonth]) => [first, ofMonth.reduce((sum, day) => sum + day[what], 0)] as const)
        .slice(-12);
}

/** The distance of the lines of a chart, so that there are at most six: round hours for minutes, round numbers for tasks. */
export function stepOf(what: Measure, points: readonly { readonly value: number }[]): number {
    const steps = what === "focusedMinutes" ? [60, 120, 300, 600, 1200, 3000, 6000] : [1, 2, 5, 10, 20, 50, 100, 200];
    const largest = Math.max(0, ...points.map(({ value }) => value));
    return steps.find((step) => largest <= step * 5) ?? steps.at(-1)!;
}
