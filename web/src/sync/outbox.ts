/**
 * Carries commands to the API: in order, one at a time, until each is answered for good.
 *
 * | answer | then |
 * |---|---|
 * | 2xx | into the base, command done |
 * | none, 5xx, 408, 429, 409 `still_running` | wait, and send the same key again; the queue stands |
 * | 412, 409 of an older version | read, merge by field against what the student saw |
 * | 404 | of a deletion: done; of a change: deleted elsewhere; else refused |
 * | other 4xx | refused: out of the view, into the list of conflicts; the queue goes on |
 * | 401 `session_ended` | stop and keep all |
 */
import { type Api, NoAnswer, Problem, SessionEnded } from "./api.ts";
import type { Database } from "./database.ts";
import {
    type AnyKind,
    type Command,
    type Conflict,
    type ConflictLine,
    type Done,
    type Fields,
    type Kept,
    type Put,
    type Request,
    UNSTORED,
} from "./kinds.ts";
import { merge } from "./merge.ts";
import type { Store } from "./store.ts";

/** What became of a command. */
type Outcome = { readonly done: Done } | { readonly conflict: Conflict };

/** The world of the outbox; tests make their own. */
export interface OutboxWorld {
    now(): number;
    /** A number from 0 up to 1. */
    chance(): number;
    newKey(): string;
    /** Called after each change of the queue, for the disk's sake and other tabs'. */
    settled(command: Command, done: Done): Promise<void>;
    changed(commands: readonly Command[]): Promise<void>;
    /** Stores a conflict together with the rest of its command, which has no place in the queue yet. */
    split(conflict: Command, rest: Command): Promise<void>;
    /** A row that was read for merging. */
    learned(put: Put): Promise<void>;
}

/** Why the outbox stopped: nothing to send, something to wait for (milliseconds), or the session has ended. */
export type Pause =
    | { readonly kind: "empty" }
    | { readonly kind: "wait"; readonly ms: number; readonly online: boolean }
    | { readonly kind: "ended" };

const MAX_MERGES = 5;
const MAX_WAIT = 60_000;

export class Outbox {
    readonly #store: Store;
    readonly #database: Database;
    readonly #api: Pick<Api, "send">;
    readonly #world: OutboxWorld;
    #failures = 0;

    constructor(store: Store, database: Database, api: Pick<Api, "send">, world: OutboxWorld) {
        this.#store = store;
        this.#database = database;
        this.#api = api;
        this.#world = world;
    }

    /** Forgets earlier failures: the next wait is short again. */
    reset(): void {
        this.#failures = 0;
    }

    /** Sends what can be sent; `go` is asked before each command. Returns why it stopped. */
    async drain(go: () => boolean = () => true): Promise<Pause> {
        for (;;) {
            const next = go() ? nextOf(this.#store, this.#world.now()) : null;
            if (!next) return { kind: "empty" };
            if ("ms" in next) return { kind: "wait", ms: next.ms, online: true };
            try {
                await this.#carryOut(next.command);
                this.#failures = 0;
            } catch (fault) {
                return this.pauseAfter(fault);
            }
        }
    }

    async #carryOut(queued: Command): Promise<void> {
        const claim = await this.#database.claim(queued.order);
        if (!claim) return this.#forget(queued);
        const { command, repeated } = claim;
        this.#store.enqueue(command);
        const kind = this.#store.kind(command.kind);
        if (!kind) return this.#refuse(command, { why: "refused", problem: UNKNOWN });
        const outcome = await this.#send(kind, command, repeated);
        if (!outcome) return; // split: what is left of it follows
        if ("conflict" in outcome) await this.#refuse(command, outcome.conflict);
        else await this.#world.settled(command, outcome.done);
    }

