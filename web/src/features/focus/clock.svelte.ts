/** The time for a clock on the screen: read in `$derived`, it is read again twice a second. */
import { createSubscriber } from "svelte/reactivity";

import { now } from "../../platform/time.ts";

const follow = createSubscriber((update) => {
    const timer = setInterval(update, 500);
    return () => clearInterval(timer);
});

/** Now in milliseconds, by the server's clock. */
export function ticking(): number {
    follow();
    return now();
}
