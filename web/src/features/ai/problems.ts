/** Why there is no proposal, and what to do. */
import type { App } from "../../app/context.ts";
import { has, m, type MessageKey } from "../../platform/messages.ts";
import { formatTime } from "../../platform/time.ts";
import { NoAnswer, Problem, SessionEnded } from "../../sync/api.ts";
import { zoneOf } from "../auth/rules.ts";
import { readUsage, type Usage } from "./requests.ts";

/** The text of a fault that a request ended with; faults of the program are thrown on. */
export function problemOf(fault: unknown): string {
    if (fault instanceof SessionEnded) return ""; // the app leads to the sign-in
    if (fault instanceof NoAnswer) return m("auth.problem.no_answer");
    if (!(fault instanceof Problem)) throw fault;
    const key = `ai.problem.${fault.code}`;
    if (has(key)) return m(key as Extract<MessageKey, "ai.problem.no_such_task">);
    if (fault.status === 429) return m("ai.problem.wait", { count: fault.retryAfter ?? 60 });
    return fault.status >= 500 ? m("ai.problem.server") : fault.message;
}

/** Whether what was asked for isn't there: deleted elsewhere, or an address that nobody gave. */
export function isMissing(fault: unknown): boolean {
    return fault instanceof Problem && (fault.status === 404 || fault.status === 422);
}

/** The text of a fault of a message to the tutor: when the tokens of today are used up, it says when there are new ones. */
export async function tutorProblemOf(app: App, fault: unknown): Promise<string> {
    if (fault instanceof NoAnswer) return m("tutor.problem.no_answer");
    if (!(fault instanceof Problem && fault.code === "tokens_used_up")) return problemOf(fault);
    try {
        const { resetsAt } = await app.call<Usage>(readUsage());
        return m("tutor.problem.used_up", { time: formatTime(resetsAt, app.see(zoneOf).timeZone) });
    } catch {
        return m("tutor.problem.used_up.today");
    }
}
