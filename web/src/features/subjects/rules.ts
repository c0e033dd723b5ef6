import { derived } from "../../sync/derived.ts";
import { type Subject, subjects } from "./table.ts";

/** The subjects in use, by name as the server sorts them. */
export const activeSubjects = derived((view) =>
    view
        .all(subjects)
        .filter((subject) => !subject.archived)
        .toSorted(byName),
);

export const archivedSubjects = derived((view) =>
    view
        .all(subjects)
        .filter((subject) => subject.archived)
        .toSorted(byName),
);

export function byName(a: Subject, b: Subject): number {
    const [one, other] = [a.name.toLowerCase(), b.name.toLowerCase()];
    return one < other ? -1 : one > other ? 1 : 0;
}
