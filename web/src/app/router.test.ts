import { expect, test } from "vitest";

import type { Route } from "./feature.ts";
import { find, staysInApp, unhash } from "./router.ts";

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

test("what follows the # cannot lead to another site", () => {
    for (const hash of ["#//evil.example/x", "#/\\evil.example/x", "#/\t/evil.example"]) {
        const found = unhash(new URL(`https://teddy.example/${hash}`));
        expect(found === null || (found.address.startsWith("/") && !found.address.startsWith("//"))).toBe(true);
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
