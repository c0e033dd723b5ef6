/**
 * The texts of the app, in the language of the student.
 *
 * Each feature has its texts beside it (`messages.en.json`, …); `scripts/messages.ts` joins them to one catalogue a
 * language, and writes the types of keys and placeholders. Languages are loaded one at a time.
 */
import { CATALOGUES, type Catalogue } from "virtual:messages";

import { setFormats } from "./time.ts";

/** A text, or its forms by plural category of `{count}`. */
type Message = string | Readonly<Record<string, string>>;
export type MessageKey = keyof Catalogue;
type Values<K extends MessageKey> = Catalogue[K] extends never ? [] : [Catalogue[K]];

export const LANGUAGES = Object.keys(CATALOGUES) as readonly (keyof typeof CATALOGUES)[];
export type Language = keyof typeof CATALOGUES;

let texts: Readonly<Record<string, Message>> = {};
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

/** Loads the texts of a locale ("de-AT"). */
export function loadTexts(tag: string): Promise<Readonly<Record<string, Message>>> {
    return CATALOGUES[languageFor([tag])]();
}

/** Loads the language of a locale ("de-AT") and sets formats, `lang` and `dir` of the page by it. */
export async function loadLocale(tag: string): Promise<void> {
    const language = languageFor([tag]);
    texts = await loadTexts(tag);
    current = languageFor([tag]) === tag.toLowerCase().split("-")[0] ? tag : language;
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
