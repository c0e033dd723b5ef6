import { type Kept, removes, type Rows, rowsOf, type Table } from "../../../sync/kinds.ts";
import type { components } from "../../../sync/openapi.d.ts";

type Schemas = components["schemas"];
/** A calendar account that the student has connected, with its calendars. */
export type CalendarAccount = Schemas["CalendarAccount"] & Kept;
export type AccountCalendar = CalendarAccount["calendars"][number];
/** A focus session that was changed here and in a calendar. */
export type CalendarConflict = Schemas["CalendarConflict"] & Kept;

export const calendarAccounts: Table<CalendarAccount> = {
    name: "calendarAccounts",
    async *read(reader) {
        const { items } = await reader.get<Schemas["CalendarAccounts"]>("/api/calendar/accounts");
        yield rowsOf("calendarAccounts", items.map(unversioned));
    },
    late: true,
    events: {
        "calendar_account.updated": (rows: Rows<CalendarAccount>, data: Schemas["CalendarAccount"]) =>
            rows.put(unversioned(data)),
        "calendar_account.deleted": removes,
    },
};

/** The newest conflicts that are kept: one page of the API. */
const KEPT = 200;

export const calendarConflicts: Table<CalendarConflict> = {
    name: "calendarConflicts",
    indexes: { accountId: (conflict) => conflict.accountId },
    async *read(reader) {
        for await (const page of reader.pages<Schemas["CalendarConflict"]>("/api/calendar/conflicts", {
            limit: KEPT,
        })) {
            yield rowsOf("calendarConflicts", page.map(unversioned));
            break;
        }
    },
    late: true,
    events: {
        "calendar_conflict.found": (rows: Rows<CalendarConflict>, data: Schemas["CalendarConflict"]) =>
            rows.put(unversioned(data)),
        "calendar_account.deleted": (rows: Rows<CalendarConflict>, { id }: { id: string }) => {
            for (const conflict of rows.by("accountId", id)) rows.remove(conflict.id);
        },
    },
};

function unversioned<T extends { id: string }>(said: T): T & Kept {
    return { ...said, version: 0 };
}
