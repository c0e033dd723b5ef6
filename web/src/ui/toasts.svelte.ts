export interface Toast {
    readonly id: number;
    readonly text: string;
    readonly action?: { readonly label: string; readonly run: () => void } | undefined;
}

/** How long one stays; WCAG wants time enough to read and reach it. */
export const shownFor = 10_000;
const most = 3;

/** What was said last. A toast goes after 10 s, but never while it is pointed at or has the focus. */
export class Toasts {
    list: readonly Toast[] = $state.raw([]);
    #last = 0;
    #timers = new Map<number, ReturnType<typeof setTimeout>>();
    #held = false;

    show(text: string, action?: Toast["action"]): number {
        const id = ++this.#last;
        // Said again, it is news; twice on the screen, it would only cover more.
        if (!action)
            for (const old of this.list.filter((one) => !one.action && one.text === text)) this.dismiss(old.id);
        for (const old of this.list.slice(0, Math.max(0, this.list.length - most + 1))) this.dismiss(old.id);
        this.list = [...this.list, { id, text, action }];
        if (!this.#held) this.#start(id);
        return id;
    }

    dismiss(id: number): void {
        clearTimeout(this.#timers.get(id));
        this.#timers.delete(id);
        this.list = this.list.filter((toast) => toast.id !== id);
    }

    /** Stops all clocks: someone reads. */
    hold(): void {
        this.#held = true;
        for (const timer of this.#timers.values()) clearTimeout(timer);
        this.#timers.clear();
    }

    release(): void {
        if (!this.#held) return;
        this.#held = false;
        for (const toast of this.list) this.#start(toast.id);
    }

    #start(id: number): void {
        this.#timers.set(
            id,
            setTimeout(() => this.dismiss(id), shownFor),
        );
    }
}
