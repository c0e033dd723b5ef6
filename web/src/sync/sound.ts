/**
 * Looks at what the disk has before it is used: another version may have written it, or it may be damaged.
 *
 * Rows are a copy and can be read anew, so without a sound number of the last event everything is. A command that can't
 * be understood is left where it is; one whose conflict can't is listed as refused.
 */
import { OUTDATED } from "./migrations.ts";
import type { Command, Put } from "./kinds.ts";

export interface Found {
    readonly rows: readonly unknown[];
    readonly commands: readonly unknown[];
    readonly seq: unknown;
}

export interface Sound {
    readonly rows: readonly Put[];
    readonly commands: readonly Command[];
    /** Null if everything has to be read anew. */
    readonly seq: number | null;
}

export function sound(found: Found): Sound {
    const rows = found.rows.filter(isRow);
    const whole = rows.length === found.rows.length && Number.isSafeInteger(found.seq) && (found.seq as number) >= 0;
    return { rows, commands: found.commands.flatMap(commandOf), seq: whole ? (found.seq as number) : null };
}

function isObject(value: unknown): value is Record<string, unknown> {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isRow(put: unknown): put is Put {
    if (!isObject(put) || typeof put["table"] !== "string" || !isObject(put["row"])) return false;
    const { id, version } = put["row"];
    return typeof id === "string" && Number.isFinite(version);
}

function commandOf(found: unknown): Command[] {
    if (!isObject(found) || !["key", "kind", "id", "at"].every((name) => typeof found[name] === "string")) return [];
    const { order, body, seen, state } = found;
    if (!Number.isInteger(order) || !isObject(body) || !(seen === null || isObject(seen))) return [];
    const command = found as unknown as Command;
    if (state === "waiting" || state === "sent") return [command];
    if (state !== "conflict") return [];
    return [isConflict(command.conflict) ? command : { ...command, conflict: OUTDATED }];
}

function isConflict(found: unknown): boolean {
    if (!isObject(found)) return false;
    if (found["why"] === "changed") return Array.isArray(found["lines"]) && found["lines"].every(isLine);
    return found["why"] === "deleted" || (found["why"] === "refused" && isObject(found["problem"]));
}

function isLine(line: unknown): boolean {
    return isObject(line) && typeof line["group"] === "string" && isObject(line["yours"]) && isObject(line["theirs"]);
}
