import type { Request } from "../../../sync/kinds.ts";
import type { components } from "../../../sync/openapi.d.ts";

type Schemas = components["schemas"];

export type StudyPlan = Schemas["StudyPlan"];
export type PlannedDay = Schemas["PlannedDay"];
export type PlannedWork = Schemas["PlannedWork"];
export type Wish = Partial<Schemas["NewStudyPlan"]>;

export const MINUTES = [15, 720] as const;

export const proposePlan = (body: Wish, signal: AbortSignal): Request => ({
    method: "POST",
    path: "/api/ai/study-plan",
    body,
    signal,
});
