/** Adding what was typed. */
import type { App } from "../../app/context.ts";
import { m } from "../../platform/messages.ts";
import { uuidv7 } from "../../platform/random.ts";
import { now } from "../../platform/time.ts";
import type { Asked, Fields } from "../../sync/kinds.ts";
import { subjects } from "../subjects/table.ts";
import { addedText, undoOf } from "./asks.ts";
import { createTask, quickAddTask, updateTask } from "./commands.ts";
import { withChoices, type Parsed } from "./line.ts";
import { tasks, type TaskChanges } from "./table.ts";

export interface Line {
    readonly text: string;
    /** What the server understood of exactly this text; null if it couldn't be asked in time. */
    readonly parsed: Parsed | null;
    /** Other meanings of its unclear parts than the first, by where they begin. */
    readonly chosen: ReadonlyMap<number, string>;
    /** What the task gets beside what is typed, such as the subject of the page. */
    readonly defaults?: TaskChanges | undefined;
}

/** Adds a line as a task and says so. Its task is shown at once; the server reads the line as of now. Returns its id. */
export async function addLine(app: App, line: Line): Promise<string> {
    const id = uuidv7(now());
    const commands = await app.askAll(asksOf(app, id, line));
    const row = app.see((view) => view.get(tasks, id));
    if (row) {
        const said = app.status.online ? addedText(app, row) : m("tasks.added.offline", { title: row.title });
        app.toast(said, undoOf(app, commands));
    }
    return id;
}

/** A chosen meaning can't be said in a line, so its task is asked for by its fields. */
function asksOf(app: App, id: string, { text, parsed, chosen, defaults }: Line): Asked[] {
    const task: (Fields & Partial<Parsed["task"]>) | null = parsed && { ...withChoices(parsed, chosen) };
    const subjectName = app.see((view) => view.get(subjects, task?.subjectId))?.name;
    const asked: Asked = chosen.size
        ? { kind: createTask.name, id, body: { ...task, priority: task?.priority ?? "medium" } }
        : { kind: quickAddTask.name, id, body: { text, ...(task && { shown: { ...task, subjectName } }) } };
    const missing = Object.entries(defaults ?? {}).filter(([field]) => !task?.[field]);
    if (!missing.length) return [asked];
    return [asked, { kind: updateTask.name, id, body: Object.fromEntries(missing) }];
}
