/** What the clock shows: derived from the session's instants, as docs/focus.md says. Whole seconds. */
import { type Day, dayOf, millis, type Zone } from "../../platform/time.ts";
import { derived } from "../../sync/derived.ts";
import type { View } from "../../sync/store.ts";
import { type FocusSession, presets, sessions } from "./table.ts";

export type PhaseKind = "work" | "short_break" | "long_break" | "overtime";

/** A part of a session's timeline, which is its time without pauses; `begins` and `ends` in seconds. */
export interface Phase {
    readonly kind: PhaseKind;
    /** The number of the work phase; a break has that of the one before it. */
    readonly number: number;
    readonly begins: number;
    readonly ends: number;
}

type Plan = Pick<FocusSession, "plannedMinutes" | "workMinutes" | "shortBreakMinutes" | "longBreakMinutes" | "cycles">;
type Timeline = Plan & Pick<FocusSession, "startedAt" | "pausedAt" | "pausedSeconds" | "endedAt">;

/** A session counts as forgotten this long after its planned end. */
const GRACE = 15 * 60;

/** The planned phases from 0 without gaps; the first and the last are work. */
export function plannedPhases(session: Plan): Phase[] {
    const phases: Phase[] = [];
    const add = (kind: PhaseKind, number: number, minutes: number) => {
        const begins = phases.at(-1)?.ends ?? 0;
        phases.push({ kind, number, begins, ends: begins + minutes * 60 });
    };
    let left = session.plannedMinutes;
    for (let number = 1; left > 0; number++) {
        const work = Math.min(left, session.workMinutes || left);
        add("work", number, work);
        left -= work;
        if (left <= 0) break;
        const long = session.cycles !== null && number % session.cycles === 0;
        if (long) add("long_break", number, session.longBreakMinutes ?? 0);
        else add("short_break", number, session.shortBreakMinutes ?? 0);
    }
    return phases;
}

/** Seconds of the timeline up to the planned end. */
export function lengthOf(session: Plan): number {
    return plannedPhases(session).at(-1)?.ends ?? 0;
}

/** Seconds of the timeline so far; a pause and the end stop it. `now` in milliseconds. */
export function elapsedSeconds(session: Timeline, now: number): number {
    if (!session.startedAt) return 0;
    const stops = [session.pausedAt, session.endedAt].filter((at) => at !== null).map(millis);
    const seconds = Math.trunc((Math.min(now, ...stops) - millis(session.startedAt)) / 1000);
    return Math.max(0, seconds - session.pausedSeconds);
}

/** Seconds of work so far, with overtime, without breaks. */
export function workedSeconds(session: Timeline, now: number): number {
    const at = elapsedSeconds(session, now);
    const breaks = plannedPhases(session).filter((phase) => phase.kind !== "work" && phase.begins < at);
    return at - breaks.reduce((sum, phase) => sum + Math.min(at, phase.ends) - phase.begins, 0);
}

/** Seconds of pauses so far, with the present one. */
export function pausedSeconds(session: Timeline, now: number): number {
    const since = session.pausedAt ? Math.trunc((now - millis(session.pausedAt)) / 1000) : 0;
    return session.pausedSeconds + Math.max(0, since);
}

export interface Clock {
    readonly phase: Phase;
    /** Seconds left of the phase; in overtime, seconds since it began. */
    readonly seconds: number;
    /** How much of the whole session has passed, from 0 to 1. */
    readonly share: number;
    readonly paused: boolean;
    /** Whether the session counts as forgotten by now. */
    readonly forgotten: boolean;
}

/** What the clock of a running session shows; `now` in milliseconds, by the server's clock. */
export function clockOf(session: FocusSession, now: number): Clock {
    const at = elapsedSeconds(session, now);
    const plan = plannedPhases(session);
    const last = plan.at(-1)!;
    const overtime: Phase = { kind: "overtime", number: last.number, begins: last.ends, ends: last.ends + GRACE };
    const phase = plan.find(({ ends }) => at < ends) ?? overtime;
    return {
        phase,
        seconds: phase.kind === "overtime" ? at - phase.begins : phase.ends - at,
        share: last.ends ? Math.min(1, at / last.ends) : 1,
        paused: session.pausedAt !== null,
        forgotten: session.overdueAt !== null && millis(session.overdueAt) <= now,
    };
}

/** What of a clock is said aloud: another phase, five minutes before the planned end, the end. */
export type Heard = Exclude<PhaseKind, "overtime"> | "five" | "end";

/** What the clock came to between two times, in milliseconds. */
export function heardBetween(session: FocusSession, from: number, to: number): Heard | null {
    const [before, after] = [clockOf(session, from).phase, clockOf(session, to).phase];
    if (after.kind === "overtime") return before.kind === "overtime" ? null : "end";
    if (before.begins !== after.begins) return after.kind;
    const left = (at: number) => lengthOf(session) - elapsedSeconds(session, at);
    return left(to) <= 300 && left(from) > 300 ? "five" : null;
}

/** The session that is planned for a task on a day. */
export function plannedFor(view: View, taskId: string, day: Day, zone: Zone): FocusSession | undefined {
    return view.by(sessions, "taskId", taskId).find(({ scheduledAt, status }) => {
        return status === "scheduled" && scheduledAt !== null && dayOf(scheduledAt, zone) === day;
    });
}

/** Whether a completed session is longer than every other one of these days. */
export function isLongest(view: View, session: FocusSession, days: readonly Day[]): boolean {
    const others = days.flatMap((day) => sessionsOn(view, day)).filter(({ id }) => id !== session.id);
    return others.length > 0 && others.every(({ effectiveMinutes }) => effectiveMinutes < session.effectiveMinutes);
}

/** The session that is active or paused, if there is one. */
export const runningSession = derived(
    (view): FocusSession | undefined =>
        view.by(sessions, "status", "active")[0] ?? view.by(sessions, "status", "paused")[0],
);

/** Planned sessions by their start. */
export const plannedSessions = derived((view) =>
    view
        .by(sessions, "status", "scheduled")
        .toSorted((a, b) => ((a.scheduledAt ?? "") < (b.scheduledAt ?? "") ? -1 : 1)),
);

/** The sessions of a local day that are planned, run, or were completed, by their start. */
export function sessionsOn(view: View, day: Day): readonly FocusSession[] {
    return view
        .by(sessions, "day", day)
        .filter((session) => session.status !== "cancelled")
        .toSorted((a, b) => (startOf(a) < startOf(b) ? -1 : 1));
}

function startOf(session: FocusSession): string {
    return session.startedAt ?? session.scheduledAt ?? session.createdAt;
}

/** Minutes that were planned and that were worked on a day. */
export function minutesOn(view: View, day: Day): { planned: number; worked: number } {
    const of = sessionsOn(view, day);
    const open = of.filter((session) => session.status !== "completed");
    return {
        planned: open.reduce((sum, session) => sum + session.plannedMinutes, 0),
        worked: of.reduce((sum, session) => sum + session.effectiveMinutes, 0),
    };
}

/** The presets: those of the program first, then the student's own by name. */
export const allPresets = derived((view) =>
    view
        .all(presets)
        .toSorted(
            (a, b) => Number(b.builtIn) - Number(a.builtIn) || ((a.builtIn ? a.id < b.id : a.name < b.name) ? -1 : 1),
        ),
);
