import type { Feature } from "../../app/feature.ts";
import { m } from "../../platform/messages.ts";
import { taskActions } from "./actions.ts";
import { searchKept } from "./rules.ts";

export const tasks: Feature = {
    name: "tasks",
    routes: [
        {
            path: "/tasks/:id?",
            title: "tasks.title",
            screen: () => import("./Tasks.svelte"),
            nav: { label: "tasks.title", icon: "tasks", bar: true },
        },
    ],
    actions: taskActions,
    find: (app, text) =>
        app
            .see((view) => searchKept(view, text, 20))
            .map((task) => ({
                id: `task ${task.id}`,
                label: task.title,
                hint: task.status === "completed" ? m("tasks.status.completed") : (task.subjectName ?? ""),
                icon: "tasks",
                run: () => app.go(`/tasks/${task.id}`),
            })),
};
