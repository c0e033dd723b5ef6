/** Opens the file of a page. */
import type { App } from "../../../app/context.ts";
import { reach } from "../../tasks/asks.ts";
import { downloadAttachment } from "../../tasks/requests.ts";
import type { MaterialPage } from "./requests.ts";

const PDF = "application/pdf";
/** How long the address of a file is good for, in ms. */
const KEPT = 60_000;

/** Whether browsers show such a file at a page; others are saved. */
export const hasPages = ({ type }: MaterialPage): boolean => type === PDF;

/** Shows a PDF in another tab at the page, where the browser lets one open; saves other files. */
export async function openFile(app: App, attachmentId: string, page: MaterialPage): Promise<void> {
    // Opened within the click: afterwards, browsers take it for an advertisement.
    const tab = hasPages(page) ? window.open("", "_blank") : null;
    const isReached = await reach(app, async () => {
        const file = await app.call<Blob>(downloadAttachment(page.taskId!, attachmentId));
        const address = URL.createObjectURL(tab ? new Blob([file], { type: PDF }) : file);
        if (tab) tab.location.replace(`${address}#page=${page.page}`);
        else Object.assign(document.createElement("a"), { href: address, download: page.title }).click();
        setTimeout(() => URL.revokeObjectURL(address), KEPT);
    });
    if (!isReached) tab?.close();
}
