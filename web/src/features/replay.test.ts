/**
 * Our reducers on the walk by which the API proves that an old copy and the events since equal a fresh read.
 *
 * The API's test exports the walk (`WALK_EXPORT`, tests/README.md); `WALK_REPLAY` is the path of its file.
 */
import { existsSync, readFileSync } from "node:fs";

import { expect, test } from "vitest";

import type { Event, Fields, Kept, Put } from "../sync/kinds.ts";
import { Store } from "../sync/store.ts";
import { dayRow } from "./analytics/table.ts";
import { preferencesOf, profileOf } from "./auth/table.ts";
import { feedRow } from "./calendar/feeds/table.ts";
import { POINTS } from "./gamification/table.ts";
import { SCHEMA } from "./schema.ts";

type Items = Kept[];

/** The lists of the API, as the walk reads them. */
interface Lists {
    readonly user: never;
    readonly preferences: Fields;
    readonly subjects: Items;
    readonly tasks: Items;
    readonly subtasks: Items;
    readonly focusSessions: Items;
    readonly focusPresets: Items;
    readonly notifications: Items;
    readonly days: never[];
    readonly feeds?: never[];
    readonly accounts?: Items;
    readonly conflicts?: Items;
    readonly points: Fields;
}

interface Step {
    readonly action: string;
    readonly before: Lists;
    readonly events: readonly Event[];
    readonly after: Lists;
}

const PATH = process.env["WALK_REPLAY"];

/** The rows that we keep of these lists. */
function rowsOf(lists: Lists): Put[] {
    const tables: [string, readonly object[]][] = [
        ["users", [profileOf(lists.user)]],
        ["preferences", [preferencesOf(lists.preferences)]],
        ["subjects", lists.subjects],
        ["tasks", lists.tasks],
        ["subtasks", lists.subtasks],
        ["sessions", lists.focusSessions],
        ["presets", lists.focusPresets],
        ["notifications", lists.notifications],
        ["points", [{ ...lists.points, id: POINTS, version: 0 }]],
        ["days", lists.days.map(dayRow)],
        ["feeds", (lists.feeds ?? []).map(feedRow)],
        ["calendarAccounts", (lists.accounts ?? []).map((one) => ({ ...one, version: 0 }))],
        ["calendarConflicts", (lists.conflicts ?? []).map((one) => ({ ...one, version: 0 }))],
    ];
    return tables.flatMap(([table, rows]) => rows.map((row) => ({ table, row: row as Kept })));
}

function sorted(rows: readonly Put[]): Put[] {
    const place = ({ table, row }: Put) => `${table} ${row.id}`;
    return rows.toSorted((a, b) => (place(a) < place(b) ? -1 : 1));
}

/** What is kept of `before` after its events. */
function replayed({ before, events }: Step): Put[] {
    const store = new Store(SCHEMA);
    store.load(rowsOf(before), [], (events[0]?.seq ?? 1) - 1);
    for (const event of events) store.apply(event);
    return store.knownRows();
}

test.runIf(PATH && existsSync(PATH))("an old copy and the events since equal a fresh read", { timeout: 60_000 }, () => {
    const lines = readFileSync(PATH!, "utf8").split("\n").filter(Boolean);
    const steps = lines.map((line) => JSON.parse(line) as Step);
    expect(steps.length).toBeGreaterThan(10);
    for (const step of steps) expect(sorted(replayed(step)), step.action).toEqual(sorted(rowsOf(step.after)));
});

test("a walk of one step", () => {
    const subject = { id: "s", version: 1, name: "Physics" };
    const task = { id: "t", version: 1, subjectId: "s", subjectName: "Physics", title: "Waves", seriesId: null };
    const note = { id: "n", version: 1, read: false };
    const lists = {
        user: { id: "u", version: 1 } as never,
        preferences: { theme: "dark" },
        subjects: [subject],
        tasks: [task],
        subtasks: [{ id: "x", version: 1, taskId: "t" }] as unknown as Items,
        focusSessions: [
            { id: "f", version: 1, taskId: "t", subjectId: "s", day: "2030-01-31", status: "active" },
        ] as unknown as Items,
        focusPresets: [],
        notifications: [note] as unknown as Items,
        days: [],
        feeds: [{ id: "c", name: "Courses", subjectId: "s" }] as never[],
        points: { total: 0, level: 1 },
    };
    const said: [string, unknown][] = [
        ["subject.updated", { ...subject, version: 2, name: "Optics" }],
        ["task.updated", { ...task, version: 2, title: "Lenses" }], // read before the subject was renamed
        ["notifications.read", { ids: ["n"], all: false, unread: 0 }],
        ["points.changed", { total: 5, level: 1, change: 5 }],
        ["subject.deleted", { id: "s" }],
    ];
    const events = said.map(([type, data], n) => ({ seq: n + 1, type, at: "", data }));
    const after = {
        ...lists,
        subjects: [],
        tasks: [{ ...task, version: 2, title: "Lenses", subjectId: null, subjectName: null }] as never,
        focusSessions: [{ ...lists.focusSessions[0]!, subjectId: null }] as unknown as Items,
        feeds: [{ id: "c", name: "Courses", subjectId: null }] as never[],
        notifications: [{ ...note, version: 2, read: true }] as unknown as Items,
        points: { total: 5, level: 1 },
    };
    expect(sorted(replayed({ action: "one", before: lists, events, after }))).toEqual(sorted(rowsOf(after)));
    const gone = {
        ...after,
        tasks: [],
        subtasks: [],
        focusSessions: [{ ...after.focusSessions[0]!, taskId: null }] as unknown as Items,
    };
    const deletion = { seq: 6, type: "task.deleted", at: "", data: { id: "t" } };
    expect(sorted(replayed({ action: "two", before: after, events: [deletion], after: gone }))).toEqual(
        sorted(rowsOf(gone)),
    );
});
