/** The menu of a task: the same commands as the keys, each with its key. */
import type { App } from "../../app/context.ts";
import { m } from "../../platform/messages.ts";
import type { MenuItems } from "../../ui/menu.ts";
import { askDue, askLabels, askPriority, askSubject, remove, setStatus, skip, toggleDone } from "./asks.ts";
import { isOpen } from "./rules.ts";
import { type Task, tasks } from "./table.ts";

/** `anchor` is what a calendar or another menu is shown beside; `select` begins a selection where there is one. */
export function menuOf(app: App, task: Task, anchor: () => HTMLElement | undefined, select?: () => void): MenuItems {
    const ids = [task.id];
    const open = isOpen(task);
    const beside = (ask: (app: App, ids: readonly string[], anchor: HTMLElement) => Promise<void>) => () => {
        const element = anchor();
        if (element) void ask(app, ids, element);
    };
    return [
        {
            id: "done",
            label: open ? m("tasks.complete") : m("tasks.reopen"),
            icon: open ? "check" : "undo",
            keys: m("tasks.key.space"),
            run: () => void toggleDone(app, ids),
        },
        ...(open
            ? [
                  {
                      id: "focus",
                      label: m("tasks.focus"),
                      icon: "play",
                      keys: "F",
                      run: () => focusOn(app, task.id),
                  } as const,
              ]
            : []),
        ...(open ? [startItem(app, task)] : []),
        ...(open
            ? [
                  {
                      id: "break",
                      label: m("ai.break"),
                      icon: "spark",
                      keys: "B",
                      run: () => breakDown(app, task),
                  } as const,
              ]
            : []),
        ...(canAskTutor(app, task)
            ? [
                  {
                      id: "tutor",
                      label: m("tutor.ask"),
                      icon: "tutor",
                      keys: "T",
                      run: () => askTutor(app, task),
                  } as const,
              ]
            : []),
        { id: "practise", label: m("practice.task"), icon: "question", run: () => practise(app, task) },
        null,
        { id: "due", label: m("tasks.due"), icon: "calendar", keys: "D", run: beside(askDue) },
        { id: "priority", label: m("tasks.priority"), icon: "high", keys: "P", run: beside(askPriority) },
        { id: "subject", label: m("tasks.subject"), icon: "subjects", keys: "S", run: beside(askSubject) },
        { id: "labels", label: m("tasks.labels"), icon: "label", keys: "L", run: () => void askLabels(app, ids) },
        ...(select ? [{ id: "select", label: m("tasks.select"), icon: "list", keys: "X", run: select } as const] : []),
        null,
        ...(open && task.recurrence
            ? [{ id: "skip", label: m("tasks.skip"), icon: "arrow-end", run: () => void skip(app, ids) } as const]
            : []),
        {
            id: "delete",
            label: m("tasks.delete"),
            icon: "delete",
            keys: m("tasks.key.delete"),
            stop: true,
            run: () => void remove(app, ids),
        },
    ];
}

function startItem(app: App, task: Task) {
    const doing = task.status === "in_progress";
    return {
        id: "doing",
        label: doing ? m("tasks.doing.stop") : m("tasks.doing.start"),
        icon: "arrow-end",
        run: () => void setStatus(app, [task.id], doing ? "pending" : "in_progress"),
    } as const;
}

/** Has steps proposed for the task. */
export function breakDown(app: App, task: Task): void {
    app.act("ai.break", chosen(task));
}

const chosen = ({ id }: Task) => ({ table: tasks.name, ids: [id] });

export function canAskTutor(app: App, task: Task): boolean {
    return app.can("tutor.ask", chosen(task));
}

/** Begins a chat with the tutor about the task. */
export function askTutor(app: App, task: Task): void {
    app.act("tutor.ask", chosen(task));
}

/** Asks questions about the attachments of the task. */
function practise(app: App, task: Task): void {
    app.act("practice.task", chosen(task));
}

/** Opens the focus screen with this task. */
export function focusOn(app: App, id: string): void {
    app.go(`/focus?task=${id}`);
}
