import type { App } from "../../app/context.ts";
import type { Chosen, Feature } from "../../app/feature.ts";
import { float } from "../tasks/float.ts";
import { isOpen, subtasks, type Task, tasks } from "../tasks/table.ts";
import { hasTutor } from "./server.svelte.ts";

/** The one open task that is chosen. */
function taskOf(app: App, chosen: Chosen | undefined): Task | undefined {
    if (chosen?.table !== tasks.name || chosen.ids.length !== 1) return undefined;
    const task = app.see((view) => view.get(tasks, chosen.ids[0]!));
    return task && isOpen(task) ? task : undefined;
}

export const ai: Feature = {
    name: "ai",
    actions: [
        {
            id: "ai.break",
            title: "ai.break",
            group: "tasks.title",
            icon: "spark",
            keys: ["b"],
            when: (app, chosen) => taskOf(app, chosen) !== undefined,
            run: (app, chosen) => {
                const task = taskOf(app, chosen);
                if (task) void float(app, () => import("./parts/BreakDown.svelte"), { task });
            },
        },
        {
            // The menu of a subtask has it.
            id: "ai.split",
            title: "ai.split",
            group: "tasks.title",
            hidden: true,
            when: (_, chosen) => chosen?.table === subtasks.name,
            run: (app, chosen) => {
                const step = app.see((view) => view.get(subtasks, chosen?.ids[0] ?? ""));
                if (step) void float(app, () => import("./parts/SplitSubtask.svelte"), { step });
            },
        },
    ],
};

export const tutor: Feature = {
    name: "tutor",
    offered: hasTutor,
    routes: [
        {
            path: "/tutor/:chat?",
            title: "tutor.title",
            screen: () => import("./Tutor.svelte"),
            nav: { label: "tutor.title", icon: "tutor" },
        },
    ],
    actions: [
        {
            id: "go /tutor",
            title: "tutor.go",
            group: "app.group.go",
            icon: "arrow-end",
            keys: ["g u"],
            run: (app) => app.go("/tutor"),
        },
        {
            id: "tutor.ask",
            title: "tutor.ask",
            group: "tasks.title",
            icon: "tutor",
            keys: ["t"],
            when: (app, chosen) => taskOf(app, chosen) !== undefined,
            run: (app, chosen) => app.go(`/tutor?task=${chosen?.ids[0]}`),
        },
    ],
};
