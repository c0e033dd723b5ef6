/** The contrast of the tokens, computed again from their text (WCAG 2.2: 1.4.3, 1.4.11). */
import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { swatches } from "../ui/swatches.ts";

type Colour = readonly [l: number, a: number, b: number, alpha: number];
type Theme = "light" | "dark";

const css = readFileSync(new URL("tokens.css", import.meta.url), "utf8");
const root = css.slice(css.indexOf(":root {"), css.indexOf(":root.light"));
const tokens = new Map([...root.matchAll(/--([\w-]+):\s*([^;]+);/g)].map(([, name, value]) => [name!, value!.trim()]));

function colourOf(text: string, theme: Theme): Colour {
    const variable = /^var\(--([\w-]+)\)$/.exec(text)?.[1];
    if (variable) return colourOf(tokens.get(variable)!, theme);
    if (text.startsWith("light-dark(")) return colourOf(partsOf(text)[theme === "light" ? 0 : 1]!, theme);
    if (text.startsWith("color-mix(")) return mixOf(text, theme);
    if (text.startsWith("#")) return fromHex(text);
    const [l = 0, c = 0, h = 0, alpha = 1] = (/^oklch\(([^)]+)\)$/.exec(text)?.[1] ?? "").split(/[\s/]+/).map(Number);
    return [l, c * Math.cos((h * Math.PI) / 180), c * Math.sin((h * Math.PI) / 180), alpha];
}

/** "color-mix(in oklab, a 17%, b)" */
function mixOf(text: string, theme: Theme): Colour {
    const [, first = "", second = ""] = partsOf(text);
    const [, colour = "", percent = "50"] = /^(.*?)\s+([\d.]+)%$/.exec(first) ?? [];
    if (second === "transparent") throw new Error("a wash over nothing has no contrast");
    const [one, other, part] = [colourOf(colour, theme), colourOf(second, theme), Number(percent) / 100];
    return one.map((value, index) => value * part + other[index]! * (1 - part)) as unknown as Colour;
}

/** The arguments of a function, without splitting those of functions within. */
function partsOf(text: string): string[] {
    const parts = [""];
    let depth = 0;
    for (const sign of text.slice(text.indexOf("(") + 1, -1)) {
        if (sign === "(") depth++;
        if (sign === ")") depth--;
        if (sign === "," && depth === 0) parts.push("");
        else parts[parts.length - 1] += sign;
    }
    return parts.map((part) => part.trim());
}

const linear = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);

function fromHex(hex: string): Colour {
    const [r, g, b] = [1, 3, 5].map((at) => linear(parseInt(hex.slice(at, at + 2), 16) / 255)) as [
        number,
        number,
        number,
    ];
    const [l, m, s] = [
        Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b),
        Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b),
        Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b),
    ];
    return [
        0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
        1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
        0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
        1,
    ];
}

/** Relative luminance; what lies outside of sRGB is cut off, as screens do. */
function luminance([l, a, b]: Colour): number {
    const [x, y, z] = [
        (l + 0.3963377774 * a + 0.2158037573 * b) ** 3,
        (l - 0.1055613458 * a - 0.0638541728 * b) ** 3,
        (l - 0.0894841775 * a - 1.291485548 * b) ** 3,
    ];
    const rgb = [
        4.0767416621 * x - 3.3077115913 * y + 0.2309699292 * z,
        -1.2684380046 * x + 2.6097574011 * y - 0.3413193965 * z,
        -0.0041960863 * x - 0.7034186147 * y + 1.707614701 * z,
    ].map((value) => Math.min(1, Math.max(0, value))) as [number, number, number];
    return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2];
}

function contrast(one: string, other: string, theme: Theme): number {
    const [a, b] = [one, other].map((name) => luminance(colourOf(`var(--${name})`, theme))) as [number, number];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

const surfaces = ["paper", "card", "sunk", "float"];
const washes = ["honey-wash", "go-wash", "warn-wash", "stop-wash", "calm-wash"];
const themes: Theme[] = ["light", "dark"];
const pairs = (texts: readonly string[], grounds: readonly string[]) =>
    themes.flatMap((theme) => texts.flatMap((text) => grounds.map((ground) => [theme, text, ground] as const)));

test("what a subject can be coloured with is the same in both lists", () => {
    expect(swatches.map(({ name, color }) => [name, color])).toEqual(
        swatches.map(({ name }) => [name, tokens.get(name)]),
    );
});

test("black on white is computed as everybody does", () => {
    const [black, white] = [luminance(fromHex("#000000")), luminance(fromHex("#ffffff"))];
    expect((white + 0.05) / (black + 0.05)).toBeCloseTo(21, 3);
    expect((white + 0.05) / (luminance(fromHex("#767676")) + 0.05)).toBeCloseTo(4.54, 2);
});

test.each([
    ...pairs(["ink", "soft", "go", "warn", "stop", "calm"], surfaces),
    ...pairs(["honey"], ["paper", "card", "float"]), // on sunk it is for icons alone
    ...pairs(["ink", "soft"], washes),
    ...pairs(["ink"], ["honey-mark"]),
    ...pairs(["on-honey"], ["honey", "honey-deep"]),
    ...pairs(["on-go"], ["go"]),
    ...pairs(["on-inverse"], ["inverse"]),
])("%s: text in %s can be read on %s", (theme, text, ground) => {
    expect(contrast(text, ground, theme)).toBeGreaterThanOrEqual(4.5);
});

test.each([
    ...pairs(["edge", "calm", "honey", "honey-fill", "go"], ["paper", "card", "sunk"]),
    ...pairs(["edge", "calm"], ["float"]),
])("%s: borders, focus and graphics in %s can be seen on %s", (theme, line, ground) => {
    expect(contrast(line, ground, theme)).toBeGreaterThanOrEqual(3);
});
