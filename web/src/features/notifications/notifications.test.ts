import { expect, test } from "vitest";

import { addressOf, byDay, iconOf } from "./rules.ts";
import type { Notification } from "./table.ts";

test.each([
    ["task_completed", { taskId: "a/b" }, "/tasks/a%2Fb"],
    ["focus_forgotten", { focusSessionId: "1" }, "/focus"],
    ["export_ready", { exportId: "1" }, "/settings/data"],
    ["calendar_stopped", {}, "/settings/calendars"],
    ["calendar_conflict", { focusSessionId: "1" }, "/settings/calendars"],
    ["security", {}, "/settings/security"],
    ["welcome", {}, undefined],
    ["task_completed", { taskId: 7 }, undefined],
])("%s leads to its object", (type, data, address) => {
    expect(addressOf({ type, data: data as Record<string, string> })).toBe(address);
});

test("a type that is not known has a bell", () => {
    expect([iconOf({ type: "security" }), iconOf({ type: "of tomorrow" })]).toEqual(["shield", "notifications"]);
});

test("days are the student's: what came at 2 a.m. belongs to the day before", () => {
    const list = ["2030-01-31T10:00:00Z", "2030-01-31T02:00:00Z", "2030-01-30T09:00:00Z"].map(
        (createdAt, n) => ({ id: String(n), createdAt }) as Notification,
    );
    const days = byDay(list, { timeZone: "UTC", dayStart: "04:00" });
    expect(days.map(([day, ofDay]) => [day, ofDay.length])).toEqual([
        ["2030-01-31", 1],
        ["2030-01-30", 2],
    ]);
});
