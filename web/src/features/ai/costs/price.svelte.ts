import type { App } from "../../../app/context.ts";
import { m } from "../../../platform/messages.ts";
import type { Request } from "../../../sync/kinds.ts";
import { type Estimate, estimateOf } from "./requests.ts";

/** A request that likely takes more than this share of a day's tokens shows its price first. */
const LARGE = 1 / 10;

/** Whether a student wants to know before a request is made: it is large, or a template is used instead. */
export function isWorthAsking({ fits, likely, limit, most }: Estimate): boolean {
    return fits ? likely > limit * LARGE : most > 0;
}

/** What a request may cost, in words. The budget ends a request that would take more than what is left. */
export function priceText({ fits, ownKey, likely, most, left }: Estimate): string {
    if (!fits) return m("ai.price.template", { left });
    if (ownKey) return m("ai.price.own", { likely, most });
    return m("ai.price.likely", { likely, most: Math.min(most, left), left });
}

/** The price of a request, shown until the student goes on or changes it. */
export class Price {
    busy = $state(false);
    shown: Estimate | null = $state.raw(null);
    #last = 0;

    /** Resolves to whether the price is shown; not for a small request, or if nobody says what it costs. */
    async show(app: App, request: Request): Promise<boolean> {
        const own = ++this.#last;
        this.shown = null;
        this.busy = true;
        try {
            const estimate = await app.call<Estimate>(estimateOf(request));
            if (own !== this.#last) return true;
            if (isWorthAsking(estimate)) this.shown = estimate;
        } catch {
            // The request itself says what is wrong.
        } finally {
            if (own === this.#last) this.busy = false;
        }
        return this.shown !== null;
    }

    hide(): void {
        this.#last++;
        this.busy = false;
        this.shown = null;
    }
}
