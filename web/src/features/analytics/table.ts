import { type Kept, type Rows, rowsOf, type Table } from "../../sync/kinds.ts";
import type { components } from "../../sync/openapi.d.ts";

type Schemas = components["schemas"];
export type DayProgress = Schemas["DayProgress"] & Kept;
/** The last answer for a range; its id is the range. */
export type Overview = Schemas["Overview"] & Kept;
export type Range = "day" | "week" | "month" | "year";

const RANGES = ["week", "month", "year"] as const;

/** Progress by local day. They come with the overview of the year. */
export const days: Table<DayProgress> = {
    name: "days",
    async *read() {},
    events: {
        "progress.updated": (rows: Rows<DayProgress>, data: Schemas["DayProgress"]) => rows.put(dayRow(data)),
    },
};

export const overviews: Table<Overview> = {
    name: "overviews",
    async *read(reader) {
        const read = (range: string) => reader.get<Schemas["Overview"]>("/api/analytics/overview", { range });
        for (const [range, said] of await Promise.all(RANGES.map(async (one) => [one, await read(one)] as const))) {
            yield rowsOf("overviews", [{ ...said, id: range, version: 0 } as Overview]);
            if (range === "year") yield rowsOf("days", said.days.map(dayRow));
        }
    },
    events: {},
    late: true,
    refreshOn: ["progress.updated"],
};

export function dayRow(said: Schemas["DayProgress"]): DayProgress {
    return { ...said, id: said.day, version: 0 };
}
