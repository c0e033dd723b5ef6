/** The menu of a subtask. */
import type { App } from "../../app/context.ts";
import { m } from "../../platform/messages.ts";
import { formatMinutes } from "../../platform/time.ts";
import type { Drag } from "../../ui/drag.ts";
import type { MenuItem, MenuItems } from "../../ui/menu.ts";
import { undoOf } from "./asks.ts";
import { deleteSubtask, updateSubtask } from "./commands.ts";
import { type Subtask, subtasks } from "./table.ts";

const LENGTHS = [5, 10, 15, 20, 30, 45, 60];

export function subtaskMenu(app: App, step: Subtask, drag: Drag<number>): MenuItems {
    const moves = (["up", "down"] as const).flatMap((way): MenuItem[] => {
        const to = drag.next(drag.from(), way, false);
        if (to === undefined) return [];
        return [{ id: way, label: m(`tasks.steps.${way}`), icon: `chevron-${way}`, run: () => drag.drop(to) }];
    });
    const split: MenuItem = {
        id: "split",
        label: m("ai.split"),
        icon: "spark",
        run: () => app.act("ai.split", { table: subtasks.name, ids: [step.id] }),
    };
    const first = [...moves, ...(step.completed ? [] : [split])];
    return [
        ...first,
        ...(first.length ? [null] : []),
        ...LENGTHS.map((minutes) => ({
            id: String(minutes),
            label: formatMinutes(minutes),
            checked: step.estimatedMinutes === minutes,
            run: () =>
                void app.ask(updateSubtask, step.id, {
                    estimatedMinutes: step.estimatedMinutes === minutes ? null : minutes,
                }),
        })),
        null,
        { id: "delete", label: m("tasks.delete"), icon: "delete", stop: true, run: () => void remove(app, step) },
    ];
}

async function remove(app: App, step: Subtask): Promise<void> {
    const command = await app.ask(deleteSubtask, step.id, {});
    app.toast(m("tasks.said.deleted", { title: step.title }), undoOf(app, [command]));
}
