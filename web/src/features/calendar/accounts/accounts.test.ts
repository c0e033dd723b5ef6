import { beforeAll, describe, expect, test } from "vitest";

import { loadLocale, withTexts } from "../../../platform/messages.ts";
import { Store } from "../../../sync/store.ts";
import { SCHEMA } from "../../schema.ts";
import type { CalendarEvent } from "../feeds/requests.ts";
import { lastReads, sourceOf, sources, titleOf } from "../sources.ts";
import { resultOf } from "./connecting.ts";
import { allAccounts, conflictText, healthText, missingOf, newestConflicts, problemOf, runOf } from "./rules.ts";
import type { CalendarAccount, CalendarConflict } from "./table.ts";

const BERLIN = { timeZone: "Europe/Berlin", dayStart: "04:00" };
const NOW = Date.parse("2030-01-31T08:00:00Z");

function account(id: string, more: Partial<CalendarAccount> = {}): CalendarAccount {
    const work = { id: `${id}-work`, name: "Work", color: "#3f7db8", busy: true, ours: false };
    const holidays = { id: `${id}-holidays`, name: "Holidays", color: "", busy: false, ours: false };
    return {
        id,
        version: 0,
        provider: "caldav",
        address: "ada@example.org",
        access: "events",
        state: "ok",
        problem: null,
        problemCode: null,
        writes: true,
        eventsRead: null,
        lastSyncAt: "2030-01-31T07:55:00Z",
        nextSyncAt: "2030-01-31T08:10:00Z",
        createdAt: "2030-01-01T00:00:00Z",
        calendars: [work, holidays],
        ...more,
    };
}

function conflict(id: string, more: Partial<CalendarConflict> = {}): CalendarConflict {
    return {
        id,
        version: 0,
        accountId: "a",
        sessionId: "s",
        kind: "time",
        title: "Essay",
        here: "2030-02-04T09:00:00Z/2030-02-04T10:00:00Z",
        there: "2030-02-04T13:00:00Z/2030-02-04T14:00:00Z",
        kept: "there",
        at: "2030-01-31T07:00:00Z",
        reversedAt: null,
        ...more,
    };
}

function eventOf(more: Partial<CalendarEvent>): CalendarEvent {
    const said = { id: "e", feedId: null, calendarId: null, title: "Lecture", description: "", location: "", url: "" };
    const times = { startsAt: null, endsAt: null, startDate: null, endDate: null };
    return { ...said, ...times, busy: true, deadline: false, taskId: null, ...more };
}

/** A store after these events. */
function after(...said: readonly [string, object][]): Store {
    const store = new Store(SCHEMA);
    store.load([], [], 0);
    said.forEach(([type, data], n) => store.apply({ seq: n + 1, type, at: "", data }));
    return store;
}

beforeAll(() => withTexts(loadLocale("en-GB"), "accounts", "feeds"));

describe("the tables", () => {
    test("follow what the server says of each account", () => {
        const store = after(
            ["calendar_account.updated", account("b", { createdAt: "2030-01-02T00:00:00Z" })],
            ["calendar_account.updated", account("a", { eventsRead: 12 })],
            ["calendar_account.updated", account("a")],
        );
        expect(allAccounts(store)).toEqual([account("a"), account("b", { createdAt: "2030-01-02T00:00:00Z" })]);
    });

    test("lose the conflicts of an account that is disconnected", () => {
        const store = after(
            ["calendar_conflict.found", conflict("1")],
            ["calendar_conflict.found", conflict("3", { accountId: "b" })],
            ["calendar_conflict.found", conflict("2", { at: "2030-01-31T07:30:00Z" })],
            ["calendar_conflict.found", conflict("1", { reversedAt: "2030-01-31T08:00:00Z" })],
        );
        expect(newestConflicts(store).map(({ id, reversedAt }) => [id, reversedAt !== null])).toEqual([
            ["2", false],
            ["3", false],
            ["1", true],
        ]);
        store.apply({ seq: 5, type: "calendar_account.deleted", at: "", data: { id: "a" } });
        expect(newestConflicts(store).map(({ id }) => id)).toEqual(["3"]);
    });
});

describe("what is said of an account", () => {
    test.each<[Partial<CalendarAccount>, string]>([
        [{}, "Synchronized 5 minutes ago"],
        [{ lastSyncAt: "2030-01-31T07:59:30Z" }, "Synchronized just now"],
        [{ lastSyncAt: null }, "Being synchronized…"],
        [{ eventsRead: 12 }, "Being synchronized: 12 events read"],
        [{ eventsRead: 0, state: "failing" }, "Being synchronized: 0 events read"],
        [{ state: "failing" }, "Synchronized 5 minutes ago · Next try at 9:10"],
        [{ state: "failing", lastSyncAt: null }, "Next try at 9:10"],
        [{ state: "reconnect" }, "No longer synchronized · Synchronized 5 minutes ago"],
    ])("%o", (more, text) => {
        expect(healthText(account("a", more), NOW, BERLIN)).toBe(text);
    });

    test("a run that failed is told from the one before", () => {
        const failed = account("a", { state: "failing", nextSyncAt: "2030-01-31T08:05:00Z" });
        expect(runOf(failed)).not.toBe(runOf(account("a")));
        expect(runOf(account("a", { problem: "other" }))).toBe(runOf(account("a")));
    });
});

