/** What a student does with tasks: rows, menus, keys and the bar of a selection all come here. */
import type { App } from "../../app/context.ts";
import { m } from "../../platform/messages.ts";
import {
    addDays,
    type Day,
    formatDay,
    formatMinutes,
    formatTime,
    instantAt,
    timeOf,
    today,
    weekdayOf,
    type Zone,
} from "../../platform/time.ts";
import type { AnyKind, Asked, Command, Fields } from "../../sync/kinds.ts";
import { type MenuItem, openMenu } from "../../ui/menu.ts";
import { pickDay } from "../../ui/pickDay.ts";
import { zoneOf as profileZone } from "../auth/rules.ts";
import { activeSubjects } from "../subjects/rules.ts";
import { completeTask, deleteTask, due, reopenTask, skipTask, updateTask } from "./commands.ts";
import { float } from "./float.ts";
import { PRIORITIES, STATUSES } from "./list.ts";
import { deleteSeries, type Scope, updateSeries } from "./requests.ts";
import { dueDay, isOpen } from "./rules.ts";
import { type Priority, type Status, type Task, type TaskChanges, tasks } from "./table.ts";

/** Where and when the student's days begin. */
export function zoneOf(app: App): Zone {
    return app.see(profileZone);
}

export function tasksOf(app: App, ids: readonly string[]): Task[] {
    return app.see((view) => ids.map((id) => view.get(tasks, id)).filter((task) => task !== undefined));
}

function asked({ name }: AnyKind, id: string, body: Fields = {}): Asked {
    return { kind: name, id, body };
}

/** Completes what is open; if nothing is, opens it again. */
export async function toggleDone(app: App, ids: readonly string[]): Promise<void> {
    const chosen = tasksOf(app, ids);
    const open = chosen.filter(isOpen);
    const kind = open.length ? completeTask : reopenTask;
    const meant = open.length ? open : chosen;
    if (!meant.length) return;
    const commands = await app.askAll(meant.map(({ id }) => asked(kind, id)));
    said(app, open.length ? "done" : "reopened", meant, commands);
}

/** What takes these commands back. */
export function undoOf(app: App, [first]: readonly Command[]): () => void {
    return () => void app.undo(first?.key);
}

const SAID = {
    done: ["tasks.said.done", "tasks.said.done.many"],
    reopened: ["tasks.said.reopened", "tasks.said.reopened.many"],
    deleted: ["tasks.said.deleted", "tasks.said.deleted.many"],
    skipped: ["tasks.said.skipped", "tasks.said.skipped.many"],
    changed: ["tasks.said.changed", "tasks.said.changed.many"],
} as const;

/** Says what happened, with a way back to before these commands, whatever is asked meanwhile. */
function said(app: App, what: keyof typeof SAID, chosen: readonly Task[], commands: readonly Command[]): void {
    const [one, many] = SAID[what];
    const first = chosen[0];
    if (!first) return;
    const text = chosen.length === 1 ? m(one, { title: first.title }) : m(many, { count: chosen.length });
    app.toast(text, undoOf(app, commands));
}

/** Takes a change back; null if it didn't happen. */
export type Undo = (() => void) | null;

/**
 * Changes fields of tasks. For one task of a series the student is asked once which occurrences are meant; of several
 * chosen tasks, each is changed by itself. `quiet`: whoever asks says what happened.
 */
export async function change(app: App, ids: readonly string[], body: TaskChanges, quiet = false): Promise<Undo> {
    const chosen = tasksOf(app, ids);
    const [first] = chosen;
    if (!first) return null;
    const series = chosen.length === 1 && first.recurrence && isOpen(first) && !("status" in body);
    if (series) return await changeSeries(app, first, body);
    const commands = await app.askAll(chosen.map(({ id }) => asked(updateTask, id, body as Fields)));
    if (!quiet) said(app, "changed", chosen, commands);
    return undoOf(app, commands);
}

async function changeSeries(app: App, task: Task, body: TaskChanges): Promise<Undo> {
    const scope = await askScope(app, task, "recurrence" in body ? "repeat" : "dueDate" in body ? "due" : "change");
    if (!scope) return null;
    if (scope === "this") return undoOf(app, [await app.ask(updateTask, task.id, body as TaskChanges & Fields)]);
    const old = Object.fromEntries(Object.keys(body).map((field) => [field, task[field as keyof Task] ?? null]));
    if (!(await reach(app, () => app.call(updateSeries(task.id, body, scope, task.version))))) return null;
    const undo = () => void reach(app, () => app.call(updateSeries(task.id, old, scope)));
    if (!("dueDate" in body)) app.toast(m("tasks.said.changed", { title: task.title }), undo);
    return undo;
}

/** Which occurrences a change of a series is for; undefined when the student thinks again. */
export function askScope(app: App, task: Task, what: ScopeQuestion): Promise<Scope | undefined> {
    return float(app, () => import("./parts/ScopeQuestion.svelte"), { task, what });
}

/** What the student is about to do to a series. */
export type ScopeQuestion = "change" | "due" | "repeat" | "delete";

