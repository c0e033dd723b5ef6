/** Formulas in a text, written in LaTeX: `$…$`, `\(…\)`, and on a line of their own `$$…$$`, `\[…\]`. Pure. */

export interface Formula {
    readonly tex: string;
    readonly isBlock: boolean;
    /** As it was written. */
    readonly source: string;
}

const MAX = 1000;
/** Code, in which nothing is a formula, or a formula. Amounts of money aren't: their signs touch digits outside. */
const PARTS = new RegExp(
    [
        "(?<code>(?<ticks>`+)[^]+?\\k<ticks>(?!`))",
        `\\$\\$(?<dollars>[^$]{1,${MAX}}?)\\$\\$`,
        `\\\\\\[(?<brackets>[^]{1,${MAX}}?)\\\\\\]`,
        `\\\\\\((?<parentheses>[^]{1,${MAX}}?)\\\\\\)`,
        `(?<![\\\\$\\w])\\$(?=[^\\s$])(?<dollar>[^$\\n]{0,${MAX}}?[^\\s$\\\\])\\$(?![\\w$])`,
    ].join("|"),
    "gu",
);
/** Characters of private use stand for a formula: no Markdown is made of them. */
const PLACES = /\uE000(\d+)\uE001/u;
const RESERVED = /[\uE000\uE001]/gu;

/** The text with a place for each formula. */
export function setAside(text: string): { text: string; formulas: Formula[] } {
    const formulas: Formula[] = [];
    const rest = text.replaceAll(RESERVED, "").replaceAll(PARTS, (source, ...found: unknown[]) => {
        const groups = found.at(-1) as Record<string, string | undefined>;
        const block = groups["dollars"] ?? groups["brackets"];
        const tex = block ?? groups["parentheses"] ?? groups["dollar"];
        if (tex === undefined || !tex.trim()) return source;
        formulas.push({ tex: tex.trim(), isBlock: block !== undefined, source });
        return `\uE000${formulas.length - 1}\uE001`;
    });
    return { text: rest, formulas };
}

/** What a text is made of: pieces of text, and the formulas in their places. */
export function piecesOf(text: string, formulas: readonly Formula[]): (string | Formula)[] {
    return text.split(PLACES).map((piece, index) => (index % 2 ? formulas[Number(piece)]! : piece));
}
