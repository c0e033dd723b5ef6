/** What the frame itself can do. */
import type { Action, PlainKey } from "./feature.ts";
import type { Shell } from "./shell.svelte.ts";

const places: readonly (readonly [path: string, key: string, title: PlainKey])[] = [
    ["/", "t", "app.go.today"],
    ["/tasks", "a", "app.go.tasks"],
    ["/week", "w", "app.go.week"],
    ["/focus", "f", "app.go.focus"],
    ["/subjects", "s", "app.go.subjects"],
    ["/insights", "i", "app.go.insights"],
    ["/notifications", "n", "app.go.notifications"],
    ["/conflicts", "c", "app.go.conflicts"],
    ["/settings", ",", "app.go.settings"],
];

export function ownActions(shell: Shell): Action[] {
    const exists = (path: string) => shell.routes.some((route) => route.path.replace(/\/:.*$/, "") === path);
    return [
        ...places
            .filter(([path]) => exists(path))
            .map(([path, key, title]): Action => ({
                id: `go ${path}`,
                title,
                group: "app.group.go",
                icon: "arrow-end",
                keys: [`g ${key}`],
                run: (app) => app.go(path),
            })),
        {
            id: "palette",
            title: "app.palette.open",
            group: "app.group.everywhere",
            icon: "search",
            keys: ["Mod+k", "/"],
            run: () => (shell.overlay = "palette"),
        },
        {
            id: "keys",
            title: "app.keys.title",
            group: "app.group.everywhere",
            icon: "keyboard",
            keys: ["?"],
            run: () => (shell.overlay = "keys"),
        },
        {
            id: "undo",
            title: "app.undo.last",
            group: "app.group.everywhere",
            icon: "undo",
            keys: ["Mod+z"],
            run: (app) => void app.undo(),
        },
    ];
}
