/** `?theme=dark&lang=ar` says how a page of the workbench looks. */
import { loadLocale, withTexts } from "../src/platform/messages.ts";

export const asked = new URLSearchParams(location.search);

export async function dress(): Promise<void> {
    await withTexts(loadLocale(asked.get("lang") ?? "en"), "app", "ui");
    const theme = asked.get("theme");
    if (theme) document.documentElement.classList.add(theme);
}

/** This page with another theme or language. */
export function address(changed: Record<string, string>): string {
    return `?${new URLSearchParams({ ...Object.fromEntries(asked), ...changed })}`;
}
