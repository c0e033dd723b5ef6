/** Reads that are asked for in the same turn: sent as one request, since each way there and back takes time. */
import { type Api, problemOf } from "./api.ts";
import type { Request } from "./kinds.ts";

/** As many as the server takes at once. */
const MOST = 10;

interface Waiting {
    readonly target: string;
    resolve(data: unknown): void;
    reject(fault: unknown): void;
}

export class Reads {
    readonly #send: Api["send"];
    #waiting: Waiting[] = [];

    constructor(send: Api["send"]) {
        this.#send = send;
    }

    /** Reads a path with its query. What is asked for later in the same turn is read later. */
    get<A>(target: string): Promise<A> {
        return new Promise<A>((resolve, reject) => {
            const count = this.#waiting.push({ target, resolve: resolve as Waiting["resolve"], reject });
            if (count === 1) queueMicrotask(() => void this.#flush());
        });
    }

    async #flush(): Promise<void> {
        const all = this.#waiting;
        this.#waiting = [];
        while (all.length) await this.#read(all.splice(0, MOST));
    }

    async #read(wanted: readonly Waiting[]): Promise<void> {
        const [only] = wanted;
        try {
            if (wanted.length === 1)
                return only!.resolve((await this.#send({ method: "GET", path: only!.target })).data);
            const { data } = await this.#send<Together>(together(wanted.map(({ target }) => target)));
            for (const [index, { resolve, reject }] of wanted.entries()) {
                const { status, body } = data.items[index]!;
                if (status < 400) resolve(body);
                else reject(problemOf(status, body));
            }
        } catch (fault) {
            for (const { reject } of wanted) reject(fault);
        }
    }
}

interface Together {
    readonly items: readonly { readonly status: number; readonly body: unknown }[];
}

function together(paths: readonly string[]): Request {
    return { method: "POST", path: "/api/reads", body: { paths } };
}
