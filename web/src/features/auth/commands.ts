import type { CommandKind, Fields } from "../../sync/kinds.ts";
import { type Preferences, PREFERENCES, preferences, preferencesOf } from "./table.ts";

/** Changes some preferences; `id` is `PREFERENCES`. */
export const updatePreferences: CommandKind<Preferences, Fields> = {
    name: "update_preferences",
    table: preferences,
    does: "changes",
    look: (row, { body }) => ({ ...(row ?? preferencesOf({})), ...body }) as Preferences,
    request: (_, body) => ({ method: "PATCH", path: "/api/users/me/preferences", body }),
    folds: "preferences",
    answer: (data) => [{ table: preferences.name, row: preferencesOf(data as object) }],
    inverse: (before, { body }) => {
        const old = Object.fromEntries(Object.keys(body).map((name) => [name, before?.[name as keyof Preferences]]));
        return [{ kind: "update_preferences", id: PREFERENCES, body: old }];
    },
};

export const KINDS = [updatePreferences];
