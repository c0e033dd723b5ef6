import type { App } from "../../app/context.ts";
import { type Chat, listChats, type Page } from "./requests.ts";

/** The student's chats with the tutor, the latest first, read page by page. */
export class Chats {
    items: readonly Chat[] = $state.raw([]);
    /** Where the next page begins; undefined before the first, null after the last. */
    next: string | null | undefined = $state();
    readonly #app: App;

    constructor(app: App) {
        this.#app = app;
    }

    /** Reads the first page, anew if it was read before. */
    async read(): Promise<void> {
        const page = await this.#app.call<Page<Chat>>(listChats(null));
        [this.items, this.next] = [page.items, page.nextCursor];
    }

    async more(): Promise<void> {
        const page = await this.#app.call<Page<Chat>>(listChats(this.next ?? null));
        [this.items, this.next] = [[...this.items, ...page.items], page.nextCursor];
    }

    /** The chat of this id, for which older pages are read. */
    async find(id: string): Promise<Chat | undefined> {
        if (this.next === undefined) await this.read();
        const found = () => this.items.find((chat) => chat.id === id);
        while (!found() && this.next) await this.more();
        return found();
    }

    forget(id: string): void {
        this.items = this.items.filter((chat) => chat.id !== id);
    }
}
