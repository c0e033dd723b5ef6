/** Practice questions: asked of the API, and never kept. */
import type { Request } from "../../../sync/kinds.ts";
import type { components } from "../../../sync/openapi.d.ts";

type Schemas = components["schemas"];

export type QuestionSet = Schemas["QuestionSet"];
export type Question = Schemas["Question"];
export type NewQuestions = Partial<Schemas["NewQuestions"]>;

/** A model may take a minute, which the server's own limit exceeds a little. */
const TIMEOUT = 70_000;
const PATH = "/api/ai/practice-questions";

export const createQuestions = (body: NewQuestions, signal: AbortSignal): Request => ({
    method: "POST",
    path: PATH,
    body,
    timeout: TIMEOUT,
    signal,
});

export const listQuestions = (cursor: string | null): Request => ({
    method: "GET",
    path: PATH,
    query: { limit: 20, cursor },
});

export const readQuestions = (id: string): Request => ({ method: "GET", path: `${PATH}/${id}` });

/** The first answer to a question counts. */
export const answerQuestion = (id: string, index: number, answer: string): Request => ({
    method: "POST",
    path: `${PATH}/${id}/answers`,
    body: { index, answer },
});

export const deleteQuestions = (id: string): Request => ({ method: "DELETE", path: `${PATH}/${id}` });
