import { dayOf, millis } from "../../platform/time.ts";
import { type Kept, type Reducer, removes, replaces, type Rows, rowsOf, type Table } from "../../sync/kinds.ts";
import type { components } from "../../sync/openapi.d.ts";

type Schemas = components["schemas"];
export type FocusSession = Schemas["FocusSession"] & Kept;
export type Preset = Schemas["Preset"] & Kept;

const KEPT = 90 * 86_400_000;

/** A session loses the task or subject that is deleted. */
function loses(field: "taskId" | "subjectId"): Reducer<FocusSession> {
    return (rows: Rows<FocusSession>, { id }: { id: string }) => {
        for (const session of rows.by(field, id)) rows.patch(session.id, { [field]: null });
    };
}

export const sessions: Table<FocusSession> = {
    name: "sessions",
    indexes: {
        taskId: (session) => session.taskId,
        subjectId: (session) => session.subjectId,
        day: (session) => session.day,
        status: (session) => session.status,
    },
    async *read(reader) {
        const from = dayOf(reader.now - KEPT, { timeZone: "UTC", dayStart: "00:00" });
        for await (const page of reader.pages<FocusSession>("/api/focus-sessions", { from })) {
            yield rowsOf("sessions", page);
        }
    },
    events: {
        "focus.scheduled": replaces,
        "focus.started": replaces,
        "focus.updated": replaces,
        "focus.completed": replaces,
        "focus.cancelled": replaces,
        "focus.deleted": removes,
        "task.deleted": loses("taskId"),
        "subject.deleted": loses("subjectId"),
    },
    keep: (session, now) => !session.endedAt || millis(session.endedAt) > now - KEPT,
};

export const presets: Table<Preset> = {
    name: "presets",
    async *read(reader) {
        for await (const page of reader.pages<Preset>("/api/focus-presets", { limit: null })) {
            yield rowsOf("presets", page);
        }
    },
    late: true,
    events: { "preset.created": replaces, "preset.updated": replaces, "preset.deleted": removes },
};
