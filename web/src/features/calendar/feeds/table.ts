import { type Kept, removes, type Rows, rowsOf, type Table } from "../../../sync/kinds.ts";
import type { components } from "../../../sync/openapi.d.ts";

type Schemas = components["schemas"];
/** A calendar that the student subscribes to, and how it was last read. */
export type Feed = Schemas["Feed"] & Kept;

export const feeds: Table<Feed> = {
    name: "feeds",
    indexes: { subjectId: (feed) => feed.subjectId },
    async *read(reader) {
        const { items } = await reader.get<Schemas["Feeds"]>("/api/calendar/feeds");
        yield rowsOf("feeds", items.map(feedRow));
    },
    late: true,
    events: {
        "feed.updated": (rows: Rows<Feed>, data: Schemas["Feed"]) => rows.put(feedRow(data)),
        "feed.deleted": removes,
        "subject.deleted": (rows: Rows<Feed>, { id }: { id: string }) => {
            for (const feed of rows.by("subjectId", id)) rows.patch(feed.id, { subjectId: null });
        },
    },
};

export function feedRow(said: Schemas["Feed"]): Feed {
    return { ...said, version: 0 };
}
