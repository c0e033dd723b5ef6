/** Pure questions about a week: where sessions stand, what fits, and what is too much. */
import {
    addDays,
    type Day,
    dayOf,
    type Instant,
    instantAt,
    isoWeek,
    millis,
    minuteOf,
    minutesBetween,
    mondayOf,
    weekdayOf,
    weekOf,
    type Zone,
} from "../../platform/time.ts";
import { derived } from "../../sync/derived.ts";
import type { View } from "../../sync/store.ts";
import { plannedSessions, runningSession } from "../focus/rules.ts";
import { type FocusSession, sessions } from "../focus/table.ts";
import { dueDay, openTasks } from "../tasks/rules.ts";
import type { Task } from "../tasks/table.ts";
import type { DayEvents, EventPlace } from "./feeds/events.ts";

/** Minutes of study that fit into a day. */
export const CAP = 180;
/** Minutes of one step of moving and resizing, and what the API lets a session have. */
export const STEP = 15;
export const SHORTEST = 15;
export const LONGEST = 240;

/** A place in the week: `minute` since the midnight of the day; from 1440 on, in the night that belongs to it. */
export interface Place {
    /** Empty: not in the week, but among what is unplanned. */
    readonly day: Day;
    readonly minute: number;
    readonly minutes: number;
}

/** What stands at the same time shares the width: `lane` of `lanes`. */
interface Beside {
    readonly lane: number;
    readonly lanes: number;
}

/** A session as it stands in a day. */
export interface Block extends Place, Beside {
    readonly session: FocusSession;
}

/** An event of another calendar as it stands in a day. */
export interface EventBlock extends EventPlace, Beside {}

/** The name of the week in which a day is shown: the ISO week of its Monday, whichever weekday is the first. */
export function weekNameOf(day: Day, weekStart: number): string {
    return isoWeek(weekOf(day, weekStart).find((one) => weekdayOf(one) === 1)!);
}

/** The seven days of a week by its name ("2030-W05"), or null if it has none. */
export function daysOfWeek(name: string, weekStart: number): Day[] | null {
    const monday = mondayOf(name);
    return monday === null ? null : weekOf(monday, weekStart);
}

const startOf = (session: FocusSession): Instant | null => session.startedAt ?? session.scheduledAt;

/** Where a session stands: a planned one as planned, a past one as it was. */
export function placeOf(session: FocusSession, zone: Zone): Place | null {
    const start = startOf(session);
    if (!start) return null;
    const minutes = session.startedAt && session.endedAt ? minutesBetween(session.startedAt, session.endedAt) : null;
    const [day, minute] = [dayOf(start, zone), minuteOf(start, zone.timeZone)];
    const late = minute < firstMinute(zone) ? 1440 : 0;
    return { day, minute: minute + late, minutes: minutes ?? session.plannedMinutes };
}

/** The minute at which a day of the student begins. */
export function firstMinute({ dayStart }: Zone): number {
    const [hour, minute] = dayStart.split(":").map(Number);
    return hour! * 60 + minute!;
}

/** The instant at which a place begins. */
export function instantOf({ day, minute }: Place, { timeZone }: Zone): Instant {
    const hour = Math.floor((minute % 1440) / 60);
    const time = [hour, minute % 60].map((part) => String(part).padStart(2, "0")).join(":");
    return instantAt(addDays(day, Math.floor(minute / 1440)), time, timeZone);
}

/** The sessions of a day that are planned, run, or were completed, by their start. */
export function blocksOn(view: View, day: Day, zone: Zone): Block[] {
    const near = [-1, 0, 1].flatMap((days) => view.by(sessions, "day", addDays(day, days)));
    const found = near.flatMap((session) => {
        const place = session.status === "cancelled" ? null : placeOf(session, zone);
        return place?.day === day ? [{ ...place, session, lane: 0, lanes: 1 }] : [];
    });
    return inLanes(found.toSorted(byStart));
}

