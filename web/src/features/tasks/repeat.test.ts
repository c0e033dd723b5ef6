import { beforeAll, describe as about, expect, test } from "vitest";

import { loadLocale, withTexts } from "../../platform/messages.ts";
import { describe, every, formOf, recurrenceOf, repeatOf, ruleOf } from "./repeat.ts";

beforeAll(() => withTexts(loadLocale("en"), "tasks"));

about("rules and what the editor shows", () => {
    test.each([
        "FREQ=DAILY",
        "FREQ=DAILY;INTERVAL=3;COUNT=10",
        "FREQ=WEEKLY;BYDAY=MO,TH",
        "FREQ=WEEKLY;INTERVAL=2;UNTIL=20301130",
        "FREQ=MONTHLY;BYMONTHDAY=15",
        "FREQ=MONTHLY;BYMONTHDAY=-1",
        "FREQ=MONTHLY;BYDAY=-1FR",
        "FREQ=YEARLY",
    ])("%s survives reading and writing", (rule) => expect(ruleOf(repeatOf(rule)!)).toBe(rule));
    test.each([
        "FREQ=HOURLY",
        "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=1",
        "FREQ=YEARLY;BYMONTH=2",
        "FREQ=MONTHLY;BYDAY=1MO,3MO",
        "FREQ=WEEKLY;BYDAY=XX",
        "",
    ])("%s is more than it shows", (rule) => expect(repeatOf(rule)).toBeNull());
    test("weekdays are written from Monday, however they were chosen", () =>
        expect(ruleOf(every("WEEKLY", { weekdays: ["FR", "MO"] }))).toBe("FREQ=WEEKLY;BYDAY=MO,FR"));
});

about("in words", () => {
    test.each([
        ["FREQ=DAILY", "Every day"],
        ["FREQ=DAILY;INTERVAL=3", "Every 3 days"],
        ["FREQ=WEEKLY;BYDAY=MO,TH", "Every week, Mon and Thu"],
        ["FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "Every week, Monday to Friday"],
        ["FREQ=MONTHLY;BYDAY=-1FR", "Every month, on the last Friday"],
        ["FREQ=MONTHLY;BYMONTHDAY=15;COUNT=2", "Every month, on day 15, 2 times"],
        ["FREQ=YEARLY;BYMONTH=2", "By a rule of its own"],
    ])("%s: %s", (rule, text) => expect(describe({ rule })).toBe(text));
    test("after completion", () =>
        expect(describe({ rule: "FREQ=DAILY;INTERVAL=3", mode: "after_completion" })).toBe(
            "Every 3 days, counted from when it’s done",
        ));
});

about("the editor", () => {
    test("a new one is weekly on the weekday of the due date", () =>
        expect(recurrenceOf(formOf(null, "2030-01-31"))).toEqual({
            rule: "FREQ=WEEKLY;BYDAY=TH",
            mode: "schedule",
            missed: "skip",
            exdates: [],
        }));
    test.each(["FREQ=MONTHLY;BYDAY=-1FR", "FREQ=DAILY;COUNT=4", "FREQ=WEEKLY;BYDAY=MO;UNTIL=20301130"])(
        "%s is shown as it is",
        (rule) =>
            expect(recurrenceOf(formOf({ rule, mode: "schedule", missed: "keep" }, "2030-01-31")).rule).toBe(rule),
    );
    test("counted from completion, only the unit and the interval count", () =>
        expect(recurrenceOf({ ...formOf(null, "2030-01-31"), mode: "after_completion", end: "count" }).rule).toBe(
            "FREQ=WEEKLY",
        ));
    test("nonsense in a number field is one", () =>
        expect(recurrenceOf({ ...formOf(null, "2030-01-31"), unit: "DAILY", interval: "-3" }).rule).toBe("FREQ=DAILY"));
});
