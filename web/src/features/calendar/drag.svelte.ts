/** The drag in the week, by pointer, touch or keys: shared by the list of unplanned tasks and the days. */
import type { Attachment } from "svelte/attachments";

import type { App } from "../../app/context.ts";
import type { Day } from "../../platform/time.ts";
import type { Drag, Point } from "../../ui/drag.ts";
import { zoneOf } from "../auth/rules.ts";
import { placeText } from "./asks.ts";
import { freeOn, nextPlace, type Place, snapped, within } from "./week.ts";

/** A block while it is dragged: drawn in the day where it would be dropped. */
export interface Dragged {
    readonly id: string;
    readonly name: string;
    readonly place: Place;
}

/** What can be dragged. */
export interface DragItem extends Omit<Dragged, "place"> {
    from(): Place;
    drop(place: Place): void;
}

export class WeekDrag {
    readonly #app: App;
    readonly #open: () => readonly Day[];
    readonly #days: () => readonly Day[];
    readonly #taken: (day: Day) => readonly Place[];
    readonly #now: () => number;
    dragged: Dragged | null = $state.raw(null);
    /** Pixels between the top of a block and where it was taken. */
    #grip = 0;

    /** `open`: the days to which a task may come first; `days`: all that are shown; `taken`: what is in a day. */
    constructor(
        app: App,
        open: () => readonly Day[],
        days: () => readonly Day[],
        taken: (day: Day) => readonly Place[],
        now: () => number,
    ) {
        this.#app = app;
        this.#open = open;
        this.#days = days;
        this.#taken = taken;
        this.#now = now;
    }

    /** Remembers where a block was taken, so that it does not jump under the pointer. */
    readonly gripped: Attachment<HTMLElement> = (block) => {
        const take = ({ clientY }: PointerEvent) => (this.#grip = clientY - block.getBoundingClientRect().top);
        block.addEventListener("pointerdown", take);
        return () => block.removeEventListener("pointerdown", take);
    };

    /** Moves a block, or a task into the week. Reads the item only when it is used, so that a change ends no drag. */
    moving(item: DragItem): Drag<Place> {
        return {
            ...this.#common(item),
            get id() {
                return item.id;
            },
            get name() {
                return item.name;
            },
            at: (point) => this.#under(point, item.from()),
            next: (place, way, resize) =>
                place.day ? nextPlace(place, way, resize, ...this.#bounds()) : this.#first(place),
        };
    }

    /** Moves the end of a block. */
    resizing(item: DragItem): Drag<Place> {
        return {
            ...this.#common(item),
            get id() {
                return `${item.id}/end`;
            },
            get name() {
                return item.name;
            },
            at: (point) => {
                const from = item.from();
                const minute = minuteAt(point, laneOf(from.day));
                return minute === undefined
                    ? undefined
                    : within({ ...from, minutes: snapped(minute) - from.minute }, this.#zone());
            },
            next: () => undefined,
        };
    }

    #common(item: DragItem) {
        return {
            from: () => item.from(),
            drop: (place: Place) => item.drop(place),
            show: (place: Place | null) => (this.dragged = place && { id: item.id, name: item.name, place }),
            say: (place: Place) => placeText(place, this.#zone()),
            same: (one: Place, other: Place) =>
                one.day === other.day && one.minute === other.minute && one.minutes === other.minutes,
        };
    }

    #zone() {
        return this.#app.see(zoneOf);
    }

    #bounds() {
        return [this.#days(), this.#zone()] as const;
    }

    /** Where a task comes to first: what is free next in the days that are shown. */
    #first({ minutes }: Place): Place | undefined {
        const [days, zone] = [this.#open(), this.#zone()];
        for (const day of days) {
            const place = freeOn(this.#taken(day), day, minutes, zone, this.#now());
            if (place) return place;
        }
        return { day: days[0]!, minute: 960, minutes };
    }

    #under(point: Point, { day: from, minutes }: Place): Place | undefined {
        const lane = lanes().find((one) => {
            const { left, right } = one.getBoundingClientRect();
            return point.x >= left && point.x < right;
        });
        const minute = minuteAt({ ...point, y: point.y - (from ? this.#grip : 0) }, lane);
        const day = lane?.dataset["day"];
        return day && minute !== undefined
            ? within({ day, minute: snapped(minute), minutes }, this.#zone())
            : undefined;
    }
}

function lanes(): HTMLElement[] {
    return [...document.querySelectorAll<HTMLElement>("[data-day]")];
}

function laneOf(day: Day): HTMLElement | undefined {
    return lanes().find((lane) => lane.dataset["day"] === day);
}

/** The minute of the day at a height of a lane, whose first hour and number of hours stand in its data. */
function minuteAt({ y }: Point, lane: HTMLElement | undefined): number | undefined {
    if (!lane) return undefined;
    const { top, height } = lane.getBoundingClientRect();
    const [from, hours] = [Number(lane.dataset["from"]), Number(lane.dataset["hours"])];
    return (from + ((y - top) / height) * hours) * 60;
}
