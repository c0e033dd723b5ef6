/** Migrates commands that wait to a new schema of the local database. Rows are dropped and read anew. */
import type { Command } from "./kinds.ts";

/** Rises when what is stored changes its form; then a step is added below. */
export const SCHEMA = 3;

/** Makes a command of one schema one of the next; null for a command that has no meaning any more. */
export type Step = (command: Command) => Command | null;

/** By the schema that it starts from. */
const STEPS: Readonly<Record<number, Step>> = {};

/**
 * The commands in the form of the newest schema, in their order. A command that cannot be migrated is not lost: it is
 * listed for the student to decide.
 */
export function migrate(
    commands: readonly Command[],
    from: number,
    to = SCHEMA,
    steps: Readonly<Record<number, Step>> = STEPS,
): Command[] {
    return commands.map((command) => migrateOne(command, from, to, steps));
}

function migrateOne(command: Command, from: number, to: number, steps: Readonly<Record<number, Step>>): Command {
    let migrated: Command | null = command;
    for (let schema = from; migrated && schema < to; schema++) {
        const step = steps[schema];
        if (step) migrated = step(migrated);
    }
    return migrated ?? { ...command, state: "conflict", conflict: OUTDATED };
}

/** Why a command that this version can't understand is in the list of conflicts. */
export const OUTDATED = {
    why: "refused",
    problem: { status: 0, code: "outdated_command", title: "", detail: "", errors: [] },
} as const;
