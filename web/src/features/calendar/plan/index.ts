import type { Feature } from "../../../app/feature.ts";

/** Which open tasks to work on in the next days: proposed without a model; what is chosen becomes sessions. */
export const plan: Feature = {
    name: "plan",
    routes: [{ path: "/plan", title: "plan.title", screen: () => import("./StudyPlan.svelte") }],
    actions: [
        {
            id: "go /plan",
            title: "plan.title",
            group: "app.group.go",
            icon: "spark",
            keys: ["g p"],
            run: (app) => app.go("/plan"),
        },
    ],
};
