/**
 * What a student can ask about focus sessions. A command says when it happened (`at`), so that a session that was begun
 * or ended offline has the times it really had.
 */
import { addMinutes, dayOf, instant, millis } from "../../platform/time.ts";
import type { Command, CommandKind, Fields } from "../../sync/kinds.ts";
import { lengthOf, pausedSeconds, workedSeconds } from "./rules.ts";
import { type FocusSession, type Preset, presets, sessions } from "./table.ts";

type Kind<B extends Fields = Fields> = CommandKind<FocusSession, B>;

const path = (id: string, rest = "") => `/api/focus-sessions/${id}${rest}`;

/** What a new session is: it starts now, or is planned for `startAt`. */
export interface NewSession extends Fields {
    readonly type: FocusSession["type"];
    readonly plannedMinutes?: number | null;
    readonly taskId?: string | null;
    readonly subjectId?: string | null;
    readonly presetId?: string | null;
    readonly startAt?: string | null;
    /** The intervals of its preset, for the clock until the server has answered; not sent. */
    readonly shown?: Partial<FocusSession>;
}

export const createFocusSession: Kind<NewSession> = {
    name: "create_focus_session",
    table: sessions,
    does: "creates",
    look: (row, command) => row ?? begun(command),
    request: ({ id, at, body: { shown: _shown, ...body } }) => ({
        method: "POST",
        path: "/api/focus-sessions",
        body: { id, ...body, ...(!body.startAt && { at }) },
    }),
    needs: ({ body }) => [body.taskId, body.subjectId].filter((id) => typeof id === "string"),
    read: ({ id }) => path(id),
    inverse: (_, { id, body }) => (body.startAt ? [{ kind: "delete_focus_session", id, body: {} }] : null),
};

/** Ratings, notes, interruptions; of a planned session its start and minutes. */
export interface SessionChanges extends Fields {
    readonly productivityRating?: number | null;
    readonly focusRating?: number | null;
    readonly notes?: string;
    readonly interruptions?: number;
    readonly startAt?: string;
    readonly plannedMinutes?: number;
}

export const updateFocusSession: Kind<SessionChanges> = {
    name: "update_focus_session",
    table: sessions,
    does: "changes",
    look: (row, { body: { startAt, ...body } }) =>
        row && { ...row, ...body, ...(startAt && { scheduledAt: startAt, day: dayLike(row, startAt) }) },
    request: ({ id }, body, { version }) => ({
        method: "PATCH",
        path: path(id),
        body,
        ...(version && { ifMatch: version }),
    }),
    read: ({ id }) => path(id),
    folds: "update",
    groups: {},
    inverse: (before, { id, body }) => {
        if (!before) return null;
        const row: Fields = { ...before, startAt: before.scheduledAt };
        const old = Object.fromEntries(Object.keys(body).map((field) => [field, row[field] ?? null]));
        return [{ kind: "update_focus_session", id, body: old }];
    },
};

/** A command of the clock: `look` is how the session is afterwards, if it may be given in its present state. */
function clockCommand<B extends Fields>(
    name: string,
    verb: string,
    from: readonly FocusSession["status"][],
    look: (session: FocusSession, command: Command<B>) => Partial<FocusSession>,
): Kind<B> {
    return {
        name,
        table: sessions,
        does: "changes",
        look: (row, command) => (row && from.includes(row.status) ? { ...row, ...look(row, command) } : row),
        request: ({ id, body, at }) => ({ method: "POST", path: path(id, `/${verb}`), body: { ...body, at } }),
        read: ({ id }) => path(id),
    };
}

export const startFocusSession = clockCommand("start_focus_session", "start", ["scheduled"], (session, { at }) =>
    running({ ...session, startedAt: at }),
);

export const pauseFocusSession = clockCommand("pause_focus_session", "pause", ["active"], (_, { at }) => ({
    status: "paused",
    pausedAt: at,
    endsAt: null,
}));

