import type { Feature } from "../../app/feature.ts";

/** The settings of all features: each part belongs to the feature whose it is. */
export const settings: Feature = {
    name: "settings",
    routes: [
        {
            path: "/settings/:part?",
            title: "settings.title",
            screen: () => import("./Settings.svelte"),
            tool: { label: "settings.title", icon: "settings" },
        },
    ],
    actions: [
        {
            id: "sign-out",
            title: "settings.signout",
            group: "app.group.everywhere",
            icon: "sign-out",
            run: (app) => app.go("/settings", { state: { signOut: true } }),
        },
    ],
};
