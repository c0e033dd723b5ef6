/** How a task repeats, between the RRULE of the API and what a student chooses and reads. */
import { formatList, formatNumber, m } from "../../platform/messages.ts";
import { addDays, type Day, formatDay, weekdayOf } from "../../platform/time.ts";

export const UNITS = ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"] as const;
export type Unit = (typeof UNITS)[number];
/** From Monday, as RFC 5545 writes them. */
export const WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"] as const;
export type Weekday = (typeof WEEKDAYS)[number];

export interface Repeat {
    readonly unit: Unit;
    readonly interval: number;
    /** Of a week; empty for the weekday of the due date. */
    readonly weekdays: readonly Weekday[];
    /** Of a month: a day of it (-1 the last), or a weekday of it (`nth` -1 the last); null for that of the due date. */
    readonly monthDay: number | null;
    readonly nth: { readonly nth: number; readonly weekday: Weekday } | null;
    readonly until: Day | null;
    readonly count: number | null;
}

const SIMPLE: Repeat = {
    unit: "WEEKLY",
    interval: 1,
    weekdays: [],
    monthDay: null,
    nth: null,
    until: null,
    count: null,
};

export function every(unit: Unit, more: Partial<Repeat> = {}): Repeat {
    return { ...SIMPLE, unit, ...more };
}

