import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { Api, NoAnswer, Problem, SessionEnded } from "./api.ts";

type Answerer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

let server: Server;
let answer: Answerer;
let api: Api;
let renewals: string[];

beforeAll(async () => {
    server = createServer((request, response) => {
        let body = "";
        request.on("data", (part: Buffer) => (body += part.toString()));
        request.on("end", () => answer(request, response, body));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
});
afterAll(() => void server.close());

beforeEach(() => {
    renewals = [];
    const tokens = {
        get: async () => "old",
        renew: async (refused: string) => {
            renewals.push(refused);
            return "new";
        },
    };
    api = new Api(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, tokens);
});

function say(status: number, body: unknown, headers: Record<string, string> = {}): Answerer {
    return (_, response) => {
        response.writeHead(status, { "content-type": "application/json", ...headers });
        response.end(body === null ? "" : JSON.stringify(body));
    };
}

const GET = { method: "GET", path: "/api/tasks" } as const;

describe("reads of the same turn", () => {
    const asked: string[][] = [];
    const oneByOne: string[] = [];
    beforeEach(() => {
        asked.length = oneByOne.length = 0;
        answer = (request, response, body) => {
            if (request.method === "GET") {
                oneByOne.push(request.url!);
                return say(200, request.url)(request, response, body);
            }
            const { paths } = JSON.parse(body) as { paths: string[] };
            asked.push(paths);
            const missing = { code: "not_found", title: "Not found", detail: "Gone." };
            const items = paths.map((path) =>
                path.endsWith("/gone") ? { status: 404, body: missing } : { status: 200, body: path },
            );
            say(200, { items })(request, response, body);
        };
    });

    test("are one request, in the order in which they were asked for", async () => {
        const reader = api.reader(0);
        const found = await Promise.all([reader.get("/api/b", { since: 1 }), reader.get("/api/a")]);
        expect(found).toEqual(["/api/b?since=1", "/api/a"]);
        expect(asked).toEqual([["/api/b?since=1", "/api/a"]]);
    });

    test("fail each for itself", async () => {
        const reader = api.reader(0);
        const [gone, found] = await Promise.allSettled([reader.get("/api/gone"), reader.get("/api/a")]);
        expect(gone.status === "rejected" && gone.reason).toMatchObject({ code: "not_found", status: 404 });
        expect(found).toMatchObject({ value: "/api/a" });
    });

    test("are as many requests as the server takes at once, and one alone is itself", async () => {
        const reader = api.reader(0);
        const paths = Array.from({ length: 11 }, (_, n) => `/api/${n}`);
        expect(await Promise.all(paths.map((path) => reader.get(path)))).toEqual(paths);
        expect([asked, oneByOne]).toEqual([[paths.slice(0, 10)], ["/api/10"]]);
    });

    test("are read in order also where they are several requests", async () => {
        const arrived: string[] = [];
        const answers = answer;
        answer = (request, response, body) => {
            arrived.push(`${request.method} asked`);
            setTimeout(() => {
                arrived.push(`${request.method} answered`);
                answers(request, response, body);
            }, 30);
        };
        const reader = api.reader(0);
        await Promise.all(Array.from({ length: 11 }, (_, n) => reader.get(`/api/${n}`)));
        expect(arrived).toEqual(["POST asked", "POST answered", "GET asked", "GET answered"]);
    });

    test("fail together when no answer comes", async () => {
        answer = say(502, null);
        const reader = api.reader(0);
        for (const { reason } of (await Promise.allSettled([
            reader.get("/api/a"),
            reader.get("/api/b"),
        ])) as PromiseRejectedResult[]) {
            expect(reason).toBeInstanceOf(NoAnswer);
        }
    });
});

describe("a request", () => {
    test("says who asks, what it is based on, and its key", async () => {
        let seen: IncomingMessage | undefined;
        let sent = "";
        answer = (request, response, body) => {
            [seen, sent] = [request, body];
            say(200, { ok: true })(request, response, body);
        };
        const { data } = await api.send({
            method: "PATCH",
            path: "/api/tasks/1",
            query: { scope: "this", status: ["a", "b"], cursor: null },
            body: { title: "x" },
            ifMatch: 7,
            key: "k",
        });
        expect(data).toEqual({ ok: true });
        expect(seen?.url).toBe("/api/tasks/1?scope=this&status=a&status=b");
        expect(seen?.headers).toMatchObject({
            authorization: "Bearer old",
            "if-match": '"v7"',
            "idempotency-key": "k",
            "content-type": "application/json",
        });
        expect(sent).toBe('{"title":"x"}');
    });

    test("reads all pages of a list", async () => {
        answer = (request, response, body) => {
            const cursor = new URL(request.url!, "http://x").searchParams.get("cursor");
            say(200, cursor ? { items: [3], nextCursor: null } : { items: [1, 2], nextCursor: "c" })(
                request,
                response,
                body,
            );
        };
        const found: number[] = [];
        for await (const page of api.reader(0).pages<number>("/api/tasks")) found.push(...page);
        expect(found).toEqual([1, 2, 3]);
    });
});

describe("an answer", () => {
    test("that refuses the token is asked again with a new one, once", async () => {
        answer = (request, response, body) =>
            request.headers.authorization === "Bearer new"
                ? say(200, 1)(request, response, body)
                : say(401, { code: "sign_in_needed" })(request, response, body);
        expect((await api.send(GET)).data).toBe(1);
        expect(renewals).toEqual(["old"]);
        answer = say(401, { code: "sign_in_needed" });
        await expect(api.send(GET)).rejects.toThrow(Problem);
        expect(renewals).toEqual(["old", "old"]);
    });

    test.each(["bad_code", "bad_credentials"])(
        "that refuses what the student typed is asked for once: %s",
        async (code) => {
            let asked = 0;
            answer = (request, response, body) => say(401, { code }, (asked++, {}))(request, response, body);
            await expect(api.send(GET)).rejects.toMatchObject({ facts: { code } });
            expect([asked, renewals]).toEqual([1, []]);
        },
    );

    test("of an ended session is told apart", async () => {
        answer = say(401, { code: "session_ended" });
        await expect(api.send(GET)).rejects.toThrow(SessionEnded);
        await expect(new Api("http://127.0.0.1:1").send(GET)).rejects.toThrow(SessionEnded);
    });

    test("with a problem has its words, within bounds", async () => {
        const errors = Array.from({ length: 500 }, () => ({ pointer: "/title", code: "x", detail: "y".repeat(5000) }));
        const body = { code: "invalid", title: 5, detail: "z".repeat(5000), errors: [...errors, null, 7] };
        answer = say(422, body, { "retry-after": "12" });
        const problem = await api.send(GET).catch((fault: unknown) => fault as Problem);
        expect(problem).toBeInstanceOf(Problem);
        const { facts, retryAfter } = problem as Problem;
        expect(facts).toMatchObject({ status: 422, code: "invalid", title: "" });
        expect([facts.detail.length, facts.errors.length, facts.errors[0]!.detail.length]).toEqual([1000, 100, 1000]);
        expect(retryAfter).toBe(12);
    });

    test.each<[string, Answerer]>([
        ["of a proxy without a problem", say(502, null)],
        ["that is HTML", (_, response) => response.end("<html>")],
        ["that redirects", (_, response) => response.writeHead(302, { location: "/login" }).end()],
        ["that breaks off", (request) => request.socket.destroy()],
        ["with another list as a problem", say(400, ["code"])],
    ])("%s is none", async (_, answers) => {
        answer = answers;
        await expect(api.send(GET)).rejects.toThrow(NoAnswer);
    });

    test("that takes too long is none; one that nobody waits for any more says so", async () => {
        answer = () => undefined;
        await expect(api.send({ ...GET, timeout: 30 })).rejects.toThrow(NoAnswer);
        const leaving = new AbortController();
        setTimeout(() => leaving.abort(), 20);
        await expect(api.send({ ...GET, signal: leaving.signal })).rejects.toThrow("abort");
    });
});