/** Sends what needs a connection; says so when there is none. Returns whether it happened. */
export async function reach(app: App, send: () => Promise<unknown>): Promise<boolean> {
    try {
        await send();
        return true;
    } catch (fault) {
        const known = fault instanceof Error && "facts" in fault;
        app.toast(known ? fault.message : m("tasks.offline"));
        return false;
    }
}

export async function remove(app: App, ids: readonly string[]): Promise<boolean> {
    const chosen = tasksOf(app, ids);
    const [first] = chosen;
    if (!first) return false;
    if (chosen.length === 1 && first.recurrence && isOpen(first)) {
        const scope = await askScope(app, first, "delete");
        if (!scope) return false;
        if (scope !== "this") return await reach(app, () => app.call(deleteSeries(first.id, scope)));
    }
    said(app, "deleted", chosen, await app.askAll(chosen.map(({ id }) => asked(deleteTask, id))));
    return true;
}

export async function skip(app: App, ids: readonly string[]): Promise<void> {
    const chosen = tasksOf(app, ids);
    said(app, "skipped", chosen, await app.askAll(chosen.map(({ id }) => asked(skipTask, id))));
}

/** Moves tasks to a status, as a column of the board does. */
export async function setStatus(app: App, ids: readonly string[], status: Status): Promise<void> {
    const chosen = tasksOf(app, ids).filter((task) => task.status !== status);
    if (!chosen.length) return;
    const commands = await app.askAll(chosen.flatMap((task) => stepsTo(task, status)));
    app.toast(
        chosen.length === 1
            ? m("tasks.said.moved", { title: chosen[0]!.title, place: m(`tasks.status.${status}`) })
            : m("tasks.said.moved.many", { count: chosen.length, place: m(`tasks.status.${status}`) }),
        undoOf(app, commands),
    );
}

/** Completing and reopening have commands of their own; any other status is a field. */
function stepsTo(task: Task, status: Status): Asked[] {
    if (status === "completed") return [asked(completeTask, task.id)];
    const reopened = task.status === "completed" ? [asked(reopenTask, task.id)] : [];
    const now = task.status === "completed" ? "pending" : task.status;
    return now === status ? reopened : [...reopened, asked(updateTask, task.id, { status })];
}

/** Days that are usual answers to "when?". */
export function dayShortcuts(from: Day): { label: string; day: Day | null }[] {
    const [tomorrow, monday] = [addDays(from, 1), addDays(from, 8 - weekdayOf(from))];
    return [
        { label: m("tasks.day.today"), day: from },
        { label: m("tasks.day.tomorrow"), day: tomorrow },
        ...(monday === tomorrow ? [] : [{ label: formatDay(monday), day: monday }]),
        { label: m("tasks.day.none"), day: null },
    ];
}

/** Asks for a due day beside `anchor` and moves the tasks to it. */
export async function askDue(app: App, ids: readonly string[], anchor: HTMLElement): Promise<void> {
    const chosen = tasksOf(app, ids);
    const zone = zoneOf(app);
    const from = today(zone);
    const day = await pickDay(anchor, {
        label: m("tasks.due"),
        value: chosen.length === 1 ? (chosen[0]!.dueDate ?? null) : null,
        today: from,
        weekStart: app.session.user?.weekStart ?? 1,
        shortcuts: dayShortcuts(from),
    });
    if (day === undefined) return;
    await setDue(app, ids, day);
}

export async function setDue(app: App, ids: readonly string[], day: Day | null): Promise<void> {
    const chosen = tasksOf(app, ids);
    const [first] = chosen;
    if (!first) return;
    const one = chosen.length === 1;
    const undo = one
        ? await change(app, ids, movedTo(first, day), true)
        : undoOf(app, await app.askAll(chosen.map((task) => asked(updateTask, task.id, movedTo(task, day)))));
    if (!undo) return;
    const when = day === null ? m("tasks.day.none") : formatDay(day);
    const text = one ? m("tasks.said.due", { title: first.title, when }) : "";
    app.toast(text || m("tasks.said.due.many", { count: chosen.length, when }), undo);
}

/** The due fields of a task on another day; a time of day stays. */
export function movedTo(task: Task, day: Day | null): TaskChanges & Fields {
    if (day === null || !task.dueAt || !task.dueZone) return due(day === null ? null : { day });
    return due({ at: instantAt(day, timeOf(task.dueAt, task.dueZone), task.dueZone), zone: task.dueZone });
}

export async function askPriority(app: App, ids: readonly string[], anchor: HTMLElement): Promise<void> {
    const chosen = tasksOf(app, ids);
    const items = PRIORITIES.map((priority): MenuItem => ({
        id: priority,
        label: m(`tasks.priority.${priority}`),
        ...(priority === "urgent" || priority === "high" ? { icon: priority } : {}),
        checked: chosen.every((task) => task.priority === priority),
        run: () => void change(app, ids, { priority: priority as Priority }),
    }));
    await openMenu(anchor, m("tasks.priority"), items);
}

