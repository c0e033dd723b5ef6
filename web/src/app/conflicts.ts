/** Changes that wait for the student's decision: what they are about, in words. The screen is here since it knows every table. */
import { SCHEMA } from "../features/schema.ts";
import { subjects } from "../features/subjects/table.ts";
import { formatList, formatNumber, has, m } from "../platform/messages.ts";
import { formatDay, formatInstant, formatMinutes, isDay } from "../platform/time.ts";
import type { Command, Fields, Kept } from "../sync/kinds.ts";
import type { View } from "../sync/store.ts";
import type { IconName } from "../ui/icons.ts";
import type { Feature } from "./feature.ts";

export const conflicts: Feature = {
    name: "conflicts",
    routes: [{ path: "/conflicts", title: "conflicts.title", screen: () => import("./Conflicts.svelte") }],
};

const ICONS: Readonly<Record<string, IconName>> = {
    tasks: "tasks",
    subtasks: "list",
    subjects: "subjects",
    sessions: "focus",
    presets: "clock",
    notifications: "notifications",
};

/** What a conflict is about. */
export interface Subject {
    readonly title: string;
    readonly icon: IconName;
    /** Where it is, if it is still there and has a page. */
    readonly address: string | undefined;
    /** When it was changed elsewhere. */
    readonly changed: string | undefined;
    /** Whether it can be made again after it was deleted. */
    readonly returns: boolean;
}

export function subjectOf(command: Command, view: View): Subject {
    const table = SCHEMA.kinds.find((kind) => kind.name === command.kind)?.table;
    const row: (Kept & Fields) | undefined = table && view.get(table, command.id);
    const name = table?.name ?? "";
    return {
        title: titleOf(row ?? command.seen) ?? titleOf(command.body) ?? nameOf(name),
        icon: ICONS[name] ?? "settings",
        address: row && (name === "tasks" || name === "subjects") ? `/${name}/${command.id}` : undefined,
        changed: textOf(row?.["updatedAt"]),
        returns: table?.remake !== undefined && command.seen !== null,
    };
}

function titleOf(fields: Fields | null): string | undefined {
    return ["title", "name", "text", "taskTitle"].map((field) => textOf(fields?.[field])).find(Boolean);
}

function textOf(value: unknown): string | undefined {
    return typeof value === "string" ? value : undefined;
}

function nameOf(table: string): string {
    return worded(`conflicts.table.${table}`) ?? m("conflicts.table.other");
}

/** The name of a field, or of fields that are changed together. */
export function fieldName(group: string): string {
    return worded(`conflicts.field.${group}`) ?? group;
}

/** The names of what a command changes: "Due and Title". */
export function changesOf(command: Command): string {
    return formatList([...new Set(Object.keys(command.body).map(groupOf))].map(fieldName));
}

function groupOf(field: string): string {
    return /^due(Date|At|Zone)$/.test(field) ? "due" : field;
}

/** The value of a line as people write it. `timeZone` is the student's. */
export function valueOf(group: string, fields: Fields, view: View, timeZone: string): string {
    if (group === "due") return dueOf(fields, timeZone);
    const value = fields[group];
    if (group === "subjectId") return view.get(subjects, textOf(value))?.name ?? m("conflicts.none");
    if (/minutes$/i.test(group) && typeof value === "number") return formatMinutes(value);
    const word = group === "status" || group === "priority" ? worded(`conflicts.value.${value}`) : undefined;
    return word ?? written(value, timeZone);
}

function dueOf({ dueAt, dueDate, dueZone }: Fields, timeZone: string): string {
    if (typeof dueAt === "string") return formatInstant(dueAt, textOf(dueZone) ?? timeZone);
    return typeof dueDate === "string" && isDay(dueDate) ? formatDay(dueDate, "long") : m("conflicts.none");
}

function written(value: unknown, timeZone: string): string {
    if (value === null || value === undefined || value === "") return m("conflicts.none");
    if (typeof value === "boolean") return m(value ? "conflicts.yes" : "conflicts.no");
    if (typeof value === "number") return formatNumber(value);
    if (Array.isArray(value))
        return value.length ? formatList(value.map((one) => written(one, timeZone))) : m("conflicts.none");
    if (typeof value !== "string") return JSON.stringify(value);
    if (/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value)) return formatInstant(value, timeZone);
    return value;
}

/** The text of a key that is made of what the server says. */
function worded(key: string): string | undefined {
    return has(key) ? m(key as "conflicts.none") : undefined;
}
