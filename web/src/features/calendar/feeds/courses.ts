/** The subjects that can be chosen for a course. */
import { m } from "../../../platform/messages.ts";
import type { View } from "../../../sync/store.ts";
import { activeSubjects } from "../../subjects/rules.ts";
import { subjects } from "../../subjects/table.ts";
import type { Course } from "./requests.ts";

/** Chosen so that tasks of a course have no subject. */
export const NO_SUBJECT = "none";
const UNDECIDED = "";

/** What is chosen for a course. */
export function choiceOf({ chosen, subjectId }: Course): string {
    if (!chosen) return UNDECIDED;
    return subjectId ?? NO_SUBJECT;
}

export function courseChoices(view: View, { chosen, subjectId }: Course): { value: string; label: string }[] {
    const active = activeSubjects(view);
    const archived = active.some(({ id }) => id === subjectId) ? undefined : view.get(subjects, subjectId);
    return [
        ...(chosen ? [] : [{ value: UNDECIDED, label: m("calendar.courses.subject.undecided") }]),
        { value: NO_SUBJECT, label: m("calendar.courses.subject.none") },
        ...(archived ? [archived, ...active] : active).map(({ id, name }) => ({ value: id, label: name })),
    ];
}
