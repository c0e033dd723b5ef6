/**
 * Makes catalogues of the texts of all features, as a Vite plugin: the one that the app needs at first, and one a feature
 * for the rest, which comes with what shows it: each `import()` waits for the texts that its module can show.
 *
 * English is the reference: a key, a placeholder or a plural form that another language lacks fails the build. The types
 * of `m()` are written to `src/platform/catalogue.d.ts`; run this file to write them alone.
 */
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import type { Plugin } from "vite";

import { Usage } from "./usage.ts";

export type Message = string | Record<string, string>;
export type Texts = Record<string, Message>;

export const LANGUAGES = ["en", "de", "ar"] as const;
const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "src");
const TYPES = join(ROOT, "platform", "catalogue.d.ts");
const FIRST = "first";

/** The texts of one language from every `messages.<language>.json`. Throws if a key stands twice. */
export function read(language: string, root = ROOT): Texts {
    const texts: Texts = {};
    for (const [file, own] of files(language, root)) {
        for (const [key, message] of Object.entries(own)) {
            if (key in texts) throw new Error(`${file}: “${key}” stands twice`);
            texts[key] = message;
        }
    }
    return texts;
}

function files(language: string, root: string): (readonly [file: string, texts: Texts])[] {
    const found = globSync(`**/messages.${language}.json`, { cwd: root }).toSorted();
    return found.map((file) => [file, JSON.parse(readFileSync(join(root, file), "utf8")) as Texts] as const);
}

/** The part of each key: "first", or the folder of its file for a text that is shown later. */
export class Parts {
    readonly usage: Usage;
    readonly #folders: Readonly<Record<string, string>>;