export const resumeFocusSession = clockCommand("resume_focus_session", "resume", ["paused"], (session, { at }) =>
    running({ ...session, pausedSeconds: pausedSeconds(session, millis(at)), pausedAt: null }),
);

export const extendFocusSession = clockCommand<{ minutes: number } & Fields>(
    "extend_focus_session",
    "extend",
    ["active", "paused"],
    (session, { body }) => {
        const longer = { ...session, plannedMinutes: session.plannedMinutes + body.minutes };
        return session.status === "active" ? running(longer) : longer;
    },
);

export const noteInterruption = clockCommand<{ reason?: string } & Fields>(
    "note_interruption",
    "interruptions",
    ["active", "paused"],
    (session, { body, at }) => ({
        interruptions: session.interruptions + 1,
        interruptionNotes: [...session.interruptionNotes, { at, reason: body.reason ?? "" }],
    }),
);

export interface Completion extends Fields {
    readonly productivityRating?: number;
    readonly focusRating?: number;
    readonly notes?: string;
}

export const completeFocusSession = clockCommand<Completion>(
    "complete_focus_session",
    "complete",
    ["active", "paused"],
    (session, { body, at }) => ({
        ...body,
        ...ended(session, at),
        status: "completed",
        effectiveMinutes: Math.floor(workedSeconds(session, millis(at)) / 60),
    }),
);

export const cancelFocusSession = clockCommand(
    "cancel_focus_session",
    "cancel",
    ["scheduled", "active", "paused"],
    (session, { at }) => ({ ...ended(session, at), status: "cancelled" }),
);

export const deleteFocusSession: Kind = {
    name: "delete_focus_session",
    table: sessions,
    does: "deletes",
    look: () => undefined,
    request: ({ id }) => ({ method: "DELETE", path: path(id) }),
    hold: 8_000,
};

/** A session that is entered afterwards; it counts, and gives no points. */
export interface PastSession extends Fields {
    readonly startedAt: string;
    readonly minutes: number;
    readonly type?: FocusSession["type"];
    readonly taskId?: string | null;
    readonly subjectId?: string | null;
    readonly notes?: string;
}

export const addPastSession: Kind<PastSession> = {
    name: "add_past_session",
    table: sessions,
    does: "creates",
    look: (row, command) => row ?? past(command),
    request: ({ id, body }) => ({ method: "POST", path: path("past"), body: { id, ...body } }),
    needs: ({ body }) => [body.taskId, body.subjectId].filter((id) => typeof id === "string"),
    read: ({ id }) => path(id),
    inverse: (_, { id }) => [{ kind: "delete_focus_session", id, body: {} }],
};

export interface NewPreset extends Fields {
    readonly name: string;
    readonly workMinutes: number;
    readonly shortBreakMinutes: number;
    readonly longBreakMinutes: number;
    readonly cycles?: number;
}

const presetPath = (id: string) => `/api/focus-presets/${id}`;

export const createPreset: CommandKind<Preset, NewPreset> = {
    name: "create_preset",
    table: presets,
    does: "creates",
    look: (row, { id, body }) => row ?? { cycles: 4, ...body, id, builtIn: false, version: 0 },
    request: ({ id, body }) => ({ method: "POST", path: "/api/focus-presets", body: { id, ...body } }),
    read: ({ id }) => presetPath(id),
    inverse: (_, { id }) => [{ kind: "delete_preset", id, body: {} }],
};

export const updatePreset: CommandKind<Preset, Partial<NewPreset> & Fields> = {
    name: "update_preset",
    table: presets,
    does: "changes",
    look: (row, { body }) => row && ({ ...row, ...body } as Preset),
    request: ({ id }, body, { version }) => ({
        method: "PATCH",
        path: presetPath(id),
        body,
        ...(version && { ifMatch: version }),
    }),
    read: ({ id }) => presetPath(id),
    folds: "update",
    groups: {},
};

