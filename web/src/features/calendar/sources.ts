/** Where events are from: the calendars that the student subscribes to, and those of accounts that take time. */
import { m } from "../../platform/messages.ts";
import { derived } from "../../sync/derived.ts";
import { subjects } from "../subjects/table.ts";
import { calendarAccounts } from "./accounts/table.ts";
import type { CalendarEvent } from "./feeds/requests.ts";
import { feeds } from "./feeds/table.ts";

/** A calendar with events. */
export interface Source {
    readonly name: string;
    /** For marks: that of its subject, or what the student gave it there. */
    readonly color: string | undefined;
    /** Only when the student is busy is known, not with what. */
    readonly hidesTitles: boolean;
}

/** The calendars whose events are shown, by their ids. */
export const sources = derived((view): ReadonlyMap<string, Source> => {
    const subscribed = view.all(feeds).map(({ id, name, subjectId }) => {
        const color = view.get(subjects, subjectId)?.color;
        return [id, { name, color, hidesTitles: false }] as const;
    });
    const connected = view.all(calendarAccounts).flatMap(({ calendars, access }) =>
        calendars
            .filter(({ busy }) => busy)
            .map(({ id, name, color }) => {
                return [id, { name, color: color || undefined, hidesTitles: access === "busy" }] as const;
            }),
    );
    return new Map([...subscribed, ...connected]);
});

/** Changes whenever a calendar was read, or is read no longer: its events may be others. Empty without calendars. */
export const lastReads = derived((view): string => {
    const subscribed = view.all(feeds).map(({ id, lastRun }) => `${id} ${lastRun}`);
    const connected = view.all(calendarAccounts).flatMap(({ lastSyncAt, access, calendars }) => {
        return calendars.filter(({ busy }) => busy).map(({ id }) => `${id} ${lastSyncAt} ${access}`);
    });
    return [...subscribed, ...connected].toSorted().join("\n");
});

/** The calendar of an event, if it is one that is shown. */
export function sourceOf(from: ReadonlyMap<string, Source>, { feedId, calendarId }: CalendarEvent): Source | undefined {
    return from.get(feedId ?? calendarId ?? "");
}

/** The title of an event, as far as it may be read. */
export function titleOf(event: CalendarEvent, source: Source | undefined): string {
    return source?.hidesTitles ? m("calendar.accounts.busy") : event.title;
}
