/** How an account is connected with whoever asks the student on pages of their own. */
import type { App } from "../../../app/context.ts";
import { type Access, type Authorization, authorize } from "./requests.ts";

/** Leaves the app for the provider, which sends the browser back to the settings of calendars. */
export async function leaveFor(app: App, provider: "google" | "outlook", access: Access): Promise<void> {
    location.assign((await app.call<Authorization>(authorize(provider, access))).authorizationUrl);
}

const RESULTS = ["connected", "denied", "failed", "too_many"] as const;
export type Result = (typeof RESULTS)[number];

/** How it ended, if the browser has just come back. */
export function resultOf(app: App): Result | null {
    const said = (app.place.state as { calendar?: string } | undefined)?.calendar;
    return RESULTS.find((result) => result === said) ?? null;
}
