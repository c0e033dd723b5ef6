/** Pure questions about tasks. */
import { dateOf, type Day, dayOf, millis, type Zone } from "../../platform/time.ts";
import { derived } from "../../sync/derived.ts";
import type { View } from "../../sync/store.ts";
import { bySubtaskOrder } from "./commands.ts";
import { isOpen, type Priority, type Subtask, subtasks, type Task, tasks } from "./table.ts";

export { isOpen };

const RANK: Record<Priority, number> = { urgent: 0, high: 1, medium: 2, low: 3 };

/** The day on which a task is due for the student: of a due time, the day to which its instant belongs. */
export function dueDay(task: Pick<Task, "dueDate" | "dueAt">, zone: Zone): Day | null {
    if (task.dueDate || !task.dueAt) return task.dueDate;
    const place = `${zone.timeZone} ${zone.dayStart}`;
    if (place !== dueDays.place) dueDays = { place, known: new WeakMap() };
    let day = dueDays.known.get(task);
    if (!day) dueDays.known.set(task, (day = dayOf(task.dueAt, zone)));
    return day;
}

/** Days of due times in one zone: they take long to find, and 5,000 tasks are asked after each change. */
let dueDays = { place: "", known: new WeakMap<object, Day>() };

/** Whether the due day or time of an open task has passed; `now` in milliseconds. */
export function isOverdue(task: Task, today: Day, now: number): boolean {
    if (!isOpen(task)) return false;
    return task.dueDate ? task.dueDate < today : task.dueAt ? millis(task.dueAt) < now : false;
}

/** Whether an open task, or an open subtask of it, is due by this day. */
export function isDueBy(view: View, task: Task, day: Day, zone: Zone): boolean {
    if (!isOpen(task)) return false;
    const due = dueDay(task, zone);
    return (due !== null && due <= day) || stepsOf(view, task.id).some((step) => isStepDueBy(step, day));
}

function isStepDueBy(step: Subtask, day: Day): boolean {
    return !step.completed && step.dueDate !== null && step.dueDate <= day;
}

/** By due, as the server sorts a plan: a day at its end, then by priority, then by age; without a due last. */
export function byDue(a: Task, b: Task): number {
    return compare(dueKey(a), dueKey(b)) || byPriority(a, b) || byAge(a, b);
}

/** The ids of occurrences say nothing about their age. */
function byAge(a: Task, b: Task): number {
    return compare(a.createdAt, b.createdAt) || compare(a.id, b.id);
}

export function byPriority(a: Task, b: Task): number {
    return RANK[a.priority] - RANK[b.priority];
}

/** Text by which due days and times sort. A time is placed by its day in its own zone. */
function dueKey(task: Task): string {
    if (task.dueDate) return `${task.dueDate}T~`;
    if (!task.dueAt) return "~";
    let key = dueKeys.get(task);
    if (!key) dueKeys.set(task, (key = `${dateOf(task.dueAt, task.dueZone ?? "UTC")}T${task.dueAt}`));
    return key;
}

const dueKeys = new WeakMap<Task, string>();

function compare(a: string, b: string): number {
    return a < b ? -1 : a > b ? 1 : 0;
}

/** The tasks with an open subtask that is due by this day. */
export function dueBySteps(view: View, day: Day): ReadonlySet<string> {
    const due = view.all(subtasks).filter((step) => isStepDueBy(step, day));
    return new Set(due.map((step) => step.taskId));
}

/** Open tasks by due. */
export const openTasks = derived((view) => sortedByDue(view.all(tasks).filter(isOpen)));

/** All that are kept, by due. */
export const tasksByDue = derived((view) => sortedByDue(view.all(tasks)));

/** Finished tasks, the latest first. */
export const finishedTasks = derived((view) =>
    view
        .all(tasks)
        .filter((task) => !isOpen(task))
        .toSorted((a, b) => compare(b.completedAt ?? b.updatedAt, a.completedAt ?? a.updatedAt)),
);

/** Sorts many tasks by due; each is asked for its key once. */
export function sortedByDue(list: readonly Task[]): Task[] {
    const keyed = list.map((task) => ({ key: dueKey(task), task }));
    keyed.sort((a, b) => compare(a.key, b.key) || byPriority(a.task, b.task) || byAge(a.task, b.task));
    return keyed.map(({ task }) => task);
}

/** The subtasks of a task in their order. */
export function stepsOf(view: View, taskId: string): readonly Subtask[] {
    return view.by(subtasks, "taskId", taskId).toSorted(bySubtaskOrder);
}

/** How many subtasks a task has, and how many are done; what waits to be sent counts. */
export function progressOf(view: View, task: Task): { done: number; all: number } {
    const steps = view.by(subtasks, "taskId", task.id);
    if (!steps.length) return { done: task.subtasksCompleted, all: task.subtaskCount };
    return { done: steps.filter((step) => step.completed).length, all: steps.length };
}

/** The labels in use, those with the most open tasks first. */
export const labelsInUse = derived((view) => {
    const uses = new Map<string, number>();
    for (const task of view.all(tasks)) {
        for (const label of task.labels) uses.set(label, (uses.get(label) ?? 0) + (isOpen(task) ? 1 : 0));
    }
    return [...uses].toSorted(([a, x], [b, y]) => y - x || compare(a, b)).map(([label]) => label);
});

/** The tasks that a student finished on this day. */
export function doneOn(view: View, day: Day, zone: Zone): readonly Task[] {
    return finishedTasks(view).filter((task) => {
        if (task.status !== "completed" || !task.completedAt) return false;
        return (task.completedOn ?? dayOf(task.completedAt, zone)) === day;
    });
}

/** Tasks whose title, labels or description contain every word, as kept on this device; titles first. */
export function searchKept(view: View, text: string, limit = 50): Task[] {
    const words = folded(text).split(/\s+/).filter(Boolean);
    if (!words.length) return [];
    const found = view.all(tasks).filter((task) => {
        const content = folded(`${task.title} ${task.labels.join(" ")} ${task.subjectName ?? ""} ${task.description}`);
        return words.every((word) => content.includes(word));
    });
    const inTitle = (task: Task) => words.every((word) => folded(task.title).includes(word));
    return found.toSorted((a, b) => Number(inTitle(b)) - Number(inTitle(a)) || byDue(a, b)).slice(0, limit);
}

/** Text without case and accents. */
function folded(text: string): string {
    return text.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase();
}
