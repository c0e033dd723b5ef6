/** Opens what this device keeps, and shows the app. */
import "./style/tokens.css";
import "./style/base.css";
import "./style/print.css";

import { mount } from "svelte";

import App from "./app/App.svelte";
import { clientOf } from "./app/client.ts";
import { features } from "./app/features.ts";
import { find } from "./app/router.ts";
import { Shell } from "./app/shell.svelte.ts";
import { languageOf, preferencesKept } from "./features/auth/rules.ts";
import { SCHEMA } from "./features/schema.ts";
import { loadLocale, m } from "./platform/messages.ts";
import { Opening } from "./platform/opening.ts";
import { Updates } from "./platform/updates.ts";
import { SessionEnded } from "./sync/api.ts";
import { DiskRefused } from "./sync/database.ts";
import { Sync } from "./sync/sync.ts";

// What will most likely be shown is loaded while the disk and the session are opened. If it fails, it is tried again then.
const routes = features.flatMap((feature) => feature.routes ?? []);
for (const early of [find(routes, location.pathname)?.route.screen(), loadLocale(navigator.language)]) {
    early?.catch(() => undefined);
}

const sync = new Sync(SCHEMA);
const opening = new Opening(() => sync.distrust());
await opening.run(async () => {
    await sync.start();
    await loadLocale(languageOf(preferencesKept(sync.store)?.language, sync.session.user?.locale, navigator.language));
});

const shell = new Shell(clientOf(sync), features);
const updates = new Updates({
    idle: () => sync.idle,
    changed: () => (shell.update = updates.ready ? () => updates.apply() : null),
});
sync.onBuild = (build) => updates.check(build);
sync.onOutdated = () => updates.outdated();
sync.onLock = () => document.activeElement instanceof HTMLElement && document.activeElement.blur(); // fields save then
addEventListener("unhandledrejection", (event) => {
    // Both are no faults: the student is told, of a session that has ended by the door.
    if (event.reason instanceof DiskRefused) shell.app.toast(m(shell.update ? "app.update.ready" : "app.status.full"));
    else if (!(event.reason instanceof SessionEnded)) return;
    event.preventDefault();
});
if (import.meta.env.PROD) void updates.start();

mount(App, { target: document.querySelector("#app")!, props: { shell } });
