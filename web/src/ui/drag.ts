/**
 * One gesture for pointer, touch and keys: pick up, move, drop, put back. What is moved, and where to, is the business
 * of whoever uses it; here is how it is done and said.
 */
import type { Attachment } from "svelte/attachments";

import { announce } from "../platform/announce.ts";
import { m } from "../platform/messages.ts";
import { direction } from "./direction.ts";

export type Way = "up" | "down" | "start" | "end";

export interface Point {
    readonly x: number;
    readonly y: number;
}

export interface Drag<Place> {
    /** Tells it from others, also when its element is drawn anew somewhere else. */
    readonly id: string;
    /** The name of what is moved. */
    readonly name: string;
    /** Where it is. */
    from(): Place;
    /** Where it would be at a point of the screen; undefined where it cannot be. */
    at(point: Point): Place | undefined;
    /** Where a key leads from a place; `resize` with Shift. Undefined where it leads nowhere. */
    next(place: Place, way: Way, resize: boolean): Place | undefined;
    /** Draws it at a place while it is carried; null when that is over. */
    show(place: Place | null): void;
    /** It was dropped somewhere else than it was. */
    drop(place: Place): void;
    /** A place in words, such as "Tuesday, 16:00". */
    say(place: Place): string;
    same(one: Place, other: Place): boolean;
}

export type Carrying<Place> = { readonly by: "pointer" | "keys"; readonly from: Place; readonly to: Place };
/** What happens next, apart from drawing: pure, so that it can be tested without a screen. */
export type Step<Place> =
    | { readonly do: "move"; readonly to: Place }
    | { readonly do: "drop"; readonly to: Place }
    | { readonly do: "back" }
    | { readonly do: "nothing" };

const arrows: Readonly<Record<string, Way>> = {
    ArrowUp: "up",
    ArrowDown: "down",
    ArrowLeft: "start",
    ArrowRight: "end",
};

/** The way an arrow leads: left and right change places where one reads from the right. */
export function wayOf(key: string, rtl: boolean): Way | undefined {
    const way = arrows[key];
    if (!rtl || way === "up" || way === "down") return way;
    return way && (way === "start" ? "end" : "start");
}

/** What a key means while something is carried. */
export function stepOf<Place>(
    key: string,
    shift: boolean,
    { to }: Carrying<Place>,
    { next }: Pick<Drag<Place>, "next">,
    rtl: boolean,
): Step<Place> {
    if (key === "Escape" || key === "Tab") return { do: "back" };
    if (key === "Enter" || key === " ") return { do: "drop", to };
    const way = wayOf(key, rtl);
    const place = way && next(to, way, shift);
    return place === undefined ? { do: "nothing" } : { do: "move", to: place };
}

/** Pixels that a press may tremble before it is a drag, and how long a finger rests before it picks up. */
const slack = 5;
const rest = 350;

/** What is carried; there is one hand. */
type Held = Carrying<unknown> & { readonly drag: Drag<unknown>; readonly grip: Point | null };
let held: Held | null = null;
let release = new AbortController();

/** Makes an element movable: by pointer, by a finger that rests on it, and by the keys that pick it up. */
export function draggable<Place>(drag: Drag<Place>, keys: readonly string[] = ["Enter"]): Attachment<HTMLElement> {
    const own = drag as Drag<unknown>; // places come back to whom they came from
    return (element) => {
        const listeners = new AbortController();
        const { signal } = listeners;
        element.dataset["drag"] = drag.id;
        if (held?.drag.id === drag.id) {
            held = { ...held, drag: own };
            element.dataset["carried"] = held.by;
        }
        const onkeydown = (event: KeyboardEvent) => {
            const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
            if (held || event.target !== element || !plain || !keys.includes(event.key)) return;
            event.preventDefault();
            event.stopPropagation();
            pickUp(own, "keys", null);
        };
        element.addEventListener("keydown", onkeydown, { signal });
        element.addEventListener("pointerdown", (event) => press(event, own), { signal });
        element.addEventListener("dragstart", (event) => event.preventDefault(), { signal });
        // Only a listener that was there before the finger came can keep the page from scrolling.
        const still = (event: Event) => held && event.preventDefault();
        element.addEventListener("touchmove", still, { signal, passive: false });
        element.addEventListener("contextmenu", still, { signal });
        return () => listeners.abort();
    };
}

