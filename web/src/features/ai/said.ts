/** What the tutor did and said, in words. */
import { has, m, type MessageKey } from "../../platform/messages.ts";
import type { Exchange } from "./exchange.ts";

/** "Hint 2"; a move that isn't known here as the server says it. */
export function moveText({ move, hintLevel }: Pick<Exchange, "move" | "hintLevel">): string {
    if (move === null) return "";
    if (move === "hint") return hintLevel ? m("tutor.move.hint", { level: hintLevel }) : m("tutor.move.hint.first");
    const key = `tutor.move.${move}`;
    return has(key) ? m(key as Extract<MessageKey, "tutor.move.ask">) : move;
}

/** A response that has ended, as it is read aloud: once, and without the signs of Markdown. */
export function endText(exchange: Exchange): string {
    const text = exchange.response.replaceAll(/[*`#]/g, "").trim();
    const said = m("tutor.said", { move: moveText(exchange), text });
    const notes = [
        exchange.replaced ? m("tutor.replaced") : "",
        exchange.state === "stopped" ? m("tutor.stopped") : "",
        exchange.state === "cut" ? m("tutor.cut") : "",
    ];
    return [said, ...notes].filter(Boolean).join(" ");
}
