/** What the clock's buttons and keys do: a command, and the words for it. */
import type { App } from "../../app/context.ts";
import { m } from "../../platform/messages.ts";
import { uuidv7 } from "../../platform/random.ts";
import { addMinutes, formatMinutes, instant, now, today } from "../../platform/time.ts";
import type { View } from "../../sync/store.ts";
import { zoneOf } from "../auth/rules.ts";
import { subjects } from "../subjects/table.ts";
import { type Task, tasks } from "../tasks/table.ts";
import {
    cancelFocusSession,
    completeFocusSession,
    createFocusSession,
    extendFocusSession,
    noteInterruption,
    pauseFocusSession,
    resumeFocusSession,
    startFocusSession,
} from "./commands.ts";
import { clockOf, type Heard, heardBetween, plannedFor, runningSession } from "./rules.ts";
import type { FocusSession, Preset } from "./table.ts";

/** Minutes that "+5" adds, and that a break takes. */
export const FIVE = 5;

/** The task of a session, else its subject, else a word for it. */
export function nameOf(view: View, session: FocusSession): string {
    const task = view.get(tasks, session.taskId);
    return task?.title ?? view.get(subjects, session.subjectId)?.name ?? m("focus.session");
}

/** Starts a session of a preset, or of plain minutes; a session that is planned for the task today is started instead. */
export async function start(app: App, task: Task | undefined, rhythm: Preset | number): Promise<void> {
    const planned = task && app.see((view) => plannedFor(view, task.id, today(zoneOf(view)), zoneOf(view)));
    const length = typeof rhythm === "number" ? rhythm : Math.min(240, rhythm.workMinutes * rhythm.cycles);
    if (planned) await app.ask(startFocusSession, planned.id, {});
    else await app.ask(createFocusSession, uuidv7(now()), { ...bodyOf(rhythm, length), taskId: task?.id ?? null });
    app.go("/focus", { replace: true });
    app.announce(m("focus.said.started", { time: formatMinutes(planned?.plannedMinutes ?? length, "long") }));

    function bodyOf(chosen: Preset | number, plannedMinutes: number) {
        const subjectId = task?.subjectId ?? null;
        if (typeof chosen === "number") return { type: "custom" as const, plannedMinutes, subjectId };
        const { workMinutes, shortBreakMinutes, longBreakMinutes, cycles } = chosen;
        const shown = { plannedMinutes, workMinutes, shortBreakMinutes, longBreakMinutes, cycles };
        return { type: "pomodoro" as const, presetId: chosen.id, subjectId, shown };
    }
}

/** Does something with the running session, if there is one. */
function withRunning(app: App, run: (session: FocusSession) => void): void {
    const session = app.see(runningSession);
    if (session) run(session);
}

export function pauseOrResume(app: App): void {
    withRunning(app, ({ id, status }) => {
        const paused = status === "paused";
        void app.ask(paused ? resumeFocusSession : pauseFocusSession, id, {});
        app.announce(m(paused ? "focus.said.resumed" : "focus.said.paused"));
    });
}

export function extend(app: App): void {
    withRunning(app, (session) => {
        void app.ask(extendFocusSession, session.id, { minutes: FIVE });
        // In a session of rounds the time is added at the end, where the clock doesn't show it yet.
        app.toast(m("focus.said.extended", { length: formatMinutes(session.plannedMinutes + FIVE) }));
    });
}

export function interrupt(app: App): void {
    withRunning(app, ({ id }) => {
        void app.ask(noteInterruption, id, {});
        app.toast(m("focus.said.interrupted"));
    });
}

/** Ends the session and asks how it was. */
export function complete(app: App): void {
    withRunning(app, ({ id }) => {
        void app.ask(completeFocusSession, id, {});
        app.go(`/focus?after=${id}`, { replace: true });
    });
}

export function discard(app: App): void {
    withRunning(app, ({ id }) => {
        void app.ask(cancelFocusSession, id, {});
        app.toast(m("focus.said.discarded"));
    });
}

export function rest(app: App): void {
    app.go(`/focus?rest=${addMinutes(instant(), FIVE)}`, { replace: true });
}

export async function toggleFullScreen(): Promise<void> {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await document.documentElement.requestFullscreen();
}

let said = "";

/** Says what the clock came to since `from`; once, however many clocks are on the screen. */
export function sayHeard(app: App, session: FocusSession, from: number, to: number): void {
    const heard = heardBetween(session, from, to);
    const key = `${session.id} ${heard} ${clockOf(session, to).phase.begins}`;
    if (!heard || key === said) return;
    said = key;
    app.announce(textOf(heard));
}

function textOf(heard: Heard): string {
    return m(`focus.said.${heard}`);
}
