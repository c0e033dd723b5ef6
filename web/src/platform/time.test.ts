import { afterEach, describe, expect, test, vi } from "vitest";

import {
    addDays,
    addMonths,
    clockOffset,
    dateOf,
    dayOf,
    daysBetween,
    followClock,
    formatClock,
    formatDay,
    formatMinutes,
    formatRelativeDay,
    formatTime,
    instant,
    instantAt,
    isDay,
    isoWeek,
    minuteOf,
    mondayOf,
    monthOf,
    now,
    setClock,
    setFormats,
    spanOf,
    timeOf,
    weekdayOf,
    weekOf,
} from "./time.ts";

const BERLIN = { timeZone: "Europe/Berlin", dayStart: "04:00" };

afterEach(() => {
    setClock(new Date().toISOString());
    setFormats("en");
    vi.useRealTimers();
});

describe("the student's day", () => {
    test("begins at the day start, in the student's zone", () => {
        expect(dayOf("2030-01-31T02:59:00Z", BERLIN)).toBe("2030-01-30"); // 03:59 in Berlin
        expect(dayOf("2030-01-31T03:00:00Z", BERLIN)).toBe("2030-01-31");
        expect(dateOf("2030-01-31T02:59:00Z", "Europe/Berlin")).toBe("2030-01-31");
        expect(dayOf("2030-01-31T11:30:00Z", { timeZone: "Pacific/Auckland", dayStart: "00:00" })).toBe("2030-02-01");
    });

    test("has 23 or 25 hours when the clocks change", () => {
        const hours = (day: string) => {
            const [from, to] = spanOf(day, { timeZone: "Europe/Berlin", dayStart: "00:00" });
            return (to - from) / 3_600_000;
        };
        expect([hours("2030-03-30"), hours("2030-03-31"), hours("2030-10-27")]).toEqual([24, 23, 25]);
    });
});

describe("local times", () => {
    test("are instants of their zone; in a gap they move forward, of two it is the first", () => {
        expect(instantAt("2030-01-31", "15:00", "Europe/Berlin")).toBe("2030-01-31T14:00:00Z");
        expect(instantAt("2030-03-31", "02:30", "Europe/Berlin")).toBe("2030-03-31T01:30:00Z"); // 03:30
        expect(instantAt("2030-10-27", "02:30", "Europe/Berlin")).toBe("2030-10-27T00:30:00Z");
        expect(instantAt("2030-10-06", "02:15", "Australia/Lord_Howe")).toBe("2030-10-05T15:45:00Z"); // 02:45
    });

    test("are read back", () => {
        expect(timeOf("2030-01-31T14:05:00Z", "Europe/Berlin")).toBe("15:05");
        expect(minuteOf("2030-01-31T14:05:00Z", "Europe/Berlin")).toBe(905);
        expect(timeOf("2030-01-31T14:05:00Z", "Asia/Kathmandu")).toBe("19:50");
    });
});

describe("days", () => {
    test("are counted on the calendar, whatever the clocks do", () => {
        expect(addDays("2030-03-30", 2)).toBe("2030-04-01");
        expect(addDays("2028-02-28", 1)).toBe("2028-02-29");
        expect(addMonths("2030-01-31", 1)).toBe("2030-02-28");
        expect(daysBetween("2030-01-01", "2031-01-01")).toBe(365);
        expect(monthOf("2028-02-10")).toHaveLength(29);
    });

    test("lie in weeks that begin on the student's first day", () => {
        expect(weekdayOf("2030-01-31")).toBe(4);
        expect(weekOf("2030-01-31")[0]).toBe("2030-01-28");
        expect(weekOf("2030-01-31", 7)[0]).toBe("2030-01-27");
        expect(weekOf("2030-01-27", 7)[0]).toBe("2030-01-27");
    });

    test("have ISO weeks, also around new year", () => {
        expect(isoWeek("2030-01-31")).toBe("2030-W05");
        expect(isoWeek("2027-01-01")).toBe("2026-W53");
        expect(isoWeek("2029-12-31")).toBe("2030-W01");
        expect(mondayOf("2030-W05")).toBe("2030-01-28");
        expect(mondayOf("2026-W53")).toBe("2026-12-28");
        const none = ["2030-W53", "2030-W00", "soon", "9999-W52", "3000-W01", "1969-W52", "0001-W01"];
        expect(none.filter((week) => mondayOf(week) !== null)).toEqual([]);
    });

    test("are told from other text", () => {
        expect(["2030-01-31", "2030-02-31", "2030-1-1", "tomorrow"].map(isDay)).toEqual([true, false, false, false]);
    });
});

describe("the clock", () => {
    test("follows the server's", () => {
        vi.useFakeTimers({ now: Date.UTC(2030, 0, 1, 12) });
        setClock("2030-01-01T12:00:10Z", 400);
        expect(clockOffset()).toBe(10_200);
        expect(instant()).toBe("2030-01-01T12:00:10.200Z");
        setClock("nonsense");
        expect(now()).toBe(Date.UTC(2030, 0, 1, 12, 0, 10, 200));
    });

    test("tells those who show the time when it was put right, not of every hair", () => {
        vi.useFakeTimers({ now: Date.UTC(2030, 0, 1, 12) });
        setClock("2030-01-01T12:00:00Z");
        const told = vi.fn();
        const stop = followClock(told);
        setClock("2030-01-01T12:00:00.400Z");
        expect(told).not.toHaveBeenCalled();
        setClock("2030-01-03T12:00:00Z");
        expect(told).toHaveBeenCalledTimes(1);
        stop();
        setClock("2030-01-01T12:00:00Z");
        expect(told).toHaveBeenCalledTimes(1);
    });

    test("writes instants as the API does", () => {
        expect(instant(Date.UTC(2030, 0, 1))).toBe("2030-01-01T00:00:00Z");
    });
});

describe("formats follow the locale", () => {
    test("English, German, Arabic", () => {
        expect(formatDay("2030-01-31", "long")).toBe("Thursday, January 31");
        expect(formatTime("2030-01-31T14:00:00Z", "Europe/Berlin")).toMatch(/^3:00\sPM$/);
        expect([0, 45, 60, 65, 130].map((minutes) => formatMinutes(minutes))).toEqual([
            "0 min",
            "45 min",
            "1h",
            "1h 05",
            "2h 10",
        ]);
        expect(formatMinutes(130, "long")).toBe("2 hours 10 minutes");
        expect(formatRelativeDay("2030-01-30", "2030-01-31")).toBe("yesterday");
        setFormats("de");
        expect(formatDay("2030-01-31", "long")).toBe("Donnerstag, 31. Januar");
        expect(formatTime("2030-01-31T14:00:00Z", "Europe/Berlin")).toBe("15:00");
        setFormats("ar-EG");
        expect(formatClock(1450)).toBe("٢٤:١٠");
    });

    test("clocks", () => {
        expect([0, 65, 1450, 3850].map(formatClock)).toEqual(["0:00", "1:05", "24:10", "1:04:10"]);
    });
});
