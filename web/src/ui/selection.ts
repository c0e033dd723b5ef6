/** What is chosen in a list, and where the next range begins. */
export interface Selection {
    readonly ids: ReadonlySet<string>;
    readonly anchor: string | null;
}

export const nothing: Selection = { ids: new Set(), anchor: null };

/** `X`, or Ctrl and a press: one more or one less. */
export function toggle({ ids }: Selection, id: string): Selection {
    const next = new Set(ids);
    if (!next.delete(id)) next.add(id);
    return { ids: next, anchor: id };
}

/** Shift: everything between where the range began and `id`. */
export function extend({ anchor }: Selection, order: readonly string[], id: string): Selection {
    const from = anchor === null ? order.indexOf(id) : order.indexOf(anchor);
    const to = order.indexOf(id);
    if (from < 0 || to < 0) return { ids: new Set([id]), anchor: id };
    return { ids: new Set(order.slice(Math.min(from, to), Math.max(from, to) + 1)), anchor: order[from] ?? id };
}

/** Without what is no longer in the list. */
export function within(selection: Selection, order: readonly string[]): Selection {
    const there = new Set(order);
    const ids = new Set([...selection.ids].filter((id) => there.has(id)));
    return ids.size === selection.ids.size ? selection : { ids, anchor: null };
}

/** Where arrows, Home, End and Page Up and Down lead; undefined for other keys. `page` is how many rows are seen. */
export function moved(key: string, index: number, count: number, page: number): number | undefined {
    const steps: Record<string, number> = {
        ArrowDown: index + 1,
        ArrowUp: index - 1,
        PageDown: index + page,
        PageUp: index - page,
        Home: 0,
        End: count - 1,
    };
    const wanted = steps[key];
    return wanted === undefined || count === 0 ? undefined : Math.min(Math.max(wanted, 0), count - 1);
}

/** The row that a key leads to from another, and what is chosen if Shift is held. */
export function steer(
    key: string,
    selection: Selection,
    order: readonly string[],
    id: string,
    page: number,
): { readonly goal: string; readonly range: Selection } | undefined {
    const goal = order[moved(key, order.indexOf(id), order.length, page) ?? -1];
    if (goal === undefined) return undefined;
    return { goal, range: extend(selection.anchor === null ? toggle(nothing, id) : selection, order, goal) };
}
