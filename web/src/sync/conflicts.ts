/** Carries out what the student decides about changes that clashed, or that the server refused. */
import { uuidv7 } from "../platform/random.ts";
import { instant, now } from "../platform/time.ts";
import type { Commands } from "./commands.ts";
import type { Asked, Command, Fields, Kept } from "./kinds.ts";
import type { Replica } from "./replica.ts";
import type { Store } from "./store.ts";

/** What the student decides about a line of the conflict list. */
export type Decision = LineDecision | "again" | "let go";
type LineDecision = { readonly group: string; readonly keep: "yours" | "theirs" };

export class Conflicts {
    readonly #store: Store;
    readonly #replica: Replica;
    readonly #commands: Commands;

    constructor(store: Store, replica: Replica, commands: Commands) {
        this.#store = store;
        this.#replica = replica;
        this.#commands = commands;
    }

    /** Carries out a decision of the conflict list. Returns whether there was something to decide. */
    async decide(key: string, decision: Decision): Promise<boolean> {
        const command = this.#store.command(key);
        if (command?.state !== "conflict" || !command.conflict) return false;
        if (typeof decision === "object") await this.#decideLine(command, decision);
        else if (decision === "let go") await this.#letGo(command);
        else if (command.conflict.why === "deleted") await this.#remake(command);
        else await this.#retry(command);
        return true;
    }

    async #decideLine(command: Command, { group, keep }: LineDecision): Promise<void> {
        if (command.conflict?.why !== "changed") return;
        const line = command.conflict.lines.find((one) => one.group === group);
        if (!line) return;
        const lines = command.conflict.lines.filter((one) => one !== line);
        const mine = Object.fromEntries(Object.entries(command.body).filter(([field]) => field in line.yours));
        const rest = Object.fromEntries(Object.entries(command.body).filter(([field]) => !(field in line.yours)));
        if (keep === "yours") {
            const seen = { ...command.seen, ...line.theirs } as Kept & Fields;
            await this.#replica.add({ ...anew(command), body: mine, seen });
        }
        const left: Command = { ...command, body: rest, conflict: { why: "changed", lines } };
        if (lines.length) await this.#replica.change([left]);
        else await this.#replica.settle(command);
    }

    async #letGo(command: Command): Promise<void> {
        const whole = command.conflict?.why === "deleted" || this.#store.kind(command.kind)?.does === "creates";
        for (const one of whole ? this.#about(command) : [command]) await this.#replica.settle(one);
    }

    /** Makes an object again that was deleted elsewhere, as it would look with everything that was asked. */
    async #remake(command: Command): Promise<void> {
        const kind = this.#store.kind(command.kind);
        const about = this.#about(command);
        let row: unknown = command.seen ?? undefined;
        for (const one of about) if (one.id === command.id) row = this.#store.kind(one.kind)?.look(row, one);
        const id = uuidv7(now());
        if (row && kind?.table.remake) {
            await this.#commands.askAll(kind.table.remake(row, id));
            for (const one of about) {
                if (one.id !== command.id) await this.#commands.ask(renamed(one, command.id, id));
            }
        }
        for (const one of about) await this.#replica.settle(one);
    }

    /** Asks once more; as of now, if the server found that it was asked too long ago. */
    async #retry(command: Command): Promise<void> {
        const { conflict } = command;
        const tooOld = conflict?.why === "refused" && conflict.problem.errors.some(({ pointer }) => pointer === "/at");
        await this.#replica.add({ ...anew(command), ...(tooOld && { at: instant(now()) }) });
        await this.#replica.settle(command);
    }

    /** The commands that are about the same object, or need it. */
    #about(command: Command): Command[] {
        return this.#store.queue.filter(
            (one) => one.id === command.id || this.#store.kind(one.kind)?.needs?.(one).includes(command.id),
        );
    }
}

/** The same command, to be sent as a new one. */
function anew(command: Command): Omit<Command, "conflict"> {
    const { conflict: _, ...plain } = command;
    return { ...plain, key: uuidv7(now()), state: "waiting" };
}

/** A command that speaks of `to` where it spoke of `from`. */
function renamed(command: Command, from: string, to: string): Asked {
    const body = Object.fromEntries(
        Object.entries(command.body).map(([field, value]) => [field, value === from ? to : value]),
    );
    return { kind: command.kind, id: uuidv7(now()), body };
}
