/** What is said about calendar accounts, and about what was changed on both sides. */
import { has, m, type MessageKey } from "../../../platform/messages.ts";
import {
    addMinutes,
    dateOf,
    formatAgo,
    formatDay,
    formatTime,
    type Instant,
    millis,
    type Zone,
} from "../../../platform/time.ts";
import { derived } from "../../../sync/derived.ts";
import { byAge } from "../feeds/rules.ts";
import type { CalDavSignIn } from "./requests.ts";
import { type CalendarAccount, calendarAccounts, type CalendarConflict, calendarConflicts } from "./table.ts";

/** The accounts, the oldest first. */
export const allAccounts = derived((view) => view.all(calendarAccounts).toSorted(byAge));

/** What was changed on both sides, the newest first. */
export const newestConflicts = derived((view) =>
    view.all(calendarConflicts).toSorted((a, b) => millis(b.at) - millis(a.at) || (a.id < b.id ? 1 : -1)),
);

/** What is known of an account, short enough to be read in a line; `now` in milliseconds. */
export function healthText(account: CalendarAccount, now: number, { timeZone }: Zone): string {
    const { state, eventsRead, nextSyncAt } = account;
    if (eventsRead !== null) return m("calendar.accounts.progress", { count: eventsRead });
    const last = lastText(account, now);
    if (state === "reconnect") return joined(m("calendar.accounts.stopped"), last);
    if (state === "failing")
        return joined(last, m("calendar.accounts.next", { time: formatTime(nextSyncAt, timeZone) }));
    return last || m("calendar.accounts.syncing");
}

/** Why an account can't be synchronized; in English for what has no text here. */
export function problemOf({ problem, problemCode }: CalendarAccount): { text: string; lang?: string } | undefined {
    if (problem === null) return undefined;
    const keys = [`calendar.accounts.problem.${problemCode}`, `auth.field.url.${problemCode}`];
    const key = keys.find((one) => has(one));
    return key ? { text: m(key as PlainKey) } : { text: problem, lang: "en" };
}

type PlainKey = Extract<MessageKey, "calendar.accounts.problem.calendar_empty">;

function lastText({ lastSyncAt }: CalendarAccount, now: number): string {
    if (lastSyncAt === null) return "";
    if (now - millis(lastSyncAt) < 60_000) return m("calendar.accounts.synced.now");
    return m("calendar.accounts.synced", { ago: formatAgo(lastSyncAt, now) });
}

const joined = (...parts: readonly string[]) => parts.filter(Boolean).join(" · ");

/** What changes whenever an account was synchronized, or that failed. */
export function runOf({ lastSyncAt, nextSyncAt, state }: CalendarAccount): string {
    return `${lastSyncAt} ${nextSyncAt} ${state}`;
}

/** What both sides had, and what was kept, without the title of the session. */
export function conflictText(conflict: CalendarConflict, zone: Zone): string {
    const { kind, kept, reversedAt } = conflict;
    const said = kind === "title" ? isolate : (span: string) => spanText(span, zone);
    const [here, there] = [said(conflict.here), said(conflict.there)];
    const both = conflict.there
        ? m(kind === "title" ? "calendar.conflicts.title" : "calendar.conflicts.time", { here, there })
        : m(kind === "deleted" ? "calendar.conflicts.deleted" : "calendar.conflicts.timeless", { here });
    const end = reversedAt ? m("calendar.conflicts.reversed.text") : m(`calendar.conflicts.${kind}.${kept}`);
    return `${both} ${end}`;
}

/** A title keeps its own direction within a sentence. */
const isolate = (title: string) => `\u2068${title}\u2069`;

/** "Mon 4 Feb, 10:00–11:00" of two instants with a slash between them. */
function spanText(span: string, { timeZone }: Zone): string {
    const [start, end] = span.split("/") as [Instant, Instant | undefined];
    if (!start || !end) return span;
    const [first, last] = [start, addMinutes(end, -1)].map((at) => formatDay(dateOf(at, timeZone), "short"));
    const [from, to] = [start, end].map((at) => formatTime(at, timeZone));
    return first === last ? `${first}, ${from}–${to}` : `${first}, ${from} – ${last}, ${to}`;
}

/** What is lacking of a sign-in, by field. */
export function missingOf({ url, username, password }: CalDavSignIn): Readonly<Record<string, string>> {
    return {
        ...(!url && { url: m("calendar.accounts.url.missing") }),
        ...(!username && { username: m("calendar.accounts.username.missing") }),
        ...(!password && { password: m("calendar.accounts.password.missing") }),
    };
}
