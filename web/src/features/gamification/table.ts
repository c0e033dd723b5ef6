import { type Kept, type Rows, rowsOf, type Table } from "../../sync/kinds.ts";
import type { components } from "../../sync/openapi.d.ts";

export type Points = components["schemas"]["Points"] & Kept;
type PointsChanged = components["schemas"]["PointsChanged"];

/** The one row of points. */
export const POINTS = "points";

export const points: Table<Points> = {
    name: "points",
    async *read(reader) {
        const said = await reader.get<object>("/api/gamification/points");
        yield rowsOf("points", [{ ...said, id: POINTS, version: 0 }]);
    },
    events: {
        "points.changed": (rows: Rows<Points>, { total, level }: PointsChanged) => rows.patch(POINTS, { total, level }),
    },
    // The event doesn't say the next level, nor the recent entries.
    late: true,
    refreshOn: ["points.changed"],
};
