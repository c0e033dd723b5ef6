/** What a rhythm of focus sessions may be: the rules of the API, said before it is asked. */
import { m } from "../../platform/messages.ts";

export const NUMBERS = ["workMinutes", "shortBreakMinutes", "longBreakMinutes", "cycles"] as const;
type Numbers = Readonly<Record<(typeof NUMBERS)[number], string>>;

export const LEAST = { workMinutes: 5, shortBreakMinutes: 1, longBreakMinutes: 1, cycles: 1 } as const;
export const MOST = { workMinutes: 240, shortBreakMinutes: 240, longBreakMinutes: 240, cycles: 12 } as const;

/** A sentence for each field that isn't right. */
export type Faults = Partial<Record<keyof Numbers | "name", string>>;

/** What isn't right about a rhythm as it was typed; `taken` are the names of the student's others. */
export function faultsOf({ name, ...numbers }: Numbers & { readonly name: string }, taken: readonly string[]): Faults {
    const faults: Faults = {};
    if (!name) faults.name = m("settings.rhythms.name.missing");
    else if (taken.some((other) => other.toLowerCase() === name.toLowerCase()))
        faults.name = m("settings.rhythms.name.taken");
    for (const field of NUMBERS) {
        const [value, least, most] = [Number(numbers[field]), LEAST[field], MOST[field]];
        if (!Number.isInteger(value) || value < least || value > most)
            faults[field] = m("settings.rhythms.range", { least, most });
    }
    for (const field of ["shortBreakMinutes", "longBreakMinutes"] as const) {
        if (!faults[field] && !faults.workMinutes && Number(numbers[field]) > Number(numbers.workMinutes))
            faults[field] = m("settings.rhythms.break");
    }
    return faults;
}
