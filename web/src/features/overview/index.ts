import type { Feature } from "../../app/feature.ts";
import { activeSubjects } from "../subjects/rules.ts";

export const overview: Feature = {
    name: "overview",
    routes: [
        {
            path: "/subjects",
            title: "overview.title",
            screen: () => import("./Subjects.svelte"),
            nav: { label: "overview.title", icon: "subjects" },
        },
        { path: "/subjects/:id", title: "overview.title", screen: () => import("./Subject.svelte") },
    ],
    find: (app, text) =>
        app
            .see(activeSubjects)
            .filter(({ name }) => name.toLowerCase().includes(text.toLowerCase()))
            .map(({ id, name, color }) => ({
                id: `subject ${id}`,
                label: name,
                color,
                run: () => app.go(`/subjects/${id}`),
            })),
};
