/** The columns of the board, and where arrows lead on it. */
import { m } from "../../platform/messages.ts";
import type { Subject } from "../subjects/table.ts";
import { STATUSES, type Wish } from "./list.ts";
import type { Task } from "./table.ts";

export interface Column {
    /** A status, or the id of a subject; empty for no subject. */
    readonly key: string;
    readonly title: string;
    readonly color?: string;
    readonly tasks: readonly Task[];
}

/** Tasks in their columns, in the order that they come in; what is finished comes latest first. */
export function columnsOf(tasks: readonly Task[], by: Wish["columns"], subjects: readonly Subject[]): Column[] {
    if (by === "status") {
        const of = Map.groupBy(tasks, (task) => task.status);
        return STATUSES.map((status) => {
            const own = of.get(status) ?? [];
            const ended = status === "completed" || status === "cancelled";
            return { key: status, title: m(`tasks.status.${status}`), tasks: ended ? own.toSorted(latestFirst) : own };
        });
    }
    const of = Map.groupBy(tasks, (task) => task.subjectId ?? "");
    const columns = subjects.map(({ id, name, color }) => ({ key: id, title: name, color, tasks: of.get(id) ?? [] }));
    return [...columns, { key: "", title: m("tasks.subject.none"), tasks: of.get("") ?? [] }];
}

function latestFirst(a: Task, b: Task): number {
    const [one, other] = [a.completedAt ?? a.updatedAt, b.completedAt ?? b.updatedAt];
    return one < other ? 1 : one > other ? -1 : 0;
}

/** Where an arrow leads from a card: within its column, or to the card at the same height of the next one that has any. */
export function neighbour(
    order: readonly (readonly string[])[],
    id: string,
    key: string,
    rtl: boolean,
): string | undefined {
    const at = order.findIndex((column) => column.includes(id));
    const row = order[at]?.indexOf(id) ?? -1;
    if (row < 0) return undefined;
    if (key === "ArrowUp" || key === "ArrowDown") return order[at]![row + (key === "ArrowDown" ? 1 : -1)];
    const step = (key === "ArrowRight") === rtl ? -1 : 1;
    for (let next = at + step; next >= 0 && next < order.length; next += step) {
        const column = order[next]!;
        if (column.length) return column[Math.min(row, column.length - 1)];
    }
    return undefined;
}
