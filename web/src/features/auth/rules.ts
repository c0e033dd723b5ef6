import { formatNumber } from "../../platform/messages.ts";
import { deviceZone, type Zone } from "../../platform/time.ts";
import { derived } from "../../sync/derived.ts";
import type { View } from "../../sync/store.ts";
import { type Preferences, PREFERENCES, preferences, type Profile, users } from "./table.ts";

/** The student who is signed in, as kept. */
export const profile = derived((view): Profile | undefined => view.all(users)[0]);

/** Where and when the student's days begin. */
export const zoneOf = derived((view): Zone => {
    const { timeZone, dayStart } = profile(view) ?? { timeZone: deviceZone(), dayStart: "04:00" };
    return { timeZone, dayStart };
});

/**
 * The tag of the language and of the formats: what the student chose, or the browser's. The formats are those of the
 * profile's locale where it is of the same language ("de-AT").
 */
export function languageOf(chosen: string | null | undefined, locale: string | undefined, browser: string): string {
    if (!chosen) return browser;
    return locale && tagFor(chosen, [locale]) === locale ? locale : chosen;
}

/** The tag among those that has this language, so that a student in Vienna gets the dates of Vienna ("de-AT"). */
export function tagFor(language: string, tags: readonly string[]): string {
    return tags.find((tag) => tag.toLowerCase().split("-")[0] === language.toLowerCase().split("-")[0]) ?? language;
}

export function preferencesKept(view: View): Preferences | undefined {
    return view.get(preferences, PREFERENCES);
}

/** A browser and its system, such as "Chrome, Linux", from what it calls itself; empty if that says nothing. */
export function deviceName(client: string): string {
    const browser = BROWSERS.find(([sign]) => client.includes(sign))?.[1];
    const system = SYSTEMS.find(([sign]) => client.includes(sign))?.[1];
    return [browser, system].filter(Boolean).join(", ") || client.split(/[\s/]/)[0]!;
}

// Browsers name those they resemble too, so the order matters.
const BROWSERS = [
    ["Edg/", "Edge"],
    ["OPR/", "Opera"],
    ["Firefox/", "Firefox"],
    ["Chrome/", "Chrome"],
    ["Safari/", "Safari"],
] as const;
const SYSTEMS = [
    ["iPhone", "iPhone"],
    ["iPad", "iPad"],
    ["Android", "Android"],
    ["Windows", "Windows"],
    ["Mac OS X", "macOS"],
    ["CrOS", "ChromeOS"],
    ["Linux", "Linux"],
] as const;

/** "4.2 MB", in the words of the locale. */
export function sizeOf(bytes: number): string {
    const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
    const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
    return formatNumber(bytes / 1000 ** power, {
        style: "unit",
        unit: units[power]!,
        maximumFractionDigits: power ? 1 : 0,
    });
}
