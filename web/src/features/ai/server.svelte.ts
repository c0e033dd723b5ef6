import type { App } from "../../app/context.ts";
import { rest } from "../../platform/rest.ts";
import { whatIsOffered } from "../auth/offered.ts";
import type { Server } from "./requests.ts";

/** What this server offers, once it has said so: whether it has a language model. */
export interface Known {
    readonly ai: boolean | undefined;
}

const AGAIN = 15_000;
const known: { ai: boolean | undefined } = $state({ ai: undefined });
let asked = false;

/** Asks the server once a page, and again a little later if no answer came. */
export function serverOf(app: App): Known {
    if (!asked) read(app);
    return known;
}

function read(app: App): void {
    asked = true;
    void rest()
        .then(() => app.callAnonymously<Server>(whatIsOffered()))
        .then(
            ({ features }) => (known.ai = features.ai),
            () => setTimeout(() => read(app), AGAIN),
        );
}

/** Whether there is a tutor. The first rows don't wait for the answer. */
export function hasTutor(app: App): boolean {
    return app.status.complete && serverOf(app).ai === true;
}
