import { describe, expect, test } from "vitest";

import { addMinutes, millis } from "../../platform/time.ts";
import type { Command, Fields } from "../../sync/kinds.ts";
import { Store } from "../../sync/store.ts";
import { SCHEMA } from "../schema.ts";
import {
    addPastSession,
    cancelFocusSession,
    completeFocusSession,
    createFocusSession,
    extendFocusSession,
    noteInterruption,
    pauseFocusSession,
    resumeFocusSession,
    startFocusSession,
    updateFocusSession,
} from "./commands.ts";
import {
    clockOf,
    elapsedSeconds,
    minutesOn,
    plannedPhases,
    runningSession,
    sessionsOn,
    workedSeconds,
} from "./rules.ts";
import type { FocusSession } from "./table.ts";

const START = "2030-01-31T12:00:00Z";
const POMODORO = { workMinutes: 25, shortBreakMinutes: 5, longBreakMinutes: 15, cycles: 4 };

function at(minutes: number): string {
    return addMinutes(START, minutes);
}

function command<B extends Fields>(body: B, minutes = 0): Command<B> {
    return { key: "k", order: 1, kind: "", id: "f", at: at(minutes), seen: null, state: "waiting", body };
}

function begun(body: Fields = {}): FocusSession {
    return createFocusSession.look(undefined, command({ type: "custom", plannedMinutes: 60, ...body } as never))!;
}

function then(
    session: FocusSession,
    ...steps: [{ look: typeof pauseFocusSession.look }, number, Fields?][]
): FocusSession {
    return steps.reduce((row, [kind, minutes, body]) => kind.look(row, command(body ?? {}, minutes))!, session);
}

describe("phases", () => {
    test("follow one another: work, break, and a long break after every round", () => {
        const plan = plannedPhases({ plannedMinutes: 125, ...POMODORO });
        expect(plan.map(({ kind, number }) => [kind, number])).toEqual([
            ["work", 1],
            ["short_break", 1],
            ["work", 2],
            ["short_break", 2],
            ["work", 3],
            ["short_break", 3],
            ["work", 4],
            ["long_break", 4],
            ["work", 5],
        ]);
        expect(plan.at(-1)!.ends).toBe((125 + 3 * 5 + 15) * 60);
        plan.slice(1).forEach((phase, n) => expect(phase.begins).toBe(plan[n]!.ends));
    });

    test("without breaks are one; the last one may be shorter", () => {
        const none = { workMinutes: null, shortBreakMinutes: null, longBreakMinutes: null, cycles: null };
        expect(plannedPhases({ plannedMinutes: 90, ...none })).toEqual([
            { kind: "work", number: 1, begins: 0, ends: 5400 },
        ]);
        expect(
            plannedPhases({ plannedMinutes: 30, ...POMODORO }).map(({ begins, ends }) => (ends - begins) / 60),
        ).toEqual([25, 5, 5]);
    });
});

describe("the clock", () => {
    test("counts down the phase, and up in overtime", () => {
        const session = begun({ type: "pomodoro", plannedMinutes: 50 });
        const clock = (minutes: number) => {
            const { phase, seconds } = clockOf(session, millis(at(minutes)));
            return [phase.kind, phase.number, seconds];
        };
        expect(clock(1)).toEqual(["work", 1, 24 * 60]);
        expect(clock(26)).toEqual(["short_break", 1, 4 * 60]);
        expect(clock(30)).toEqual(["work", 2, 25 * 60]);
        expect(clock(57)).toEqual(["overtime", 2, 2 * 60]);
        expect(clockOf(session, millis(at(71))).forgotten).toBe(true);
        expect(clockOf(session, millis(at(27.5))).share).toBe(0.5);
    });

    test("stands in a pause; work, breaks and pauses are the time since the start", () => {
        const paused = then(begun(), [pauseFocusSession, 10]);
        expect(elapsedSeconds(paused, millis(at(30)))).toBe(600);
        expect(clockOf(paused, millis(at(30)))).toMatchObject({ paused: true, seconds: 3000 });
        const resumed = then(paused, [resumeFocusSession, 30]);
        expect(resumed).toMatchObject({ status: "active", pausedAt: null, pausedSeconds: 1200, endsAt: at(80) });
        expect(workedSeconds(resumed, millis(at(40))) + resumed.pausedSeconds).toBe(40 * 60);
    });
});