/** A pointer is down: waits until it moves, or until a finger has rested. */
function press(event: PointerEvent, drag: Drag<unknown>): void {
    if (event.button !== 0 || held) return;
    const grip = { x: event.clientX, y: event.clientY };
    const waiting = new AbortController();
    const { signal } = waiting;
    const begin = () => {
        waiting.abort();
        pickUp(drag, "pointer", grip);
    };
    const timer = event.pointerType === "touch" ? setTimeout(begin, rest) : undefined;
    signal.addEventListener("abort", () => clearTimeout(timer));
    const tremble = (moved: PointerEvent) => {
        if (Math.hypot(moved.clientX - grip.x, moved.clientY - grip.y) <= slack) return;
        if (moved.pointerType === "touch")
            waiting.abort(); // the finger scrolls
        else begin();
    };
    addEventListener("pointermove", tremble, { signal });
    for (const name of ["pointerup", "pointercancel"]) addEventListener(name, () => waiting.abort(), { signal });
}

function pickUp(drag: Drag<unknown>, by: "pointer" | "keys", grip: Point | null): void {
    const from = drag.from();
    held = { drag, by, from, to: from, grip };
    release = new AbortController();
    const { signal } = release;
    addEventListener("keydown", onkey, { signal, capture: true });
    addEventListener("focusin", onfocus, { signal });
    if (by === "pointer") {
        addEventListener("pointermove", onmove, { signal });
        addEventListener("pointerup", () => end(true), { signal });
        addEventListener("pointercancel", () => end(false), { signal });
    }
    const element = elementOf(drag);
    if (element) element.dataset["carried"] = by;
    drag.show(from);
    announce(m("ui.drag.picked", { item: drag.name, place: drag.say(from) }), "assertive");
}

function move(to: unknown): void {
    if (!held || held.drag.same(held.to, to)) return;
    held = { ...held, to };
    held.drag.show(to);
    announce(m("ui.drag.moved", { place: held.drag.say(to) }), "assertive");
    keepFocus(held);
}

function end(dropped: boolean): void {
    if (!held) return;
    const { drag, from, to } = held;
    if (held.by === "pointer") swallowClick();
    release.abort();
    const element = elementOf(drag);
    delete element?.dataset["carried"];
    for (const name of ["--dx", "--dy"]) element?.style.removeProperty(name);
    drag.show(null);
    if (dropped && !drag.same(from, to)) drag.drop(to);
    const place = drag.say(dropped ? to : from);
    announce(m(dropped ? "ui.drag.dropped" : "ui.drag.back", { item: drag.name, place }), "assertive");
    keepFocus(held);
    held = null;
}

function onkey(event: KeyboardEvent): void {
    if (!held || (held.by === "pointer" && event.key !== "Escape")) return;
    const step = stepOf(event.key, event.shiftKey, held, held.drag, direction() === "rtl");
    if (step.do === "move") move(step.to);
    else if (step.do !== "nothing") end(step.do === "drop");
    if (event.key === "Tab") return;
    event.preventDefault();
    event.stopPropagation();
}

function onmove(event: PointerEvent): void {
    if (!held?.grip) return;
    const element = elementOf(held.drag);
    element?.style.setProperty("--dx", `${event.clientX - held.grip.x}px`);
    element?.style.setProperty("--dy", `${event.clientY - held.grip.y}px`);
    const place = held.drag.at({ x: event.clientX, y: event.clientY });
    if (place !== undefined) move(place);
}

/** The student turned to something else. */
function onfocus({ target }: FocusEvent): void {
    const own = held && elementOf(held.drag);
    if (held?.by === "keys" && target instanceof Node && !own?.contains(target)) end(false);
}

function elementOf({ id }: Drag<unknown>): HTMLElement | null {
    return document.querySelector(`[data-drag="${CSS.escape(id)}"]`);
}

/** An element that is put elsewhere loses the focus, and gets it back. */
function keepFocus({ by, drag }: Held): void {
    if (by === "keys") requestAnimationFrame(() => elementOf(drag)?.focus());
}

/** The press that ends a drag is no click. */
function swallowClick(): void {
    addEventListener("click", stop, { capture: true, once: true });
    setTimeout(() => removeEventListener("click", stop, { capture: true }), 50);
}

function stop(event: Event): void {
    event.preventDefault();
    event.stopPropagation();
}
