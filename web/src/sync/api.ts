/** Requests to the API. The one home of `fetch`. */
import type { ProblemFacts, Query, Reader, Request } from "./kinds.ts";
import { Reads } from "./reads.ts";

/** No answer came: offline, timed out, or something that isn't the API answered. */
export class NoAnswer extends Error {}

/** The API answered with a problem (RFC 9457). */
export class Problem extends Error {
    readonly facts: ProblemFacts;
    /** Seconds after which to ask again, if the answer said so. */
    readonly retryAfter: number | null;

    constructor(facts: ProblemFacts, retryAfter: number | null = null) {
        super(facts.detail || facts.title || String(facts.status));
        this.facts = facts;
        this.retryAfter = retryAfter;
    }

    get status(): number {
        return this.facts.status;
    }

    get code(): string {
        return this.facts.code;
    }
}

/** The session has ended: nothing can be sent before the student has signed in again. */
export class SessionEnded extends Error {}

export interface Answer<A> {
    readonly status: number;
    readonly data: A;
}

/** Where access tokens come from. `renew` is told which token was refused. */
export interface Tokens {
    get(): Promise<string>;
    renew(refused: string): Promise<string>;
}

const TIMEOUT = 20_000;
const MAX_BYTES = 32 * 1024 * 1024;
const MAX_ERRORS = 100;
const MAX_TEXT = 1000;

export class Api {
    tokens: Tokens | null;
    readonly #origin: string;

    /** `origin` is empty where the app and the API have the same. */
    constructor(origin = "", tokens: Tokens | null = null) {
        this.#origin = origin;
        this.tokens = tokens;
    }

    get socketOrigin(): string {
        return (this.#origin || location.origin).replace(/^http/, "ws");
    }

    /** Sends a request as the student who is signed in. A token that was refused is renewed once. */
    async send<A = unknown>(request: Request): Promise<Answer<A>> {
        if (!this.tokens) throw new SessionEnded();
        const token = await this.tokens.get();
        try {
            return await this.sendAs<A>(request, token);
        } catch (fault) {
            if (!(fault instanceof Problem && fault.status === 401)) throw fault;
            if (fault.code === "session_ended") throw new SessionEnded();
            if (fault.code === "bad_code" || fault.code === "bad_credentials") throw fault; // the token was good
            return this.sendAs<A>(request, await this.tokens.renew(token));
        }
    }

    /** Sends a request with this access token, or without any. */
    async sendAs<A = unknown>(request: Request, token: string | null = null): Promise<Answer<A>> {
        const response = await this.#fetch(request, token);
        const data = response.ok && request.answers ? await rawOf(response, request.answers) : await bodyOf(response);
        if (response.ok) return { status: response.status, data: data as A };
        throw problemOf(response.status, data, Number.parseInt(response.headers.get("retry-after") ?? "", 10));
    }

    async #fetch(request: Request, token: string | null): Promise<Response> {
        const timeout = AbortSignal.timeout(request.timeout ?? TIMEOUT);
        try {
            return await fetch(`${this.#origin}${request.path}${queryOf(request.query)}`, {
                method: request.method,
                headers: headersOf(request, token),
                body: contentOf(request.body),
                signal: request.signal ? AbortSignal.any([timeout, request.signal]) : timeout,
                cache: "no-store",
                redirect: "error",
            });
        } catch (fault) {
            request.signal?.throwIfAborted();
            throw new NoAnswer("no answer", { cause: fault });
        }
    }

    /** Reads for the tables: those that are asked for in the same turn are one request. */
    reader(now: number): Reader {
        const reads = new Reads((request) => this.send(request));
        const get = <A>(path: string, query?: Query) => reads.get<A>(`${path}${queryOf(query)}`);
        return {
            now,
            get,
            // The first page is asked for at once, so that lists that are read in order are asked for together.
            pages<A>(path: string, query: Query = {}) {
                const page = (cursor: string | null) => get<Page<A>>(path, { limit: 200, ...query, cursor });
                const first = page(null);
                first.catch(() => undefined); // told to whoever reads it
                return pagesFrom(first, page);
            },
        };
    }
}

async function* pagesFrom<A>(first: Promise<Page<A>>, page: (cursor: string) => Promise<Page<A>>) {
    for (let next = first; ;) {
        const { items, nextCursor } = await next;
        yield items;
        if (!nextCursor) return;
        next = page(nextCursor);
    }
}

interface Page<A> {
    readonly items: A[];
    readonly nextCursor?: string | null;
}

function headersOf(request: Request, token: string | null): Record<string, string> {
    return {
        accept: "application/json",
        ...(token && { authorization: `Bearer ${token}` }),
        ...(request.body !== undefined && { "content-type": typeOf(request.body) }),
        ...(request.ifMatch !== undefined && { "if-match": `"v${request.ifMatch}"` }),
        ...(request.key && { "idempotency-key": request.key }),
        ...lowerCased(request.headers),
    };
}

function contentOf(body: unknown): BodyInit | null {
    if (body === undefined) return null;
    return body instanceof Blob ? body : JSON.stringify(body);
}

function typeOf(body: unknown): string {
    return body instanceof Blob ? body.type : "application/json";
}

function lowerCased(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
    return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function queryOf(query: Query = {}): string {
    const pairs = Object.entries(query).flatMap(([name, value]) =>
        (Array.isArray(value) ? value : [value])
            .filter((one) => one !== null && one !== undefined)
            .map((one) => [name, String(one)]),
    );
    return pairs.length ? `?${new URLSearchParams(pairs)}` : "";
}

function rawOf(response: Response, answers: "blob" | "stream"): unknown {
    return answers === "blob" ? response.blob() : response.body;
}

/** The JSON of a response, null if it has none. Raises `NoAnswer` for what the API would not say. */
async function bodyOf(response: Response): Promise<unknown> {
    if (response.status === 204) return null;
    if (Number(response.headers.get("content-length") ?? 0) > MAX_BYTES) throw new NoAnswer("the answer is too large");
    try {
        const text = await response.text();
        return text ? JSON.parse(text) : null;
    } catch (fault) {
        throw new NoAnswer("the answer is no JSON", { cause: fault });
    }
}

/** The fault of an answer; `wait` is its Retry-After in seconds, if it had one. */
export function problemOf(status: number, data: unknown, wait = Number.NaN): Problem | NoAnswer {
    const said = typeof data === "object" && data ? (data as Record<string, unknown>) : null;
    // A proxy in between answers without a code: that is nobody's refusal.
    if (typeof said?.["code"] !== "string") return new NoAnswer(`status ${status} without a problem`);
    const errors = Array.isArray(said["errors"]) ? said["errors"].slice(0, MAX_ERRORS) : [];
    return new Problem(
        {
            status,
            code: textOf(said["code"]),
            title: textOf(said["title"]),
            detail: textOf(said["detail"]),
            errors: errors.map((one: Record<string, unknown> | null) => ({
                pointer: textOf(one?.["pointer"]),
                code: textOf(one?.["code"]),
                detail: textOf(one?.["detail"]),
            })),
        },
        Number.isFinite(wait) ? Math.min(Math.max(wait, 0), 3600) : null,
    );
}

function textOf(value: unknown): string {
    return typeof value === "string" ? value.slice(0, MAX_TEXT) : "";
}
