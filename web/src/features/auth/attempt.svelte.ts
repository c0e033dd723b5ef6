import { untrack } from "svelte";

import { SessionEnded } from "../../sync/api.ts";
import { type Faults, faultsOf, none } from "./problems.ts";

/** One request at a time, and what went wrong with the last one. */
export class Attempt {
    busy = $state(false);
    faults: Faults = $state.raw(none);

    /**
     * Runs `work`; resolves to whether it succeeded. Does nothing while another one runs. An effect that runs it doesn't
     * depend on it: it would run again at its end, and for ever.
     */
    async run(work: () => Promise<unknown>): Promise<boolean> {
        if (untrack(() => this.busy)) return false;
        this.busy = true;
        this.faults = none;
        try {
            await work();
            return true;
        } catch (fault) {
            // The app leads whose session has ended to the sign-in.
            if (!(fault instanceof SessionEnded)) this.faults = faultsOf(fault);
            return false;
        } finally {
            this.busy = false;
        }
    }
}
