import type { Feature } from "../../app/feature.ts";

export const gamification: Feature = {
    name: "gamification",
    routes: [{ path: "/points", title: "gamification.title", screen: () => import("./Points.svelte") }],
};
