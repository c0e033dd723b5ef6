/** Shows a part over whatever screen there is, and waits for its answer. */
import { mount, unmount, type Component } from "svelte";

import type { App } from "../../app/context.ts";
import { m } from "../../platform/messages.ts";
import { typedAhead } from "../../platform/typeAhead.ts";
import Floating from "./parts/Floating.svelte";

// oxlint-disable-next-line typescript/no-explicit-any -- a part with any props
export type AnyPart = Component<any>;
type Asks<Props, Answer> = Component<Props & { onclose: (answer?: Answer) => void }>;

/** Resolves with the part's answer, undefined when it was only closed. The part is loaded when it is first shown. */
export async function float<Props extends object, Answer>(
    app: App,
    load: () => Promise<{ readonly default: Asks<Props, Answer> }>,
    props: Props,
): Promise<Answer | undefined> {
    const part = await loaded(app, load);
    if (!part) return undefined;
    return await new Promise((answered) => {
        const floating = mount(Floating, {
            target: document.body,
            props: { app, part, props, onclose },
        });
        function onclose(answer?: unknown): void {
            void unmount(floating);
            answered(answer as Answer | undefined);
        }
    });
}

/** A part that can't be loaded, as before the app was ever kept on this device, needs a connection. */
async function loaded(app: App, load: () => Promise<{ readonly default: AnyPart }>): Promise<AnyPart | undefined> {
    try {
        return (await typedAhead(load())).default;
    } catch {
        app.toast(m("tasks.offline"));
        return undefined;
    }
}
