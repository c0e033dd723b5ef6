/** How the student wants the app to look, on this page and, from the disk, before anything else is known. */
import type { Preferences } from "../features/auth/table.ts";

export interface Look {
    readonly theme: "system" | "light" | "dark";
    readonly font: "figtree" | "atkinson";
    readonly reducedMotion: boolean;
    readonly hideTeddy: boolean;
    /** Single keys such as `A`; they can be switched off (WCAG 2.1.4). */
    readonly singleKeys: boolean;
}

/** What the preferences say, with what they leave out as most people have it. */
export function lookOf(preferences: Preferences | undefined): Look {
    const said = (preferences ?? {}) as Partial<Look>;
    return {
        theme: said.theme ?? "system",
        font: said.font ?? "figtree",
        reducedMotion: said.reducedMotion ?? false,
        hideTeddy: said.hideTeddy ?? false,
        singleKeys: said.singleKeys ?? true,
    };
}

/** Sets the classes of the page that styles read. */
export function wear({ theme, font, reducedMotion, hideTeddy }: Look): void {
    const { classList } = document.documentElement;
    classList.toggle("light", theme === "light");
    classList.toggle("dark", theme === "dark");
    classList.toggle("atkinson", font === "atkinson");
    classList.toggle("still", reducedMotion);
    classList.toggle("no-teddy", hideTeddy);
}
