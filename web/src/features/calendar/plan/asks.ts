/** Takes over what is proposed. */
import type { App } from "../../../app/context.ts";
import { uuidv7 } from "../../../platform/random.ts";
import { now } from "../../../platform/time.ts";
import { zoneOf } from "../../auth/rules.ts";
import { createFocusSession } from "../../focus/commands.ts";
import { tasks } from "../../tasks/table.ts";
import { instantOf } from "../week.ts";
import type { Piece } from "./rules.ts";

/** Plans a session for each piece that has a place, all to be undone together; returns how many. */
export async function planAll(app: App, pieces: readonly Piece[]): Promise<number> {
    const zone = app.see(zoneOf);
    const asked = pieces.flatMap(({ work: { taskId }, place }) => {
        const task = app.see((view) => view.get(tasks, taskId));
        if (!place || !task) return []; // a task that was deleted meanwhile
        const of = { taskId, subjectId: task.subjectId };
        const body = { type: "custom", plannedMinutes: place.minutes, startAt: instantOf(place, zone), ...of };
        return [{ kind: createFocusSession.name, id: uuidv7(now()), body }];
    });
    await app.askAll(asked);
    return asked.length;
}
