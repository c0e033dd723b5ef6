/**
 * What a student can ask about tasks. Each works offline, but for what is in `requests.ts`: changes of a whole series,
 * occurrences, history.
 */
import { uuidv7 } from "../../platform/random.ts";
import { now } from "../../platform/time.ts";
import type { Asked, Command, CommandKind, Fields, Group } from "../../sync/kinds.ts";
import { type NewTask, type Subtask, subtasks, type Task, type TaskChanges, tasks } from "./table.ts";

const path = (id: string, rest = "") => `/api/tasks/${id}${rest}`;
/** How long a deletion can be taken back without a trace: as long as its toast. */
const HOLD = 8_000;

export const createTask: CommandKind<Task, NewTask & Fields> = {
    name: "create_task",
    table: tasks,
    does: "creates",
    look: (row, command) => row ?? made(command, command.body),
    request: ({ id, body }) => ({ method: "POST", path: "/api/tasks", body: { id, ...body } }),
    needs: ({ body }) => present(body.subjectId),
    read: ({ id }) => path(id),
    inverse: (_, { id }) => [{ kind: "delete_task", id, body: {} }],
};

/** A line as it was typed. `shown` is what the server last understood of it, if it could be asked. */
export interface QuickAdd extends Fields {
    readonly text: string;
    readonly shown?: Partial<Task>;
}

export const quickAddTask: CommandKind<Task, QuickAdd> = {
    name: "quick_add_task",
    table: tasks,
    does: "creates",
    look: (row, command) => row ?? made(command, { title: command.body.text, ...command.body.shown }),
    request: ({ id, body, at }) => ({
        method: "POST",
        path: "/api/tasks/quick-add",
        body: { id, text: body.text, create: true, at },
    }),
    read: ({ id }) => path(id),
    inverse: (_, { id }) => [{ kind: "delete_task", id, body: {} }],
};

const GROUPS: Record<string, Group> = {
    due: { fields: ["dueDate", "dueAt", "dueZone"] },
    labels: { fields: ["labels"], as: "set" },
    status: { fields: ["status"], theirsWins: (theirs) => theirs["status"] === "completed" },
};

/** Changes fields of one task; of a series, of this occurrence. A due date or time is asked by `due()`. */
export const updateTask: CommandKind<Task, TaskChanges & Fields> = {
    name: "update_task",
    table: tasks,
    does: "changes",
    look: (row, { body }) => row && ({ ...row, ...body } as Task),
    request: ({ id }, body, { version }) => ({
        method: "PATCH",
        path: path(id),
        body,
        ...(version && { ifMatch: version }),
    }),
    needs: ({ body }) => present(body.subjectId),
    read: ({ id }) => path(id),
    folds: "update",
    groups: GROUPS,
    inverse: (before, { id, body }) => before && [{ kind: "update_task", id, body: old(body, before) }],
};

/** The fields of a due day or time, for `updateTask`: they are one, so all are said. */
export function due(when: { day: string } | { at: string; zone: string } | null): TaskChanges & Fields {
    if (!when) return { dueDate: null, dueAt: null, dueZone: null };
    if ("day" in when) return { dueDate: when.day, dueAt: null, dueZone: null };
    return { dueDate: null, dueAt: when.at, dueZone: when.zone };
}

export const completeTask: CommandKind<Task> = {
    name: "complete_task",
    table: tasks,
    does: "changes",
    look: (row, { at }) =>
        row && (row.status === "completed" ? row : { ...row, status: "completed", completedAt: at, updatedAt: at }),
    request: ({ id }) => ({ method: "POST", path: path(id, "/complete"), body: {} }),
    read: ({ id }) => path(id),
    folds: "completion",
    inverse: (before, { id }) => {
        if (!before || before.status === "completed") return null;
        const reopened: Asked[] = [{ kind: "reopen_task", id, body: {} }];
        if (before.status !== "pending") reopened.push({ kind: "update_task", id, body: { status: before.status } });
        return reopened;
    },
};

export const reopenTask: CommandKind<Task> = {
    name: "reopen_task",
    table: tasks,
    does: "changes",
    look: (row) =>
        row && (row.status === "completed" ? { ...row, status: "pending", completedAt: null, completedOn: null } : row),
    request: ({ id }) => ({ method: "POST", path: path(id, "/reopen"), body: {} }),
    read: ({ id }) => path(id),
    folds: "completion",
    inverse: (before, { id }) => (before?.status === "completed" ? [{ kind: "complete_task", id, body: {} }] : null),
};

/** Skips an occurrence of a series; the server makes the next one. */
export const skipTask: CommandKind<Task> = {
    name: "skip_task",
    table: tasks,
    does: "changes",
    look: (row) => row && { ...row, status: "cancelled" },
    request: ({ id }) => ({ method: "POST", path: path(id, "/skip"), body: {} }),
    read: ({ id }) => path(id),
    inverse: (before, { id }) => before && [{ kind: "update_task", id, body: { status: before.status } }],
};

/** Deletes a task with its subtasks; of a series, this occurrence. */
export const deleteTask: CommandKind<Task> = {
    name: "delete_task",
    table: tasks,
    does: "deletes",
    look: () => undefined,
    request: ({ id }) => ({ method: "DELETE", path: path(id) }),
    hold: HOLD,
    inverse: (before) => before && tasks.remake!(before, uuidv7(now())),
};

export interface NewSubtask extends Fields {
    readonly taskId: string;
    readonly title: string;
    readonly estimatedMinutes?: number | null;
    readonly dueDate?: string | null;
}

