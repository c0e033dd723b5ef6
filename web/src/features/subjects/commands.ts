import { uuidv7 } from "../../platform/random.ts";
import { now } from "../../platform/time.ts";
import type { CommandKind, Fields } from "../../sync/kinds.ts";
import { type NewSubject, type Subject, type SubjectChanges, subjects } from "./table.ts";

const path = (id: string) => `/api/subjects/${id}`;

export const createSubject: CommandKind<Subject, NewSubject & Fields> = {
    name: "create_subject",
    table: subjects,
    does: "creates",
    look: (row, { id, body, at }) =>
        row ?? {
            icon: null,
            description: "",
            resources: [],
            weeklyTargetMinutes: null,
            ...body,
            id,
            archived: false,
            createdAt: at,
            updatedAt: at,
            version: 0,
        },
    request: ({ id, body }) => ({ method: "POST", path: "/api/subjects", body: { id, ...body } }),
    read: ({ id }) => path(id),
    inverse: (_, { id }) => [{ kind: "delete_subject", id, body: {} }],
};

export const updateSubject: CommandKind<Subject, SubjectChanges & Fields> = {
    name: "update_subject",
    table: subjects,
    does: "changes",
    look: (row, { body }) => row && { ...row, ...body },
    request: ({ id }, body, { version }) => ({
        method: "PATCH",
        path: path(id),
        body,
        ...(version && { ifMatch: version }),
    }),
    read: ({ id }) => path(id),
    folds: "update",
    groups: {},
    inverse: (before, { id, body }) => before && [{ kind: "update_subject", id, body: pickLike(body, before) }],
};

export const deleteSubject: CommandKind<Subject> = {
    name: "delete_subject",
    table: subjects,
    does: "deletes",
    look: () => undefined,
    request: ({ id }) => ({ method: "DELETE", path: path(id) }),
    hold: 8_000,
    inverse: (before) => before && subjects.remake!(before, uuidv7(now())),
};

/** The values that `row` has for the fields of `body`. */
function pickLike(body: Fields, row: object): Fields {
    return Object.fromEntries(Object.keys(body).map((field) => [field, (row as Fields)[field]]));
}

export const KINDS = [createSubject, updateSubject, deleteSubject];
