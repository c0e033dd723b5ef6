/** The words of the sync layer: what is kept of the server's objects, and what a student can ask. */

/** An object of the server. `version` grows with every change; objects without one (such as summaries) have 0. */
export interface Kept {
    readonly id: string;
    readonly version: number;
}

export type Fields = Record<string, unknown>;

/** A change that the server has committed; `seq` is consecutive. */
export interface Event {
    readonly seq: number;
    readonly type: string;
    readonly at: string;
    readonly data: unknown;
}

/**
 * The base rows of a table, as the reducer of an event changes them. `put` ignores a row that isn't newer than the kept
 * one; `patch` changes what has no version of its own, such as the name of a task's subject.
 */
export interface Rows<T extends Kept> {
    get(id: string): T | undefined;
    all(): Iterable<T>;
    by(index: string, key: string): Iterable<T>;
    put(row: T): void;
    patch(id: string, fields: Partial<T>): void;
    remove(id: string): void;
}

/** The base rows of the other tables, to be read only. */
export interface Others {
    get<T extends Kept>(table: Table<T>, id: string): T | undefined;
}

/** A pure and total function: how an event changes the rows of one table. */
// oxlint-disable-next-line typescript/no-explicit-any -- the event's type decides the type of its data
export type Reducer<T extends Kept> = (rows: Rows<T>, data: any, others: Others) => void;

export const replaces: Reducer<Kept> = (rows, data: Kept) => rows.put(data);
export const removes: Reducer<Kept> = (rows, data: { id: string }) => rows.remove(data.id);

/** The rows of a page as rows of a table. */
export function rowsOf(table: string, rows: readonly Kept[]): Put[] {
    return rows.map((row) => ({ table, row }));
}

/** What is kept of one kind of object, how it is read at first, and how each event changes it. */
export interface Table<T extends Kept = Kept> {
    readonly name: string;
    /** Lookups by a field, such as the subtasks of a task: `store.by(subtasks, "taskId", id)`. */
    readonly indexes?: Readonly<Record<string, (row: T) => string | null>>;
    /** Everything that is kept, read page by page; rows of another table may come with it, which then reads none. */
    read(reader: Reader): AsyncIterable<readonly Put[]>;
    readonly events: Readonly<Record<string, Reducer<T>>>;
    /** Events after which the leader reads the whole table again, a moment later; for summaries. */
    readonly refreshOn?: readonly string[];
    /** The first screens don't wait for it. */
    readonly late?: true;
    /** Whether a row is still worth keeping; `now` in milliseconds. All are without it. */
    keep?(row: T, now: number): boolean;
    /** The commands that make a row again after it was deleted elsewhere; `id` is that of the new object. */
    remake?(row: T, id: string): Asked[];
}

/** Reads from the API for a table; `now` in milliseconds. */
export interface Reader {
    readonly now: number;
    get<A>(path: string, query?: Query): Promise<A>;
    pages<A>(path: string, query?: Query): AsyncIterable<A[]>;
}

export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | null | undefined>>;

export interface Request {
    readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
    readonly path: string;
    readonly query?: Query;
    /** JSON, or the content of a file. */
    readonly body?: unknown;
    /** Of a file: how the server wants it sent. */
    readonly headers?: Readonly<Record<string, string>>;
    /** A file, or what comes piece by piece, is answered, not JSON. */
    readonly answers?: "blob" | "stream";
    /** The version that the change is based on. */
    readonly ifMatch?: number;
    /** The idempotency key. */
    readonly key?: string;
    /** Milliseconds until the request counts as unanswered. */
    readonly timeout?: number;
    readonly signal?: AbortSignal;
}

/** A command before it has been asked. */
export interface Asked<B extends Fields = Fields> {
    readonly kind: { readonly name: string } | string;
    readonly id: string;
    readonly body: B;
}

/** Orders from here on belong to commands that the disk hasn't taken yet. */
export const UNSTORED = 2 ** 50;

