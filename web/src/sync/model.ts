/**
 * A small model of the API for the tests of the sync layer: notes with a title, a colour, labels and a state, numbered
 * events, versions, idempotency keys. And a network that loses requests and answers by chance.
 */
import { type Answer, Api, NoAnswer, Problem, SessionEnded } from "./api.ts";
import {
    type CommandKind,
    type Event,
    type Fields,
    type Kept,
    removes,
    replaces,
    type Request,
    rowsOf,
    type Schema,
    type Table,
} from "./kinds.ts";
import type { Channel, Message } from "./tabs.ts";

export interface Note extends Kept {
    readonly title: string;
    readonly color: string;
    readonly labels: readonly string[];
    readonly done: boolean;
}

export const notes: Table<Note> = {
    name: "notes",
    indexes: { color: (note) => note.color },
    async *read(reader) {
        for await (const page of reader.pages<Note>("/notes")) yield rowsOf("notes", page);
    },
    events: { "note.created": replaces, "note.updated": replaces, "note.deleted": removes },
    keep: (note) => note.color !== "old",
    remake: ({ title, color, labels }, id) => [{ kind: "create_note", id, body: { title, color, labels } }],
};

type Kind = CommandKind<Note, Fields>;
const path = ({ id }: { id: string }, rest = "") => `/notes/${id}${rest}`;

export const createNote: Kind = {
    name: "create_note",
    table: notes,
    does: "creates",
    look: (row, { id, body }) =>
        row ?? ({ title: "", color: "red", labels: [], done: false, ...body, id, version: 0 } as Note),
    request: ({ id, body }) => ({ method: "POST", path: "/notes", body: { id, ...body } }),
    read: path,
    inverse: (_, { id }) => [{ kind: "delete_note", id, body: {} }],
};

export const updateNote: Kind = {
    name: "update_note",
    table: notes,
    does: "changes",
    look: (row, { body }) => row && { ...row, ...body },
    request: (command, body, { version }) => ({
        method: "PATCH",
        path: path(command),
        body,
        ...(version && { ifMatch: version }),
    }),
    read: path,
    folds: "update",
    groups: { labels: { fields: ["labels"], as: "set" } },
    inverse: (before, { id, body }) =>
        before && [
            {
                kind: "update_note",
                id,
                body: Object.fromEntries(Object.keys(body).map((name) => [name, before[name as keyof Note]])),
            },
        ],
};

export const finishNote: Kind = {
    name: "finish_note",
    table: notes,
    does: "changes",
    look: (row) => row && { ...row, done: true },
    request: (command) => ({ method: "POST", path: path(command, "/finish"), body: {} }),
    read: path,
    folds: "finishing",
};

export const deleteNote: Kind = {
    name: "delete_note",
    table: notes,
    does: "deletes",
    look: () => undefined,
    request: (command) => ({ method: "DELETE", path: path(command) }),
    hold: 5_000,
    inverse: (before) => before && notes.remake!(before, `${before.id}'`),
};

/** Adds one to a counter each time it runs: shows whether something was sent twice. It says when it was asked. */
export const countUp: Kind = {
    name: "count_up",
    table: notes,
    does: "changes",
    look: (row) => row,
    request: (command) => ({ method: "POST", path: path(command, "/count"), body: { by: 1, at: command.at } }),
    answer: () => [],
};

export const SCHEMA: Schema = { tables: [notes], kinds: [createNote, updateNote, finishNote, deleteNote, countUp] };

