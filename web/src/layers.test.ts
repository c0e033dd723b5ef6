/** The structure of the app: who may import whom, what has one home, and how big a component may be. */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

import { describe, expect, test } from "vitest";

const ROOT = dirname(fileURLToPath(import.meta.url));
const FOLDERS = ["app", "features", "sync", "ui", "platform", "style"];
const FILES = ["main.ts", "worker.ts"];
/** A feature may use those before it. */
const FEATURES =
    "auth subjects tasks focus ai calendar analytics gamification notifications overview today settings".split(" ");
/** What features may know of the app: the seams. */
const SEAMS = ["app/context.ts", "app/feature.ts"];
/** What components may know of the sync layer. */
const READABLE = ["sync/kinds.ts", "sync/store.ts"];
const BELOW: Record<string, readonly string[]> = {
    app: ["app", "features", "ui", "sync", "platform", "style"],
    features: ["features", "ui", "sync", "platform"],
    ui: ["ui", "platform"],
    sync: ["sync", "platform"],
    platform: ["platform"],
};
const MAX_LINES = 150;

interface Source {
    readonly path: string;
    readonly text: string;
    /** Paths under `src`, and names of packages. */
    readonly imports: readonly string[];
}

const SOURCES: readonly Source[] = globSync("**/*.{ts,svelte,css}", { cwd: ROOT })
    .filter((path) => !path.endsWith(".d.ts") && !isTest(path))
    .toSorted()
    .map((path) => source(path, readFileSync(join(ROOT, path), "utf8")));

function isTest(path: string): boolean {
    return path.endsWith(".test.ts") || path === join("sync", "model.ts");
}

