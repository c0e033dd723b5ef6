/**
 * A read that is computed anew only when a table that it read has changed.
 *
 * Derive lists once, at the top of a module: `const open = derived((view) => view.all(tasks).filter(isOpen))`.
 */
import type { Store, View } from "./store.ts";

export function derived<A>(read: (view: View) => A): (view: View) => A {
    let of: Store | null = null;
    let result: A;
    let seen: [string, number][] = [];
    return (view) => {
        const store = view as Store;
        if (store !== of || seen.some(([table, revision]) => store.revision(table) !== revision)) {
            const [found, tables] = store.record(read);
            of = store;
            result = found;
            seen = [...tables].map((table) => [table, store.revision(table)]);
        }
        return result;
    };
}
