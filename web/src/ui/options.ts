export interface Option {
    readonly value: string;
    readonly label: string;
    readonly color?: string;
}

/** The options whose label contains what was typed, ignoring case, and whether one is the same. */
export function narrowed<O extends Option>(options: readonly O[], typed: string): { found: O[]; same: boolean } {
    const wanted = typed.trim().toLocaleLowerCase();
    const labels = options.map((option) => [option, option.label.toLocaleLowerCase()] as const);
    const found = labels.filter(([, label]) => label.includes(wanted)).map(([option]) => option);
    return { found, same: labels.some(([, label]) => label === wanted) };
}
