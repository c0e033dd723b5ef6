/** The history of a task in sentences. */
import type { PlainKey } from "../../app/feature.ts";
import { m } from "../../platform/messages.ts";
import { dayOf, formatDay, formatMinutes, formatTime, type Zone } from "../../platform/time.ts";
import type { components } from "../../sync/openapi.d.ts";
import { describe } from "./repeat.ts";

export type Change = components["schemas"]["Change"];
type Delta = { readonly before?: unknown; readonly after?: unknown };
type Texts = { readonly before: string; readonly after: string };

/** Names of what a change mentions by its id. */
export interface Names {
    subject(id: string): string | undefined;
    subtask(id: string): string | undefined;
    zone(): Zone;
}

const KINDS: Partial<Record<Change["kind"], PlainKey>> = {
    completed: "tasks.history.completed",
    reopened: "tasks.history.reopened",
    steps_ordered: "tasks.history.ordered",
};

const FIELDS: Readonly<Record<string, PlainKey>> = {
    title: "tasks.name",
    description: "tasks.notes",
    subjectId: "tasks.subject",
    priority: "tasks.priority",
    status: "tasks.status",
    dueDate: "tasks.due",
    dueAt: "tasks.due",
    startDate: "tasks.start",
    estimatedMinutes: "tasks.estimate",
    labels: "tasks.labels",
    recurrence: "tasks.repeats",
};

/** One change as a sentence, such as "Due: Thu 31 Jan → Fri 1 Feb". */
export function sentenceOf(change: Change, names: Names): string {
    const deltas = change.changes as Readonly<Record<string, Delta>>;
    const plain = KINDS[change.kind];
    if (plain) return m(plain);
    const step = change.subtaskId ? stepName(change, deltas, names) : "";
    if (change.kind === "step_added") return m("tasks.history.step.added", { title: step });
    if (change.kind === "step_removed") return m("tasks.history.step.removed", { title: step });
    if (change.kind === "step_updated") return m(stepText(deltas), { title: step });
    const lines = fieldsOf(deltas, names).map(([field, { before, after }]) => lineOf(field, before, after));
    return [...new Set(lines)].join("; ") || m("tasks.history.changed");
}

function stepName(change: Change, deltas: Readonly<Record<string, Delta>>, names: Names): string {
    const title = deltas["title"]?.after ?? deltas["title"]?.before ?? names.subtask(change.subtaskId ?? "");
    return typeof title === "string" ? title : m("tasks.steps.one");
}

function stepText(deltas: Readonly<Record<string, Delta>>) {
    const completed = deltas["completed"]?.after;
    if (completed === true) return "tasks.history.step.done";
    return completed === false ? "tasks.history.step.open" : "tasks.history.step.changed";
}

/** The texts of what was and what is, by field; a due day that became a due time is one field. */
function fieldsOf(deltas: Readonly<Record<string, Delta>>, names: Names): [PlainKey, Texts][] {
    const read = new Map<PlainKey, Texts>();
    for (const [field, delta] of Object.entries(deltas)) {
        const key = FIELDS[field];
        if (!key) continue;
        const [before, after] = [valueText(field, delta.before, names), valueText(field, delta.after, names)];
        const known = read.get(key);
        read.set(key, { before: known?.before || before, after: known?.after || after });
    }
    return [...read].filter(([key, { before, after }]) => key === "tasks.notes" || before || after);
}

function lineOf(key: PlainKey, before: string, after: string): string {
    const field = m(key);
    if (key === "tasks.notes") return m("tasks.history.field", { field });
    return m("tasks.history.line", { field, from: before || "–", to: after || "–" });
}

function valueText(field: string, value: unknown, names: Names): string {
    if (value === null || value === undefined) return "";
    if (Array.isArray(value)) return value.join(", ");
    if (typeof value === "number") return formatMinutes(value);
    if (field === "recurrence") return describe(value as { rule: string });
    const text = String(value);
    if (field === "dueDate" || field === "startDate") return formatDay(text);
    if (field === "dueAt") return `${formatDay(dayOf(text, names.zone()))}, ${formatTime(text, names.zone().timeZone)}`;
    if (field === "subjectId") return names.subject(text) ?? "";
    if (field === "priority") return m(`tasks.priority.${text as "high"}`);
    return field === "status" ? m(`tasks.status.${text as "pending"}`) : text;
}
