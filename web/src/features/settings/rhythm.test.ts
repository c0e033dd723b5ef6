import { beforeAll, expect, test } from "vitest";

import { loadLocale, withTexts } from "../../platform/messages.ts";
import { faultsOf } from "./rhythm.ts";

const classic = { name: "Evenings", workMinutes: "25", shortBreakMinutes: "5", longBreakMinutes: "15", cycles: "4" };

beforeAll(() => withTexts(loadLocale("en"), "settings"));

test("a rhythm within the rules has no faults", () => {
    expect(faultsOf(classic, ["Mornings"])).toEqual({});
    const edges = { name: "x", workMinutes: "5", shortBreakMinutes: "1", longBreakMinutes: "5", cycles: "12" };
    expect(faultsOf(edges, [])).toEqual({});
});

test.each([
    [{ name: "" }, "name", "Give the rhythm a name."],
    [{ name: "MORNINGS" }, "name", "You have a rhythm of this name. Choose another one."],
    [{ workMinutes: "4" }, "workMinutes", "Enter a whole number from 5 to 240."],
    [{ workMinutes: "25.5" }, "workMinutes", "Enter a whole number from 5 to 240."],
    [{ workMinutes: "" }, "workMinutes", "Enter a whole number from 5 to 240."],
    [{ cycles: "13" }, "cycles", "Enter a whole number from 1 to 12."],
    [{ longBreakMinutes: "26" }, "longBreakMinutes", "A break can't be longer than the work."],
])("what isn't right is said beside the field: %o", (change, field, sentence) => {
    expect(faultsOf({ ...classic, ...change }, ["Mornings"])).toEqual({ [field]: sentence });
});
