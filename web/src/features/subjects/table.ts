import { type Kept, removes, replaces, rowsOf, type Table } from "../../sync/kinds.ts";
import type { components } from "../../sync/openapi.d.ts";

export type Subject = components["schemas"]["Subject"] & Kept;
type Given = components["schemas"]["NewSubject"];
export type NewSubject = Partial<Given> & Pick<Given, "name" | "color">;
export type SubjectChanges = components["schemas"]["SubjectChanges"];

export const subjects: Table<Subject> = {
    name: "subjects",
    async *read(reader) {
        const read = [false, true].map((archived) => reader.pages<Subject>("/api/subjects", { archived }));
        for (const pages of read) for await (const page of pages) yield rowsOf("subjects", page);
    },
    events: { "subject.created": replaces, "subject.updated": replaces, "subject.deleted": removes },
    remake: ({ id: _id, version: _v, createdAt: _c, updatedAt: _u, archived: _a, ...subject }, id) => [
        { kind: "create_subject", id, body: subject },
    ],
};
