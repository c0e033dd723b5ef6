/**
 * The texts of the app, in the language of the student.
 *
 * Each feature has its texts beside it (`messages.en.json`, …). `scripts/messages.ts` makes catalogues of them: the texts
 * that the app can show at first, and one part a feature for those that come with what is loaded later. It also writes
 * the types of keys and placeholders. Languages are loaded one at a time.
 */
import { CATALOGUES, type Catalogue, type Part } from "virtual:messages";

import { setFormats } from "./time.ts";

/** A text, or its forms by plural category of `{count}`. */
type Message = string | Readonly<Record<string, string>>;
export type MessageKey = keyof Catalogue;
type Values<K extends MessageKey> = Catalogue[K] extends never ? [] : [Catalogue[K]];

export const LANGUAGES = Object.keys(CATALOGUES) as readonly (keyof typeof CATALOGUES)[];
export type Language = keyof typeof CATALOGUES;

let texts: Readonly<Record<string, Message>> = {};
const parts = new Set<Part>(["first"]);
let wanted = globalThis.navigator?.language ?? "en";
let current: string = "en";
let plurals = new Intl.PluralRules("en");
let numbers = new Intl.NumberFormat("en");

/** The language among ours that suits best, for tags in order of preference ("de-AT", …). */
export function languageFor(tags: readonly string[]): Language {
    for (const tag of tags) {
        const found = LANGUAGES.find((language) => tag.toLowerCase().split("-")[0] === language);
        if (found) return found;
    }
    return "en";
}

/** Loads the language of a locale ("de-AT") and sets formats, `lang` and `dir` of the page by it. */
export function loadLocale(tag: string): Promise<void> {
    wanted = tag;
    return load();
}

/** What is being imported, as soon as its texts are there too. The build puts this around each `import()`. */
export async function withTexts<T>(imported: Promise<T>, ...needed: Part[]): Promise<T> {
    for (const part of needed) parts.add(part);
    const [module] = await Promise.all([imported, load()]);
    return module;
}

async function load(): Promise<void> {
    const [tag, needed] = [wanted, [...parts]];
    const language = languageFor([tag]);
    const loaded = await Promise.all(needed.map((part) => CATALOGUES[language][part]()));
    if (tag !== wanted || needed.length !== parts.size) return load();
    texts = Object.assign({}, ...loaded);
    current = language === tag.toLowerCase().split("-")[0] ? tag : language;
    plurals = new Intl.PluralRules(current);
    numbers = new Intl.NumberFormat(current);
    setFormats(current);
    if (typeof document === "undefined") return;
    document.documentElement.lang = current;
    document.documentElement.dir = language === "ar" ? "rtl" : "ltr";
}

export function locale(): string {
    return current;
}

/** The text of a key with its placeholders filled. Numbers are written as the locale writes them. */
export function m<K extends MessageKey>(key: K, ...[values]: Values<K>): string {
    return fill(texts[key], key, values as Record<string, string | number> | undefined);
}

/** Whether there is a text of this key: for keys that are made of what the server says, such as its problem codes. */
export function has(key: string): key is MessageKey {
    return key in texts;
}

function fill(message: Message | undefined, key: string, values: Record<string, string | number> = {}): string {
    const text = typeof message === "object" ? pluralOf(message, Number(values["count"])) : (message ?? key);
    return text.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
        const value = values[name];
        return typeof value === "number" ? numbers.format(value) : (value ?? `{${name}}`);
    });
}

function pluralOf(forms: Readonly<Record<string, string>>, count: number): string {
    return forms[`=${count}`] ?? forms[plurals.select(count)] ?? forms["other"] ?? "";
}

/** A number as the locale writes it. */
export function formatNumber(value: number, options?: Intl.NumberFormatOptions): string {
    return options ? new Intl.NumberFormat(current, options).format(value) : numbers.format(value);
}

/** "Physics, History and Maths" */
export function formatList(items: readonly string[]): string {
    return new Intl.ListFormat(current, { type: "conjunction" }).format(items);
}

/** An order for texts as people expect it, ignoring case. */
export function comparator(): (a: string, b: string) => number {
    return new Intl.Collator(current, { sensitivity: "base", numeric: true }).compare;
}