    constructor(root = ROOT) {
        const english = files("en", root);
        this.usage = new Usage(
            join(root, "main.ts"),
            english.flatMap(([, own]) => Object.keys(own)),
        );
        this.#folders = Object.fromEntries(
            english.flatMap(([file, own]) => Object.keys(own).map((key) => [key, basename(dirname(file))] as const)),
        );
    }

    get names(): string[] {
        return [FIRST, ...new Set(Object.values(this.#folders))];
    }

    of(key: string): string {
        return this.usage.first.has(key) ? FIRST : this.#folders[key]!;
    }

    /** The parts that a module needs when it is loaded later. */
    needed(path: string): string[] {
        return [...new Set(this.usage.later(path).map((key) => this.of(key)))].toSorted();
    }

    texts(language: string, part: string): Texts {
        return Object.fromEntries(Object.entries(read(language)).filter(([key]) => this.of(key) === part));
    }
}

/** What a language lacks or has too much, compared with the English texts. */
export function faults(language: string, english: Texts, texts: Texts): string[] {
    const found = Object.keys(texts)
        .filter((key) => !(key in english))
        .map((key) => `${language}: “${key}” isn't in English`);
    for (const [key, message] of Object.entries(english)) found.push(...faultsOf(language, key, message, texts[key]));
    return found;
}

function faultsOf(language: string, key: string, english: Message, message: Message | undefined): string[] {
    if (message === undefined) return [`${language}: “${key}” is missing`];
    if (typeof message !== typeof english) return [`${language}: “${key}” has plural forms in one language only`];
    const found: string[] = [];
    if (typeof message === "object") {
        const needed = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
        for (const form of needed) if (!(form in message)) found.push(`${language}: “${key}” lacks the form “${form}”`);
    }
    const wanted = placeholders(english);
    for (const [form, text] of Object.entries(formsOf(message))) {
        const names = placeholders(text);
        const extra = [...names].filter((name) => !wanted.has(name));
        // A form of one number may say it in words.
        const lacking = [...wanted].filter(
            (name) => !names.has(name) && !(typeof message === "object" && name === "count"),
        );
        for (const name of extra) found.push(`${language}: “${key}” (${form}) has an unknown placeholder {${name}}`);
        for (const name of lacking) found.push(`${language}: “${key}” (${form}) lacks {${name}}`);
        if (!text.trim()) found.push(`${language}: “${key}” (${form}) is empty`);
    }
    return found;
}

function formsOf(message: Message): Record<string, string> {
    return typeof message === "string" ? { text: message } : message;
}

/** The names in braces of a message; a message with plural forms always has `count`. */
export function placeholders(message: Message): Set<string> {
    const names = Object.values(formsOf(message)).flatMap((text) =>
        [...text.matchAll(/\{(\w+)\}/g)].map((it) => it[1]!),
    );
    return new Set(typeof message === "string" ? names : ["count", ...names]);
}

/** All faults of all languages. */
export function allFaults(root = ROOT): string[] {
    const english = read("en", root);
    return LANGUAGES.flatMap((language) => faults(language, english, read(language, root)));
}

function types(english: Texts): string {
    const lines = Object.entries(english).map(([key, message]) => {
        const names = [...placeholders(message)].map(
            (name) => `${name}: ${name === "count" ? "number" : "string | number"}`,
        );
        return `        ${JSON.stringify(key)}: ${names.length ? `{ ${names.join("; ")} }` : "never"};`;
    });
    const languages = LANGUAGES.map((language) => `        readonly ${language}: Readonly<Record<Part, Load>>;`);
    const parts = new Parts().names.map((part) => JSON.stringify(part));
    return [
        'declare module "virtual:messages" {',
        "    type Load = () => Promise<Record<string, string | Record<string, string>>>;",
        `    export type Part = ${parts.join(" | ")};`,
        "    export const CATALOGUES: {",
        ...languages,
        "    };",
        "    export interface Catalogue {",
        ...lines,
        "    }",
        "}",
        "",
    ].join("\n");
}

/** Writes the types of keys and placeholders, if they changed. */
export function writeTypes(): void {
    const text = types(read("en"));
    if (!existsSync(TYPES) || readFileSync(TYPES, "utf8") !== text) writeFileSync(TYPES, text);
}

const LATER = /\bimport\(\s*(["'])(\.[^"']+\.svelte)\1\s*\)/g;

/** The code of a module whose `import()`s wait for the texts of what they load. */
export function waiting(code: string, path: string, parts: Parts): string {
    let waits = false;
    const changed = code.replaceAll(LATER, (loads: string, _: string, name: string) => {
        const needed = parts.needed(join(dirname(path), name));
        if (!needed.length) return loads;
        waits = true;
        return `withTexts(${loads}, ${needed.map((part) => JSON.stringify(part)).join(", ")})`;
    });
    return waits
        ? `import { withTexts } from ${JSON.stringify(join(ROOT, "platform", "messages.ts"))};\n${changed}`
        : code;
}

export function messages(): Plugin {
    const prefix = "\0virtual:messages";
    let found: Parts | null = null;
    const parts = () => (found ??= new Parts());
    return {
        name: "messages",
        buildStart() {
            found = null;
            const wrong = allFaults();
            if (wrong.length) this.error(wrong.join("\n"));
            writeTypes();
        },
        resolveId: (id) => (id.startsWith("virtual:messages") ? `\0${id}` : undefined),
        load(id) {
            if (!id.startsWith(prefix)) return undefined;
            const [language, part] = id.slice(prefix.length + 1).split("-");
            if (part) {
                const texts = JSON.stringify(parts().texts(language!, part));
                return `export default JSON.parse(${JSON.stringify(texts)});`;
            }
            const languages = LANGUAGES.map((one) => {
                const loads = parts().names.map(
                    (name) => `${name}: () => import("virtual:messages/${one}-${name}").then((texts) => texts.default)`,
                );
                return `${one}: { ${loads.join(", ")} }`;
            });
            return `export const CATALOGUES = { ${languages.join(", ")} };`;
        },
        transform(code, id) {
            if (!id.startsWith(ROOT) || !code.includes("import(")) return undefined;
            const changed = waiting(code, id.split("?")[0]!, parts());
            return changed === code ? undefined : { code: changed, map: null };
        },
        handleHotUpdate({ file, server }) {
            if (!file.startsWith(ROOT)) return;
            found = null;
            for (const module of server.moduleGraph.idToModuleMap.values()) {
                if (module.id?.startsWith(prefix)) server.moduleGraph.invalidateModule(module);
            }
            if (!/messages\.\w+\.json$/.test(file)) return;
            writeTypes();
            server.hot.send({ type: "full-reload" });
        },
    };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    writeTypes();
    const found = allFaults();
    if (found.length) {
        console.error(found.join("\n"));
        process.exitCode = 1;
    }
}
