import { describe, expect, test } from "vitest";

import { NoAnswer } from "../../sync/api.ts";
import { EventParser, eventsOf, type ServerEvent } from "./events.ts";

const TEXT = [
    ": a comment",
    "",
    "id: m/1",
    "event: meta",
    'data: {"chatId":"c"}',
    "",
    "id: m/2",
    "event: delta",
    'data: {"text":"Größe 🧪 المسألة"}',
    "",
    "data: one",
    "data: two",
    "retry: 10",
    "unknown: field",
    "",
    "event: nothing",
    "",
    "data",
    "",
    "data: never ended",
].join("\n");
const EVENTS: ServerEvent[] = [
    { id: "m/1", name: "meta", data: '{"chatId":"c"}' },
    { id: "m/2", name: "delta", data: '{"text":"Größe 🧪 المسألة"}' },
    { id: "m/2", name: "message", data: "one\ntwo" },
    { id: "m/2", name: "message", data: "" },
];

async function read(pieces: Iterable<Uint8Array>): Promise<ServerEvent[]> {
    const found = [];
    for await (const event of eventsOf(streamOf(pieces))) found.push(event);
    return found;
}

function streamOf(pieces: Iterable<Uint8Array>, fault?: Error): ReadableStream<Uint8Array> {
    return new ReadableStream({
        start(controller) {
            for (const piece of pieces) controller.enqueue(piece);
            if (fault) controller.error(fault);
            else controller.close();
        },
    });
}

describe.each(["\n", "\r\n", "\r"])("events whose lines end with %j", (end) => {
    const bytes = new TextEncoder().encode(TEXT.replaceAll("\n", end));

    test("are the same wherever the stream is cut once", async () => {
        for (let at = 0; at <= bytes.length; at++) {
            expect(await read([bytes.slice(0, at), bytes.slice(at)])).toEqual(EVENTS);
        }
    });

    test("are the same when each byte comes alone", async () => {
        expect(await read(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(EVENTS);
    });
});

test("an event is given as soon as its empty line has come", () => {
    const parser = new EventParser();
    expect(parser.push("data: a\n")).toEqual([]);
    expect(parser.push("\ndata: b")).toEqual([{ id: "", name: "message", data: "a" }]);
});

test("a byte order mark at the beginning is no part of a name", async () => {
    expect(await read([new TextEncoder().encode("\uFEFFevent: done\ndata: {}\n\n")])).toEqual([
        { id: "", name: "done", data: "{}" },
    ]);
});

test("a lost connection is told after the events that came", async () => {
    const broken = streamOf([], new TypeError("network error"));
    await expect(eventsOf(broken).next()).rejects.toBeInstanceOf(NoAnswer);
});

test("who stops reading closes the connection", async () => {
    let cancelled = false;
    const stream = new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(new TextEncoder().encode("data: x\n\n")),
        cancel: () => {
            cancelled = true;
        },
    });
    for await (const event of eventsOf(stream)) if (event.data === "x") break;
    expect(cancelled).toBe(true);
});