/** A place behind all others, until the server has said which. */
const LAST = 1_000_000;

export const createSubtask: CommandKind<Subtask, NewSubtask> = {
    name: "create_subtask",
    table: subtasks,
    does: "creates",
    look: (row, { id, body, at }) =>
        row ?? {
            estimatedMinutes: null,
            dueDate: null,
            ...body,
            id,
            completed: false,
            completedAt: null,
            order: LAST,
            createdAt: at,
            updatedAt: at,
            version: 0,
        },
    request: ({ id, body: { taskId, ...body } }) => ({
        method: "POST",
        path: path(taskId, "/subtasks"),
        body: { id, ...body },
    }),
    needs: ({ body }) => [body.taskId],
    read: subtaskPath,
    inverse: (_, { id }) => [{ kind: "delete_subtask", id, body: {} }],
};

export interface SubtaskChanges extends Fields {
    readonly title?: string;
    readonly completed?: boolean;
    readonly estimatedMinutes?: number | null;
    readonly dueDate?: string | null;
}

export const updateSubtask: CommandKind<Subtask, SubtaskChanges> = {
    name: "update_subtask",
    table: subtasks,
    does: "changes",
    look: (row, { body, at }) =>
        row && {
            ...row,
            ...body,
            ...("completed" in body && { completedAt: body.completed ? (row.completedAt ?? at) : null }),
        },
    request: (command, body, { version }) => ({
        method: "PATCH",
        path: subtaskPath(command),
        body,
        ...(version && { ifMatch: version }),
    }),
    needs: (command) => [taskOf(command)],
    read: subtaskPath,
    folds: "update",
    groups: { completed: { fields: ["completed"], theirsWins: (theirs) => theirs["completed"] === true } },
    inverse: (before, { id, body }) => before && [{ kind: "update_subtask", id, body: old(body, before) }],
};

export const deleteSubtask: CommandKind<Subtask> = {
    name: "delete_subtask",
    table: subtasks,
    does: "deletes",
    look: () => undefined,
    request: (command) => ({ method: "DELETE", path: subtaskPath(command) }),
    needs: (command) => [taskOf(command)],
    hold: HOLD,
    inverse: (before) => before && subtasks.remake!(before, uuidv7(now())),
};

/** The order of a task's subtasks; the id is the task's. `before` is the order to which undoing returns. */
export interface SubtaskOrder extends Fields {
    readonly ids: readonly string[];
    readonly before: readonly string[];
}

export const orderSubtasks: CommandKind<Subtask, SubtaskOrder> = {
    name: "order_subtasks",
    table: subtasks,
    does: "changes",
    targets: ({ body }) => body.ids,
    look: (row, { body }) => row && { ...row, order: body.ids.indexOf(row.id) },
    // The server wants each subtask once, and meanwhile some may have come or gone.
    request: ({ id }, body, { by }) => {
        const known = by("taskId", id)
            .toSorted(bySubtaskOrder)
            .map((subtask) => subtask.id);
        const there = body.ids.filter((one) => known.includes(one));
        const ids = [...there, ...known.filter((one) => !there.includes(one))];
        return { method: "PUT", path: path(id, "/subtasks/order"), body: { ids } };
    },
    folds: "order",
    answer: (data) => (data as { items: Subtask[] }).items.map((row) => ({ table: subtasks.name, row })),
    inverse: (_, { id, body }) => [{ kind: "order_subtasks", id, body: { ids: body.before, before: body.ids } }],
};

export function bySubtaskOrder(a: Subtask, b: Subtask): number {
    return a.order - b.order || (a.id < b.id ? -1 : 1);
}

function taskOf(command: Command): string {
    return String(command.seen?.["taskId"] ?? command.body["taskId"]);
}

function subtaskPath(command: Command): string {
    return path(taskOf(command), `/subtasks/${command.id}`);
}

/** A task that the server hasn't made yet. */
function made({ id, at }: Command, body: Partial<Task>): Task {
    return {
        title: "",
        description: "",
        subjectId: null,
        subjectName: null,
        status: "pending",
        priority: "medium",
        dueDate: null,
        dueAt: null,
        dueZone: null,
        startDate: null,
        estimatedMinutes: null,
        actualMinutes: 0,
        labels: [],
        subtaskCount: 0,
        subtasksCompleted: 0,
        completedAt: null,
        completedOn: null,
        onTime: null,
        completions: 0,
        seriesId: null,
        occurrence: null,
        recurrence: null,
        ...given(body),
        id,
        createdAt: at,
        updatedAt: at,
        version: 0,
    };
}

/** The fields that have a value. */
function given(body: Partial<Task>): Partial<Task> {
    return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null && value !== undefined));
}

function present(id: string | null | undefined): string[] {
    return id ? [id] : [];
}

/** What the fields of `body` were before; the fields of a due date are one. */
function old(body: Fields, row: object): Fields {
    const fields = GROUPS["due"]!.fields.some((field) => field in body) && "dueAt" in row ? GROUPS["due"]!.fields : [];
    const names = new Set([...Object.keys(body), ...fields]);
    return Object.fromEntries([...names].map((field) => [field, (row as Fields)[field] ?? null]));
}

export const KINDS = [
    createTask,
    quickAddTask,
    updateTask,
    completeTask,
    reopenTask,
    skipTask,
    deleteTask,
    createSubtask,
    updateSubtask,
    deleteSubtask,
    orderSubtasks,
];
