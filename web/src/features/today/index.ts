import type { Feature } from "../../app/feature.ts";
import { zoneOf } from "../auth/rules.ts";
import { currentDay } from "../tasks/clock.svelte.ts";
import { countOf } from "./rules.ts";
import Today from "./Today.svelte";

export const today: Feature = {
    name: "today",
    routes: [
        { path: "/welcome", title: "today.welcome.title", frame: "door", screen: () => import("./Welcome.svelte") },
        {
            path: "/",
            title: "today.title",
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
