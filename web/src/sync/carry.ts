/** Carries commands that wait over to a new schema of the local database. Rows are dropped and read anew. */
import type { Command } from "./kinds.ts";

/** Rises when what is stored changes its form; then a step is added below. */
export const SCHEMA = 1;

/** Makes a command of one schema one of the next; null for a command that has no meaning any more. */
export type Step = (command: Command) => Command | null;

/** By the schema that it starts from. */
const STEPS: Readonly<Record<number, Step>> = {};

/**
 * The commands in the form of the newest schema, in their order. A command that cannot be carried is not lost: it is
 * listed for the student to decide.
 */
export function carryOver(
    commands: readonly Command[],
    from: number,
    to = SCHEMA,
    steps: Readonly<Record<number, Step>> = STEPS,
): Command[] {
    return commands.map((command) => carryOne(command, from, to, steps));
}

function carryOne(command: Command, from: number, to: number, steps: Readonly<Record<number, Step>>): Command {
    let carried: Command | null = command;
    for (let schema = from; carried && schema < to; schema++) {
        const step = steps[schema];
        if (step) carried = step(carried);
    }
    return carried ?? { ...command, state: "conflict", conflict: OUTDATED };
}

/** Why a command that this version can't understand is in the list of conflicts. */
export const OUTDATED = {
    why: "refused",
    problem: { status: 0, code: "outdated_command", title: "", detail: "", errors: [] },
} as const;
