import { m } from "../../platform/messages.ts";
import type { Day } from "../../platform/time.ts";
import type { Request } from "../../sync/kinds.ts";
import type { Attachment } from "../tasks/files.ts";
import type { Task } from "../tasks/table.ts";
import { Proposing } from "./proposing.svelte.ts";
import { taskify } from "./requests.ts";
import { briefOf, numberIn, TOTAL } from "./rules.ts";

/** What the student wrote about a task to have it broken down, and what was proposed. */
class Draft {
    brief = $state("");
    /** The attachment that is the assignment; empty if it is typed. */
    attachmentId = $state("");
    /** The attachments of the task with a text. */
    files: readonly Attachment[] = $state.raw([]);
    /** All minutes, as typed; empty if the student doesn't say. */
    total = $state("");
    /** How many steps; empty for about six. */
    count = $state("");
    faults: { brief?: string; total?: string } = $state.raw({});
    readonly work = new Proposing();
    readonly taskId: string;
    readonly #begin: string;

    constructor(task: Task) {
        this.taskId = task.id;
        this.#begin = briefOf(task);
        this.brief = this.#begin;
    }

    get isTouched(): boolean {
        return this.brief !== this.#begin || this.attachmentId !== "" || this.work.proposal !== null;
    }

    /** Whether it can be asked for; else the faults say what isn't right. */
    check(): boolean {
        const total = this.total.trim() !== "" && numberIn(this.total, TOTAL) === undefined;
        this.faults = {
            ...(!this.attachmentId && !this.brief.trim() && { brief: m("ai.brief.missing") }),
            ...(total && { total: m("ai.total.range", { least: TOTAL[0], most: TOTAL[1] }) }),
        };
        return Object.keys(this.faults).length === 0;
    }

    request(dueDate: Day | null): (signal: AbortSignal) => Request {
        const totalMinutes = numberIn(this.total, TOTAL);
        const body = {
            ...(this.attachmentId ? { attachmentId: this.attachmentId } : { brief: this.brief }),
            taskId: this.taskId,
            ...(dueDate && { dueDate }),
            ...(totalMinutes && { totalMinutes }),
            ...(this.count && { granularity: Number(this.count) }),
        };
        return (signal) => taskify(body, signal);
    }
}

export type { Draft };

/** By task, so that closing the dialog loses nothing that was typed. */
const drafts = new Map<string, Draft>();

export function draftOf(task: Task): Draft {
    const kept = drafts.get(task.id);
    if (kept?.isTouched) return kept;
    const draft = new Draft(task);
    drafts.set(task.id, draft);
    return draft;
}

export function forgetDraft(task: Task): void {
    drafts.delete(task.id);
}
