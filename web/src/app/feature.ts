/**
 * What a feature brings to the app, besides its tables and commands (`features/schema.ts`). Knows no feature and no screen.
 */
import type { Component } from "svelte";
import type { Catalogue } from "virtual:messages";

import type { MessageKey } from "../platform/messages.ts";
import type { IconName } from "../ui/icons.ts";
import type { App } from "./context.ts";

export interface Feature {
    readonly name: string;
    /** Whether this server has it; without it, it always does. Nothing leads to what isn't offered. */
    readonly offered?: (app: App) => boolean;
    readonly routes?: readonly Route[];
    readonly actions?: readonly Action[];
    /** What of it the palette finds by a name. */
    readonly find?: (app: App, text: string) => readonly Hit[];
    /** The running session, shown on every screen: in the rail, and above the bar of a phone. */
    readonly pill?: Component;
}

/** Something that the palette found. */
export interface Hit {
    readonly id: string;
    readonly label: string;
    readonly hint?: string;
    readonly icon?: IconName;
    /** The student's colour of a subject. */
    readonly color?: string;
    readonly run: () => void;
}

/** A screen and its address. */
export interface Route {
    /** A pattern of URLPattern, such as "/tasks/:id". */
    readonly path: string;
    /** The title before it is known better: "Tasks · Study Teddy". */
    readonly title: PlainKey;
    /** The heading, where it isn't the title: it stands before there is anything else to show. */
    readonly heading?: (app: App) => string;
    /** The screen in a chunk of its own. It gets the parts of the path as `params`. */
    readonly screen: () => Promise<{ readonly default: Component<never> }>;
    /** Its place in the rail and in the bar of a phone, in the order of the features. */
    readonly nav?: {
        readonly label: PlainKey;
        readonly icon: IconName;
        /** On a phone in the bar itself; the others are behind "More". */
        readonly bar?: boolean;
        /** A short number beside it, such as what is due today. */
        readonly count?: (app: App) => number;
    };
    /** Its place among the tools at the end of the rail. */
    readonly tool?: {
        readonly label: PlainKey;
        readonly icon: IconName;
        readonly count?: (app: App) => number;
        /** The label with a `{count}`, which a badge shows. */
        readonly counted?: CountedKey;
    };
    /** `door`: no frame around it, and no session needed. `bare`: a session, but no frame. */
    readonly frame?: "door" | "bare";
}

/** Texts without placeholders. */
export type PlainKey = {
    [K in MessageKey]: [Catalogue[K]] extends [never] ? K : never;
}[MessageKey];

/** Texts whose one placeholder is a count. */
export type CountedKey = {
    [K in MessageKey]: [Catalogue[K]] extends [never] ? never : Catalogue[K] extends { count: number } ? K : never;
}[MessageKey];

export type Params = Readonly<Record<string, string>>;

/** What can be done: palette, menus and keys read one list, so each shows its key. */
export interface Action {
    readonly id: string;
    readonly title: PlainKey;
    /** The group in the list of keys. */
    readonly group: PlainKey;
    readonly icon?: IconName;
    /** Such as "a", "g t", "Mod+k", "Delete", "Shift+ArrowDown". Mod is Ctrl, or ⌘ on Apple's machines. */
    readonly keys?: readonly string[];
    /** Whether it makes sense now; always without it. */
    readonly when?: (app: App, chosen: Chosen | undefined) => boolean;
    readonly run: (app: App, chosen: Chosen | undefined) => void;
    /** Known by its key and its menu only, such as moving through a list. */
    readonly hidden?: boolean;
}

/** What the student has before them: the rows that an action is about. */
export interface Chosen {
    /** The name of their table. */
    readonly table: string;
    readonly ids: readonly string[];
    /** The element that a menu or a calendar is shown beside. */
    readonly anchor?: HTMLElement;
}
