import type { Attachment } from "svelte/attachments";

export interface Swipes {
    /** Along the line of reading: done. */
    readonly start: () => void;
    /** Against it: plan. */
    readonly end: (row: HTMLElement) => void;
}

const FAR = 88;
const SLACK = 12;

/** Swipes of a finger over a row; menu and keys do the same. The row follows the finger and goes back when it is let go. */
export function swipe(swipes: Swipes): Attachment<HTMLElement> {
    return (row) => {
        let from: { x: number; y: number; id: number } | undefined;
        let by = 0;
        const listeners = new AbortController();
        const on = (type: string, listener: (event: PointerEvent) => void) =>
            row.addEventListener(type, (event) => listener(event as PointerEvent), { signal: listeners.signal });
        const put = (distance: number) => row.style.setProperty("--by", `${distance}px`);
        on("pointerdown", (event) => {
            if (event.pointerType !== "mouse") from = { x: event.clientX, y: event.clientY, id: event.pointerId };
            by = 0;
        });
        on("pointermove", (event) => {
            if (!from || event.pointerId !== from.id) return;
            by = event.clientX - from.x;
            if (Math.abs(event.clientY - from.y) > SLACK && Math.abs(by) < SLACK) return stop();
            if (Math.abs(by) < SLACK) return;
            row.setPointerCapture(event.pointerId);
            row.classList.add("swiped");
            put(Math.max(-FAR, Math.min(FAR, by)));
        });
        on("pointerup", () => {
            const [moved, reading] = [by, getComputedStyle(row).direction === "rtl" ? -by : by];
            stop();
            if (Math.abs(moved) < FAR) return;
            // The finger that swiped has not pressed.
            row.addEventListener("click", stopClick, { capture: true });
            setTimeout(() => row.removeEventListener("click", stopClick, { capture: true }), 50);
            if (reading > 0) swipes.start();
            else swipes.end(row);
        });
        on("pointercancel", stop);
        function stop(): void {
            from = undefined;
            by = 0;
            row.classList.remove("swiped");
            put(0);
        }
        return () => listeners.abort();
    };
}

function stopClick(event: Event): void {
    event.preventDefault();
}
