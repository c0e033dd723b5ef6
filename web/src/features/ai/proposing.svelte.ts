import type { App } from "../../app/context.ts";
import type { Request } from "../../sync/kinds.ts";
import { problemOf } from "./problems.ts";
import { type Accepted, acceptProposal, type Proposal } from "./requests.ts";
import { acceptedOf, type Choice, choicesOf } from "./rules.ts";

/** A change of the number of steps is asked for when the student has stopped changing it. */
const PAUSE = 600;

/** A proposal: asked for, chosen from, accepted. Nothing is saved before that. */
export class Proposing {
    /** A proposal is awaited. */
    busy = $state(false);
    accepting = $state(false);
    /** Why the last request failed, and what to do. */
    problem = $state("");
    proposal: Proposal | null = $state.raw(null);
    choices: Choice[] = $state([]);
    #request: AbortController | null = null;
    #timer: ReturnType<typeof setTimeout> | undefined;
    /** What was chosen of each proposal: the same question gets the same one again. */
    readonly #chosen = new Map<string, Choice[]>();

    /** Resolves to whether a proposal came. One that was awaited before is given up. */
    async ask(app: App, request: (signal: AbortSignal) => Request): Promise<boolean> {
        this.cancel();
        const { signal } = (this.#request = new AbortController());
        this.busy = true;
        this.problem = "";
        try {
            const proposal = await app.call<Proposal>(request(signal));
            if (signal.aborted) return false;
            this.#show(proposal);
            return true;
        } catch (fault) {
            if (!signal.aborted) this.problem = problemOf(fault);
            return false;
        } finally {
            if (!signal.aborted) this.busy = false;
        }
    }

    /** The same in a moment, unless it is asked for again before that. */
    askSoon(app: App, request: (signal: AbortSignal) => Request): Promise<boolean> {
        this.cancel();
        this.busy = true;
        return new Promise((resolve) => {
            this.#timer = setTimeout(() => void this.ask(app, request).then(resolve), PAUSE);
        });
    }

    cancel(): void {
        clearTimeout(this.#timer);
        this.#request?.abort();
        this.busy = false;
    }

    #show(proposal: Proposal): void {
        if (this.proposal) this.#chosen.set(this.proposal.proposalId, $state.snapshot(this.choices));
        this.proposal = proposal;
        this.choices = this.#chosen.get(proposal.proposalId) ?? choicesOf(proposal);
    }

    /** Saves the wanted steps as subtasks; undefined if that failed. It can be tried again, and saves them once. */
    async accept(app: App, taskId: string): Promise<Accepted | undefined> {
        if (!this.proposal || this.accepting) return undefined;
        this.accepting = true;
        this.problem = "";
        try {
            const steps = acceptedOf(this.proposal, this.choices);
            return await app.call<Accepted>(acceptProposal(this.proposal.proposalId, taskId, steps));
        } catch (fault) {
            this.problem = problemOf(fault);
            return undefined;
        } finally {
            this.accepting = false;
        }
    }
}
