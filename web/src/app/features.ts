/** Every feature of the app, in the order of the rail. */
import { ai, tutor } from "../features/ai/index.ts";
import { plan } from "../features/calendar/plan/index.ts";
import { practice } from "../features/ai/practice/index.ts";
import { analytics } from "../features/analytics/index.ts";
import { auth } from "../features/auth/index.ts";
import { calendar } from "../features/calendar/index.ts";
import { focus } from "../features/focus/index.ts";
import { gamification } from "../features/gamification/index.ts";
import { notifications } from "../features/notifications/index.ts";
import { overview } from "../features/overview/index.ts";
import { settings } from "../features/settings/index.ts";
import { tasks } from "../features/tasks/index.ts";
import { today } from "../features/today/index.ts";
import { conflicts } from "./conflicts.ts";
import type { Feature } from "./feature.ts";

export const features: readonly Feature[] = [
    today,
    tasks,
    calendar,
    focus,
    tutor,
    ai,
    practice,
    plan,
    overview,
    analytics,
    gamification,
    notifications,
    conflicts,
    auth,
    settings,
];