export const deletePreset: CommandKind<Preset> = {
    name: "delete_preset",
    table: presets,
    does: "deletes",
    look: () => undefined,
    request: ({ id }) => ({ method: "DELETE", path: presetPath(id) }),
    hold: 8_000,
};

/** A session that runs from now on: its planned end follows from its phases and pauses. */
function running(session: FocusSession): Partial<FocusSession> {
    const seconds = session.pausedSeconds + lengthOf(session);
    const endsAt = instant(millis(session.startedAt ?? session.createdAt) + seconds * 1000);
    return { ...session, status: "active", endsAt, overdueAt: addMinutes(endsAt, 15) };
}

function ended(session: FocusSession, at: string): Partial<FocusSession> {
    return {
        pausedSeconds: pausedSeconds(session, millis(at)),
        pausedAt: null,
        endsAt: null,
        overdueAt: null,
        endedAt: at,
        endedBy: "user",
    };
}

const DEFAULT_MINUTES = { pomodoro: 25, deep_work: 90, custom: 25 };
/** A pomodoro without a preset. */
const CLASSIC = { workMinutes: 25, shortBreakMinutes: 5, longBreakMinutes: 15, cycles: 4 };

function begun(command: Command<NewSession>): FocusSession {
    const { type, plannedMinutes, startAt, shown } = command.body;
    const session: FocusSession = {
        ...blank(command, startAt ?? command.at),
        ...(type === "pomodoro" && CLASSIC),
        ...shown,
        plannedMinutes: plannedMinutes ?? shown?.plannedMinutes ?? DEFAULT_MINUTES[type],
    };
    if (startAt) return { ...session, scheduledAt: startAt };
    return { ...session, ...running({ ...session, startedAt: command.at }) };
}

function past(command: Command<PastSession>): FocusSession {
    const { startedAt, minutes, notes } = command.body;
    return {
        ...blank(command, startedAt),
        status: "completed",
        startedAt,
        endedAt: addMinutes(startedAt, minutes),
        endedBy: "user",
        plannedMinutes: minutes,
        effectiveMinutes: minutes,
        notes: notes ?? "",
        backfilled: true,
    };
}

function blank({ id, at, body }: Command<NewSession | PastSession>, starts: string): FocusSession {
    return {
        id,
        type: body.type ?? "custom",
        status: "scheduled",
        version: 0,
        subjectId: body.subjectId ?? null,
        taskId: body.taskId ?? null,
        plannedMinutes: 25,
        workMinutes: null,
        shortBreakMinutes: null,
        longBreakMinutes: null,
        cycles: null,
        scheduledAt: null,
        startedAt: null,
        pausedAt: null,
        pausedSeconds: 0,
        endsAt: null,
        overdueAt: null,
        endedAt: null,
        endedBy: null,
        effectiveMinutes: 0,
        day: dayOf(starts, { timeZone: "UTC", dayStart: "00:00" }), // until the server says the student's day
        productivityRating: null,
        focusRating: null,
        notes: "",
        interruptions: 0,
        interruptionNotes: [],
        backfilled: false,
        late: false,
        lastCommandAt: null,
        createdAt: at,
        updatedAt: at,
    } as FocusSession;
}

/** The day of a moved session: as many days from the old one as the start has moved. */
function dayLike(session: FocusSession, startAt: string): string {
    const from = session.scheduledAt ?? startAt;
    const shift = millis(startAt) - millis(from);
    return dayOf(millis(`${session.day}T12:00:00Z`) + shift, { timeZone: "UTC", dayStart: "00:00" });
}

export const KINDS = [
    createFocusSession,
    updateFocusSession,
    startFocusSession,
    pauseFocusSession,
    resumeFocusSession,
    extendFocusSession,
    noteInterruption,
    completeFocusSession,
    cancelFocusSession,
    deleteFocusSession,
    addPastSession,
    createPreset,
    updatePreset,
    deletePreset,
];
