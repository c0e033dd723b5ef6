/** Keys: one list of actions is read by the handler here, by the palette, by menus and by the list of keys. */
import type { Action } from "./feature.ts";

/** What of a key event counts. */
export interface Stroke {
    readonly key: string;
    readonly ctrl: boolean;
    readonly meta: boolean;
    readonly alt: boolean;
    readonly shift: boolean;
}

export const isApple = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.platform);

/** How a stroke is written in a list of actions: "a", "?", "Delete", "Mod+k", "Shift+ArrowDown". */
export function written({ key, ctrl, meta, alt, shift }: Stroke, apple = isApple): string {
    const mod = apple ? meta : ctrl;
    const other = apple ? ctrl : meta;
    const named = key.length > 1;
    const name = named ? key : key.toLowerCase();
    // Shift belongs to what a sign is ("?"), but not to what a letter or a named key means.
    const shifted = shift && (named || mod || /\p{L}/u.test(key));
    return [mod && "Mod", other && "Meta", alt && "Alt", shifted && "Shift", name].filter(Boolean).join("+");
}

/** Single keys can be switched off (WCAG 2.1.4); strokes with Mod, and named keys, cannot be pressed by speech. */
export function isSingle(keys: string): boolean {
    return keys.split(" ").some((stroke) => [...stroke].length === 1);
}

/** Reads strokes and sequences such as "g t": the action that was meant, or how far a sequence has come. */
export class Sequence {
    #begun = "";
    #at = 0;

    /** `now` in milliseconds; a sequence is forgotten after a second and a half. */
    press(stroke: string, actions: readonly Action[], now: number): Action | "begun" | undefined {
        const whole = this.#begun && now - this.#at < 1500 ? `${this.#begun} ${stroke}` : stroke;
        this.#begun = "";
        const found = actionOf(whole, actions) ?? (whole === stroke ? undefined : actionOf(stroke, actions));
        if (found) return found;
        const begins = actions.some((action) => action.keys?.some((keys) => keys.startsWith(`${whole} `)));
        if (!begins) return undefined;
        this.#begun = whole;
        this.#at = now;
        return "begun";
    }
}

function actionOf(keys: string, actions: readonly Action[]): Action | undefined {
    return actions.find((action) => action.keys?.includes(keys));
}

/** Whether one types here, so that single keys are letters. */
export function isTyping(target: EventTarget | null): boolean {
    if (!(target instanceof HTMLElement)) return false;
    if (target.isContentEditable || target.closest("[role=application], [role=menu], [role=listbox]")) return true;
    const kinds = /^(checkbox|radio|button|submit|reset|range|color|file)$/;
    return target instanceof HTMLInputElement ? !kinds.test(target.type) : target.matches("textarea, select");
}

const signs: Readonly<Record<string, string>> = {
    ArrowUp: "↑",
    ArrowDown: "↓",
    ArrowLeft: "←",
    ArrowRight: "→",
    Delete: "Del",
    Escape: "Esc",
    " ": "Space",
};

/** As it is printed on a key: "⌘K", "Ctrl+K", "G T", "Del". */
export function shown(keys: string, apple = isApple): string {
    return keys
        .split(/ (?=.)/)
        .map((stroke) => stroke.split(/\+(?=.)/).map((part) => signOf(part, apple)))
        .map((parts) => (apple && parts.some((part) => /[⌘⌥⇧]/.test(part)) ? parts.join("") : parts.join("+")))
        .join(" ");
}

function signOf(part: string, apple: boolean): string {
    if (part === "Mod") return apple ? "⌘" : "Ctrl";
    if (part === "Alt") return apple ? "⌥" : "Alt";
    if (part === "Shift") return apple ? "⇧" : "Shift";
    return signs[part] ?? (part.length === 1 ? part.toUpperCase() : part);
}
