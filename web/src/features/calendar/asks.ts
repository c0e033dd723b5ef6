/** What the week asks for: to plan a task, to move and resize a session, to take it out of the plan. */
import { tick } from "svelte";

import type { App } from "../../app/context.ts";
import { m } from "../../platform/messages.ts";
import { uuidv7 } from "../../platform/random.ts";
import { addMinutes, formatDay, formatMinutes, formatTime, millis, now, type Zone } from "../../platform/time.ts";
import type { MenuItems } from "../../ui/menu.ts";
import { zoneOf } from "../auth/rules.ts";
import { createFocusSession, deleteFocusSession, startFocusSession, updateFocusSession } from "../focus/commands.ts";
import { runningSession } from "../focus/rules.ts";
import type { FocusSession } from "../focus/table.ts";
import type { Task } from "../tasks/table.ts";
import { CAP, instantOf, LONGEST, type Place, SHORTEST, type WeekDay } from "./week.ts";

/** "Tuesday, 29 January, 16:00 to 17:30", to be read aloud; or that it isn't planned. */
export function placeText(place: Place, zone: Zone): string {
    if (!place.day) return m("calendar.place.none");
    const start = instantOf(place, zone);
    const [from, to] = [start, addMinutes(start, place.minutes)].map((at) => formatTime(at, zone.timeZone));
    return m("calendar.place", { day: formatDay(place.day, "long"), from: from!, to: to! });
}

/** Minutes that a task is planned for at first. */
export function minutesFor(task: Pick<Task, "estimatedMinutes">): number {
    const minutes = Math.round((task.estimatedMinutes ?? 45) / SHORTEST) * SHORTEST;
    return Math.min(LONGEST, Math.max(SHORTEST, minutes));
}

/** Whether something can be planned for then; says why not. */
function isAhead(app: App, startAt: string): boolean {
    const ahead = millis(startAt) > now();
    if (!ahead) app.toast(m("calendar.past"));
    return ahead;
}

/** Plans a session, of a task or of none; false for a time that has passed. */
export async function plan(app: App, task: Task | null, place: Place): Promise<boolean> {
    const startAt = instantOf(place, app.see(zoneOf));
    if (!isAhead(app, startAt)) return false;
    const id = uuidv7(now());
    const of = { taskId: task?.id ?? null, subjectId: task?.subjectId ?? null };
    const body = { type: "custom" as const, plannedMinutes: place.minutes, ...of };
    await app.ask(createFocusSession, id, { ...body, startAt });
    await focusOn(id);
    return true;
}

/** Moves and resizes a planned session; false if that changes nothing, or for a time that has passed. */
export async function move(app: App, session: FocusSession, place: Place): Promise<boolean> {
    const startAt = instantOf(place, app.see(zoneOf));
    const moved = startAt !== session.scheduledAt && { startAt };
    const resized = place.minutes !== session.plannedMinutes && { plannedMinutes: place.minutes };
    if ((!moved && !resized) || (moved && !isAhead(app, startAt))) return false;
    await app.ask(updateFocusSession, session.id, { ...moved, ...resized });
    await focusOn(session.id);
    return true;
}

/** Where a block stands now, the focus is. */
async function focusOn(id: string): Promise<void> {
    await tick();
    document.querySelector<HTMLElement>(`[data-session="${CSS.escape(id)}"]`)?.focus();
}

/** What can be done with a session; `edit` asks for another place. */
export function menuOfSession(app: App, session: FocusSession, name: string, edit: () => void): MenuItems {
    const { id, status, taskId } = session;
    const planned = status === "scheduled";
    const free = app.see(runningSession) === undefined;
    const open = { id: "open", label: m("calendar.open"), icon: "tasks" as const };
    return [
        ...(planned && free
            ? [{ id: "start", label: m("calendar.start"), icon: "play" as const, run: () => void begin(app, id) }]
            : []),
        ...(planned ? [{ id: "plan", label: m("calendar.plan"), icon: "calendar" as const, run: edit }] : []),
        ...(taskId ? [{ ...open, run: () => app.go(`/tasks/${taskId}`) }] : []),
        ...(planned ? [null, { ...remove(app, session, name) }] : []),
    ];
}

function remove(app: App, { id }: FocusSession, name: string) {
    const run = () => {
        void app.ask(deleteFocusSession, id, {});
        app.toast(m("calendar.removed", { name }), true);
    };
    return { id: "remove", label: m("calendar.remove"), icon: "close" as const, run };
}

async function begin(app: App, id: string): Promise<void> {
    await app.ask(startFocusSession, id, {});
    app.go("/focus");
}

export function menuOfTask(app: App, task: Task, edit: () => void): MenuItems {
    return [
        { id: "plan", label: m("calendar.plan"), icon: "calendar", run: edit },
        { id: "focus", label: m("calendar.focus"), icon: "play", run: () => app.go(`/focus?task=${task.id}`) },
        { id: "open", label: m("calendar.open"), icon: "tasks", run: () => app.go(`/tasks/${task.id}`) },
    ];
}

/** "2 hr of 3 hr", or how much is too much. */
export function sumText({ sum, over }: Pick<WeekDay, "sum" | "over">): string {
    if (over) return m("calendar.sum.over", { time: formatMinutes(over) });
    return m("calendar.sum", { sum: formatMinutes(sum), cap: formatMinutes(CAP) });
}

/** "16:00–17:30" */
export function timesText(place: Place, zone: Zone): string {
    const start = instantOf(place, zone);
    return [start, addMinutes(start, place.minutes)].map((at) => formatTime(at, zone.timeZone)).join("–");
}
