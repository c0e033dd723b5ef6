import type { Feature } from "../../../app/feature.ts";
import { tasks } from "../../tasks/table.ts";

/** Practice questions about the student's own material: a model writes them, or sentences get a gap. */
export const practice: Feature = {
    name: "practice",
    routes: [{ path: "/practice/:id?", title: "practice.title", screen: () => import("./Practice.svelte") }],
    actions: [
        {
            id: "go /practice",
            title: "practice.go",
            group: "app.group.go",
            icon: "arrow-end",
            keys: ["g q"],
            run: (app) => app.go("/practice"),
        },
        {
            id: "practice.task",
            title: "practice.task",
            group: "tasks.title",
            icon: "question",
            when: (_, chosen) => chosen?.table === tasks.name && chosen.ids.length === 1,
            run: (app, chosen) => app.go(`/practice?task=${chosen?.ids[0]}`),
        },
    ],
};
