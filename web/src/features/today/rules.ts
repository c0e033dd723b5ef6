/** Pure questions about the day: what it holds, what comes now, where there is room. */
import { type Day, millis, minuteOf, type Zone } from "../../platform/time.ts";
import { derived } from "../../sync/derived.ts";
import type { View } from "../../sync/store.ts";
import { minutesOn, plannedSessions, sessionsOn } from "../focus/rules.ts";
import type { FocusSession } from "../focus/table.ts";
import { doneOn, dueBySteps, dueDay, isOverdue, openTasks } from "../tasks/rules.ts";
import type { Task } from "../tasks/table.ts";

export interface DayTasks {
    /** Due today, or a subtask is, or a session is planned. */
    readonly due: readonly Task[];
    /** Due on an earlier day. */
    readonly overdue: readonly Task[];
    readonly done: readonly Task[];
}

/** The tasks of a day, each in one list. Computed anew only when something in them changes. */
export function tasksOf(view: View, day: Day, zone: Zone): DayTasks {
    const key = `${day} ${zone.timeZone} ${zone.dayStart}`;
    if (last.key !== key) last = { key, read: derived((kept) => sortOut(kept, day, zone)) };
    return last.read(view);
}

let last: { key: string; read: (view: View) => DayTasks } = {
    key: "",
    read: () => ({ due: [], overdue: [], done: [] }),
};

function sortOut(view: View, day: Day, zone: Zone): DayTasks {
    const planned = new Set(sessionsOn(view, day).map((session) => session.taskId));
    const stepped = dueBySteps(view, day);
    const due: Task[] = [];
    const overdue: Task[] = [];
    for (const task of openTasks(view)) {
        const on = dueDay(task, zone);
        if (on !== null && on < day) overdue.push(task);
        else if (on === day || planned.has(task.id) || stepped.has(task.id)) due.push(task);
    }
    return { due, overdue, done: doneOn(view, day, zone) };
}

/** How many tasks wait today, for the rail. */
export function countOf(view: View, day: Day, zone: Zone): number {
    const { due, overdue } = tasksOf(view, day, zone);
    return due.length + overdue.length;
}

/**
 * Minutes that the day asks for, and that were focused. A planned session counts for the task that it is about; of a
 * task that is due on another day only the sessions of this day count.
 */
export function minutesOf(view: View, day: Day, zone: Zone, tasks: DayTasks): { planned: number; focused: number } {
    const stepped = dueBySteps(view, day);
    const whole = [...tasks.due.filter((task) => dueDay(task, zone) === day || stepped.has(task.id)), ...tasks.done];
    const estimates = whole.reduce((sum, task) => sum + (task.estimatedMinutes ?? 0), 0);
    const counted = new Set(whole.map((task) => task.id));
    const others = sessionsOn(view, day)
        .filter(({ status, taskId }) => status !== "completed" && !counted.has(taskId ?? ""))
        .reduce((sum, session) => sum + session.plannedMinutes, 0);
    return { planned: estimates + others, focused: minutesOn(view, day).worked };
}

const SOON = 30 * 60_000;

/** What to do now, if anything: what is planned for now, what was begun, what is due first. `now` in milliseconds. */
export function suggestionOf(view: View, { due, overdue }: DayTasks, now: number): Task | undefined {
    const soon = plannedSessions(view).find((session) => {
        const start = millis(session.scheduledAt ?? "");
        return start - SOON < now && now < start + session.plannedMinutes * 60_000;
    });
    const all = [...due, ...overdue];
    const timed = due.filter((task) => task.dueAt && !isOverdue(task, "", now));
    const urgent = due.filter((task) => task.priority === "urgent");
    const started = all.filter((task) => task.status === "in_progress");
    return (
        all.find((task) => task.id === soon?.taskId) ??
        started[0] ??
        urgent[0] ??
        timed[0] ??
        byPriority(due) ??
        overdue[0]
    );
}

/** The first of the most important; the list is sorted by due. */
function byPriority(due: readonly Task[]): Task | undefined {
    return due.find((task) => task.priority === "high") ?? due[0];
}

/** The next session of a task that is planned for this day. */
export function sessionFor(view: View, task: Task, day: Day): FocusSession | undefined {
    return sessionsOn(view, day).find((session) => session.taskId === task.id && session.status === "scheduled");
}

/** A block of the day's column, in minutes since local midnight. */
export interface Slot {
    readonly session: FocusSession;
    readonly from: number;
    readonly length: number;
    /** Side by side with others that overlap: which of how many. */
    readonly column: number;
    readonly columns: number;
    readonly past: boolean;
}

const SHORTEST = 20; // minutes that a block is drawn with at least, so that its title can be read

/** The sessions of a day as blocks, side by side where they overlap. */
export function slotsOf(view: View, day: Day, timeZone: string): Slot[] {
    const slots = sessionsOn(view, day)
        .map((session) => ({ session, ...spanOf(session, timeZone) }))
        .toSorted((a, b) => a.from - b.from);
    const laid: Slot[] = [];
    for (let at = 0; at < slots.length;) {
        let end = at + 1;
        let until = slots[at]!.from + slots[at]!.length;
        while (end < slots.length && slots[end]!.from < until) {
            until = Math.max(until, slots[end]!.from + slots[end]!.length);
            end++;
        }
        const columns = end - at;
        for (let n = at; n < end; n++) laid.push({ ...slots[n]!, column: n - at, columns: Math.min(columns, 3) });
        at = end;
    }
    return laid;
}

function spanOf(session: FocusSession, timeZone: string): Pick<Slot, "from" | "length" | "past"> {
    const start = session.startedAt ?? session.scheduledAt ?? session.createdAt;
    const end = session.endedAt ?? session.endsAt;
    const minutes = end ? (millis(end) - millis(start)) / 60_000 : session.plannedMinutes;
    return {
        from: minuteOf(start, timeZone),
        length: Math.max(SHORTEST, minutes),
        past: session.status === "completed",
    };
}

const ROOM = 60; // minutes from which free time is worth naming

/** The first free time of at least an hour from `minute` on, up to `end`. */
export function freeFrom(slots: readonly Slot[], minute: number, end: number): { from: number; length: number } | null {
    let from = Math.ceil(minute / 30) * 30;
    for (const slot of slots) {
        if (slot.from - from >= ROOM) break;
        from = Math.max(from, slot.from + slot.length);
    }
    const next = slots.find((slot) => slot.from >= from)?.from ?? end;
    const length = Math.min(next, end) - from;
    return length >= ROOM ? { from, length } : null;
}

/** Whole hours to draw: from eight to eight at least, and all that there is. */
export function hoursOf(slots: readonly Slot[]): { from: number; to: number } {
    const first = Math.min(8 * 60, ...slots.map((slot) => slot.from));
    const end = Math.max(20 * 60, ...slots.map((slot) => slot.from + slot.length));
    return { from: Math.floor(first / 60), to: Math.min(28, Math.ceil(end / 60)) };
}
