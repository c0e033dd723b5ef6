import { type Kept, rowsOf, type Rows, type Table } from "../../sync/kinds.ts";
import type { components } from "../../sync/openapi.d.ts";

export type User = components["schemas"]["User"];
export type Profile = User & Kept;
export type Preferences = components["schemas"]["Preferences"] & Kept;

/** The one row of preferences. */
export const PREFERENCES = "preferences";

export const users: Table<Profile> = {
    name: "users",
    async *read(reader) {
        yield rowsOf("users", [profileOf(await reader.get<User>("/api/users/me"))]);
    },
    events: { "user.updated": (rows: Rows<Profile>, user: User) => rows.put(profileOf(user)) },
};

export const preferences: Table<Preferences> = {
    name: "preferences",
    async *read(reader) {
        yield rowsOf("preferences", [preferencesOf(await reader.get("/api/users/me/preferences"))]);
    },
    events: { "preferences.updated": (rows: Rows<Preferences>, data: object) => rows.put(preferencesOf(data)) },
};

export function profileOf(user: User & { version?: number }): Profile {
    return { ...user, version: user.version ?? 0 };
}

export function preferencesOf(said: object): Preferences {
    return { ...said, id: PREFERENCES, version: 0 } as Preferences;
}
