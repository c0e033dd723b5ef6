/** How many steps can be asked for, to be chosen from. */
import { m } from "../../platform/messages.ts";

/** `about`: how many there are when the student doesn't say. */
export function countOptions([least, most]: readonly [number, number], about?: number) {
    const counts = Array.from({ length: most - least + 1 }, (_, index) => least + index);
    return [
        ...(about ? [{ value: "", label: m("ai.count.about", { number: about }) }] : []),
        ...counts.map((count) => ({ value: String(count), label: m("ai.count.exact", { count }) })),
    ];
}
