/** Pure questions about a subject: what is open, and how much of its week is done. */
import type { Day } from "../../platform/time.ts";
import type { View } from "../../sync/store.ts";
import { sessions } from "../focus/table.ts";
import type { Subject } from "../subjects/table.ts";
import { isOpen, isOverdue, sortedByDue } from "../tasks/rules.ts";
import { type Task, tasks } from "../tasks/table.ts";

export interface Numbers {
    readonly open: number;
    readonly overdue: number;
    /** Minutes of this week, and in all that is kept. */
    readonly week: number;
    readonly kept: number;
}

/** The numbers of a subject; `days` are those of this week, `now` in milliseconds. */
export function numbersOf(view: View, { id }: Subject, days: readonly Day[], today: Day, now: number): Numbers {
    const open = view.by(tasks, "subjectId", id).filter(isOpen);
    const done = view.by(sessions, "subjectId", id).filter(({ status }) => status === "completed");
    const minutes = (list: typeof done) => list.reduce((sum, { effectiveMinutes }) => sum + effectiveMinutes, 0);
    return {
        open: open.length,
        overdue: open.filter((task) => isOverdue(task, today, now)).length,
        week: minutes(done.filter(({ day }) => days.includes(day))),
        kept: minutes(done),
    };
}

/** The tasks of a subject: the open ones by due, then those that were finished. */
export function tasksOf(view: View, id: string): { open: readonly Task[]; finished: readonly Task[] } {
    const all = sortedByDue(view.by(tasks, "subjectId", id));
    return { open: all.filter(isOpen), finished: all.filter((task) => !isOpen(task)) };
}

/** The colours that are offered at first; any other can be chosen too. */
export const COLORS = ["#3f7db8", "#b85a3a", "#3d9070", "#7b5cab", "#d39a2d", "#2b8b95"] as const;

/** The first colour that no subject has. */
export function freshColor(taken: readonly Subject[]): string {
    const used = new Set(taken.map(({ color }) => color.toLowerCase()));
    return COLORS.find((color) => !used.has(color)) ?? COLORS[taken.length % COLORS.length]!;
}
