/**
 * The one home of `Date` and `Intl.DateTimeFormat`.
 *
 * An instant is text of the API ("2030-01-31T14:00:00Z"), a day the student's local date ("2030-01-31"), a time
 * "15:00". A day begins at the student's day start, so that 2 a.m. still belongs to the day before.
 */
import {
    type CalendarDate,
    CalendarDateTime,
    endOfMonth,
    fromAbsolute,
    getDayOfWeek,
    parseDate,
    parseTime,
    toCalendarDate,
    toZoned,
} from "@internationalized/date";

export type Day = string;
export type Instant = string;

/** Where and when the student's days begin. */
export interface Zone {
    readonly timeZone: string;
    /** "HH:MM", the local time at which a day begins. */
    readonly dayStart: string;
}

const MINUTE = 60_000;

// The clock of the server.

let offset = 0;
const followers = new Set<() => void>();

/** Now in milliseconds, by the server's clock as far as it is known. */
export function now(): number {
    return Date.now() + offset;
}

/** Sets the clock by what the server just said. `took` is how long its message may have been on its way. */
export function setClock(serverNow: Instant, took = 0): void {
    const said = Date.parse(serverNow);
    if (!Number.isFinite(said)) return;
    const before = offset;
    offset = said + took / 2 - Date.now();
    if (Math.abs(offset - before) > 1000) for (const follower of followers) follower();
}

/** Takes over what was last known of the server's clock; what the server says since then counts more. */
export function restoreClock(known: number): void {
    if (Number.isFinite(known) && offset === 0) offset = known;
}

/** Calls `follower` when the clock was put right by more than a second. Returns how to stop. */
export function followClock(follower: () => void): () => void {
    followers.add(follower);
    return () => followers.delete(follower);
}

/** How far this device's clock is behind the server's, in milliseconds. */
export function clockOffset(): number {
    return offset;
}

/** Milliseconds that only ever grow, for measuring durations. */
export function elapsed(): number {
    return performance.now();
}

export function instant(ms = now()): Instant {
    return new Date(ms).toISOString().replace(/\.\d+Z$/, (part) => (part === ".000Z" ? "Z" : part));
}

export function millis(at: Instant): number {
    return Date.parse(at);
}

// Zones and local days.

