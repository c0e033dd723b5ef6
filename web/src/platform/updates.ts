/**
 * New versions of the app. A new worker waits; it takes over when the student says so, or when no tab was visible for
 * five minutes, nothing waits to be sent and nothing typed would be lost.
 */

import type { TrustedTypePolicyFactory } from "trusted-types/lib/index.d.ts";

/** What a page asks of a waiting worker. */
export type Take = "take over" | "take over unseen";

const WORKER = "/sw.js";
const UNSEEN = 5 * 60_000;
/** Milliseconds until a new version that couldn't be had is asked for again. */
const AGAIN = 2_000;
const CHANNEL = "teddy:updates";
const RELOADED = "teddy.reloaded";

export interface UpdatesWorld {
    /** Whether nothing waits to be sent. */
    idle(): boolean;
    /** `ready` has changed. */
    changed(): void;
}

export class Updates {
    readonly #world: UpdatesWorld;
    readonly #channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(CHANNEL);
    #registration: ServiceWorkerRegistration | null = null;
    #build: string | null = null;
    #timer: ReturnType<typeof setTimeout> | undefined;
    #asked = false;
    /** Whether a new version is ready to be used. */
    ready = false;

    constructor(world: UpdatesWorld) {
        this.#world = world;
    }

    /** Registers the worker and follows it. Does nothing where there can be none, such as on plain http. */
    async start(): Promise<void> {
        addEventListener("vite:preloadError", reloadOnce);
        const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
        if (!workers) return;
        const controlled = workers.controller !== null;
        workers.addEventListener("controllerchange", () => {
            if (controlled || this.#asked) this.#tookOver();
        });
        document.addEventListener("visibilitychange", () => this.#seen());
        this.#channel?.addEventListener("message", () => this.#wait());
        try {
            this.#registration = await workers.register(scriptAt(WORKER), { updateViaCache: "none" });
        } catch {
            return; // the app works without it, and asks again at the next start
        }
        this.#follow(this.#registration);
    }

    /** The server has this build: another one than before may be a new version. */
    check(build: string | null): void {
        if (build === this.#build) return;
        this.#build = build;
        void this.#look(build, AGAIN);
    }

    /** Asks for the worker of this build; when that fails, as it may on a connection that has just come back, again. */
    async #look(build: string | null, wait: number): Promise<void> {
        try {
            await this.#registration?.update();
        } catch {
            if (build !== this.#build) return;
            setTimeout(() => void this.#look(build, Math.min(2 * wait, UNSEEN)), wait);
        }
    }

    /** A newer version works already, in another tab, and has taken what this page needs. */
    outdated(): void {
        this.#tookOver();
    }

    /** Uses the new version; the page reloads. */
    apply(): void {
        this.#asked = true;
        const waiting = this.#registration?.waiting;
        if (waiting) ask(waiting, "take over");
        else location.reload();
    }

    #follow(registration: ServiceWorkerRegistration): void {
        const look = () => {
            if (registration.waiting && navigator.serviceWorker.controller) this.#setReady();
        };
        registration.addEventListener("updatefound", () => {
            registration.installing?.addEventListener("statechange", look);
        });
        look();
    }

    #setReady(): void {
        if (this.ready) return;
        this.ready = true;
        this.#world.changed();
        this.#wait();
    }

    /** The new worker is in charge: this page still is the old one. */
    #tookOver(): void {
        if (this.#asked || (document.visibilityState === "hidden" && this.#mayReload())) location.reload();
        else this.#setReady();
    }

    /** This page was shown or hidden: all of them count the minutes from here. */
    #seen(): void {
        this.#channel?.postMessage(null);
        this.#wait();
    }

    #wait(): void {
        clearTimeout(this.#timer);
        if (!this.ready || document.visibilityState === "visible") return;
        this.#timer = setTimeout(() => {
            const waiting = this.#registration?.waiting;
            if (waiting && this.#mayReload()) ask(waiting, "take over unseen");
        }, UNSEEN);
    }

    #mayReload(): boolean {
        return this.#world.idle() && !hasUnsaved(document);
    }
}

/** Whether a dialog is open, or a field has text that wasn't there at first. */
function hasUnsaved(page: Document): boolean {
    if (page.querySelector("dialog[open], [role=dialog]")) return true;
    const fields = page.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>("input:not([type=hidden]), textarea");
    return [...fields].some((field) => field.value !== field.defaultValue);
}

function ask(worker: ServiceWorker, take: Take): void {
    worker.postMessage(take);
}

/** The address of the worker as the policy of the page wants it. */
function scriptAt(path: string): string {
    const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypePolicyFactory };
    const policy = trustedTypes?.createPolicy("teddy-worker", { createScriptURL: (url) => url });
    return (policy?.createScriptURL(path) ?? path) as string;
}

/** A part of the app is missing, because the server has a newer one: a reload brings that, and is tried once. */
function reloadOnce(event: Event): void {
    try {
        if (sessionStorage.getItem(RELOADED)) return;
        sessionStorage.setItem(RELOADED, "1");
    } catch {
        return;
    }
    event.preventDefault();
    location.reload();
}
