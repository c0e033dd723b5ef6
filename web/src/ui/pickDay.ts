import { mount, unmount } from "svelte";

import { typedAhead } from "../platform/typeAhead.ts";

export type DayQuestion = {
    /** What the date is for, such as "Due date". */
    readonly label: string;
    readonly value: string | null;
    readonly today: string;
    /** 1 is Monday, 7 Sunday. */
    readonly weekStart?: number;
    readonly min?: string;
    readonly max?: string;
    /** Days on which there is something. */
    readonly marks?: ReadonlySet<string>;
    /** Such as "Tomorrow"; a `null` day means "No date". */
    readonly shortcuts: readonly { readonly label: string; readonly day: string | null }[];
};

/**
 * Asks for a day beside an element: the day, `null` for none, undefined when nothing was chosen.
 * The calendar is loaded with the first question.
 */
export async function pickDay(anchor: HTMLElement, question: DayQuestion): Promise<string | null | undefined> {
    const { default: DayPanel } = await typedAhead(import("./DayPanel.svelte"));
    const target = anchor.closest("dialog") ?? document.body;
    return await new Promise((answered) => {
        const panel = mount(DayPanel, { target, props: { ...question, anchor, onclose: close } });
        function close(day: string | null | undefined): void {
            void unmount(panel);
            anchor.focus();
            answered(day);
        }
    });
}
