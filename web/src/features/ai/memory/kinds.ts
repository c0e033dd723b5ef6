import type { DataKind, FactKind } from "./requests.ts";

export const FACT_KINDS: readonly FactKind[] = ["goal", "level", "difficulty", "preference"];
/** What a student can keep from being sent: first what is in the app, then what the tutor remembers. */
export const DATA_KINDS: readonly DataKind[] = ["subject", "task", "material", "history", ...FACT_KINDS];
