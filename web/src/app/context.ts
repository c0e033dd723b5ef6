/** What screens can do, given by one Svelte context. Knows no feature and no screen. */
import { createContext } from "svelte";

import type { Urgency } from "../platform/announce.ts";
import type { Status } from "../sync/account.ts";
import type { Decision } from "../sync/conflicts.ts";
import type { AnyTable, Asked, Command, CommandKind, Fields, Kept, Request } from "../sync/kinds.ts";
import type { Credentials, NewAccount, SessionState, User } from "../sync/session.ts";
import type { View } from "../sync/store.ts";
import type { Chosen } from "./feature.ts";

export interface App {
    /** Reads what is kept, with the waiting commands over it; inside an effect or `$derived`, again when it changes. */
    see<A>(read: (view: View) => A): A;
    /** Asks for a change: shown at once; resolves when it is on the disk. Rejects with `DiskRefused` if it can't be. */
    ask<T extends Kept, B extends Fields>(kind: CommandKind<T, B>, id: string, body: B): Promise<Command>;
    /** Asks for several changes that are undone together. */
    askAll(list: readonly Asked[]): Promise<readonly Command[]>;
    /** Takes back what was asked last, or the command of this key, and says so. */
    undo(key?: string): Promise<void>;
    /** Carries out a decision of the conflict list. */
    decide(key: string, decision: Decision): Promise<void>;
    /** Reads a table anew, for summaries. */
    refresh(table: AnyTable): Promise<void>;
    /** Asks the API for what is never kept. Rejects with `Problem` or `NoAnswer`. */
    call<A>(request: Request): Promise<A>;
    /** The same for whoever isn't signed in, such as the reset of a password. */
    callAnonymously<A>(request: Request): Promise<A>;
    readonly session: Session;
    readonly status: Status;
    readonly place: Place;
    /** Goes to an address of the app; `state` is held in memory only. */
    go(address: string, how?: { replace?: boolean; state?: unknown }): void;
    /** Says briefly what happened, to eyes and ears. With `undo`, it can be taken back: the last command, or as it says. */
    toast(text: string, undo?: boolean | (() => void)): void;
    announce(text: string, urgency?: Urgency): void;
    /** Whether another feature can do this with these rows now. */
    can(action: string, chosen: Chosen): boolean;
    /** Does what another feature brings, by the id of its action, with these rows. */
    act(action: string, chosen: Chosen): void;
    /** Says what keys and the palette are about while a screen is there; gives a function that ends it. */
    offer(chosen: () => Chosen | undefined): () => void;
}

export interface Session {
    readonly state: SessionState;
    /** Who is signed in; null before, and after signing out. */
    readonly user: User | null;
    /** On a shared computer nothing is kept. Rejects with the API's problem, such as `second_factor_required`. */
    signIn(credentials: Credentials, shared?: boolean): Promise<unknown>;
    register(account: NewAccount, shared?: boolean): Promise<unknown>;
    /** Ends a sign-in with Google that needs a code, or the password of the account to be linked. */
    finishGoogle(proof: { password?: string; code?: string }): Promise<unknown>;
    /** Deletes all that is kept here; `status.waiting` says how many changes would be lost. */
    signOut(): Promise<void>;
}

export interface Place {
    readonly path: string;
    readonly query: URLSearchParams;
    /** What `go` was given beside the address; gone after a reload. */
    readonly state: unknown;
}

export const [useApp, provideApp] = createContext<App>();
