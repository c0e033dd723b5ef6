import { expect, test } from "vitest";

import { type Formula, piecesOf, setAside } from "./formulas.ts";

function found(text: string): string[] {
    return setAside(text).formulas.map(({ tex, isBlock }) => (isBlock ? `block ${tex}` : tex));
}

test.each<[string, string[]]>([
    ["Let $x^2$ be it.", ["x^2"]],
    ["Let \\(x^2\\) be it, and \\(y\\).", ["x^2", "y"]],
    ["So\n$$\n\\frac{1}{2}\n$$\nholds.", ["block \\frac{1}{2}"]],
    ["So \\[a = b\\] holds.", ["block a = b"]],
    ["**$x$**, ($y$); $z$.", ["x", "y", "z"]],
    ["It costs $5 and $10.", []],
    ["Between $5-$10, or US$5 and $6.", []],
    ["A sign \\$x\\$ of its own.", []],
    ["`$x$` and ``a ` $y$`` and\n```\n$z$\n```", []],
    ["An end that never comes: $x and \\(y and \\[z and $$w", []],
    ["$ x $ and $$ $$", []],
    ["الحل هو $x = 2$ إذن", ["x = 2"]],
])("the formulas of %j", (text, expected) => {
    expect(found(text)).toEqual(expected);
});

test("a text is put together again as it was", () => {
    const text = "So $a$ and $b$, **then**\n$$c$$";
    const aside = setAside(text);
    expect(aside.text).not.toContain("$");
    const source = (piece: string | Formula) => (typeof piece === "string" ? piece : piece.source);
    expect(piecesOf(aside.text, aside.formulas).map(source).join("")).toBe(text);
});

test("characters that stand for formulas can't be written by anybody", () => {
    const { text, formulas } = setAside("\uE0000\uE001 and $x$");
    expect(piecesOf(text, formulas)).toEqual(["0 and ", formulas[0], ""]);
});