/** The zone of this device. */
export function deviceZone(): string {
    return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** The zones that this browser knows, to choose from. */
export function allZones(): readonly string[] {
    return Intl.supportedValuesOf("timeZone");
}

/** The student's local day of an instant. */
export function dayOf(at: Instant | number, { timeZone, dayStart }: Zone): Day {
    const ms = typeof at === "number" ? at : millis(at);
    const local = fromAbsolute(ms, timeZone);
    const start = parseTime(dayStart);
    const early = local.hour * 60 + local.minute < start.hour * 60 + start.minute;
    const date = toCalendarDate(local);
    return (early ? date.subtract({ days: 1 }) : date).toString();
}

export function today(zone: Zone): Day {
    return dayOf(now(), zone);
}

/** The date on the calendar, whatever the day start. */
export function dateOf(at: Instant, timeZone: string): Day {
    return toCalendarDate(fromAbsolute(millis(at), timeZone)).toString();
}

/** The local time of an instant, "15:00". */
export function timeOf(at: Instant, timeZone: string): string {
    const { hour, minute } = fromAbsolute(millis(at), timeZone);
    return `${pad(hour)}:${pad(minute)}`;
}

/** Minutes since local midnight. */
export function minuteOf(at: Instant, timeZone: string): number {
    const { hour, minute } = fromAbsolute(millis(at), timeZone);
    return hour * 60 + minute;
}

/** The instant of a local time. In a gap it moves forward; of two, it is the first. */
export function instantAt(day: Day, time: string, timeZone: string): Instant {
    const date = parseDate(day);
    const { hour, minute } = parseTime(time);
    const local = new CalendarDateTime(date.year, date.month, date.day, hour, minute);
    return instant(toZoned(local, timeZone, "compatible").toDate().getTime());
}

/** When the student's day begins and when the next one does, in milliseconds. */
export function spanOf(day: Day, { timeZone, dayStart }: Zone): readonly [number, number] {
    return [millis(instantAt(day, dayStart, timeZone)), millis(instantAt(addDays(day, 1), dayStart, timeZone))];
}

export function addMinutes(at: Instant, minutes: number): Instant {
    return instant(millis(at) + minutes * MINUTE);
}

/** Whole minutes from one instant to another, rounded down. */
export function minutesBetween(from: Instant, to: Instant): number {
    return Math.floor((millis(to) - millis(from)) / MINUTE);
}

// Arithmetic of days.

export function isDay(text: string): boolean {
    return /^\d{4}-\d{2}-\d{2}$/.test(text) && attempt(() => parseDate(text)) !== null;
}

export function addDays(day: Day, days: number): Day {
    return parseDate(day).add({ days }).toString();
}

export function addMonths(day: Day, months: number): Day {
    return parseDate(day).add({ months }).toString();
}

export function daysBetween(from: Day, to: Day): number {
    return Math.round((utc(parseDate(to)) - utc(parseDate(from))) / (1440 * MINUTE));
}

/** The weekday of a day: 1 is Monday, 7 is Sunday. */
export function weekdayOf(day: Day): number {
    return getDayOfWeek(parseDate(day), "en-GB", "mon") + 1;
}

/** The seven days of the week of a day; `weekStart` as in the profile, 1 is Monday. */
export function weekOf(day: Day, weekStart = 1): Day[] {
    const first = addDays(day, -((weekdayOf(day) - weekStart + 7) % 7));
    return Array.from({ length: 7 }, (_, n) => addDays(first, n));
}

/** The days of the month of a day. */
export function monthOf(day: Day): Day[] {
    const first = `${day.slice(0, 8)}01`;
    return Array.from({ length: endOfMonth(parseDate(day)).day }, (_, n) => addDays(first, n));
}

/** The ISO week of a day: "2030-W05". */
export function isoWeek(day: Day): string {
    const thursday = addDays(day, 4 - weekdayOf(day));
    const year = thursday.slice(0, 4);
    return `${year}-W${pad(Math.floor(daysBetween(`${year}-01-01`, thursday) / 7) + 1)}`;
}

/** The Monday of an ISO week, or null for text that names none in the years of the API. */
export function mondayOf(week: string): Day | null {
    const [, year, number] = /^(\d{4})-W(\d{2})$/.exec(week) ?? [];
    if (!year || !number || year < "1970" || year > "2999") return null;
    const first = weekOf(`${year}-01-04`)[0]!;
    const monday = addDays(first, (Number(number) - 1) * 7);
    return isoWeek(monday) === week ? monday : null;
}

// What people read.

let locale = "en";

/** Sets the locale of all formats; `messages.ts` calls it. */
export function setFormats(tag: string): void {
    locale = tag;
    formats.clear();
}

/** Formats of this locale by what they are made of: making one takes as long as using it a hundred times. */
const formats = new Map<string, unknown>();

function kept<F>(key: string, make: () => F): F {
    if (!formats.has(key)) formats.set(key, make());
    return formats.get(key) as F;
}

function format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
    return kept(JSON.stringify(options), () => new Intl.DateTimeFormat(locale, options));
}

const DAY_STYLES = {
    /** "Thursday, 31 January 2030" */
    full: { weekday: "long", day: "numeric", month: "long", year: "numeric" },
    /** "Thursday, 31 January" */
    long: { weekday: "long", day: "numeric", month: "long" },
    /** "Thu 31 Jan" */
    short: { weekday: "short", day: "numeric", month: "short" },
    /** "31 Jan 2030" */
    date: { day: "numeric", month: "short", year: "numeric" },
    /** "31 January" */
    monthDay: { day: "numeric", month: "long" },
    /** "Thursday" */
    weekday: { weekday: "long" },
    /** "Thu" */
    weekdayShort: { weekday: "short" },
    /** "31" */
    number: { day: "numeric" },
    /** "January 2030" */
    month: { month: "long", year: "numeric" },
    /** "Jan" */
    monthShort: { month: "short" },
    /** "31 Jan" */
    dateShort: { day: "numeric", month: "short" },
} satisfies Record<string, Intl.DateTimeFormatOptions>;

