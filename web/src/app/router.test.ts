import { expect, test } from "vitest";

import type { Route } from "./feature.ts";
import { find, staysInApp, unhash, within } from "./router.ts";

const route = (path: string) => ({ path, title: "app.name", screen: () => Promise.reject() }) as unknown as Route;
const routes = ["/", "/tasks", "/tasks/:id", "/week/:week?", "/settings/:part*"].map(route);

test.each([
    ["/", "/", {}],
    ["/tasks", "/tasks", {}],
    ["/tasks/0190-ab", "/tasks/:id", { id: "0190-ab" }],
    ["/week", "/week/:week?", {}],
    ["/week/2030-W05", "/week/:week?", { week: "2030-W05" }],
    ["/settings/look/colour", "/settings/:part*", { part: "look/colour" }],
])("%s is found", (path, pattern, params) => {
    expect(find(routes, path)).toMatchObject({ route: { path: pattern }, params });
});

test("what nobody brings is not found", () => {
    expect(find(routes, "/nowhere")).toBeUndefined();
    expect(find(routes, "/tasks/1/2")).toBeUndefined();
});

test("parts of a path are decoded, and broken ones left as they are", () => {
    expect(find(routes, "/tasks/a%20b")?.params).toEqual({ id: "a b" });
    expect(find(routes, "/tasks/%E0%A4%A")?.params["id"]).toBe("%E0%A4%A");
});

test("secrets of mails leave the address", () => {
    expect(unhash(new URL("https://teddy.example/#/reset-password?token=a.b-c"))).toEqual({
        address: "/reset-password",
        state: { token: "a.b-c" },
    });
    expect(unhash(new URL("https://teddy.example/tasks#main"))).toBeNull();
});

const ELSEWHERE = [
    "//evil.example/x",
    "/\\evil.example/x",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n\\evil.example",
    "/.//evil.example",
    "/tasks/..//evil.example",
    "/%2e//evil.example",
    "https://evil.example",
    "https://teddy.example@evil.example",
    "https://teddy.example.evil.example",
    "javascript:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,x",
    "blob:https://teddy.example/1",
    "//[",
    "http://",
];

test.each(ELSEWHERE)("%j leads out of the app or nowhere", (address) => {
    expect(within("https://teddy.example", address)).toBeNull();
    expect(unhash(new URL(`https://teddy.example/#${address}`))).toBeNull();
});

test.each([undefined, null, 7, {}, ["/tasks"]])("%j is no address", (address) => {
    expect(within("https://teddy.example", address)).toBeNull();
});

test("an address of the app stays what it is", () => {
    for (const address of ["/", "/tasks?view=board", "/week/2030-W05#x", "/subjects/a%2Fb"]) {
        expect(within("https://teddy.example", address)?.href).toBe(`https://teddy.example${address}`);
    }
});

test("the app shows its own addresses; the browser loads what is anew, or isn't the app's", () => {
    const going = { navigationType: "push", hashChange: false, downloadRequest: null, formData: null } as const;
    const [tasks, file] = [new URL("https://teddy.example/tasks"), new URL("https://teddy.example/api/tasks")];
    expect(staysInApp(going, tasks)).toBe(true);
    expect(staysInApp({ ...going, navigationType: "traverse" }, tasks)).toBe(true);
    expect(staysInApp({ ...going, navigationType: "reload" }, tasks)).toBe(false);
    expect(staysInApp({ ...going, hashChange: true }, tasks)).toBe(false);
    expect(staysInApp({ ...going, downloadRequest: "waves.pdf" }, tasks)).toBe(false);
    expect(staysInApp(going, file)).toBe(false);
});
