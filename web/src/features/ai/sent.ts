/** What was sent to a model, in words; as the server says it where it isn't known here. */
import { formatList, has, m, type MessageKey } from "../../platform/messages.ts";
import type { Sent } from "./requests.ts";

function textOf(key: string, otherwise: string): string {
    return has(key) ? m(key as Extract<MessageKey, "settings.ai.sent">) : otherwise;
}

const FEATURES: Readonly<Record<string, string>> = {
    taskify: "ai.break",
    breakdown: "ai.split",
    tutor: "settings.ai.tutor",
    questions: "practice.title",
};

/** Why it was sent. */
export function featureText(feature: string): string {
    return textOf(FEATURES[feature] ?? "", feature);
}

/** The provider that needs no network. */
export const BUILT_IN = "built in";

/** To whom it was sent. */
export function providerText(provider: string): string {
    return provider === BUILT_IN ? m("settings.ai.provider.built_in") : provider;
}

/** Whose message it is. */
export function roleText(role: string): string {
    return textOf(`settings.ai.role.${role}`, role);
}

/** What of the student's it contains. */
export function kindsText(kinds: readonly string[]): string {
    const names = formatList(kinds.map((kind) => textOf(`settings.ai.kind.${kind}`, kind)));
    return m("settings.ai.contains", { kinds: names });
}

/** How it went: the tokens that it took, and how it ended if it wasn't with an answer. */
export function outcomeText({ tokens, outcome }: Pick<Sent, "tokens" | "outcome">): string {
    if (outcome === null) return m("settings.ai.outcome.running");
    const ended = textOf(`settings.ai.outcome.${outcome}`, m("settings.ai.outcome.failed"));
    const how = outcome === "answered" ? "" : ended;
    return [tokens === null ? "" : m("settings.ai.tokens", { count: tokens }), how].filter(Boolean).join(" · ");
}