/** Reads a rule; null if it says more than the editor can show. */
export function repeatOf(rule: string): Repeat | null {
    const parts = new Map(
        rule
            .toUpperCase()
            .replace(/^RRULE:/, "")
            .split(";")
            .map((part) => splitOnce(part)),
    );
    const unit = UNITS.find((known) => known === parts.get("FREQ"));
    const known = ["FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "UNTIL", "COUNT", "WKST"];
    if (!unit || [...parts.keys()].some((name) => !known.includes(name))) return null;
    const repeat = {
        interval: Number(parts.get("INTERVAL") ?? 1),
        count: parts.has("COUNT") ? Number(parts.get("COUNT")) : null,
        until: dayOfUntil(parts.get("UNTIL")),
    };
    const days = weekdaysOf(parts.get("BYDAY"));
    const monthDay = parts.has("BYMONTHDAY") ? Number(parts.get("BYMONTHDAY")) : null;
    if (!days || (monthDay !== null && !Number.isInteger(monthDay))) return null;
    if (unit === "WEEKLY" && monthDay === null && days.every(({ nth }) => nth === 0)) {
        return every(unit, { ...repeat, weekdays: days.map(({ weekday }) => weekday) });
    }
    if (unit === "MONTHLY" && days.length + Number(monthDay !== null) <= 1 && days[0]?.nth !== 0) {
        return every(unit, { ...repeat, monthDay, nth: days[0] ?? null });
    }
    return days.length === 0 && monthDay === null ? every(unit, repeat) : null;
}

function splitOnce(part: string): [string, string] {
    const [name = "", ...value] = part.split("=");
    return [name, value.join("=")];
}

function dayOfUntil(until: string | undefined): Day | null {
    const [, year, month, day] = /^(\d{4})(\d{2})(\d{2})/.exec(until ?? "") ?? [];
    return year ? `${year}-${month}-${day}` : null;
}

/** "MO,-1FR"; null for what is no weekday. */
function weekdaysOf(text: string | undefined): { nth: number; weekday: Weekday }[] | null {
    const places = (text ? text.split(",") : []).map((part) => {
        const [, nth, name] = /^([+-]?\d+)?([A-Z]{2})$/.exec(part) ?? [];
        const weekday = WEEKDAYS.find((known) => known === name);
        return weekday && { nth: Number(nth ?? 0), weekday };
    });
    const known = places.filter((place) => place !== undefined);
    return known.length === places.length ? known : null;
}

/** Writes the rule of what was chosen. */
export function ruleOf(repeat: Repeat): string {
    const { unit, interval, weekdays, monthDay, nth, until, count } = repeat;
    const days = unit === "WEEKLY" ? WEEKDAYS.filter((day) => weekdays.includes(day)).join(",") : "";
    const place = unit === "MONTHLY" && nth ? `${nth.nth}${nth.weekday}` : "";
    return [
        `FREQ=${unit}`,
        interval > 1 && `INTERVAL=${interval}`,
        (days || place) && `BYDAY=${days || place}`,
        unit === "MONTHLY" && monthDay !== null && `BYMONTHDAY=${monthDay}`,
        until && `UNTIL=${until.replaceAll("-", "")}`,
        !until && count && `COUNT=${count}`,
    ]
        .filter(Boolean)
        .join(";");
}

type Recurrence = { readonly rule: string; readonly mode?: string };

const EVERY = {
    DAILY: "tasks.repeat.days",
    WEEKLY: "tasks.repeat.weeks",
    MONTHLY: "tasks.repeat.months",
    YEARLY: "tasks.repeat.years",
} as const;

/** In words: "Every 2 weeks on Mon and Thu, until 30 Nov 2030". */
export function describe({ rule, mode }: Recurrence): string {
    const repeat = repeatOf(rule);
    if (!repeat) return m("tasks.repeat.custom");
    const text = m(EVERY[repeat.unit], { count: repeat.interval });
    if (mode === "after_completion") return m("tasks.repeat.after", { every: text });
    const on = placeText(repeat);
    const whole = on ? m("tasks.repeat.on", { every: text, days: on }) : text;
    if (repeat.until) return m("tasks.repeat.until", { every: whole, day: formatDay(repeat.until, "date") });
    return repeat.count ? m("tasks.repeat.times", { every: whole, count: repeat.count }) : whole;
}

function placeText({ unit, weekdays, monthDay, nth }: Repeat): string {
    if (unit === "WEEKLY" && weekdays.length === 5 && !weekdays.includes("SA") && !weekdays.includes("SU")) {
        return m("tasks.repeat.workdays");
    }
    if (unit === "WEEKLY") return formatList(weekdays.map((day) => weekdayName(day, weekdays.length > 1)));
    if (monthDay === -1) return m("tasks.repeat.last");
    if (monthDay !== null) return m("tasks.repeat.date", { day: formatNumber(monthDay) });
    return nth ? nthText(nth) : "";
}

const NTH = {
    "1": "tasks.repeat.nth.1",
    "2": "tasks.repeat.nth.2",
    "3": "tasks.repeat.nth.3",
    "4": "tasks.repeat.nth.4",
    "5": "tasks.repeat.nth.5",
    "-1": "tasks.repeat.nth.last",
} as const;

/** "the last Friday" */
export function nthText({ nth, weekday }: { nth: number; weekday: Weekday }): string {
    const key = NTH[String(nth) as keyof typeof NTH];
    return key ? m(key, { day: weekdayName(weekday) }) : m("tasks.repeat.custom");
}

/** The weekday as the locale names it. */
export function weekdayName(weekday: Weekday, short = false): string {
    const monday = "2024-01-01";
    return formatDay(addDays(monday, WEEKDAYS.indexOf(weekday)), short ? "weekdayShort" : "weekday");
}

/** What stands in the fields of the editor; numbers are text, as they are typed. */
export interface RepeatForm {
    unit: string;
    interval: string;
    weekdays: readonly Weekday[];
    /** A day of the month such as "15" or "-1", or a weekday of it such as "-1FR". */
    place: string;
    mode: string;
    end: string;
    until: Day | null;
    count: string;
    keep: boolean;
}

type Whole = Recurrence & { readonly missed?: string };

/** The fields of a recurrence; without one, of a weekly one from the day on. What they can't show begins anew. */
export function formOf(before: Whole | null, from: Day): RepeatForm {
    const known = (before && repeatOf(before.rule)) || every("WEEKLY");
    const { nth, weekdays, until, count } = known;
    return {
        unit: known.unit,
        interval: String(known.interval),
        weekdays: weekdays.length ? weekdays : [WEEKDAYS[weekdayOf(from) - 1]!],
        place: nth ? `${nth.nth}${nth.weekday}` : String(known.monthDay ?? Number(from.slice(8))),
        mode: before?.mode ?? "schedule",
        end: until ? "until" : count ? "count" : "never",
        until: until ?? addDays(from, 90),
        count: String(count ?? 10),
        keep: before?.missed === "keep",
    };
}

/** The recurrence that the fields say. */
export function recurrenceOf(form: RepeatForm) {
    const calendar = form.mode === "schedule";
    const [, number, name] = /^(-?\d+)([A-Z]{2})?$/.exec(form.place) ?? [];
    const place = name ? { nth: { nth: Number(number), weekday: name as Weekday } } : { monthDay: Number(number) };
    const repeat = every(form.unit as Unit, {
        interval: atLeastOne(form.interval),
        ...(calendar && form.unit === "WEEKLY" && { weekdays: form.weekdays }),
        ...(calendar && form.unit === "MONTHLY" && place),
        ...(calendar && form.end === "until" && { until: form.until }),
        ...(calendar && form.end === "count" && { count: atLeastOne(form.count) }),
    });
    return {
        rule: ruleOf(repeat),
        mode: calendar ? ("schedule" as const) : ("after_completion" as const),
        missed: form.keep ? ("keep" as const) : ("skip" as const),
        exdates: [],
    };
}

function atLeastOne(text: string): number {
    return Math.min(1000, Math.max(1, Math.trunc(Number(text)) || 1));
}

/** The places of a month that a day can be called, and the present one. */
export function placesOf(from: Day, present: string): { value: string; label: string }[] {
    const [day, weekday] = [Number(from.slice(8)), WEEKDAYS[weekdayOf(from) - 1]!];
    const usual = [String(day), `${Math.ceil(day / 7)}${weekday}`, `-1${weekday}`, "-1", present];
    return [...new Set(usual)].map((value) => ({ value, label: nameOfPlace(value) }));
}

function nameOfPlace(place: string): string {
    const [, number, name] = /^(-?\d+)([A-Z]{2})?$/.exec(place) ?? [];
    if (name) return nthText({ nth: Number(number), weekday: name as Weekday });
    return place === "-1" ? m("tasks.repeat.last") : m("tasks.repeat.date", { day: formatNumber(Number(place)) });
}
