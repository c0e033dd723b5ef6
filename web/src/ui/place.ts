/** Where something that floats stands on the screen, in pixels from its top and from the start of reading. */
export interface Spot {
    readonly block: number;
    readonly inline: number;
}

interface Size {
    readonly width: number;
    readonly height: number;
}

interface Box extends Size {
    readonly left: number;
    readonly top: number;
}

const margin = 8;

/** Below the anchor (above it where there is no room), along its start or centred, always within the screen. */
export function spotFor(
    anchor: Box,
    own: Size,
    screen: Size,
    { gap = 6, centred = false, rtl = false }: { gap?: number; centred?: boolean; rtl?: boolean } = {},
): Spot {
    const below = anchor.top + anchor.height + gap;
    const fits = below + own.height + margin <= screen.height;
    const above = anchor.top - gap - own.height;
    const block = fits || above < margin ? Math.min(below, screen.height - own.height - margin) : above;
    const start = rtl ? screen.width - anchor.left - anchor.width : anchor.left;
    const wanted = centred ? start + anchor.width / 2 - own.width / 2 : start;
    const inline = Math.min(Math.max(margin, wanted), screen.width - own.width - margin);
    return { block: Math.round(Math.max(margin, block)), inline: Math.round(Math.max(0, inline)) };
}

/** Puts `box`, which is shown and fixed, beside the anchor; its style reads `--block` and `--inline`. */
export function placeAt(box: HTMLElement, anchor: Element, options: { gap?: number; centred?: boolean } = {}): void {
    const rtl = getComputedStyle(box).direction === "rtl";
    const screen = { width: document.documentElement.clientWidth, height: innerHeight };
    const spot = spotFor(anchor.getBoundingClientRect(), box.getBoundingClientRect(), screen, { ...options, rtl });
    box.style.setProperty("--block", `${spot.block}px`);
    box.style.setProperty("--inline", `${spot.inline}px`);
}