    /** Another tab has dealt with it. */
    async #forget(queued: Command): Promise<void> {
        const current = this.#store.command(queued.key);
        if (current?.order === queued.order && current.state !== "conflict") this.#store.drop(queued.key);
    }

    async #refuse(command: Command, conflict: Conflict): Promise<void> {
        await this.#world.changed([{ ...command, state: "conflict", conflict }]);
    }

    async #send(kind: AnyKind, command: Command, repeated: boolean): Promise<Outcome | null> {
        for (let round = 0; round < MAX_MERGES; round++) {
            const known = this.#store.known(kind.table.name, command.id) as (Kept & Fields) | undefined;
            const { body, lines } = merged(kind, command, known);
            if (lines.length) return this.#split(command, body, lines);
            if (kind.groups && known && !Object.keys(body).length) return NOTHING_LEFT;
            const request = kind.request(command, body, {
                row: known,
                version: known?.version ?? command.seen?.version,
                by: (index, key) => this.#store.knownBy(kind.table.name, index, key),
            });
            const answer = await this.#try({ ...request, ...(request.method === "POST" && { key: command.key }) });
            if (!(answer instanceof Problem)) return this.#done(kind, command, answer, repeated);
            if (!isStale(answer) || !kind.read) return refusal(kind, command, answer);
            const now = await this.#read(kind, command);
            if (now instanceof Problem) return refusal(kind, command, now);
            // A conflict that merging cannot take away would come again.
            if (
                answer.status === 409 &&
                Object.keys(merged(kind, command, now).body).length === Object.keys(body).length
            ) {
                return refusal(kind, command, answer);
            }
        }
        throw new NoAnswer("the object changes faster than we can follow");
    }

    /** Sends a request; returns its data, or the problem if that is an answer for good. */
    async #try(request: Request): Promise<unknown> {
        try {
            return (await this.#api.send(request)).data;
        } catch (fault) {
            if (fault instanceof Problem && !isPassing(fault)) return fault;
            throw fault;
        }
    }

    async #read(kind: AnyKind, command: Command): Promise<(Kept & Fields) | Problem> {
        const row = await this.#try({ method: "GET", path: kind.read!(command) });
        if (row instanceof Problem) return row;
        await this.#world.learned({ table: kind.table.name, row: row as Kept });
        return row as Kept & Fields;
    }

    /** The answer to a repeated request may be the recorded one of long ago, so the object is read again. */
    async #done(kind: AnyKind, command: Command, data: unknown, repeated: boolean): Promise<Outcome> {
        const table = kind.table.name;
        const gone = { done: { put: [], remove: [{ table, id: command.id }] } };
        if (kind.does === "deletes") return gone;
        if (repeated && kind.read) {
            const now = await this.#try({ method: "GET", path: kind.read(command) });
            if (now instanceof Problem) return now.status === 404 ? gone : refusal(kind, command, now);
            return { done: { put: [{ table, row: now as Kept }], remove: [] } };
        }
        const known = (id: string) => this.#store.known(table, id);
        const put = kind.answer?.(data, command, known) ?? [{ table, row: data as Kept }];
        return { done: { put, remove: [] } };
    }

    /**
     * Leaves the fields that clash to the student; the others follow at once, as a command of their own. A clash of the
     * same fields that hasn't been decided yet is replaced by this one.
     */
    async #split(command: Command, body: Fields, lines: readonly ConflictLine[]): Promise<null> {
        const kept = (fields: Fields) =>
            Object.fromEntries(Object.entries(fields).filter(([field]) => lines.some(({ yours }) => field in yours)));
        for (const older of this.#store.conflicts) await this.#supersede(older, command, lines);
        const why: Conflict = { why: "changed", lines };
        const conflict: Command = { ...command, body: kept(command.body), state: "conflict", conflict: why };
        const rest: Command = { ...command, key: this.#world.newKey(), body, state: "waiting" };
        if (Object.keys(body).length) await this.#world.split(conflict, rest);
        else await this.#world.changed([conflict]);
        return null;
    }

    async #supersede(older: Command, command: Command, lines: readonly ConflictLine[]): Promise<void> {
        if (older.id !== command.id || older.kind !== command.kind || older.conflict?.why !== "changed") return;
        const left = older.conflict.lines.filter(({ group }) => !lines.some((line) => line.group === group));
        if (!left.length) await this.#world.settled(older, { put: [], remove: [] });
        else if (left.length < older.conflict.lines.length) {
            await this.#world.changed([{ ...older, conflict: { why: "changed", lines: left } }]);
        }
    }

    /** How long to wait after a failure. A fault of our own waits too, rather than stop the queue for good. */
    pauseAfter(fault: unknown): Pause {
        if (fault instanceof SessionEnded) return { kind: "ended" };
        const asked = fault instanceof Problem ? (fault.retryAfter ?? 0) * 1000 : 0;
        return { kind: "wait", ms: Math.max(asked, this.#backoff()), online: !(fault instanceof NoAnswer) };
    }

    /** 2ⁿ seconds with full jitter, at most 60. */
    #backoff(): number {
        const most = Math.min(MAX_WAIT, 1000 * 2 ** this.#failures);
        this.#failures = Math.min(this.#failures + 1, 10);
        return most * this.#world.chance();
    }
}

const NOTHING_LEFT: Outcome = { done: { put: [], remove: [] } };
const UNKNOWN = { status: 0, code: "unknown_command", title: "", detail: "", errors: [] };

function merged(kind: AnyKind, command: Command, known: Fields | undefined) {
    if (!kind.groups || !known || !command.seen) return { body: command.body, lines: [] };
    return merge(kind.groups, command.seen, command.body, known);
}

/** Whether the problem says nothing about the command, so that it is sent again. */
function isPassing(problem: Problem): boolean {
    const { status, code } = problem;
    return status >= 500 || status === 429 || status === 408 || status === 401 || code === "still_running";
}

/** Whether the object has changed since. */
function isStale(problem: Problem): boolean {
    return problem.status === 412 || ["stale_session", "already_completed"].includes(problem.code);
}

function refusal(kind: AnyKind, command: Command, problem: Problem): Outcome {
    const place = { table: kind.table.name, id: command.id };
    if (problem.status === 404 && kind.does === "deletes") return { done: { put: [], remove: [place] } };
    if (problem.status === 404 && kind.does === "changes") return { conflict: { why: "deleted" } };
    return { conflict: { why: "refused", problem: problem.facts } };
}

/**
 * The next command to send; how long to wait for one that is held back; or null.
 *
 * What is about an object whose creation or deletion isn't settled waits for that, and the queue goes on.
 */
export function nextOf(store: Store, now: number): { command: Command } | { ms: number } | null {
    const unsettled = new Set<string>();
    let earliest = Infinity;
    for (const command of store.queue) {
        const kind = store.kind(command.kind);
        const needed = kind ? [command.id, ...(kind.needs?.(command) ?? [])] : [];
        const stuck = needed.some((id) => unsettled.has(id));
        const held = (command.notBefore ?? 0) > now;
        if (!stuck && held) earliest = Math.min(earliest, command.notBefore!);
        if (command.state === "conflict") {
            if (kind?.does === "creates" || command.conflict?.why === "deleted") unsettled.add(command.id);
        } else if (stuck || held) unsettled.add(command.id);
        else if (Number.isInteger(command.order) && command.order < UNSTORED) return { command };
        else unsettled.add(command.id);
    }
    return earliest === Infinity ? null : { ms: earliest - now };
}

/** Folds a command into the last one of its object, if that still waits and is about the same. */
export function folder(kindOf: (name: string) => AnyKind | undefined) {
    return (queue: readonly Command[], command: Command): Command | null => {
        const word = kindOf(command.kind)?.folds;
        const last = queue.findLast((one) => one.id === command.id && one.state !== "conflict");
        if (!word || !last || last.state !== "waiting" || kindOf(last.kind)?.folds !== word) return null;
        const body = { ...last.body, ...command.body };
        return { ...last, kind: command.kind, at: command.at, body, seen: seenOf(last, command) };
    };
}

/** What the student saw: of each field, when it was first changed. */
function seenOf(last: Command, command: Command): Command["seen"] {
    if (!last.seen || !command.seen) return last.seen;
    const news = Object.keys(command.body).filter((field) => !(field in last.body));
    const seen: Fields = { ...last.seen };
    for (const field of news) seen[field] = command.seen[field];
    return seen as Kept & Fields;
}
