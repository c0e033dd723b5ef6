/** Pure questions about practice questions. */
import type { Cited } from "../material/rules.ts";
import type { NewQuestions, Question, QuestionSet } from "./requests.ts";

/** Characters of a text that can be asked about. */
export const MAX_TEXT = 20_000;
export const COUNTS = [3, 5, 10] as const;

type Questions = Pick<QuestionSet, "questions">;

export const isAnswered = ({ given }: Pick<Question, "given">): boolean => given !== null;

/** How many were answered rightly, and how many were answered. */
export function scoreOf({ questions }: Questions): { right: number; answered: number; all: number } {
    return {
        right: questions.filter(({ right }) => right === true).length,
        answered: questions.filter(isAnswered).length,
        all: questions.length,
    };
}

/** The first open question from a place on, then from the beginning; the number of questions if all are answered. */
export function nextOf({ questions }: Questions, from = 0): number {
    const open = questions.flatMap((question, index) => (isAnswered(question) ? [] : [index]));
    return open.find((index) => index >= from) ?? open[0] ?? questions.length;
}

/** What a place of the form, `task:…` or `subject:…`, is for the API. */
export function sourceOf(place: string): NewQuestions {
    const [kind, id = ""] = place.split(":");
    return kind === "subject" ? { subjectId: id } : { taskId: id };
}

/** Where the quote of an answered question stands; null for a text, and for questions of earlier versions. */
export function citedOf({ title, page, quote, attachmentId, start, end }: Question): Cited | null {
    if (!attachmentId || typeof start !== "number" || typeof end !== "number") return null;
    return { text: quote ?? "", title, page, attachmentId, taskId: null, subjectId: null, start, end };
}
