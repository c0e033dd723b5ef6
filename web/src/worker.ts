/**
 * The service worker: keeps the shell, all files of one build, and answers navigation with it.
 *
 * It never keeps an answer of the API: what is private lies in IndexedDB only. A new worker waits until the student says
 * so, or until nobody looks (`platform/updates.ts`).
 */
import {
    cleanupOutdatedCaches,
    createHandlerBoundToURL,
    precacheAndRoute,
    type PrecacheEntry,
} from "workbox-precaching";
import { NavigationRoute, registerRoute } from "workbox-routing";

import type { Take } from "./platform/updates.ts";

interface Client {
    readonly visibilityState: "hidden" | "visible";
}

/** What we use of a worker's world; the types of the page are others. */
interface Worker {
    readonly clients: {
        matchAll(options: { type: "window"; includeUncontrolled: boolean }): Promise<readonly Client[]>;
        claim(): Promise<void>;
    };
    skipWaiting(): Promise<void>;
    addEventListener(type: string, listener: (event: WorkerEvent) => void): void;
}

interface WorkerEvent {
    readonly data: unknown;
    waitUntil(done: Promise<unknown>): void;
}

declare const self: Worker;
declare const SHELL_FILES: PrecacheEntry[];

const SHELL = "/index.html";
/** Paths that belong to the API. */
const API = [/^\/(?:api|ws|health|metrics)(?:\/|$)/, /^\/assets\//];

precacheAndRoute(SHELL_FILES, { cleanURLs: false, directoryIndex: "" });
cleanupOutdatedCaches();
registerRoute(new NavigationRoute(createHandlerBoundToURL(SHELL), { denylist: API }));

self.addEventListener("message", (event) => event.waitUntil(take(event.data as Take)));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

async function take(asked: Take): Promise<void> {
    if (asked === "take over" || (asked === "take over unseen" && (await isUnseen()))) await self.skipWaiting();
}

async function isUnseen(): Promise<boolean> {
    const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    return pages.every(({ visibilityState }) => visibilityState === "hidden");
}
