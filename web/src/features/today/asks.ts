/** What a student does with the day: planning again what is late, and closing it. */
import type { App } from "../../app/context.ts";
import { m } from "../../platform/messages.ts";
import type { Day } from "../../platform/time.ts";
import type { Asked } from "../../sync/kinds.ts";
import { movedTo, undoOf } from "../tasks/asks.ts";
import { skipTask, updateTask } from "../tasks/commands.ts";
import { float } from "../tasks/float.ts";
import type { Task } from "../tasks/table.ts";
import type { DayTasks } from "./rules.ts";

/** What becomes of a task: another day, no day, or nothing at all. */
export type Fate = { readonly day: Day | null } | "let go" | "keep";

/** Asks about each late task, and moves them together. */
export async function planAgain(app: App, tasks: readonly Task[], today: Day): Promise<void> {
    const text = m("today.overdue.text", { count: tasks.length });
    const fates = await float(app, () => import("./parts/PlanDialog.svelte"), {
        title: m("tasks.replan"),
        text,
        tasks,
        today,
        first: "today" as const,
    });
    if (fates) await settle(app, tasks, fates);
}

/** Looks back on the day in one line, and asks what becomes of what is left. */
export async function closeDay(app: App, day: DayTasks, focused: number, today: Day): Promise<void> {
    const left = [...day.due, ...day.overdue];
    const fates = await float(app, () => import("./parts/PlanDialog.svelte"), {
        title: m("today.close"),
        text: "",
        closing: { done: day.done.length, focused },
        tasks: left,
        today,
        first: "tomorrow" as const,
    });
    if (fates) await settle(app, left, fates);
}

async function settle(app: App, tasks: readonly Task[], fates: ReadonlyMap<string, Fate>): Promise<void> {
    const asked = tasks.flatMap((task) => stepsOf(task, fates.get(task.id) ?? "keep"));
    if (!asked.length) return;
    const commands = await app.askAll(asked);
    app.toast(m("today.planned", { count: asked.length }), undoOf(app, commands));
}

function stepsOf(task: Task, fate: Fate): Asked[] {
    const { id, recurrence } = task;
    if (fate === "keep") return [];
    if (fate !== "let go") return [{ kind: updateTask.name, id, body: movedTo(task, fate.day) }];
    // An occurrence is skipped, so that the next one comes; a single task stands among the skipped ones.
    return recurrence
        ? [{ kind: skipTask.name, id, body: {} }]
        : [{ kind: updateTask.name, id, body: { status: "cancelled" } }];
}
