/**
 * The app can be kept from opening by what this device keeps, if that has a form that nobody expected. Then it is read
 * anew, and the page loaded again, once. Only until the student has done something, so that nothing typed is lost.
 */
const RELOADED = "teddy.anew";

export class Opening {
    readonly #distrust: () => Promise<void>;

    /** `distrust` says that what is kept can't be used. */
    constructor(distrust: () => Promise<void>) {
        this.#distrust = distrust;
        const done = new AbortController();
        const onerror = (event: ErrorEvent) => {
            // The browser also reports what is no fault of a step: sizes that it will observe in the next frame.
            if (!(event.error instanceof Error) || !mayReload()) return;
            event.preventDefault();
            void this.#anew();
        };
        addEventListener("error", onerror, { signal: done.signal });
        for (const act of ["pointerdown", "keydown"]) addEventListener(act, () => done.abort(), { once: true });
    }

    /** Runs a step of opening; never resolves if the page is loaded again. */
    async run(step: () => Promise<void>): Promise<void> {
        try {
            await step();
        } catch (fault) {
            if (!mayReload()) throw fault;
            await this.#anew();
            await new Promise(() => undefined);
        }
    }

    async #anew(): Promise<void> {
        await this.#distrust().catch(() => undefined); // a reload may do
        sessionStorage.setItem(RELOADED, "1");
        location.reload();
    }
}

/** Without a place to remember that it was tried, it could go on forever. */
function mayReload(): boolean {
    try {
        return sessionStorage.getItem(RELOADED) === null;
    } catch {
        return false;
    }
}
