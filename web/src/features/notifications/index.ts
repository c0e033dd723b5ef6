import type { Feature } from "../../app/feature.ts";
import { unreadCount } from "./rules.ts";

export const notifications: Feature = {
    name: "notifications",
    routes: [
        {
            path: "/notifications",
            title: "notifications.title",
            screen: () => import("./Notifications.svelte"),
            tool: {
                label: "notifications.title",
                icon: "notifications",
                count: (app) => app.see(unreadCount),
                counted: "notifications.unread",
            },
        },
    ],
};
