import type { Attachment } from "svelte/attachments";

import { placeAt } from "./place.ts";

const delay = 400;

/** Shows `text` beside the element on hover and focus; it can be pointed at, and Escape hides it (WCAG 1.4.13). */
export function tooltip(text: string, keys?: string): Attachment<HTMLElement> {
    return (element) => {
        let timer: ReturnType<typeof setTimeout> | undefined;
        const listeners = new AbortController();
        const on = (type: string, listener: (event: Event) => void) =>
            element.addEventListener(type, listener, { signal: listeners.signal });
        const hide = () => {
            clearTimeout(timer);
            tip.hideSoon(element);
        };
        on("pointerenter", (event) => {
            if (event instanceof PointerEvent && event.pointerType === "mouse") {
                timer = setTimeout(() => tip.show(element, text, keys), delay);
            }
        });
        on("focus", () => element.matches(":focus-visible") && tip.show(element, text, keys));
        for (const type of ["pointerleave", "pointerdown", "blur"]) on(type, hide);
        return () => {
            listeners.abort();
            clearTimeout(timer);
            tip.hide(element);
        };
    };
}

/** The one tooltip there is: a popover in the top layer, so dialogs do not cover it. */
const tip = (() => {
    let box: HTMLElement | undefined;
    let owner: HTMLElement | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;

    function make(): HTMLElement {
        const made = document.createElement("div");
        made.className = "tip";
        made.popover = "manual";
        made.setAttribute("aria-hidden", "true"); // the element has the same words as its name
        made.addEventListener("pointerenter", () => clearTimeout(timer));
        made.addEventListener("pointerleave", () => owner && hideSoon(owner));
        document.addEventListener("keydown", (event) => event.key === "Escape" && owner && hide(owner), true);
        document.addEventListener("scroll", () => owner && hide(owner), { capture: true, passive: true });
        return made;
    }

    function show(element: HTMLElement, text: string, keys?: string): void {
        clearTimeout(timer);
        box ??= make();
        owner = element;
        box.textContent = text;
        if (keys) {
            const key = document.createElement("kbd");
            key.textContent = keys;
            box.append(key);
        }
        (element.closest("dialog") ?? document.body).append(box);
        box.showPopover();
        placeAt(box, element, { centred: true });
    }

    function hide(element: HTMLElement): void {
        if (owner !== element) return;
        clearTimeout(timer);
        owner = undefined;
        if (box?.matches(":popover-open")) box.hidePopover();
    }

    function hideSoon(element: HTMLElement): void {
        clearTimeout(timer);
        timer = setTimeout(() => hide(element), 100);
    }

    return { show, hide, hideSoon };
})();
