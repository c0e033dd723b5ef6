/** Where the events of calendars stand in the week. */
import { type Day, dayOf, type Instant, millis, minuteOf, spanOf, type Zone } from "../../../platform/time.ts";
import { firstMinute, type Place } from "../week.ts";
import type { CalendarEvent } from "./requests.ts";

/** The part of an event that is on a day. */
export interface EventPlace extends Place {
    readonly event: CalendarEvent;
}

/** What calendars have on a day: at times, and above its hours. */
export interface DayEvents {
    readonly timed: readonly EventPlace[];
    readonly whole: readonly CalendarEvent[];
}

const LONG = 24 * 3_600_000;

/** The events of a day. A deadline whose task stands there already isn't shown twice. */
export function eventsOn(events: readonly CalendarEvent[], day: Day, zone: Zone): DayEvents {
    const shown = events.filter(({ deadline, taskId }) => !deadline || !taskId);
    return {
        timed: shown.filter((event) => !isWhole(event)).flatMap((event) => placeOn(event, day, zone) ?? []),
        whole: shown.filter((event) => isWhole(event) && isOn(event, day, zone)),
    };
}

const endOf = ({ startsAt, endsAt }: CalendarEvent): Instant => endsAt ?? startsAt!;

/** Whether it stands above the hours: whole days, a deadline, or what takes a day and more. */
function isWhole(event: CalendarEvent): boolean {
    return !event.startsAt || event.deadline || millis(endOf(event)) - millis(event.startsAt) >= LONG;
}

function isOn(event: CalendarEvent, day: Day, zone: Zone): boolean {
    const { startsAt, startDate, endDate, deadline } = event;
    if (!startsAt) return startDate === day || (startDate! < day && day < (endDate ?? startDate!));
    if (deadline) return dayOf(startsAt, zone) === day;
    return overlaps(event, day, zone);
}

function overlaps(event: CalendarEvent, day: Day, zone: Zone): boolean {
    const [from, to] = spanOf(day, zone);
    const [start, end] = [millis(event.startsAt!), millis(endOf(event))];
    return start < to && (end > from || start >= from);
}

/** Where an event stands on a day, cut where the day begins and ends. */
function placeOn(event: CalendarEvent, day: Day, zone: Zone): EventPlace | null {
    if (!overlaps(event, day, zone)) return null;
    const [from, to] = spanOf(day, zone);
    const first = firstMinute(zone);
    const minuteAt = (at: Instant) => {
        const minute = minuteOf(at, zone.timeZone);
        return minute < first ? minute + 1440 : minute;
    };
    const minute = millis(event.startsAt!) <= from ? first : minuteAt(event.startsAt!);
    const last = millis(endOf(event)) >= to ? first + 1440 : minuteAt(endOf(event));
    return { event, day, minute, minutes: Math.max(0, last - minute) };
}