export async function askSubject(app: App, ids: readonly string[], anchor: HTMLElement): Promise<void> {
    const chosen = tasksOf(app, ids);
    const set = (subjectId: string | null) => () => void change(app, ids, { subjectId });
    const checked = (id: string | null) => chosen.every((task) => task.subjectId === id);
    const items: MenuItem[] = app.see(activeSubjects).map(({ id, name }) => ({
        id,
        label: name,
        checked: checked(id),
        run: set(id),
    }));
    const none = { id: "none", label: m("tasks.subject.none"), checked: checked(null), run: set(null) };
    await openMenu(anchor, m("tasks.subject"), [...items, none]);
}

export async function askLabels(app: App, ids: readonly string[]): Promise<void> {
    const chosen = tasksOf(app, ids);
    const common = chosen[0]?.labels.filter((label) => chosen.every((task) => task.labels.includes(label))) ?? [];
    const answer: string[] | undefined = await float(app, () => import("./parts/LabelDialog.svelte"), {
        labels: common,
    });
    if (!answer) return;
    const gone = new Set(common.filter((label) => !answer.includes(label)));
    const changes = chosen.map((task) => {
        const labels = [...new Set([...task.labels.filter((label) => !gone.has(label)), ...answer])];
        return asked(updateTask, task.id, { labels });
    });
    if (chosen.length === 1) return void (await change(app, ids, { labels: answer }));
    said(app, "changed", chosen, await app.askAll(changes));
}

/** When a task is due, as a row says it: a time for today, else the day. */
export function dueText(task: Pick<Task, "dueAt">, from: Day, zone: Zone, day: Day | null): string {
    if (day === null) return "";
    const time = task.dueAt ? formatTime(task.dueAt, zone.timeZone) : "";
    const name = dayText(day, from);
    return time ? `${name}, ${time}` : name;
}

/** "Today", "Tomorrow", else "Thu 31 Jan". */
export function dayText(day: Day, from: Day): string {
    if (day === from) return m("tasks.day.today");
    if (day === addDays(from, 1)) return m("tasks.day.tomorrow");
    return formatDay(day);
}

/** "Read chapter 5, tomorrow, 15:00, 45 min": what was understood, to be read and heard. */
export function addedText(app: App, task: Readable, key: "tasks.added" | "tasks.quick.say" = "tasks.added"): string {
    const zone = zoneOf(app);
    const when = { dueDate: task.dueDate ?? null, dueAt: task.dueAt ?? null };
    const parts = [
        task.title,
        dueText(when, today(zone), zone, dueDay(when, zone)),
        task.estimatedMinutes ? formatMinutes(task.estimatedMinutes) : "",
    ];
    return m(key, { task: parts.filter(Boolean).join(", ") });
}

interface Readable {
    readonly title: string;
    readonly dueDate?: string | null;
    readonly dueAt?: string | null;
    readonly estimatedMinutes?: number | null;
}

/** Leads to the line of quick add: the one on the screen, or one over it. */
export function addTask(app: App): void {
    const line = document.querySelector<HTMLElement>("main [data-quick-add] input");
    if (line?.checkVisibility()) return line.focus();
    void float(app, () => import("./parts/QuickAddDialog.svelte"), {});
}

const LENGTHS = [15, 25, 30, 45, 60, 90, 120, 180];

export async function askEstimate(app: App, ids: readonly string[], anchor: HTMLElement): Promise<void> {
    const value = tasksOf(app, ids)[0]?.estimatedMinutes ?? null;
    const set = (estimatedMinutes: number | null) => void change(app, ids, { estimatedMinutes }, true);
    const items = LENGTHS.map((minutes): MenuItem => ({
        id: String(minutes),
        label: formatMinutes(minutes),
        checked: minutes === value,
        run: () => set(minutes),
    }));
    const other: MenuItem = {
        id: "other",
        label: m("tasks.estimate.other"),
        run: () =>
            void float(app, () => import("./parts/EstimateDialog.svelte"), { value }).then(
                (minutes) => minutes && set(minutes),
            ),
    };
    const none: MenuItem = {
        id: "none",
        label: m("tasks.estimate.none"),
        checked: value === null,
        run: () => set(null),
    };
    await openMenu(anchor, m("tasks.estimate"), [...items, null, other, none]);
}

export async function askStatus(app: App, ids: readonly string[], anchor: HTMLElement): Promise<void> {
    const chosen = tasksOf(app, ids);
    const items = STATUSES.map((status): MenuItem => ({
        id: status,
        label: m(`tasks.status.${status}`),
        checked: chosen.every((task) => task.status === status),
        run: () => void setStatus(app, ids, status),
    }));
    await openMenu(anchor, m("tasks.status"), items);
}

/** How a task repeats. A new rule of a series asks from where on; a task that didn't repeat becomes a series. */
export async function askRepeat(app: App, task: Task): Promise<void> {
    const day = today(zoneOf(app));
    const props = { before: task.recurrence, from: dueDay(task, zoneOf(app)) ?? day, today: day };
    const answer = await float(app, () => import("./parts/RepeatDialog.svelte"), props);
    if (answer !== undefined) await change(app, [task.id], { recurrence: answer }, true);
}
