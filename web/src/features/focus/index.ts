import type { Action, Feature } from "../../app/feature.ts";
import { complete, extend, interrupt, pauseOrResume, toggleFullScreen } from "./asks.ts";
import RunningPill from "./parts/RunningPill.svelte";
import { runningSession } from "./rules.ts";

/** Only before the clock itself, where a button that has the focus keeps its own keys. */
const onClock: Action["when"] = (app) =>
    app.place.path === "/focus" &&
    app.see(runningSession) !== undefined &&
    !document.activeElement?.matches("main :is(button, a, input)");

const clockAction = (id: string, key: string, title: Action["title"], run: Action["run"], when = onClock): Action => ({
    id: `focus ${id}`,
    title,
    group: "focus.title",
    icon: "focus",
    keys: [key],
    when,
    run,
});

export const focus: Feature = {
    name: "focus",
    routes: [
        {
            path: "/focus",
            title: "focus.title",
            frame: "bare",
            screen: () => import("./Focus.svelte"),
            nav: { label: "focus.title", icon: "focus" },
        },
    ],
    actions: [
        clockAction("pause", " ", "focus.key.pause", pauseOrResume),
        clockAction("extend", "+", "focus.key.extend", extend),
        clockAction("interrupt", "i", "focus.key.interrupt", interrupt),
        clockAction("complete", "c", "focus.key.complete", complete),
        clockAction(
            "full",
            ".",
            "focus.key.full",
            () => void toggleFullScreen(),
            (app) => app.place.path === "/focus",
        ),
    ],
    pill: RunningPill,
};
