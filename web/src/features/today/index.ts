import type { App } from "../../app/context.ts";
import type { Feature } from "../../app/feature.ts";
import { formatDay } from "../../platform/time.ts";
import { zoneOf } from "../auth/rules.ts";
import { currentDay } from "../tasks/clock.svelte.ts";
import { countOf } from "./rules.ts";
import Today from "./Today.svelte";

/** The day of the student. */
function headingOf(app: App): string {
    return formatDay(currentDay(app.see(zoneOf)), "long");
}

export const today: Feature = {
    name: "today",
    routes: [
        { path: "/welcome", title: "today.welcome.title", frame: "door", screen: () => import("./Welcome.svelte") },
        {
            path: "/",
            title: "today.title",
            heading: headingOf,
            screen: () => Promise.resolve({ default: Today }), // what nearly everyone opens comes with the app itself
            nav: {
                label: "today.title",
                icon: "today",
                bar: true,
                count: (app) =>
                    app.see((view) => {
                        const zone = zoneOf(view);
                        return countOf(view, currentDay(zone), zone);
                    }),
            },
        },
    ],
};
