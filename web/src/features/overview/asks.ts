/** What is asked of a subject, and the words for it. */
import type { App } from "../../app/context.ts";
import { m } from "../../platform/messages.ts";
import { formatMinutes } from "../../platform/time.ts";
import { deleteSubject, updateSubject } from "../subjects/commands.ts";
import type { Subject } from "../subjects/table.ts";
import { completeTask, reopenTask } from "../tasks/commands.ts";
import type { Task } from "../tasks/table.ts";

/** "3h 20m of 5h", "45 min this week". */
export function weekText(minutes: number, goal: number | null): string {
    const time = formatMinutes(minutes);
    if (!goal) return m("overview.week", { time });
    return m(minutes >= goal ? "overview.week.reached" : "overview.week.of", { time, goal: formatMinutes(goal) });
}

export function archive(app: App, { id, name, archived }: Subject): void {
    void app.ask(updateSubject, id, { archived: !archived });
    app.toast(m(archived ? "overview.restored" : "overview.archived.now", { name }), true);
}

export async function remove(app: App, { id, name }: Subject): Promise<void> {
    await app.ask(deleteSubject, id, {});
    app.go("/subjects");
    app.toast(m("overview.deleted", { name }), true);
}

export function toggleDone(app: App, { id, status, title }: Task): void {
    const done = status === "completed";
    void app.ask(done ? reopenTask : completeTask, id, {});
    app.toast(m(done ? "overview.task.reopened" : "overview.task.done", { title }), true);
}
