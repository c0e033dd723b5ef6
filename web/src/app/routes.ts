import type { Route } from "./feature.ts";

/** The plain address of a route: "/week/:week?" is at "/week". */
export function addressOf({ path }: Route): string {
    return path.replace(/\/:.*$/, "") || "/";
}

/** Whether a path lies within a route's part of the app, so that its place in the rail is lit. */
export function isHere(route: Route, path: string): boolean {
    const address = addressOf(route);
    return path === address || (address !== "/" && path.startsWith(`${address}/`));
}