describe("commands look as the server will answer", () => {
    test("beginning, extending, completing", () => {
        const done = then(
            begun(),
            [extendFocusSession, 5, { minutes: 15 }],
            [completeFocusSession, 70, { focusRating: 4 }],
        );
        expect(done).toMatchObject({
            status: "completed",
            effectiveMinutes: 70,
            endedAt: at(70),
            focusRating: 4,
            endsAt: null,
        });
        expect(then(begun(), [extendFocusSession, 5, { minutes: 15 }])).toMatchObject({
            endsAt: at(75),
            overdueAt: at(90),
        });
    });

    test("breaks don't count", () => {
        const done = then(begun({ type: "pomodoro", plannedMinutes: 50 }), [completeFocusSession, 40]);
        expect(done.effectiveMinutes).toBe(35);
    });

    test("a completed session stays as it is", () => {
        const done = then(begun(), [completeFocusSession, 20]);
        for (const kind of [pauseFocusSession, resumeFocusSession, cancelFocusSession, completeFocusSession]) {
            expect(kind.look(done, command({}, 30))).toBe(done);
        }
    });

    test("planning, moving, starting", () => {
        const planned = begun({ startAt: at(60) });
        expect(planned).toMatchObject({ status: "scheduled", scheduledAt: at(60), startedAt: null, day: "2030-01-31" });
        const moved = updateFocusSession.look(planned, command({ startAt: at(60 + 1440), plannedMinutes: 30 }))!;
        expect(moved).toMatchObject({ scheduledAt: at(1500), day: "2030-02-01", plannedMinutes: 30 });
        expect(updateFocusSession.inverse!(planned, command({ startAt: at(1500) }))![0]!.body).toEqual({
            startAt: at(60),
        });
        expect(then(moved, [startFocusSession, 70])).toMatchObject({
            status: "active",
            startedAt: at(70),
            endsAt: at(100),
        });
    });

    test("interruptions are counted and noted", () => {
        const session = then(begun(), [noteInterruption, 5, { reason: "phone" }], [noteInterruption, 6]);
        expect(session.interruptions).toBe(2);
        expect(session.interruptionNotes).toEqual([
            { at: at(5), reason: "phone" },
            { at: at(6), reason: "" },
        ]);
    });

    test("are sent with the time at which they happened", () => {
        const known = { row: undefined, version: undefined, by: () => [] };
        expect(pauseFocusSession.request(command({}, 7), {}, known)).toEqual({
            method: "POST",
            path: "/api/focus-sessions/f/pause",
            body: { at: at(7) },
        });
        const start = command({ type: "custom", shown: { workMinutes: 5 } } as const);
        expect(createFocusSession.request(start, start.body, known).body).toEqual({
            id: "f",
            type: "custom",
            at: START,
        });
        const plan = command({ type: "custom", startAt: at(60) } as const);
        expect(createFocusSession.request(plan, plan.body, known).body).not.toHaveProperty("at");
    });
});

test("sessions of a day and their minutes", () => {
    const store = new Store(SCHEMA);
    const past = addPastSession.look(undefined, { ...command({ startedAt: at(-60), minutes: 30 }), id: "p" })!;
    const rows = [begun(), past, then({ ...begun(), id: "c" }, [cancelFocusSession, 5])];
    store.load(
        rows.map((row) => ({ table: "sessions", row })),
        [],
        0,
    );
    expect(sessionsOn(store, "2030-01-31").map(({ id }) => id)).toEqual(["p", "f"]);
    expect(minutesOn(store, "2030-01-31")).toEqual({ planned: 60, worked: 30 });
    expect(runningSession(store)?.id).toBe("f");
});
