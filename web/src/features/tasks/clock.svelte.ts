/** The time of day for what is on the screen: read in `$derived`, it is read again as time goes on. */
import { createSubscriber } from "svelte/reactivity";

import { followClock, now, today, type Day, type Zone } from "../../platform/time.ts";

const STEP = 20_000;

const follow = createSubscriber((update) => {
    const timer = setInterval(update, STEP);
    const stop = followClock(update);
    return () => {
        clearInterval(timer);
        stop();
    };
});

/** Now in milliseconds, at most 20 s old. */
export function currentTime(): number {
    follow();
    return now();
}

/** The student's day, also after it has turned while the app stood open. */
export function currentDay(zone: Zone): Day {
    follow();
    return today(zone);
}
