/** What the tabs of a browser tell each other about one account. */
import type { Command, Done, Event } from "./kinds.ts";

/** What has changed in the replica of one tab. */
export type Change =
    | { readonly say: "events"; readonly events: readonly Event[] }
    | ({ readonly say: "settled"; readonly command: Command | null } & Done)
    | { readonly say: "commands"; readonly commands: readonly Command[]; readonly dropped?: string }
    | { readonly say: "reload" };

export type Message =
    | Change
    | { readonly say: "online"; readonly online: boolean; readonly at: number | null }
    | { readonly say: "ping" }
    | { readonly say: "pong" }
    | { readonly say: "leave" };

export interface Channel {
    post(message: Message): void;
    /** Calls `hear` for what other tabs post. */
    open(hear: (message: Message) => void): void;
    close(): void;
}

/** The other tabs; without a channel there are none. */
export class Tabs {
    readonly #channel: Channel | null;
    #heard: Promise<void> = Promise.resolve();

    constructor(channel: Channel | null) {
        this.#channel = channel;
    }

    post(message: Message): void {
        this.#channel?.post(message);
    }

    /** Calls `hear` for what other tabs post, one message after the other. */
    open(hear: (message: Message) => Promise<void>): void {
        this.#channel?.open((message) => {
            this.#heard = this.#heard.then(() => hear(message)).catch(() => undefined);
        });
    }

    close(): void {
        this.#channel?.close();
    }

    /** Resolves when what came so far is dealt with. */
    get heard(): Promise<void> {
        return this.#heard;
    }
}
