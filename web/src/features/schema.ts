/** Every table and every command of the features: what the sync layer is opened with. */
import type { Schema } from "../sync/kinds.ts";
import { days, overviews } from "./analytics/table.ts";
import { KINDS as AUTH } from "./auth/commands.ts";
import { preferences, users } from "./auth/table.ts";
import { calendarAccounts, calendarConflicts } from "./calendar/accounts/table.ts";
import { feeds } from "./calendar/feeds/table.ts";
import { KINDS as FOCUS } from "./focus/commands.ts";
import { presets, sessions } from "./focus/table.ts";
import { points } from "./gamification/table.ts";
import { KINDS as NOTIFICATIONS } from "./notifications/commands.ts";
import { notifications } from "./notifications/table.ts";
import { KINDS as SUBJECTS } from "./subjects/commands.ts";
import { subjects } from "./subjects/table.ts";
import { KINDS as TASKS } from "./tasks/commands.ts";
import { subtasks, tasks } from "./tasks/table.ts";

export const SCHEMA: Schema = {
    tables: [
        users,
        preferences,
        subjects,
        tasks,
        subtasks,
        sessions,
        presets,
        feeds,
        calendarAccounts,
        calendarConflicts,
        notifications,
        points,
        days,
        overviews,
    ],
    kinds: [...AUTH, ...SUBJECTS, ...TASKS, ...FOCUS, ...NOTIFICATIONS],
};
