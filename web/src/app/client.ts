/** The sync layer for Svelte: what is read in an effect or `$derived` is read again when it changes. */
import { createSubscriber } from "svelte/reactivity";

import type { Sync } from "../sync/sync.ts";
import type { App } from "./context.ts";

export type Client = Pick<
    App,
    "see" | "ask" | "askAll" | "decide" | "refresh" | "call" | "callAnonymously" | "session" | "status"
> & { undo(key?: string): Promise<boolean> };

export function clientOf(sync: Sync): Client {
    const follow = createSubscriber((update) => sync.subscribe(update));
    const { session } = sync;
    return {
        see(read) {
            follow();
            return read(sync.store);
        },
        ask: (kind, id, body) => sync.ask(kind.name, id, body),
        askAll: (list) => sync.askAll(list),
        undo: (key) => sync.undo(key),
        decide: (key, decision) => sync.decide(key, decision),
        refresh: (table) => sync.refresh(table),
        call: (request) => sync.call(request),
        callAnonymously: (request) => sync.callAnonymously(request),
        get status() {
            follow();
            return sync.status;
        },
        session: {
            get state() {
                follow();
                return session.state;
            },
            get user() {
                follow();
                return session.user;
            },
            signIn: (credentials, shared) => session.signIn(credentials, shared),
            register: (account, shared) => session.register(account, shared),
            finishGoogle: (proof) => session.finishGoogle(proof),
            signOut: () => sync.signOut(),
        },
    };
}
