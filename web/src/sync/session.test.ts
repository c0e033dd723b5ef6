import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

import { Api, SessionEnded } from "./api.ts";
import { SCHEMA } from "./model.ts";
import { Session } from "./session.ts";
import { Sync } from "./sync.ts";

const PASSWORD = { email: "ann@example.org", password: "correct horse battery staple" };

let server: Server;
let origin: string;
/** Who the cookie of the browser belongs to. */
let cookie: string;
/** Requests as "who path". */
let asked: string[];
/** Seconds for which tokens are good. */
let lasts: number;
/** Called before a refresh is answered. */
let refreshing: () => Promise<unknown>;

beforeAll(async () => {
    server = createServer((request, response) => {
        request.resume();
        void answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());
beforeEach(() => {
    [cookie, asked, lasts, refreshing] = ["ann", [], 900, () => Promise.resolve()];
});

async function answer({ url, headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    asked.push(`${headers.authorization ?? "nobody"} ${url}`);
    if (url === "/api/auth/refresh") await refreshing();
    const enters = url === "/api/auth/login" || url === "/api/auth/refresh";
    const known = headers.authorization?.endsWith("fresh");
    // The first tokens are refused, so that they have to be renewed.
    const token = `${cookie}${url === "/api/auth/refresh" ? " fresh" : ""}`;
    const body = enters ? { user: { id: cookie }, accessToken: token, expiresIn: lasts } : { code: "sign_in_needed" };
    response.writeHead(enters || known ? 200 : 401, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
}

test("what is asked for one student is never asked as another, who signed in elsewhere in the browser", async () => {
    const sync = new Sync(SCHEMA, origin);
    await sync.session.signIn(PASSWORD);
    cookie = "bob";
    await expect(sync.call({ method: "POST", path: "/api/users/export" })).rejects.toThrow(SessionEnded);
    expect(asked.filter((one) => one.endsWith("/export"))).toEqual(["Bearer ann /api/users/export"]);
    expect([sync.session.state, sync.session.user?.id]).toEqual(["signed-in", "bob"]);
    await sync.call({ method: "POST", path: "/api/users/export" });
    expect(asked).toContain("Bearer bob fresh /api/users/export");
    await sync.stop();
});

test("an answer that comes after signing out doesn't sign in again", async () => {
    const session = new Session(new Api(origin), () => undefined);
    const entered: string[] = [];
    session.onUser = ({ id }) => entered.push(id);
    refreshing = async () => session.forget();
    await expect(session.resume()).rejects.toThrow(SessionEnded);
    expect([session.state, session.user, entered]).toEqual(["signed-out", null, []]);
});

test("an answer for whoever was here before doesn't replace the one who has signed in since", async () => {
    const session = new Session(new Api(origin), () => undefined);
    refreshing = async () => {
        cookie = "bob";
        await session.signIn(PASSWORD);
        cookie = "ann";
    };
    await session.resume().catch(() => undefined);
    expect(session.user?.id).toBe("bob");
});

test("signing out ends one's own session, not that of whoever signed in since", async () => {
    const session = new Session(new Api(origin), () => undefined);
    lasts = 1;
    await session.signIn(PASSWORD);
    await session.endAtServer();
    expect(asked.at(-1)).toBe("Bearer ann fresh /api/auth/logout");
    cookie = "bob";
    await session.endAtServer();
    await new Session(new Api(origin), () => undefined).endAtServer("ann"); // at the next start
    expect(asked.filter((one) => one.endsWith("/logout"))).toEqual(["Bearer ann fresh /api/auth/logout"]);
});
