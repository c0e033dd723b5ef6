/** Which sessions a proposal for the next days leads to: the proposal has days and minutes, sessions have times. */
import type { Day, Zone } from "../../../platform/time.ts";
import type { View } from "../../../sync/store.ts";
import type { FocusSession } from "../../focus/table.ts";
import { blocksOn, freeOn, LONGEST, type Place } from "../week.ts";
import type { PlannedDay, PlannedWork } from "./requests.ts";

/** The least minutes that the API lets a session have. */
const LEAST = 5;

/** A piece of proposed work. */
export interface Piece {
    /** Of the proposal: the day, and the number in it. */
    readonly key: string;
    readonly work: PlannedWork;
    /** Where a session would be: in the first free hour of its day; null for what isn't chosen, or doesn't fit. */
    readonly place: Place | null;
    /** The session of the task that is planned for this day. */
    readonly session: FocusSession | null;
}

const PLANNED: readonly FocusSession["status"][] = ["scheduled", "active", "paused"];

export const keyOf = (day: Day, index: number): string => `${day}/${index}`;

/** The pieces of a day in the order of the proposal; `off` are the keys of those that aren't chosen. `now` in ms. */
export function piecesOf(view: View, day: PlannedDay, off: ReadonlySet<string>, zone: Zone, now: number): Piece[] {
    const blocks = blocksOn(view, day.date, zone);
    const sessions = blocks.map(({ session }) => session).filter(({ status }) => PLANNED.includes(status));
    const taken: Place[] = [...blocks];
    return day.items.map((work, index) => {
        const key = keyOf(day.date, index);
        const at = sessions.findIndex(({ taskId }) => taskId === work.taskId);
        if (at >= 0) return { key, work, place: null, session: sessions.splice(at, 1)[0]! };
        if (off.has(key)) return { key, work, place: null, session: null };
        const minutes = Math.min(LONGEST, Math.max(LEAST, work.minutes));
        const place = freeOn(taken, day.date, minutes, zone, now);
        if (place) taken.push(place);
        return { key, work, place, session: null };
    });
}
