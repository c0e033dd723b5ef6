import { mount, unmount } from "svelte";

import { typedAhead } from "../platform/typeAhead.ts";
import type { IconName } from "./icons.ts";

export type MenuItem = {
    readonly id: string;
    readonly label: string;
    readonly icon?: IconName;
    /** The key that does the same. */
    readonly keys?: string | undefined;
    readonly disabled?: boolean;
    /** Destroys something. */
    readonly stop?: boolean;
    /** One of several; `checked` says which. */
    readonly checked?: boolean;
    readonly run: () => void;
};

/** `null` draws a line between groups. */
export type MenuItems = readonly (MenuItem | null)[];

/**
 * Opens a menu at an element. Its widget is loaded with the first menu, and lives only while one is open.
 * Resolves when it has closed; focus is then on the anchor again, unless the chosen item moved it.
 */
export async function openMenu(anchor: HTMLElement, label: string, items: MenuItems): Promise<void> {
    const { default: MenuPanel } = await typedAhead(import("./MenuPanel.svelte"));
    const target = anchor.closest("dialog, main, aside, nav") ?? document.body;
    await new Promise<void>((closed) => {
        const panel = mount(MenuPanel, { target, props: { anchor, label, items, onclose: close } });
        function close(chosen: MenuItem | undefined): void {
            void unmount(panel);
            anchor.focus();
            closed();
            chosen?.run();
        }
    });
}
