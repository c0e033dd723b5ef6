/** Proposals, and what AI used: asked of the API, and never kept. */
import type { Request } from "../../sync/kinds.ts";
import type { components } from "../../sync/openapi.d.ts";

type Schemas = components["schemas"];

export type Proposal = Schemas["Proposal"];
export type Step = Schemas["Step"];
/** A step to save, with what the student changed. */
export type AcceptedStep = Pick<Schemas["AcceptedStep"], "index"> & Partial<Schemas["AcceptedStep"]>;
export type Accepted = Schemas["ListedTask"];
export type Usage = Schemas["Usage"];
export type Sent = Schemas["SentCall"];
export type Server = Schemas["AppInfo"];

/** A model may take a minute, which the server's own limit exceeds a little. */
const TIMEOUT = 70_000;

export const taskify = (body: Partial<Schemas["NewProposal"]>, signal: AbortSignal): Request => ({
    method: "POST",
    path: "/api/ai/taskify",
    body,
    timeout: TIMEOUT,
    signal,
});

export const breakDown = (body: Schemas["NewBreakdown"], signal: AbortSignal): Request => ({
    method: "POST",
    path: "/api/ai/breakdown",
    body,
    timeout: TIMEOUT,
    signal,
});

/** Saves steps; again, it saves nothing more. */
export const acceptProposal = (id: string, taskId: string, steps: readonly AcceptedStep[]): Request => ({
    method: "POST",
    path: `/api/ai/proposals/${id}/accept`,
    body: { taskId, steps },
});

export const readUsage = (): Request => ({ method: "GET", path: "/api/ai/usage" });

export const listSent = (cursor: string | null): Request => ({
    method: "GET",
    path: "/api/ai/sent",
    query: { limit: 20, cursor },
});

export type Chat = Schemas["Chat"];
export type ChatMessage = Schemas["ChatMessage"];
export type Move = ChatMessage["move"];
/** What a new chat is about; nothing of it in one that exists. */
export type About = Partial<Pick<Schemas["NewMessage"], "subjectId" | "taskId" | "assessed">>;
export interface Page<Item> {
    readonly items: readonly Item[];
    readonly nextCursor: string | null;
}

/** Sends a message to the tutor; with `after`, the id of an event, the rest of the response follows instead. */
export const askTutor = (
    body: { message: string; chatId?: string } & About,
    after: string,
    signal: AbortSignal,
): Request => ({
    method: "POST",
    path: "/api/ai/tutor",
    body,
    headers: { accept: "text/event-stream", ...(after && { "last-event-id": after }) },
    answers: "stream",
    timeout: TIMEOUT,
    signal,
});

export const listChats = (cursor: string | null): Request => ({
    method: "GET",
    path: "/api/ai/chats",
    query: { cursor },
});

export const listMessages = (chatId: string, cursor: string | null): Request => ({
    method: "GET",
    path: `/api/ai/chats/${chatId}`,
    query: { limit: 200, cursor },
});

export const deleteChat = (chatId: string): Request => ({ method: "DELETE", path: `/api/ai/chats/${chatId}` });
