import { instant, millis } from "../../platform/time.ts";
import {
    type Asked,
    type Kept,
    type Others,
    type Put,
    type Reader,
    type Reducer,
    removes,
    replaces,
    type Rows,
    rowsOf,
    type Table,
} from "../../sync/kinds.ts";
import type { components } from "../../sync/openapi.d.ts";
import { type Subject, subjects } from "../subjects/table.ts";

type Schemas = components["schemas"];
export type Task = Schemas["Task"] & Kept;
export type Subtask = Schemas["Subtask"] & Kept;
export type NewTask = Partial<Omit<Schemas["NewTask"], "id">> & { title: string };
export type TaskChanges = Schemas["TaskChanges"];
export type Status = Task["status"];
export type Priority = Task["priority"];

/** Finished tasks are kept for this long. */
export const KEPT_DAYS = 90;
const DAY = 86_400_000;

/** A subject's own events decide its name. */
const putTask: Reducer<Task> = (rows: Rows<Task>, task: Task, others: Others) => {
    const subject = task.subjectId ? others.get(subjects, task.subjectId) : undefined;
    rows.put(subject ? { ...task, subjectName: subject.name } : task);
};

const nameSubject: Reducer<Task> = (rows: Rows<Task>, subject: Subject) => {
    for (const task of rows.by("subjectId", subject.id)) rows.patch(task.id, { subjectName: subject.name });
};

const loseSubject: Reducer<Task> = (rows: Rows<Task>, { id }: { id: string }) => {
    for (const task of rows.by("subjectId", id)) rows.patch(task.id, { subjectId: null, subjectName: null });
};

export const tasks: Table<Task> = {
    name: "tasks",
    indexes: { subjectId: (task) => task.subjectId, seriesId: (task) => task.seriesId },
    read: readTasks,
    events: {
        "task.created": putTask,
        "task.updated": putTask,
        "task.completed": putTask,
        "task.reopened": putTask,
        "task.deleted": removes,
        "subject.created": nameSubject,
        "subject.updated": nameSubject,
        "subject.deleted": loseSubject,
    },
    keep: (task, now) => isOpen(task) || millis(task.updatedAt) > now - KEPT_DAYS * DAY,
    remake,
};

export const subtasks: Table<Subtask> = {
    name: "subtasks",
    indexes: { taskId: (subtask) => subtask.taskId },
    // They come with their tasks.
    async *read() {},
    events: {
        "subtask.created": replaces,
        "subtask.updated": replaces,
        "subtask.deleted": removes,
        "subtasks.reordered": (rows: Rows<Subtask>, { items }: { items: Subtask[] }) => {
            for (const item of items) rows.put(item);
        },
        "task.deleted": (rows: Rows<Subtask>, { id }: { id: string }) => {
            for (const subtask of rows.by("taskId", id)) rows.remove(subtask.id);
        },
    },
    remake: ({ taskId, title, estimatedMinutes, dueDate, completed }, id) => [
        { kind: "create_subtask", id, body: { taskId, title, estimatedMinutes, dueDate } },
        ...(completed ? [{ kind: "update_subtask", id, body: { completed } }] : []),
    ],
};

/** Open tasks first, which is what students see; then those finished lately. */
async function* readTasks(reader: Reader): AsyncIterable<readonly Put[]> {
    const updatedFrom = instant(reader.now - KEPT_DAYS * DAY);
    const lists = [{ status: ["pending", "in_progress"] }, { status: ["completed", "cancelled"], updatedFrom }];
    const read = lists.map((list) =>
        reader.pages<Task & { subtasks?: Subtask[] }>("/api/tasks", { ...list, include: "subtasks" }),
    );
    for (const pages of read) {
        for await (const page of pages) {
            yield page.flatMap(({ subtasks: steps, ...task }) => [
                { table: "tasks", row: task },
                ...rowsOf("subtasks", steps ?? []),
            ]);
        }
    }
}

export function isOpen(task: Pick<Task, "status">): boolean {
    return task.status === "pending" || task.status === "in_progress";
}

/** What makes a task again that is gone: a new one with the same fields. */
function remake(task: Task, id: string): Asked[] {
    const { title, description, subjectId, priority, dueDate, dueAt, dueZone, startDate, estimatedMinutes } = task;
    const due = dueAt ? { dueAt, dueZone } : { dueDate };
    const body = { title, description, subjectId, priority, ...due, startDate, estimatedMinutes, labels: task.labels };
    const made: Asked[] = [{ kind: "create_task", id, body }];
    if (task.status === "completed") made.push({ kind: "complete_task", id, body: {} });
    else if (task.status !== "pending") made.push({ kind: "update_task", id, body: { status: task.status } });
    return made;
}
