/**
 * Addresses, by the Navigation API. Browsers without it load whole pages, which is slower and works alike.
 *
 * Mails and the sign-in with Google lead to `/#/sign-in?…`: what follows the # is never sent to a server, so the
 * secrets in it end in no log. They become a plain address, and the secrets its state, which a reload forgets.
 */
import type { Params, Route } from "./feature.ts";

export interface Found {
    readonly route: Route;
    readonly params: Params;
}

/** The first route whose pattern the path matches. */
export function find(routes: readonly Route[], path: string): Found | undefined {
    for (const route of routes) {
        const match = patternOf(route.path).exec({ pathname: path });
        if (!match) continue;
        const groups = Object.entries(match.pathname.groups).filter((pair): pair is [string, string] => !!pair[1]);
        return { route, params: Object.fromEntries(groups.map(([name, part]) => [name, decode(part)])) };
    }
    return undefined;
}

const patterns = new Map<string, URLPattern>();

function patternOf(path: string): URLPattern {
    let pattern = patterns.get(path);
    if (!pattern) patterns.set(path, (pattern = new URLPattern({ pathname: path })));
    return pattern;
}

function decode(part: string): string {
    try {
        return decodeURIComponent(part);
    } catch {
        return part;
    }
}

/**
 * Where an address leads, if that is within the origin of the app; null if it leads elsewhere or is no address.
 *
 * The browser's own parser decides: it drops tabs and line breaks and takes a backslash for a slash, so the text itself
 * says little.
 */
export function within(origin: string, address: unknown): URL | null {
    if (typeof address !== "string" || !URL.canParse(address, origin)) return null;
    const url = new URL(address, origin);
    // A path that begins with two slashes would be read as the name of a host the next time.
    return url.href.startsWith(`${origin}/`) && !url.pathname.startsWith("//") ? url : null;
}

/** The plain address and the secrets of `/#/reset-password?token=…`; null for other addresses. */
export function unhash(url: URL): { address: string; state: Params } | null {
    const inner = url.hash.startsWith("#/") ? within(url.origin, url.hash.slice(1)) : null;
    return inner && { address: inner.pathname, state: Object.fromEntries(inner.searchParams) };
}

export interface Arrival {
    readonly url: URL;
    readonly state: unknown;
    /** A new page, not a change of what is written after the ?, nor another address of the same (a state that `stays`). */
    readonly turned: boolean;
}

/** What of a navigation decides who carries it out. */
type Going = Pick<NavigateEvent, "navigationType" | "hashChange" | "downloadRequest" | "formData">;

/** Whether the app itself shows what a navigation leads to; the browser does the rest, such as loading the app anew. */
export function staysInApp({ navigationType, hashChange, downloadRequest, formData }: Going, url: URL): boolean {
    if (navigationType === "reload" || hashChange || downloadRequest !== null || formData) return false;
    return !/^\/(api|ws|health|metrics|assets)(\/|$)/.test(url.pathname);
}

/**
 * Calls `arrive` now and after each navigation within the app; gives a function that ends it.
 * The browser restores the place on the page when what `arrive` gives has resolved.
 */
export function listen(arrive: (arrival: Arrival) => Promise<void>): () => void {
    let path = location.pathname;
    const turns = (url: URL, state: unknown) =>
        url.pathname !== path && !(state as { stays?: boolean } | null | undefined)?.stays;
    const at = (url: URL, state: unknown, first = false) => {
        const turned = first || turns(url, state);
        path = url.pathname;
        return arrive({ url, state, turned });
    };
    const hidden = unhash(new URL(location.href));
    if (hidden) history.replaceState(null, "", hidden.address);
    void at(new URL(location.href), hidden?.state, true);
    // An address with a secret can also be put into a page that is open.
    const onhashchange = () => {
        const secret = unhash(new URL(location.href));
        if (!secret) return;
        if ("navigation" in globalThis) go(secret.address, { replace: true, state: secret.state });
        else location.reload();
    };
    addEventListener("hashchange", onhashchange);
    const deaf = () => removeEventListener("hashchange", onhashchange);
    if (!("navigation" in globalThis)) return deaf;
    const onnavigate = (event: NavigateEvent) => {
        const url = new URL(event.destination.url);
        if (!event.canIntercept || !staysInApp(event, url)) return;
        const state: unknown = event.destination.getState() ?? event.info;
        const turned = turns(url, state);
        event.intercept({
            focusReset: "manual",
            scroll: turned ? "after-transition" : "manual",
            handler: () => at(url, state),
        });
    };
    navigation.addEventListener("navigate", onnavigate);
    return () => {
        deaf();
        navigation.removeEventListener("navigate", onnavigate);
    };
}

/** Goes to an address of the app, and to no other. `state` is held in memory only. */
export function go(address: string, { replace = false, state }: { replace?: boolean; state?: unknown } = {}): void {
    if (!within(location.origin, address)) return;
    if (!("navigation" in globalThis)) return void (replace ? location.replace(address) : location.assign(address));
    const { finished, committed } = navigation.navigate(address, {
        history: replace ? "replace" : "auto",
        info: state,
    });
    // One that is overtaken by the next rejects; that is no fault.
    for (const promise of [finished, committed]) void promise?.catch(() => {});
}