const byStart = (a: Place, b: Place) => a.minute - b.minute || b.minutes - a.minutes;

/** What no session on the screen is lower than, so that a short one can be read and hit. */
const LEAST = 20;
const endOf = ({ minute, minutes }: Place) => minute + Math.max(minutes, LEAST);

/** Puts what overlaps beside one another; it is sorted by its start. */
function inLanes<P extends Place>(blocks: readonly P[]): (P & Beside)[] {
    const groups: P[][] = [];
    let end = -1;
    for (const block of blocks) {
        if (block.minute < end) groups.at(-1)!.push(block);
        else groups.push([block]);
        end = Math.max(end, endOf(block));
    }
    return groups.flatMap(lanesOf);
}

function lanesOf<P extends Place>(group: readonly P[]): (P & Beside)[] {
    const ends: number[] = [];
    const placed = group.map((block) => {
        const free = ends.findIndex((end) => end <= block.minute);
        const lane = free < 0 ? ends.length : free;
        ends[lane] = endOf(block);
        return { ...block, lane };
    });
    return placed.map((block) => ({ ...block, lanes: ends.length }));
}

/** Minutes of a day: of what is past, the work done; of the rest, the work planned. */
export function sumOf(blocks: readonly Block[]): number {
    return blocks.reduce((sum, { session }) => {
        return sum + (session.status === "completed" ? session.effectiveMinutes : session.plannedMinutes);
    }, 0);
}

export interface WeekDay {
    readonly day: Day;
    readonly blocks: readonly Block[];
    readonly events: readonly EventBlock[];
    /** Events above the hours. */
    readonly whole: DayEvents["whole"];
    readonly dues: readonly Task[];
    /** Minutes, and how many of them are too many. */
    readonly sum: number;
    readonly over: number;
    readonly past: boolean;
    readonly today: boolean;
}

export interface Week {
    readonly days: readonly WeekDay[];
    readonly zone: Zone;
    /** In milliseconds. */
    readonly now: number;
    /** The first hour that is shown, and the one after the last. */
    readonly from: number;
    readonly to: number;
}

const NO_EVENTS: DayEvents = { timed: [], whole: [] };

/** All that a week shows; `now` in milliseconds. */
export function readWeek(
    view: View,
    days: readonly Day[],
    zone: Zone,
    now: number,
    eventsOf: (day: Day) => DayEvents = () => NO_EVENTS,
): Week {
    const dues = duesOf(view, days, zone);
    const today = dayOf(now, zone);
    const read = days.map((day): WeekDay => {
        const { timed, whole } = eventsOf(day);
        const placed = inLanes([...blocksOn(view, day, zone), ...timed].toSorted(byStart));
        const blocks = placed.filter((one) => "session" in one);
        const events = placed.filter((one) => "event" in one);
        const sum = sumOf(blocks);
        const over = Math.max(0, sum - CAP);
        const of = { day, blocks, events, whole, dues: dues.get(day) ?? [] };
        return { ...of, sum, over, past: day < today, today: day === today };
    });
    const [from, to] = hoursOf(read.flatMap(({ blocks, events }) => [...blocks, ...events]));
    return { days: read, zone, now, from, to };
}

/** What takes time on a day: sessions, and on a day of this week also the events that do. */
export function takenOn(view: View, week: Week, day: Day): readonly Place[] {
    const shown = week.days.find((one) => one.day === day);
    return [...blocksOn(view, day, week.zone), ...(shown?.events.filter(({ event }) => event.busy) ?? [])];
}

/** The first and the last hour that a week shows: the usual ones, and whatever has a session or an event. */
export function hoursOf(blocks: readonly Place[]): readonly [number, number] {
    const from = Math.min(8, ...blocks.map(({ minute }) => Math.floor(minute / 60)));
    const to = Math.max(22, ...blocks.map((block) => Math.ceil(endOf(block) / 60)));
    return [from, to];
}

