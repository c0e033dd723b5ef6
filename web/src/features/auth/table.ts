import { type Kept, rowsOf, type Rows, type Table } from "../../sync/kinds.ts";
import type { components } from "../../sync/openapi.d.ts";

export type User = components["schemas"]["User"];
export type Profile = User & Kept;
type Read = components["schemas"]["Profile"];
export type Preferences = components["schemas"]["Preferences"] & Kept;

/** The one row of preferences. */
export const PREFERENCES = "preferences";

export const users: Table<Profile> = {
    name: "users",
    async *read(reader) {
        const { preferences: chosen, ...user } = await reader.get<Read>("/api/users/me", { include: "preferences" });
        yield [...rowsOf("users", [profileOf(user)]), ...rowsOf("preferences", [preferencesOf(chosen!)])];
    },
    events: { "user.updated": (rows: Rows<Profile>, user: User) => rows.put(profileOf(user)) },
};

export const preferences: Table<Preferences> = {
    name: "preferences",
    // They come with the profile.
    async *read() {},
    events: { "preferences.updated": (rows: Rows<Preferences>, data: object) => rows.put(preferencesOf(data)) },
};

export function profileOf(user: User & { version?: number }): Profile {
    return { ...user, version: user.version ?? 0 };
}

export function preferencesOf(said: object): Preferences {
    return { ...said, id: PREFERENCES, version: 0 } as Preferences;
}
