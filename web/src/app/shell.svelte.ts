/** What the frame knows: where the student is, what can be done there, and what was said last. */
import { announce } from "../platform/announce.ts";
import { locale, m } from "../platform/messages.ts";
import { keepsKey } from "../platform/typeAhead.ts";
import { elapsed } from "../platform/time.ts";
import { Toasts } from "../ui/toasts.svelte.ts";
import { ownActions } from "./actions.ts";
import type { Client } from "./client.ts";
import type { App, Place } from "./context.ts";
import type { Action, Chosen, Feature, Route } from "./feature.ts";
import { languageOf, preferencesKept, profile } from "../features/auth/rules.ts";
import { isSingle, isTyping, Sequence, written } from "./keys.ts";
import { lookOf, type Look } from "./look.ts";
import { find, go, listen, type Arrival, type Found } from "./router.ts";

export type Overlay = "palette" | "keys" | "more" | null;

export class Shell {
    readonly app: App;
    readonly features: readonly Feature[];
    readonly routes: readonly Route[];
    readonly #own: readonly Action[];
    readonly toasts = new Toasts();
    place: Place = $state.raw({ path: "/", query: new URLSearchParams(), state: undefined });
    found: Found | undefined = $state.raw();
    overlay: Overlay = $state(null);
    /** The locale of the texts that are on the screen. */
    language = $state(locale());
    /** A newer version waits; this takes it. */
    update: (() => void) | null = $state.raw(null);
    #chosen: (() => Chosen | undefined)[] = [];
    #sequence = new Sequence();
    #shown: (() => void) | undefined;

    constructor(client: Client, features: readonly Feature[]) {
        this.features = features;
        this.routes = features.flatMap((feature) => feature.routes ?? []);
        this.#own = ownActions(this);
        this.app = this.#appOf(client);
    }

    #appOf(client: Client): App {
        // oxlint-disable-next-line typescript/no-this-alias, unicorn/no-this-assignment -- a getter has a `this` of its own
        const shell = this;
        return {
            see: (read) => client.see(read),
            ask: (kind, id, body) => client.ask(kind, id, body),
            askAll: (list) => client.askAll(list),
            undo: (key) => this.#undo(client, key),
            decide: (key, decision) => client.decide(key, decision),
            refresh: (table) => client.refresh(table),
            call: (request) => client.call(request),
            callAnonymously: (request) => client.callAnonymously(request),
            session: client.session,
            get status() {
                return client.status;
            },
            get place() {
                return shell.place;
            },
            go,
            announce,
            toast: (text, undo) => shell.#toast(text, undo),
            can: (id, chosen) =>
                shell.actions.some((action) => action.id === id && (action.when?.(shell.app, chosen) ?? true)),
            act: (id, chosen) => shell.actions.find((action) => action.id === id)?.run(shell.app, chosen),
            offer: (chosen) => shell.#offer(chosen),
        };
    }

    async #undo(client: Client, key?: string): Promise<void> {
        const undone = await client.undo(key);
        announce(m(undone ? "app.undone" : "app.undo.nothing"));
    }

    /** The locale that the student has chosen, such as "de-AT"; undefined while nobody is signed in. */
    get wanted(): string | undefined {
        const { state, user } = this.app.session;
        if (state !== "signed-in") return undefined;
        const own = this.app.see(profile)?.locale ?? user?.locale;
        return languageOf(this.app.see(preferencesKept)?.language, own, navigator.language);
    }

    /** How the student wants the app to look. */
    get look(): Look {
        return lookOf(this.app.see(preferencesKept));
    }

    #toast(text: string, undo: boolean | (() => void) = false): void {
        const run = typeof undo === "function" ? undo : () => void this.app.undo();
        this.toasts.show(text, undo ? { label: m("app.undo"), run } : undefined);
        announce(text);
    }

    #offer(chosen: () => Chosen | undefined): () => void {
        this.#chosen.push(chosen);
        return () => {
            this.#chosen = this.#chosen.filter((other) => other !== chosen);
        };
    }

    /** What the student has before them, as the screen that came last says. */
    get chosen(): Chosen | undefined {
        return this.#chosen.findLast((chosen) => chosen() !== undefined)?.();
    }

    get #offered(): readonly Feature[] {
        return this.features.filter((feature) => feature.offered?.(this.app) ?? true);
    }

    /** The routes that this server has something for. */
    get places(): readonly Route[] {
        return this.#offered.flatMap((feature) => feature.routes ?? []);
    }

    get actions(): readonly Action[] {
        return [...this.#own, ...this.#offered.flatMap((feature) => feature.actions ?? [])];
    }

    /** What can be done now. */
    get possible(): readonly Action[] {
        const chosen = this.chosen;
        return this.actions.filter((action) => action.when?.(this.app, chosen) ?? true);
    }

    run(action: Action): void {
        action.run(this.app, this.chosen);
    }

    /** Follows the addresses and the keys until it is told to stop. */
    start(): () => void {
        const stop = listen((arrival) => this.#arrive(arrival));
        const onkeydown = (event: KeyboardEvent) => this.#press(event);
        document.addEventListener("keydown", onkeydown);
        return () => {
            stop();
            document.removeEventListener("keydown", onkeydown);
        };
    }

    #arrive({ url, state, turned }: Arrival): Promise<void> {
        this.place = { path: url.pathname, query: url.searchParams, state };
        const found = find(this.routes, url.pathname);
        const same = found !== undefined && found.route === this.found?.route;
        this.found = found;
        if (!turned) return Promise.resolve();
        this.overlay = null;
        if (same) return Promise.resolve().then(focusHeading);
        return new Promise<void>((resolve) => (this.#shown = resolve)).then(focusHeading);
    }

    /** A new screen stands there. */
    shown(): void {
        this.#shown?.();
        this.#shown = undefined;
    }

    #press(event: KeyboardEvent): void {
        if (event.defaultPrevented || event.isComposing) return;
        if (keepsKey(event)) return event.preventDefault();
        if (document.querySelector("dialog:modal")) return;
        const { key, ctrlKey: ctrl, metaKey: meta, altKey: alt, shiftKey: shift } = event;
        const stroke = written({ key, ctrl, meta, alt, shift });
        if (isTyping(event.target) && (!stroke.startsWith("Mod+") || stroke === "Mod+z")) return;
        const singles = this.look.singleKeys;
        const known = this.possible.filter((action) => singles || action.keys?.some((keys) => !isSingle(keys)));
        const meant = this.#sequence.press(stroke, known, elapsed());
        if (!meant) return;
        event.preventDefault();
        if (meant !== "begun") this.run(meant);
    }
}

let opened = false;

/** After navigation the focus goes to the heading, which is thereby read; not when the app has just been opened. */
function focusHeading(): void {
    if (opened) (document.querySelector<HTMLElement>("h1") ?? document.querySelector("main"))?.focus();
    opened = true;
}
