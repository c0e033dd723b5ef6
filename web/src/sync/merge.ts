/** The three-way merge of a change with what happened elsewhere meanwhile, by groups of fields. */
import type { ConflictLine, Fields, Group } from "./kinds.ts";

export interface Merged<B extends Fields = Fields> {
    /** What is still to be sent. */
    readonly body: B;
    /** What was changed here and elsewhere, differently. */
    readonly lines: readonly ConflictLine[];
}

/**
 * Merges a change (`mine`) into the present object (`theirs`), against the object as the student saw it (`seen`).
 *
 * A group that was changed only here is sent; one that is alike on both sides is done; one that was changed on both
 * sides, differently, is a line for the student. Fields that belong to no group are a group each.
 */
export function merge<B extends Fields>(
    groups: Readonly<Record<string, Group>>,
    seen: Fields,
    mine: B,
    theirs: Fields,
): Merged<B> {
    const body: Fields = {};
    const lines: ConflictLine[] = [];
    for (const [name, group] of groupsOf(groups, mine)) {
        const fields = group.fields.filter((field) => field in mine || group.as !== "set");
        const yours = pick(fields, { ...seen, ...mine });
        const now = pick(fields, theirs);
        const before = pick(fields, seen);
        if (group.as === "set") {
            for (const field of fields) body[field] = mergeSets(before[field], yours[field], now[field]);
            if (same(pick(fields, body), now)) for (const field of fields) delete body[field];
        } else if (same(yours, now) || group.theirsWins?.(theirs)) continue;
        else if (same(before, now))
            Object.assign(
                body,
                pick(
                    fields.filter((field) => field in mine),
                    mine,
                ),
            );
        else lines.push({ group: name, yours, theirs: now });
    }
    return { body: body as B, lines };
}

function groupsOf(groups: Readonly<Record<string, Group>>, mine: Fields): [string, Group][] {
    const touched = Object.entries(groups).filter(([, group]) => group.fields.some((field) => field in mine));
    const grouped = new Set(touched.flatMap(([, group]) => group.fields));
    const single = Object.keys(mine).filter((field) => !grouped.has(field));
    return [...touched, ...single.map((field): [string, Group] => [field, { fields: [field] }])];
}

/** Their words, with those that were added here and without those that were removed here. */
function mergeSets(before: unknown, mine: unknown, theirs: unknown): unknown[] {
    const [old, own, other] = [before, mine, theirs].map((value) => (Array.isArray(value) ? (value as unknown[]) : []));
    const removed = new Set(old!.filter((word) => !own!.includes(word)));
    const added = own!.filter((word) => !old!.includes(word));
    return [...new Set([...other!.filter((word) => !removed.has(word)), ...added])];
}

function pick(names: readonly string[], from: Fields): Fields {
    return Object.fromEntries(names.map((name) => [name, from[name] ?? null]));
}

/** Whether two values of JSON are equal, whatever the order of their keys; nothing equals null. */
export function same(one: unknown, other: unknown): boolean {
    if (one === other || (one ?? null) === (other ?? null)) return true;
    if (typeof one !== "object" || typeof other !== "object" || !one || !other) return false;
    if (Array.isArray(one) !== Array.isArray(other)) return false;
    const [a, b] = [one as Fields, other as Fields];
    return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) => same(a[key], b[key]));
}
