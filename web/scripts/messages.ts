/**
 * Joins the texts of all features to one catalogue a language, as a Vite plugin.
 *
 * English is the reference: a key, a placeholder or a plural form that another language lacks fails the build. The types
 * of `m()` are written to `src/platform/catalogue.d.ts`; run this file to write them alone.
 */
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import type { Plugin } from "vite";

export type Message = string | Record<string, string>;
export type Texts = Record<string, Message>;

export const LANGUAGES = ["en", "de", "ar"] as const;
const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "src");
const TYPES = join(ROOT, "platform", "catalogue.d.ts");

/** The texts of one language from every `messages.<language>.json`. Throws if a key stands twice. */
export function read(language: string, root = ROOT): Texts {
    const texts: Texts = {};
    for (const file of globSync(`**/messages.${language}.json`, { cwd: root }).toSorted()) {
        for (const [key, message] of Object.entries(JSON.parse(readFileSync(join(root, file), "utf8")) as Texts)) {
            if (key in texts) throw new Error(`${file}: “${key}” stands twice`);
            texts[key] = message;
        }
    }
    return texts;
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
    const languages = LANGUAGES.map((language) => `        readonly ${language}: Load;`);
    return [
        'declare module "virtual:messages" {',
        "    type Load = () => Promise<Record<string, string | Record<string, string>>>;",
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

export function messages(): Plugin {
    const prefix = "\0virtual:messages";
    return {
        name: "messages",
        buildStart() {
            const found = allFaults();
            if (found.length) this.error(found.join("\n"));
            writeTypes();
        },
        resolveId: (id) => (id.startsWith("virtual:messages") ? `\0${id}` : undefined),
        load(id) {
            if (!id.startsWith(prefix)) return undefined;
            const language = id.slice(prefix.length + 1);
            if (language) return `export default JSON.parse(${JSON.stringify(JSON.stringify(read(language)))});`;
            const loads = LANGUAGES.map(
                (one) => `${one}: () => import("virtual:messages/${one}").then((texts) => texts.default)`,
            );
            return `export const CATALOGUES = { ${loads.join(", ")} };`;
        },
        handleHotUpdate({ file, server }) {
            if (!/messages\.\w+\.json$/.test(file)) return;
            writeTypes();
            for (const module of server.moduleGraph.idToModuleMap.values()) {
                if (module.id?.startsWith(prefix)) server.moduleGraph.invalidateModule(module);
            }
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
