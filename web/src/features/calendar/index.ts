import type { Feature } from "../../app/feature.ts";
import { addDays, type Day } from "../../platform/time.ts";
import type { App } from "../../app/context.ts";
import { profile, zoneOf } from "../auth/rules.ts";
import { currentDay } from "../tasks/clock.svelte.ts";
import { daysOfWeek, weekNameOf } from "./week.ts";

/** The state of an address at which a new session is being planned. */
const PLANNING = { planning: true };

const onWeek = (app: App) => /^\/week(\/|$)/.test(app.place.path);

/** The days that are shown: of the address, else of today. */
function shownDays(app: App): readonly Day[] {
    const weekStart = app.see(profile)?.weekStart ?? 1;
    const name = app.place.path.split("/")[2] ?? "";
    const today = currentDay(app.see(zoneOf));
    return daysOfWeek(name, weekStart) ?? daysOfWeek(weekNameOf(today, weekStart), weekStart)!;
}

function turn(app: App, weeks: number): void {
    const day = addDays(shownDays(app)[0]!, weeks * 7);
    app.go(`/week/${weekNameOf(day, app.see(profile)?.weekStart ?? 1)}`);
}

export const calendar: Feature = {
    name: "calendar",
    routes: [
        {
            path: "/week/:week?",
            title: "calendar.title",
            screen: () => import("./Week.svelte"),
            nav: { label: "calendar.title", icon: "week", bar: true },
        },
    ],
    actions: [
        {
            id: "week earlier",
            title: "calendar.earlier",
            group: "calendar.title",
            icon: "chevron-start",
            keys: ["["],
            when: onWeek,
            run: (app) => turn(app, -1),
        },
        {
            id: "week later",
            title: "calendar.later",
            group: "calendar.title",
            icon: "chevron-end",
            keys: ["]"],
            when: onWeek,
            run: (app) => turn(app, 1),
        },
        {
            id: "week new",
            title: "calendar.new",
            group: "calendar.title",
            icon: "plus",
            keys: ["n"],
            when: onWeek,
            run: ({ go, place }) => go(`${place.path}?${place.query}`, { replace: true, state: PLANNING }),
        },
        {
            id: "week print",
            title: "calendar.print",
            group: "calendar.title",
            icon: "print",
            keys: ["p"],
            when: onWeek,
            run: () => window.print(),
        },
    ],
};