describe("what is said of a conflict", () => {
    const [here, there] = ["Here Mon 4 Feb, 10:00–11:00", "in your calendar Mon 4 Feb, 14:00–15:00"];

    test.each<[Partial<CalendarConflict>, string]>([
        [{}, `${here}, ${there}. The calendar's time was kept.`],
        [{ kept: "here" }, `${here}, ${there}. The time here was kept.`],
        [{ kept: "here", there: "" }, `${here}, in your calendar without a time. The time here was kept.`],
        [{ reversedAt: "2030-01-31T08:00:00Z" }, `${here}, ${there}. You chose the other one.`],
        [
            { kind: "title", here: "Essay", there: "Thesis!", kept: "here" },
            "Here “\u2068Essay\u2069”, in your calendar “\u2068Thesis!\u2069”. The title here was kept.",
        ],
        [
            { kind: "deleted", there: "", kept: "here" },
            `${here}, deleted in your calendar. It was kept, and written there again.`,
        ],
        [
            { here: "2030-02-04T22:30:00Z/2030-02-04T23:30:00Z" },
            `Here Mon 4 Feb, 23:30 – Tue 5 Feb, 0:30, ${there}. The calendar's time was kept.`,
        ],
        [
            { here: "2030-02-04T22:00:00Z/2030-02-04T23:00:00Z" },
            `Here Mon 4 Feb, 23:00–0:00, ${there}. The calendar's time was kept.`,
        ],
    ])("%o", (more, text) => {
        expect(conflictText(conflict("1", more), BERLIN).replaceAll(/(Mon|Tue), /g, "$1 ")).toBe(text);
    });
});

describe("events", () => {
    const feed = { id: "f", name: "Courses", subjectId: "s", lastRun: "2030-01-31T07:55:00Z", version: 0 };
    const subject = { id: "s", version: 1, name: "Physics", color: "#b85a3a" };
    const store = (more: Partial<CalendarAccount> = {}) =>
        after(["subject.created", subject], ["feed.updated", feed], ["calendar_account.updated", account("a", more)]);

    test("have the name and the colour of their calendar", () => {
        const from = sources(store());
        expect(sourceOf(from, eventOf({ feedId: "f" }))).toMatchObject({ name: "Courses", color: "#b85a3a" });
        expect(sourceOf(from, eventOf({ calendarId: "a-work" }))).toMatchObject({ name: "Work", color: "#3f7db8" });
    });

    test("of a calendar that is left out, or that is gone, aren't shown", () => {
        const from = sources(store());
        expect(sourceOf(from, eventOf({ calendarId: "a-holidays" }))).toBeUndefined();
        expect(sourceOf(from, eventOf({ calendarId: "b-work" }))).toBeUndefined();
        expect(sourceOf(from, eventOf({}))).toBeUndefined();
    });

    test("of which only the time is known are called so", () => {
        const busy = sources(store({ access: "busy" }));
        const event = eventOf({ calendarId: "a-work", title: "busy" });
        expect(titleOf(event, sourceOf(busy, event))).toBe("Busy");
        expect(titleOf(eventOf({ feedId: "f" }), sourceOf(busy, eventOf({ feedId: "f" })))).toBe("Lecture");
    });

    test("are read again when a calendar was read, but not for each event that was counted meanwhile", () => {
        const before = lastReads(store());
        expect(lastReads(store({ eventsRead: 12, nextSyncAt: "2030-01-31T09:00:00Z" }))).toBe(before);
        expect(lastReads(store({ lastSyncAt: "2030-01-31T08:00:00Z" }))).not.toBe(before);
        expect(lastReads(store({ calendars: [] }))).not.toBe(before);
        expect(lastReads(after())).toBe("");
    });
});

test("a sign-in that lacks something", () => {
    expect(missingOf({ url: "https://cal.example", username: "ada", password: "secret" })).toEqual({});
    expect(missingOf({ url: "", username: "", password: "" })).toEqual({
        url: "Enter the address of the calendar server.",
        username: "Enter your user name on this server.",
        password: "Enter your password on this server.",
    });
});

test.each([
    [{ calendar: "connected" }, "connected"],
    [{ calendar: "too_many" }, "too_many"],
    [{ calendar: "of tomorrow" }, null],
    [{}, null],
    [undefined, null],
])("how it ended, by the state %o", (state, result) => {
    expect(resultOf({ place: { path: "/settings", query: new URLSearchParams(), state } } as never)).toBe(result);
});

test("a problem is said in the student's language where it has a text here", () => {
    expect(problemOf(account("a"))).toBeUndefined();
    const said = { problem: "The sign-in was rejected.", problemCode: "sign_in_rejected" };
    expect(problemOf(account("a", said))).toEqual({
        text: "The sign-in was rejected, or access was revoked. Connect the account again.",
    });
    expect(problemOf(account("a", { ...said, problemCode: "unreachable" }))?.lang).toBeUndefined();
    expect(problemOf(account("a", { ...said, problemCode: "redirected" }))).toEqual({ text: said.problem, lang: "en" });
});
