/** What keys and the palette can do with tasks; the menu of a task shows the same. */
import type { App } from "../../app/context.ts";
import type { Action, Chosen } from "../../app/feature.ts";
import { addTask, askDue, askLabels, askPriority, askSubject, remove, toggleDone } from "./asks.ts";
import { focusOn } from "./menu.ts";
import { tasks } from "./table.ts";

const aboutTasks = (_: App, chosen: Chosen | undefined) => chosen?.table === tasks.name && chosen.ids.length > 0;

/** An action on the chosen tasks, beside the row that has the focus. */
function onTasks(
    id: string,
    keys: string,
    icon: NonNullable<Action["icon"]>,
    title: Action["title"],
    run: (app: App, ids: readonly string[], anchor: HTMLElement) => unknown,
): Action {
    return {
        id,
        title,
        group: "tasks.title",
        icon,
        keys: [keys],
        when: aboutTasks,
        run: (app, chosen) => chosen && run(app, chosen.ids, chosen.anchor ?? document.body),
    };
}

export const taskActions: readonly Action[] = [
    {
        id: "add", // the bar of a phone has a button for it
        title: "tasks.add",
        group: "app.group.everywhere",
        icon: "plus",
        keys: ["a"],
        run: addTask,
    },
    onTasks("tasks.focus", "f", "play", "tasks.focus", (app, [id]) => id && focusOn(app, id)),
    onTasks(
        "tasks.title",
        "e",
        "edit",
        "tasks.rename",
        (app, [id]) => id && app.go(`/tasks/${id}`, { state: { edit: true } }),
    ),
    onTasks("tasks.due", "d", "calendar", "tasks.due", askDue),
    onTasks("tasks.priority", "p", "high", "tasks.priority", askPriority),
    onTasks("tasks.subject", "s", "subjects", "tasks.subject", askSubject),
    onTasks("tasks.labels", "l", "label", "tasks.labels", askLabels),
    onTasks("tasks.done", "c", "check", "tasks.complete", toggleDone),
    onTasks("tasks.delete", "Delete", "delete", "tasks.delete", remove),
];
