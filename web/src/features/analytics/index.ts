import type { Feature } from "../../app/feature.ts";

export const analytics: Feature = {
    name: "analytics",
    routes: [
        {
            path: "/insights",
            title: "analytics.title",
            screen: () => import("./Insights.svelte"),
            nav: { label: "analytics.title", icon: "insights" },
        },
    ],
};
