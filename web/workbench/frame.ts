/** The frame without a server: what is kept is a sample, and nothing can be asked. */
import { mount } from "svelte";

import App from "../src/app/App.svelte";
import type { Client } from "../src/app/client.ts";
import type { Feature } from "../src/app/feature.ts";
import { features } from "../src/app/features.ts";
import { Shell } from "../src/app/shell.svelte.ts";
import { SCHEMA } from "../src/features/schema.ts";
import type { Kept } from "../src/sync/kinds.ts";
import { Store } from "../src/sync/store.ts";
import { asked, dress } from "./address.ts";
import DemoPill from "./DemoPill.svelte";

const store = new Store(SCHEMA);
const theme = asked.get("theme") ?? "system";
store.load([{ table: "preferences", row: { id: "preferences", version: 0, theme } as Kept }], [], 0);
const door = asked.get("door");
const nothing = () => Promise.reject(new Error("nothing can be asked here"));
const client: Client = {
    see: (read) => read(store),
    ask: nothing,
    askAll: nothing,
    undo: async () => false,
    decide: nothing,
    refresh: nothing,
    call: nothing,
    callAnonymously: async <A>() => ({ google: true }) as A,
    session: {
        state: door ? "signed-out" : "signed-in",
        user: null,
        signIn: nothing,
        register: nothing,
        finishGoogle: nothing,
        signOut: nothing,
    },
    status: {
        online: !asked.has("offline"),
        leader: true,
        waiting: asked.has("offline") ? 3 : 0,
        stored: asked.has("offline") ? 3 : 0,
        conflicts: asked.has("offline") ? 2 : 0,
        lastSync: null,
        complete: true,
        disk: "kept",
    },
};

const screen = () => import("./DemoScreen.svelte");
const demo: Feature = {
    name: "demo",
    pill: DemoPill,
    routes: [
        {
            path: "/",
            title: "app.go.today",
            screen,
            nav: { label: "app.go.today", icon: "today", bar: true, count: () => 5 },
        },
        { path: "/tasks", title: "app.go.tasks", screen, nav: { label: "app.go.tasks", icon: "tasks", bar: true } },
        { path: "/week", title: "app.go.week", screen, nav: { label: "app.go.week", icon: "week", bar: true } },
        { path: "/focus", title: "app.go.focus", screen, nav: { label: "app.go.focus", icon: "focus" } },
        { path: "/insights", title: "app.go.insights", screen, nav: { label: "app.go.insights", icon: "insights" } },
        {
            path: "/notifications",
            title: "app.go.notifications",
            screen,
            tool: { label: "app.go.notifications", icon: "notifications", count: () => 2 },
        },
        { path: "/settings", title: "app.go.settings", screen, tool: { label: "app.go.settings", icon: "settings" } },
    ],
    actions: [
        {
            id: "add",
            title: "app.search",
            group: "app.group.everywhere",
            icon: "plus",
            keys: ["a"],
            run: (app) => app.toast("Added: Read chapter 5, tomorrow at 15:00, 45 minutes.", true),
        },
    ],
};

await dress();
history.replaceState(null, "", door ?? asked.get("at") ?? "/");
mount(App, {
    target: document.querySelector("#app")!,
    props: { shell: new Shell(client, [demo, ...features]) },
});
