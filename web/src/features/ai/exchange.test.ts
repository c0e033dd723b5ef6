import { expect, test } from "vitest";

import type { ServerEvent } from "./events.ts";
import type { ChatMessage } from "./requests.ts";
import { begun, exchangeOf, levelReached, metaOf, take } from "./exchange.ts";

const KEPT: ChatMessage = {
    id: "m",
    chatId: "c",
    message: "Why?",
    response: "Which rule fits? [1]",
    context: ["task"],
    move: "hint",
    hintLevel: 3,
    replaced: false,
    outcome: "answered",
    citations: [
        {
            attachmentId: "a",
            title: "Notes",
            page: 3,
            text: "A rule.",
            start: 0,
            end: 7,
            taskId: null,
            subjectId: null,
        },
    ],
    tokensUsed: 9,
    createdAt: "2030-01-01T00:00:00Z",
};
const NOWHERE = { attachmentId: null, taskId: null, subjectId: null, start: 0, end: 0 };
const event = (name: string, data: unknown): ServerEvent => ({
    id: "",
    name,
    data: typeof data === "string" ? data : JSON.stringify(data),
});
const after = (...events: ServerEvent[]) => events.reduce(take, begun("Why?"));

test("the events of a stream make a response", () => {
    const found = after(
        event("meta", { chatId: "c", messageId: "m", assessed: true }),
        event("move", { move: "hint", hintLevel: 2 }),
        event("delta", { text: "Which rule " }),
        event("delta", { text: "fits?" }),
        event("citations", {
            items: [
                { text: "A rule.", page: 3, title: "Notes" },
                { page: 1 },
                null,
                { text: "Mine.", page: null, title: "Task", taskId: "t", attachmentId: null, start: 4, end: 9 },
            ],
        }),
        event("done", { tokensUsed: 9, replaced: true, outcome: "answered" }),
    );
    expect(found).toEqual({
        id: "m",
        message: "Why?",
        response: "Which rule fits?",
        move: "hint",
        hintLevel: 2,
        replaced: true,
        citations: [
            { ...NOWHERE, text: "A rule.", page: 3, title: "Notes" },
            { ...NOWHERE, text: "Mine.", page: null, title: "Task", taskId: "t", start: 4, end: 9 },
        ],
        state: "complete",
    });
});

test.each([
    ["answered", "complete"],
    ["stopped", "stopped"],
    ["timeout", "cut"],
    [undefined, "cut"],
    [null, "cut"],
])("the outcome %s in the history is shown as %s, and live as an early end", (outcome, state) => {
    expect(after(event("done", { outcome })).state).toBe(outcome === "answered" ? "complete" : "cut");
    expect(exchangeOf({ ...KEPT, outcome: outcome ?? null }).state).toBe(state);
});

test("what isn't known or isn't right changes nothing", () => {
    const begin = begun("Why?");
    for (const name of ["ping", "delta", "move", "meta", "citations"]) {
        for (const data of ["", "no JSON", "null", "[]", "7", '{"text":5,"items":{},"move":null,"hintLevel":"x"}']) {
            expect(take(begin, event(name, data))).toEqual(begin);
        }
    }
    expect(take(begin, event("move", { move: "hint", hintLevel: 99 })).hintLevel).toBe(4);
});

test("the chat of a stream is known from its first event", () => {
    expect(metaOf(event("meta", { chatId: "c", assessed: false }))).toEqual({ chatId: "c", assessed: false });
    expect(metaOf(event("meta", { chatId: "c" }))).toEqual({ chatId: "c", assessed: true });
    expect(metaOf(event("meta", "no JSON"))).toBeUndefined();
    expect(metaOf(event("delta", { chatId: "c" }))).toBeUndefined();
});

test("the level of a chat is that of its last response", () => {
    const old = exchangeOf(KEPT);
    expect(levelReached([])).toBe(0);
    expect(levelReached([old, begun("And now?")])).toBe(3);
});

test("what is kept of a message has its sources too", () => {
    expect(exchangeOf(KEPT)).toMatchObject({
        state: "complete",
        citations: [{ ...NOWHERE, text: "A rule.", page: 3, title: "Notes", attachmentId: "a", end: 7 }],
    });
});