export type DayStyle = keyof typeof DAY_STYLES;

export function formatDay(day: Day, style: DayStyle = "short"): string {
    return format({ ...DAY_STYLES[style], timeZone: "UTC" }).format(utc(parseDate(day)));
}

/** Two days as a span: "21 – 27 January 2030". */
export function formatSpan(from: Day, to: Day): string {
    const options = { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" } as const;
    return format(options).formatRange(utc(parseDate(from)), utc(parseDate(to)));
}

/** The local time in words of the locale: "15:00" or "3:00 PM". */
export function formatTime(at: Instant, timeZone: string): string {
    return format({ hour: "numeric", minute: "2-digit", timeZone }).format(millis(at));
}

/** "31 Jan 2030, 15:00" */
export function formatInstant(at: Instant, timeZone: string): string {
    return format({ dateStyle: "medium", timeStyle: "short", timeZone }).format(millis(at));
}

/** "in 3 days", "yesterday", "next week". */
export function formatRelativeDay(day: Day, from: Day): string {
    const days = daysBetween(from, day);
    const words = kept("relative", () => new Intl.RelativeTimeFormat(locale, { numeric: "auto" }));
    return Math.abs(days) < 14 ? words.format(days, "day") : words.format(Math.trunc(days / 7), "week");
}

/** "5 minutes ago", "3 hours ago", "yesterday"; `from` in milliseconds. */
export function formatAgo(at: Instant, from: number): string {
    const minutes = Math.max(0, Math.floor((from - millis(at)) / MINUTE));
    const words = kept("relative", () => new Intl.RelativeTimeFormat(locale, { numeric: "auto" }));
    if (minutes < 60) return words.format(-minutes, "minute");
    return minutes < 1440
        ? words.format(-Math.floor(minutes / 60), "hour")
        : words.format(-Math.floor(minutes / 1440), "day");
}

/**
 * A length of time, written in one way wherever it is read: "45 min", "2h", "2h 10". In "long" for sentences and for what
 * is read aloud: "2 hours 10 minutes".
 */
export function formatMinutes(minutes: number, style: "short" | "long" = "short"): string {
    const whole = Math.max(0, Math.round(minutes));
    const [hours, rest] = [Math.floor(whole / 60), whole % 60];
    if (!hours) return unit(rest, "minute", style);
    if (style === "long")
        return [unit(hours, "hour", style), rest && unit(rest, "minute", style)].filter(Boolean).join(" ");
    const part = unit(hours, "hour", "narrow");
    return rest ? `${part} ${digits(rest, 2)}` : part;
}

function unit(value: number, name: string, unitDisplay: "short" | "long" | "narrow"): string {
    const options = { style: "unit", unit: name, unitDisplay } as const;
    return kept(`${name} ${unitDisplay}`, () => new Intl.NumberFormat(locale, options)).format(value);
}

/** What a clock shows: "24:10", and "1:04:10" from an hour on; in the digits of the locale. */
export function formatClock(seconds: number): string {
    const whole = Math.max(0, Math.floor(seconds));
    const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
    const tail = `${digits(minutes, hours ? 2 : 1)}:${digits(rest, 2)}`;
    return hours ? `${digits(hours, 1)}:${tail}` : tail;
}

function digits(value: number, least: number): string {
    const options = { minimumIntegerDigits: least, useGrouping: false };
    return kept(`digits ${least}`, () => new Intl.NumberFormat(locale, options)).format(value);
}

function utc(date: CalendarDate): number {
    return Date.UTC(date.year, date.month - 1, date.day);
}

function pad(value: number): string {
    return String(value).padStart(2, "0");
}

function attempt<A>(run: () => A): A | null {
    try {
        return run();
    } catch {
        return null;
    }
}