/** A generator of numbers from 0 up to 1 that repeats for the same seed (mulberry32). */
export function random(seed: number): () => number {
    let state = seed >>> 0;
    return () => {
        state = (state + 0x6d2b79f5) >>> 0;
        let mixed = Math.imul(state ^ (state >>> 15), state | 1);
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
}

type Result = { status: number; data: unknown; code?: string; pointer?: string };

export class ModelServer {
    readonly rows = new Map<string, Note>();
    readonly events: Event[] = [];
    readonly counts = new Map<string, number>();
    readonly #keys = new Map<string, { body: string; result: Result }>();
    /** Events up to this number are no longer available. */
    expired = 0;
    /** What was asked before is refused. */
    oldest = "";
    ended = false;

    get head(): number {
        return this.events.length;
    }

    answer(request: Request): Result {
        if (this.ended) return { status: 401, data: null, code: "session_ended" };
        const body = JSON.stringify([request.path, request.body]);
        const recorded = request.key ? this.#keys.get(request.key) : undefined;
        if (recorded) return recorded.body === body ? recorded.result : { status: 422, data: null, code: "key_reused" };
        const result = this.#run(request);
        if (request.key && result.status < 300) this.#keys.set(request.key, { body, result });
        return result;
    }

    /** What another device does. */
    change(id: string, fields: Partial<Note>): void {
        const row = this.rows.get(id);
        if (row) this.#put({ ...row, ...fields }, "note.updated");
    }

    create(note: Omit<Note, "version">): void {
        this.#put({ ...note, version: 0 }, "note.created");
    }

    delete(id: string): void {
        if (this.rows.delete(id)) this.#publish("note.deleted", { id });
    }

    #run({ method, path: where, body, query, ifMatch }: Request): Result {
        if (where === "/api/reads")
            return ok({ items: (body as { paths: string[] }).paths.map((target) => this.#read(target)) });
        if (where === "/api/changes") return this.#changes(Number(query?.["since"]));
        if (where === "/notes") {
            return method === "GET" ? ok({ items: [...this.rows.values()], nextCursor: null }) : this.#create(body);
        }
        const [, id, verb] = /^\/notes\/([^/]+)\/?(.*)$/.exec(where)!;
        const row = this.rows.get(id!);
        if (!row) return { status: 404, data: null, code: "note_not_found" };
        if (method === "GET") return ok(row);
        if (method === "DELETE") {
            this.delete(row.id);
            return { status: 204, data: null };
        }
        if (verb === "count") {
            if ((body as { at: string }).at < this.oldest) {
                return { status: 422, data: null, code: "invalid", pointer: "/at" };
            }
            this.counts.set(row.id, (this.counts.get(row.id) ?? 0) + 1);
            return ok({});
        }
        if (verb === "finish") return ok(row.done ? row : this.#put({ ...row, done: true }, "note.updated"));
        if (ifMatch !== undefined && ifMatch !== row.version) return { status: 412, data: null, code: "stale_version" };
        if ((body as Fields)["title"] === "refused") return { status: 422, data: null, code: "invalid" };
        return ok(this.#put({ ...row, ...(body as Partial<Note>) }, "note.updated"));
    }

    #read(target: string): { status: number; body: unknown } {
        const { pathname, searchParams } = new URL(target, "http://model");
        const query = Object.fromEntries(searchParams);
        const { status, data } = this.#run({ method: "GET", path: pathname, query });
        return { status, body: data };
    }

    #create(body: unknown): Result {
        const note = body as Partial<Note> & { id: string };
        if (note.title === "refused") return { status: 422, data: null, code: "invalid" };
        const known = this.rows.get(note.id);
        if (known) return { status: 201, data: known };
        const made = { title: "", color: "red", labels: [], done: false, ...note, version: 0 };
        return { status: 201, data: this.#put(made, "note.created") };
    }

    #changes(since: number): Result {
        if (since > this.head || since < this.expired) return ok({ items: [], nextSeq: this.head, reset: true });
        const items = this.events.slice(since, since + 7);
        return ok({ items, nextSeq: items.at(-1)?.seq ?? since, reset: false });
    }

    #put(row: Note, type: string): Note {
        const put = { ...row, version: row.version + 1 };
        this.rows.set(put.id, put);
        this.#publish(type, put);
        return put;
    }

    #publish(type: string, data: unknown): void {
        this.events.push({ seq: this.head + 1, type, at: "2030-01-01T00:00:00Z", data });
    }
}

function ok(data: unknown): Result {
    return { status: 200, data: structuredClone(data) };
}

/** A way to the server on which requests and answers are lost by chance, and take some time. */
export class ModelApi extends Api {
    readonly #server: ModelServer;
    readonly #chance: () => number;
    /** The share of requests, and of answers, that are lost; 1 is offline. */
    loss = 0;
    sent: Request[] = [];
    /** Called when the server has answered, before the answer arrives. */
    answered: (request: Request) => void = () => undefined;

    constructor(server: ModelServer, chance: () => number) {
        super("http://model");
        this.#server = server;
        this.#chance = chance;
    }

    override async send<A>(request: Request): Promise<Answer<A>> {
        await this.#travel();
        this.sent.push(request);
        const result = this.#server.answer(structuredClone(request));
        this.answered(request);
        await this.#travel();
        if (result.code === "session_ended") throw new SessionEnded();
        if (result.status >= 400) throw problem(result);
        return { status: result.status, data: result.data as A };
    }

    async #travel(): Promise<void> {
        await sleep(this.#chance() * 40);
        if (this.#chance() < this.loss) throw new NoAnswer("lost");
    }
}

function problem({ status, code, pointer }: Result): Problem {
    const errors = pointer ? [{ pointer, code: "too_early", detail: "" }] : [];
    return new Problem({ status, code: code ?? "", title: "", detail: "", errors });
}

export function sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
        setTimeout(resolve, ms);
    });
}

/** Channels between the tabs of one browser: messages arrive in order, a moment later. */
export class ModelBrowser {
    readonly #tabs = new Set<(message: Message) => void>();

    channel(): Channel {
        let own: ((message: Message) => void) | null = null;
        let closed = false;
        return {
            post: (message) => {
                if (closed) throw new DOMException("Channel is closed", "InvalidStateError"); // as in a browser
                const copy = structuredClone(message);
                for (const hear of this.#tabs) if (hear !== own) setTimeout(() => hear(copy), 1);
            },
            open: (hear) => {
                own = hear;
                this.#tabs.add(hear);
            },
            close: () => {
                closed = true;
                if (own) this.#tabs.delete(own);
            },
        };
    }
}
