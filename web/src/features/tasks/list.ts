/** What the list and the board of tasks show, and in which order: read from the address, so that it survives a reload. */
import type { PlainKey } from "../../app/feature.ts";
import { addDays, type Day, weekOf, type Zone } from "../../platform/time.ts";
import { byPriority, dueDay, isOpen } from "./rules.ts";
import type { Priority, Task } from "./table.ts";

export const SORTS = ["due", "priority", "title", "created"] as const;
export type Sort = (typeof SORTS)[number];
/** The most urgent first. */
export const PRIORITIES = ["urgent", "high", "medium", "low"] as const;
/** The columns of the board. */
export const STATUSES = ["pending", "in_progress", "completed", "cancelled"] as const;

export interface Wish {
    readonly view: "list" | "board";
    readonly columns: "status" | "subject";
    readonly sort: Sort;
    readonly subject: string | null;
    readonly priority: Priority | null;
    readonly label: string | null;
    /** Finished tasks too. */
    readonly all: boolean;
}

/** Reads the wish from what is written after the "?" of the address; what it doesn't know, it leaves out. */
export function wishOf(query: URLSearchParams): Wish {
    const oneOf = <A extends string>(name: string, known: readonly A[]): A | null =>
        known.find((value) => value === query.get(name)) ?? null;
    return {
        view: oneOf("view", ["board"] as const) ?? "list",
        columns: oneOf("columns", ["subject"] as const) ?? "status",
        sort: oneOf("sort", SORTS) ?? "due",
        subject: query.get("subject"),
        priority: oneOf("priority", PRIORITIES),
        label: query.get("label"),
        all: query.get("show") === "all",
    };
}

/** What is written after the "?" for a wish; nothing for what is usual. */
export function queryOf(wish: Wish): string {
    const pairs: [string, string | null][] = [
        ["view", wish.view === "board" ? "board" : null],
        ["columns", wish.columns === "subject" ? "subject" : null],
        ["sort", wish.sort === "due" ? null : wish.sort],
        ["subject", wish.subject],
        ["priority", wish.priority],
        ["label", wish.label],
        ["show", wish.all ? "all" : null],
    ];
    const query = new URLSearchParams(pairs.filter((pair): pair is [string, string] => pair[1] !== null));
    return query.size ? `?${query}` : "";
}

/** Whether a task is among those that are wished for. The board shows finished ones in their own columns. */
export function matches(task: Task, { subject, priority, label, all, view, columns }: Wish): boolean {
    if (!all && !isOpen(task) && !(view === "board" && columns === "status")) return false;
    if (subject !== null && task.subjectId !== subject) return false;
    if (priority !== null && task.priority !== priority) return false;
    return label === null || task.labels.includes(label);
}

/** Tasks that come sorted by due date, in the order of another sort. `byText` compares as the locale does. */
export function sorted(
    list: readonly Task[],
    sort: Sort,
    byText: () => (a: string, b: string) => number,
): readonly Task[] {
    if (sort === "due") return list;
    if (sort === "priority") return list.toSorted(byPriority);
    if (sort === "created") return list.toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
    const compare = byText();
    return list.toSorted((a, b) => compare(a.title, b.title));
}

export interface Group {
    readonly key: string;
    readonly title: PlainKey;
    readonly tasks: readonly Task[];
}

/** Sorted tasks in groups with titles: by due date, or by priority; one without a title for other sorts. */
export function grouped(list: readonly Task[], sort: Sort, today: Day, zone: Zone, weekStart: number): Group[] {
    if (sort === "priority") return gather(list, ({ priority }) => [priority, `tasks.priority.${priority}`]);
    if (sort !== "due") return gather(list, () => ["all", "tasks.group.all"]);
    const tomorrow = addDays(today, 1);
    const endOfWeek = weekOf(today, weekStart)[6]!;
    const endOfNext = addDays(endOfWeek, 7);
    return gather(list, (task) => {
        const day = dueDay(task, zone);
        if (day === null) return ["none", "tasks.group.none"];
        if (day < today) return isOpen(task) ? ["overdue", "tasks.group.overdue"] : ["earlier", "tasks.group.earlier"];
        if (day === today) return ["today", "tasks.group.today"];
        if (day === tomorrow) return ["tomorrow", "tasks.group.tomorrow"];
        if (day <= endOfWeek) return ["week", "tasks.group.week"];
        return day <= endOfNext ? ["next", "tasks.group.next"] : ["later", "tasks.group.later"];
    });
}

function gather(tasks: readonly Task[], groupOf: (task: Task) => readonly [string, PlainKey]): Group[] {
    const groups = new Map<string, { key: string; title: PlainKey; tasks: Task[] }>();
    for (const task of tasks) {
        const [key, title] = groupOf(task);
        const group = groups.get(key);
        if (group) group.tasks.push(task);
        else groups.set(key, { key, title, tasks: [task] });
    }
    return [...groups.values()];
}
