/**
 * Who is signed in: access tokens in memory, the refresh token in a cookie that scripts can't read.
 *
 * On a shared computer the refresh token is in memory too, so that closing the tab signs out.
 */
import { now } from "../platform/time.ts";
import { type Api, NoAnswer, Problem, SessionEnded, type Tokens } from "./api.ts";
import type { components } from "./openapi.d.ts";

export type User = components["schemas"]["User"];
type SignedIn = components["schemas"]["SignedIn"];

/** "unknown" until the first answer; "ended": what is kept is locked until the same student signs in again. */
export type SessionState = "unknown" | "signed-out" | "signed-in" | "ended";

export interface Credentials {
    readonly email: string;
    readonly password: string;
    /** The second factor, or a recovery code. */
    readonly code?: string;
}

export interface NewAccount {
    readonly email: string;
    readonly password: string;
    readonly name: string;
    readonly timeZone: string;
}

interface Token {
    readonly user: User;
    readonly access: string;
    /** In milliseconds. */
    readonly expires: number;
}

/** What tabs tell each other about the session. */
type Told = { readonly token: Token };

const EARLY = 30_000;
const CHANNEL = "teddy:session";
const LOCK = "teddy:refresh";

export class Session {
    readonly #api: Api;
    readonly #changed: () => void;
    readonly #channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(CHANNEL);
    #token: Token | null = null;
    #refreshToken: string | null = null;
    #renewing: Promise<Token> | null = null;
    #shared = false;
    /** Rises when somebody signs in or out: an answer to what was asked before that is of no use. */
    #turn = 0;
    state: SessionState = "unknown";
    user: User | null = null;
    /** Called when the student is known: at sign-in, and when tokens of another one turn up. */
    onUser: (user: User, shared: boolean) => void = () => undefined;

    constructor(api: Api, changed: () => void) {
        this.#api = api;
        this.#changed = changed;
        this.#channel?.addEventListener("message", ({ data }: MessageEvent<Told>) => this.#hear(data));
    }

    get shared(): boolean {
        return this.#shared;
    }

    /** Signs in. Raises the problems of the API: `bad_credentials`, `second_factor_required`, `bad_code`. */
    signIn(credentials: Credentials, shared = false): Promise<User> {
        return this.#enter("/api/auth/login", credentials, shared);
    }

    register(account: NewAccount, shared = false): Promise<User> {
        return this.#enter("/api/auth/register", account, shared);
    }

    /** Ends a sign-in with Google that needs a code, or the password of the account to be linked. */
    finishGoogle(proof: { password?: string; code?: string }, shared = false): Promise<User> {
        return this.#enter("/api/auth/google/finish", proof, shared);
    }

    /** Shows what is kept of this student before the server has answered. */
    assume(user: User): void {
        this.user = user;
        this.#set("signed-in");
    }

    /** Signs in by the cookie. Raises `SessionEnded` if there is none. */
    async resume(): Promise<User> {
        return (await this.#renew("")).user;
    }

    /** The tokens of this student, or of whoever is signed in. Those of another one are never handed out. */
    tokens(id?: string): Tokens {
        const own = (token: Token) => {
            if (id && token.user.id !== id) throw new SessionEnded();
            return token.access;
        };
        return {
            get: async () => own(this.#fresh() ?? (await this.#renew(this.#token?.access ?? ""))),
            renew: async (refused) => own(await this.#renew(refused)),
        };
    }

    /** The session was revoked or has expired. */
    end(): void {
        this.#token = null;
        this.#refreshToken = null;
        if (this.state === "signed-in") this.#set("ended");
        else if (this.state === "unknown") this.#set("signed-out");
    }

    /** Forgets the student on this device, without a word to the server. */
    forget(): void {
        this.#turn++;
        this.#token = null;
        this.#refreshToken = null;
        this.user = null;
        this.#shared = false;
        this.#set("signed-out");
    }

    /** Ends the session of this student at the server. Raises `NoAnswer` if that has to be done later. */
    async endAtServer(id = this.user?.id): Promise<void> {
        try {
            const token = this.#fresh()?.access ?? (await this.#exchangeAs(id));
            if (!token) return; // the cookie is that of another student by now
            await this.#api.sendAs({ method: "POST", path: "/api/auth/logout" }, token);
        } catch (fault) {
            if (fault instanceof NoAnswer || (fault instanceof Problem && fault.status >= 500)) throw fault;
        }
    }

    #fresh(): Token | null {
        return this.#token && this.#token.expires - EARLY > now() ? this.#token : null;
    }

    async #enter(path: string, body: object, shared: boolean): Promise<User> {
        const delivery = shared ? "body" : "cookie";
        const { data } = await this.#api.sendAs<SignedIn>({ method: "POST", path, body: { ...body, delivery } });
        this.#shared = shared;
        this.#turn++;
        return this.#accept(data).user;
    }

    #accept(answer: SignedIn): Token {
        const token = {
            user: answer.user,
            access: answer.accessToken,
            expires: now() + answer.expiresIn * 1000,
        };
        this.#refreshToken = answer.refreshToken ?? null;
        if (!this.#shared) this.#channel?.postMessage({ token } satisfies Told);
        this.#take(token);
        return token;
    }

    /** Another tab renewed the tokens, or signed in. */
    #hear({ token }: Told): void {
        if (!this.#shared && (!this.user || this.user.id === token.user.id || this.state === "ended"))
            this.#take(token);
    }

    #take(token: Token): void {
        const known = this.user?.id === token.user.id && this.state === "signed-in";
        this.#token = token;
        this.user = token.user;
        this.#set("signed-in");
        if (!known) this.onUser(token.user, this.#shared);
    }

    /** One renewal at a time, in all tabs; a token that another tab has got meanwhile is taken. */
    #renew(refused: string): Promise<Token> {
        this.#renewing ??= alone(() => this.#renewNow(refused)).finally(() => {
            this.#renewing = null;
        });
        return this.#renewing;
    }

    async #renewNow(refused: string): Promise<Token> {
        const token = this.#fresh();
        if (token && token.access !== refused) return token;
        const turn = this.#turn;
        const answer = await this.#exchange();
        if (turn !== this.#turn) throw new SessionEnded();
        return this.#accept(answer);
    }

    /** Exchanges the refresh token for new tokens. */
    async #exchange(): Promise<SignedIn> {
        if (this.#shared && !this.#refreshToken) throw new SessionEnded();
        const body = this.#shared ? { refreshToken: this.#refreshToken } : {};
        try {
            return (await this.#api.sendAs<SignedIn>({ method: "POST", path: "/api/auth/refresh", body })).data;
        } catch (fault) {
            if (fault instanceof Problem && fault.status < 500 && fault.status !== 429) throw new SessionEnded();
            throw fault;
        }
    }

    /** A new access token, null if it is that of another student. */
    async #exchangeAs(id: string | undefined): Promise<string | null> {
        const { user, accessToken } = await this.#exchange();
        return id && id !== user.id ? null : accessToken;
    }

    #set(state: SessionState): void {
        if (this.state === state) return;
        this.state = state;
        this.#changed();
    }
}

async function alone<A>(run: () => Promise<A>): Promise<A> {
    const locks = typeof navigator === "undefined" ? undefined : navigator.locks;
    if (!locks) return run();
    return (await locks.request(LOCK, run)) as A;
}
