/** Makes commands of what the student asks, and undoes them. */
import { uuidv7 } from "../platform/random.ts";
import { instant, now } from "../platform/time.ts";
import type { AnyKind, Asked, Command, Fields, Kept } from "./kinds.ts";
import type { Replica } from "./replica.ts";
import type { Store } from "./store.ts";

/** What was asked together, the last first, and what undoes each. */
type Undo = { readonly command: Command; readonly inverses: readonly Asked[] }[];

const MOST_UNDOS = 50;

export class Commands {
    readonly #store: Store;
    readonly #replica: Replica;
    readonly #undos: Undo[] = [];

    constructor(store: Store, replica: Replica) {
        this.#store = store;
        this.#replica = replica;
    }

    /** Stores what the student asked and shows it at once. Raises `DiskRefused` if it can't be stored. */
    async ask(asked: Asked): Promise<Command> {
        return (await this.askAll([asked]))[0]!;
    }

    /** Asks for several things that are undone together. */
    async askAll(list: readonly Asked[]): Promise<Command[]> {
        const undo: Undo = [];
        const commands: Command[] = [];
        for (const asked of list) {
            const kind = this.#kindOf(asked);
            const before = this.#seen(kind, asked.id);
            const command = await this.#add(kind, asked, before);
            commands.push(command);
            const inverses = kind.inverse?.(before, command) ?? [];
            if (inverses.length || command.notBefore) undo.unshift({ command, inverses });
        }
        if (undo.length) this.#undos.push(undo);
        if (this.#undos.length > MOST_UNDOS) this.#undos.shift();
        return commands;
    }

    /** Undoes what was asked last, or what the command of this key asked. Returns whether there was something to undo. */
    async undo(key?: string): Promise<boolean> {
        const of = (undo: Undo) => undo.some(({ command }) => command.key === key);
        const at = key ? this.#undos.findLastIndex(of) : this.#undos.length - 1;
        if (at < 0) return false;
        for (const { command, inverses } of this.#undos.splice(at, 1)[0]!) {
            if (command.notBefore && (await this.#replica.withdraw(command.key))) continue;
            for (const asked of inverses) {
                const kind = this.#kindOf(asked);
                await this.#add(kind, asked, this.#seen(kind, asked.id));
            }
        }
        return true;
    }

    /** No longer holds back what could be undone without a trace. */
    async release(): Promise<void> {
        const held = this.#store.queue.filter((one) => one.state === "waiting" && (one.notBefore ?? 0) > now());
        if (held.length) await this.#replica.change(held.map((one) => ({ ...one, notBefore: 0 })));
    }

    #add(kind: AnyKind, asked: Asked, seen: Kept | undefined): Promise<Command> {
        const at = now();
        return this.#replica.add({
            key: uuidv7(at),
            kind: kind.name,
            id: asked.id,
            body: asked.body,
            at: instant(at),
            seen: (seen as (Kept & Fields) | undefined) ?? null,
            state: "waiting",
            ...(kind.hold && { notBefore: at + kind.hold }),
        });
    }

    #kindOf(asked: Asked): AnyKind {
        const name = typeof asked.kind === "string" ? asked.kind : asked.kind.name;
        const kind = this.#store.kind(name);
        if (!kind) throw new Error(`unknown command: ${name}`);
        return kind;
    }

    #seen(kind: AnyKind, id: string): Kept | undefined {
        return this.#store.get(kind.table, id) as Kept | undefined;
    }
}
