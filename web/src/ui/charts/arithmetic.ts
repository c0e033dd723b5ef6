import { direction } from "../direction.ts";

/** The horizontal range of a drawing with a gutter for its labels at the start; mirrored where one reads from the right. */
export function across(width: number, gutter: number, rtl = direction() === "rtl"): [number, number] {
    return rtl ? [width - gutter, 0] : [gutter, width];
}

/** The parts of a bar, one upon the other; empty ones are left out. */
export function stacked<Part extends { readonly key: string }>(
    parts: readonly Part[],
    values: Readonly<Record<string, number>>,
): (Part & { from: number; to: number })[] {
    let reached = 0;
    return parts.flatMap((part) => {
        const value = Math.max(0, values[part.key] ?? 0);
        if (value === 0) return [];
        const from = reached;
        reached += value;
        return [{ ...part, from, to: reached }];
    });
}

/** How dark a cell of a heat map is: 0 for nothing, 1 to 4 by quarters of the largest. */
export function heat(value: number | null, largest: number): 0 | 1 | 2 | 3 | 4 {
    if (value === null || value <= 0 || largest <= 0) return 0;
    return Math.min(4, Math.max(1, Math.ceil((value / largest) * 4))) as 1 | 2 | 3 | 4;
}
