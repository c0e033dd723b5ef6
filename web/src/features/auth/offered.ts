/** What this server offers. It stands alone, because the first screen asks it. */
import type { Request } from "../../sync/kinds.ts";

export const whatIsOffered = (): Request => ({ method: "GET", path: "/api/app" });