/** Open tasks by due that have no planned or running session. */
export const unplannedTasks = derived((view): readonly Task[] => {
    const planned = new Set(plannedSessions(view).map(({ taskId }) => taskId));
    planned.add(runningSession(view)?.taskId ?? null);
    return openTasks(view).filter(({ id }) => !planned.has(id));
});

/** The open tasks that are due on each of these days. */
export function duesOf(view: View, days: readonly Day[], zone: Zone): ReadonlyMap<Day, readonly Task[]> {
    const dues = new Map<Day, Task[]>(days.map((day) => [day, []]));
    for (const task of openTasks(view)) dues.get(dueDay(task, zone) ?? "")?.push(task);
    return dues;
}

/** Where a key leads; undefined where it leads nowhere. Left and right are a day, up and down a quarter of an hour. */
export function nextPlace(
    place: Place,
    way: "up" | "down" | "start" | "end",
    resize: boolean,
    days: readonly Day[],
    zone: Zone,
): Place | undefined {
    const back = way === "up" || way === "start";
    if (way === "start" || way === "end") {
        const day = resize ? undefined : days[days.indexOf(place.day) + (back ? -1 : 1)];
        return day === undefined ? undefined : { ...place, day };
    }
    const by = back ? -STEP : STEP;
    return within(resize ? { ...place, minutes: place.minutes + by } : { ...place, minute: place.minute + by }, zone);
}

/** The place if it is one: in the day, neither too short nor too long. */
export function within(place: Place, zone: Zone): Place | undefined {
    const first = firstMinute(zone);
    const fits = place.minute >= first && place.minute + place.minutes <= first + 1440;
    return fits && place.minutes >= SHORTEST && place.minutes <= LONGEST ? place : undefined;
}

/** A minute on the raster of quarters of an hour. */
export function snapped(minute: number): number {
    return Math.round(minute / STEP) * STEP;
}

/** The afternoon first, then the morning. */
const HOURS = [16, 17, 18, 19, 20, 14, 15, 9, 10, 11, 12, 13];

/** The first hour of a day at which so many minutes are free; `after` in milliseconds. */
export function freeOn(blocks: readonly Place[], day: Day, minutes: number, zone: Zone, after: number): Place | null {
    const places = HOURS.map((hour): Place => ({ day, minute: hour * 60, minutes }));
    const free = ({ minute }: Place) =>
        blocks.every((block) => block.minute >= minute + minutes || endOf(block) <= minute);
    return places.find((place) => free(place) && millis(instantOf(place, zone)) > after) ?? null;
}

/** A day that is too full, what of it could be moved, and the next place where it would fit. */
export interface TooFull {
    readonly day: Day;
    readonly over: number;
    readonly block: Block | undefined;
    readonly place: Place | null;
}

/** The first day of a week from today on that is too full. */
export function tooFull(view: View, week: Week): TooFull | null {
    const { zone, now } = week;
    const today = dayOf(now, zone);
    for (const { day } of week.days.filter((one) => one.day >= today)) {
        const blocks = blocksOn(view, day, zone);
        const over = sumOf(blocks) - CAP;
        if (over <= 0) continue;
        const block = blocks.findLast(({ session }) => session.status === "scheduled");
        return { day, over, block, place: block ? roomFor(view, block, week) : null };
    }
    return null;
}

/** The next place for a block within two weeks, on a day that it doesn't make too full. */
function roomFor(view: View, { day, minutes }: Block, week: Week): Place | null {
    const { zone, now } = week;
    for (let n = 1; n <= 14; n++) {
        const other = addDays(day, n);
        const fits = sumOf(blocksOn(view, other, zone)) + minutes <= CAP;
        const place = fits && freeOn(takenOn(view, week, other), other, minutes, zone, now);
        if (place) return place;
    }
    return null;
}