function source(path: string, text: string): Source {
    const found = [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']/g)].map((match) => match[1]!);
    const imports = found.map((name) =>
        name.startsWith(".") ? relative(ROOT, join(ROOT, dirname(path), name)) : name,
    );
    return { path, text, imports };
}

/** Code without comments and texts, in which a word may stand for something else. */
function codeOf({ text }: Source): string {
    return text
        .replaceAll(/\/\*[\s\S]*?\*\/|<!--[\s\S]*?-->|(?<!:)\/\/.*$/gm, "")
        .replaceAll(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, '""');
}

/** The styles of a file: all of a style sheet, the style block of a component; without comments. */
function stylesOf({ path, text }: Source): string {
    const styles = path.endsWith(".css") ? text : (/<style[^>]*>([\s\S]*)<\/style>/.exec(text)?.[1] ?? "");
    return styles.replaceAll(/\/\*[\s\S]*?\*\//g, "");
}

function places(pattern: RegExp, of: (source: Source) => string, homes: (path: string) => boolean): string[] {
    return SOURCES.filter(({ path }) => !homes(path)).flatMap((one) =>
        [...of(one).matchAll(pattern)].map((match) => `${one.path}: ${match[0].trim()}`),
    );
}

const isIn = (folder: string) => (path: string) => path.startsWith(`${folder}/`);
const isOneOf = (paths: readonly string[]) => (path: string) => paths.includes(path);
const isCode = (path: string) => !path.endsWith(".css");

test("every file lies in a layer", () => {
    const stray = SOURCES.filter(({ path }) => {
        const [folder, ...rest] = path.split("/");
        return rest.length ? !FOLDERS.includes(folder!) : !FILES.includes(path);
    });
    expect(stray.map(({ path }) => path)).toEqual([]);
});

test("names say what is inside", () => {
    const vague = SOURCES.filter(({ path }) => /(^|\/)(utils?|helpers?|common|managers?|misc)([/.]|$)/i.test(path));
    expect(vague.map(({ path }) => path)).toEqual([]);
});

test("imports go down: app, features, ui and sync, platform", () => {
    const wrong = SOURCES.flatMap(({ path, imports }) =>
        imports.filter((name) => isLocal(name) && !mayImport(path, name)).map((name) => `${path} → ${name}`),
    );
    expect(wrong).toEqual([]);
});

function isLocal(name: string): boolean {
    return FOLDERS.includes(name.split("/")[0]!) || name.startsWith("..");
}

function mayImport(path: string, name: string): boolean {
    const [layer, feature] = path.split("/") as [string, string];
    const [other, otherFeature] = name.split("/") as [string, string];
    if (!path.includes("/")) return true; // main.ts joins everything
    if (layer === "features" && SEAMS.includes(name)) return true;
    if (!BELOW[layer]?.includes(other)) return false;
    if (layer !== "features" || other !== "features" || !path.split("/")[2]) return true;
    return feature === otherFeature || FEATURES.indexOf(otherFeature) < FEATURES.indexOf(feature);
}

test("the rule of imports itself", () => {
    expect(mayImport("ui/Button.svelte", "features/tasks/table.ts")).toBe(false);
    expect(mayImport("platform/time.ts", "sync/api.ts")).toBe(false);
    expect(mayImport("features/subjects/rules.ts", "features/tasks/table.ts")).toBe(false);
    expect(mayImport("features/tasks/rules.ts", "features/subjects/table.ts")).toBe(true);
    expect(mayImport("features/tasks/List.svelte", "app/router.ts")).toBe(false);
});

test("a feature has a known name", () => {
    const names = SOURCES.map(({ path }) => path.split("/")).filter(([layer, , file]) => layer === "features" && file);
    expect([...new Set(names.map(([, name]) => name))].filter((name) => !FEATURES.includes(name!))).toEqual([]);
});

describe("one home each", () => {
    test.each<[string, RegExp, (path: string) => boolean]>([
        ["requests: sync/api.ts", /\b(?<!\.#)fetch\s*\(|\bXMLHttpRequest\b|\bsendBeacon\b/g, isOneOf(["sync/api.ts"])],
        ["IndexedDB: sync/database.ts", /\bindexedDB\b/g, isOneOf(["sync/database.ts"])],
        ["the socket: sync/live.ts", /\bnew WebSocket\b/g, isOneOf(["sync/live.ts"])],
        ["dates: platform/time.ts", /(?<![.\w])Date\s*[.(]/g, isOneOf(["platform/time.ts"])],
        ["formats: platform", /(?<![.\w])Intl\./g, isOneOf(["platform/time.ts", "platform/messages.ts"])],
        ["HTML: nowhere", /\{@html|\.innerHTML\b|\.outerHTML\b|insertAdjacentHTML/g, () => false],
    ])("%s", (_, pattern, homes) => {
        expect(places(pattern, (one) => (isCode(one.path) ? codeOf(one) : ""), homes)).toEqual([]);
    });

    test.each<[string, RegExp, (path: string) => boolean]>([
        ["idb", /^idb$/, isOneOf(["sync/database.ts"])],
        ["the widgets of Zag", /^@zag-js\//, isIn("ui")],
        ["calendars", /^@internationalized\/date$/, (path) => path === "platform/time.ts" || isIn("ui")(path)],
        ["Markdown", /^(micromark|dompurify)/, isOneOf(["platform/markdown.ts"])],
        ["workbox", /^workbox/, isOneOf(["worker.ts"])],
    ])("%s", (_, name, homes) => {
        const found = SOURCES.filter(({ path, imports }) => !homes(path) && imports.some((one) => name.test(one)));
        expect(found.map(({ path }) => path)).toEqual([]);
    });
});

describe("components", () => {
    const components = SOURCES.filter(({ path }) => path.endsWith(".svelte"));

    test(`have at most ${MAX_LINES} lines`, () => {
        const long = components.map(({ path, text }) => [path, text.trimEnd().split("\n").length] as const);
        expect(long.filter(([, lines]) => lines > MAX_LINES)).toEqual([]);
    });

    test("read the view and ask: neither the disk nor the API", () => {
        const wrong = components.filter(({ imports }) =>
            imports.some((name) => isIn("sync")(name) && !READABLE.includes(name)),
        );
        expect(wrong.map(({ path }) => path)).toEqual([]);
    });
});

describe("styles", () => {
    test("have their colours from tokens.css", () => {
        const colour = /#[0-9a-f]{3,8}\b|\b(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch|color)\(/gi;
        expect(places(colour, stylesOf, isOneOf(["style/tokens.css"]))).toEqual([]);
    });

    test("are logical, so that they can be mirrored", () => {
        const sides = "left|right|top|bottom";
        const physical = new RegExp(
            String.raw`(?<![-\w$])(?:(?:margin|padding|border)-(?:${sides})(?:-\w+)?|${sides}|(?:min-|max-)?(?:width|height))\s*:(?!:)` +
                String.raw`|(?:text-align|float|clear)\s*:\s*(?:left|right)\b`,
            "g",
        );
        // Media queries have no logical names.
        const styles = (one: Source) => stylesOf(one).replaceAll(/@(?:media|container)[^{]*/g, "");
        expect(places(physical, styles, () => false)).toEqual([]);
    });
});