/** What a student asked: on the disk until the server has answered for good. */
export interface Command<B extends Fields = Fields> {
    /** The idempotency key. */
    readonly key: string;
    /** Its place in the queue; the disk gives it. */
    readonly order: number;
    /** The operation of the API. */
    readonly kind: string;
    /** The object that it is about. */
    readonly id: string;
    readonly body: B;
    /** When it was asked, by the server's clock. */
    readonly at: string;
    /** The object as the student saw it when asking: the middle of the three-way merge. */
    readonly seen: (Kept & Fields) | null;
    readonly state: "waiting" | "sent" | "conflict";
    /** Not sent before this time (milliseconds), so that it can still be withdrawn. */
    readonly notBefore?: number;
    readonly conflict?: Conflict;
}

/** Why a command waits for the student's decision. */
export type Conflict =
    | { readonly why: "changed"; readonly lines: readonly ConflictLine[] }
    | { readonly why: "deleted" }
    | { readonly why: "refused"; readonly problem: ProblemFacts };

/** A group of fields that was changed here and elsewhere, differently. */
export interface ConflictLine {
    readonly group: string;
    readonly yours: Fields;
    readonly theirs: Fields;
}

export interface ProblemFacts {
    readonly status: number;
    readonly code: string;
    readonly title: string;
    readonly detail: string;
    readonly errors: readonly { readonly pointer: string; readonly code: string; readonly detail: string }[];
}

/** How a group of fields is merged: as one value, as a set of words, or not at all because the other side wins. */
export interface Group {
    readonly fields: readonly string[];
    readonly as?: "value" | "set";
    /** Whether their value stands without asking, such as a completion. */
    theirsWins?(theirs: Fields): boolean;
}

/** Something a student can ask: one object, as an action is one function in the API. */
export interface CommandKind<T extends Kept = Kept, B extends Fields = Fields> {
    /** The operation id in the API. */
    readonly name: string;
    readonly table: Table<T>;
    /** What the command does to its object: decides what 404 means. */
    readonly does: "creates" | "changes" | "deletes";
    /** How the row looks at once. Pure and total. */
    look(row: T | undefined, command: Command<B>): T | undefined;
    /** The rows that it changes, if they are others than `command.id`. */
    targets?(command: Command<B>): readonly string[];
    /** Other objects that have to exist before it can be sent. */
    needs?(command: Command<B>): readonly string[];
    /**
     * `body` is what is left of the command's after merging. A POST has to be the same whenever it is made, because
     * it is sent with a key.
     */
    request(command: Command<B>, body: B, known: Known<T>): Request;
    /** Where its object is read: for merging, and after an answer that may be old. */
    read?(command: Command<B>): string;
    /** Commands with the same word fold into one while they wait. */
    readonly folds?: string;
    /** Fields that are merged together; any other field of the body is a group of its own. Without it, nothing merges. */
    readonly groups?: Readonly<Record<string, Group>>;
    /** The rows of a 2xx answer for the base; by default the answer is the row of `table`. */
    answer?(data: unknown, command: Command<B>, known: (id: string) => T | undefined): readonly Put[];
    /** What undoes it; `before` is the row without it. */
    inverse?(before: T | undefined, command: Command<B>): Asked[] | null | undefined;
    /** Milliseconds for which it isn't sent, so that undoing leaves no trace. */
    readonly hold?: number;
}

/** What the server is known to have, when a request is made. */
export interface Known<T extends Kept> {
    readonly row: T | undefined;
    /** The version of the row, or of the one that the student saw. */
    readonly version: number | undefined;
    by(index: string, key: string): readonly T[];
}

/** A row for the base. */
export interface Put {
    readonly table: string;
    readonly row: Kept;
}

/** Where a row is. */
export interface Place {
    readonly table: string;
    readonly id: string;
}

/** What the answer to a command changes in the base. */
export interface Done {
    readonly put: readonly Put[];
    readonly remove: readonly Place[];
}

// oxlint-disable-next-line typescript/no-explicit-any -- a list of kinds of any row and body
export type AnyKind = CommandKind<any, any>;
// oxlint-disable-next-line typescript/no-explicit-any -- a list of tables of any row
export type AnyTable = Table<any>;

/** What the sync layer is built from: what every feature brings. */
export interface Schema {
    readonly tables: readonly AnyTable[];
    readonly kinds: readonly AnyKind[];
}
