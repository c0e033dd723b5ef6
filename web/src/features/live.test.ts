/**
 * The sync layer against the real API: two devices of one student, one of them behind a line that can be cut.
 *
 * `LIVE_ORIGIN` is the address of a running Study Teddy, such as http://127.0.0.1:8000; without it, nothing runs.
 */
import { connect, createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { uuidv7 } from "../platform/random.ts";
import { same } from "../sync/merge.ts";
import { Sync } from "../sync/sync.ts";
import { profile } from "./auth/rules.ts";
import { SCHEMA } from "./schema.ts";
import { createSubject, updateSubject } from "./subjects/commands.ts";
import { subjects } from "./subjects/table.ts";
import {
    completeTask,
    createSubtask,
    createTask,
    deleteTask,
    due,
    orderSubtasks,
    quickAddTask,
    updateSubtask,
    updateTask,
} from "./tasks/commands.ts";
import { stepsOf } from "./tasks/rules.ts";
import { subtasks, type Task, tasks } from "./tasks/table.ts";
import { sessions } from "./focus/table.ts";
import { completeFocusSession, createFocusSession, pauseFocusSession } from "./focus/commands.ts";

const ORIGIN = process.env["LIVE_ORIGIN"];
const PASSWORD = "correct horse battery staple";

/** A line to the server that can be cut. */
class Line {
    readonly #server: Server;
    readonly #sockets = new Set<Socket>();
    #cut = false;

    constructor(target: URL) {
        this.#server = createServer((near) => {
            if (this.#cut) return near.destroy();
            const far = connect(Number(target.port), target.hostname);
            for (const [one, other] of [
                [near, far],
                [far, near],
            ] as const) {
                this.#sockets.add(one);
                one.pipe(other);
                one.on("error", () => other.destroy());
                one.on("close", () => {
                    this.#sockets.delete(one);
                    other.destroy();
                });
            }
            return undefined;
        });
    }

    async open(): Promise<string> {
        await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", () => resolve()));
        return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    }

    cut(): void {
        this.#cut = true;
        for (const socket of this.#sockets) socket.destroy();
    }

    mend(): void {
        this.#cut = false;
    }

    close(): void {
        this.cut();
        this.#server.close();
    }
}

async function until(what: string, holds: () => boolean, ms = 15_000): Promise<void> {
    const end = performance.now() + ms;
    while (!holds()) {
        if (performance.now() > end) throw new Error(`never: ${what}`);
        await new Promise((resolve) => {
            setTimeout(resolve, 20);
        });
    }
}

describe.runIf(ORIGIN)("against the real API", { timeout: 90_000 }, () => {
    let line: Line;
    let here: Sync; // behind the line
    let elsewhere: Sync;
    let email: string;

    async function signedIn(origin: string): Promise<Sync> {
        const sync = new Sync(SCHEMA, origin);
        await sync.session.signIn({ email, password: PASSWORD }, true);
        await until("everything is read", () => sync.status.complete);
        return sync;
    }

    beforeEach(async () => {
        email = `${uuidv7(Date.now())}@example.org`;
        line = new Line(new URL(ORIGIN!));
        elsewhere = new Sync(SCHEMA, ORIGIN);
        await elsewhere.session.register({ email, password: PASSWORD, name: "Ann", timeZone: "Europe/Berlin" }, true);
        await until("everything is read", () => elsewhere.status.complete);
        here = await signedIn(await line.open());
    });

    afterEach(async () => {
        line.close();
        await Promise.all([here.stop(), elsewhere.stop()]);
    });

    const sent = (sync: Sync) => until("all is sent", () => sync.status.waiting === 0, 60_000);
    const task = (sync: Sync, id: string): Task | undefined => sync.store.get(tasks, id);
    const id = () => uuidv7(Date.now());

    /** Both devices show the same, and what a device shows that reads everything anew. */
    async function alike(): Promise<void> {
        await Promise.all([sent(here), sent(elsewhere)]);
        const fresh = await signedIn(ORIGIN!);
        const seen = (sync: Sync) =>
            [tasks, subtasks, subjects, sessions].map((table) => sync.store.all(table as never).toSorted(byId));
        await until("this device is in step", () => same(seen(here), seen(fresh))).catch(() => undefined);
        expect(seen(here)).toEqual(seen(fresh));
        await until("the other one is in step", () => same(seen(elsewhere), seen(fresh))).catch(() => undefined);
        expect(seen(elsewhere)).toEqual(seen(fresh));
        await fresh.stop();
    }

    test("what is asked on one device comes to the other one", async () => {
        const [subject, essay, steps] = [id(), id(), [id(), id(), id()]];
        await here.ask(createSubject, subject, { name: "Physics", color: "#123456" });
        await here.ask(createTask, essay, { title: "Essay", subjectId: subject, labels: ["a"], dueDate: "2031-01-31" });
        for (const [n, step] of steps.entries()) {
            await here.ask(createSubtask, step, { taskId: essay, title: `Step ${n}` });
        }
        await here.ask(updateSubtask, steps[0]!, { completed: true });
        await until("it is there", () => elsewhere.store.get(subtasks, steps[0])?.completed === true);
        await elsewhere.ask(orderSubtasks, essay, { ids: [steps[2]!, steps[0]!, steps[1]!], before: steps });
        await elsewhere.ask(updateSubject, subject, { name: "Optics" });
        await elsewhere.ask(updateTask, essay, due({ at: "2031-02-01T14:00:00Z", zone: "Europe/Berlin" }));
        await until("it came back", () => task(here, essay)?.dueAt === "2031-02-01T14:00:00Z");
        await alike();
        expect(stepsOf(here.store, essay).map((step) => step.id)).toEqual([steps[2], steps[0], steps[1]]);
        expect(task(here, essay)).toMatchObject({ subjectName: "Optics", subtaskCount: 3, subtasksCompleted: 1 });
        expect(profile(here.store)).toMatchObject({ name: "Ann" });
    });

    test("what is asked offline is shown, and there exactly once when the line is back", async () => {
        const ids = Array.from({ length: 4 }, id);
        for (const one of ids) await here.ask(createTask, one, { title: one });
        await sent(here);
        line.cut();
        for (const one of ids.slice(0, 3)) await here.ask(completeTask, one, {});
        await here.ask(updateTask, ids[3]!, due({ day: "2031-01-31" }));
        const typed = id();
        await here.ask(quickAddTask, typed, { text: "Read chapter 5 tomorrow 3pm 45m #exam" });
        expect(here.store.all(tasks).filter(({ status }) => status === "completed")).toHaveLength(3);
        await until("it knows", () => !here.status.online);
        expect(here.status.waiting).toBe(5);
        line.mend();
        await sent(here);
        await alike();
        expect(elsewhere.store.all(tasks)).toHaveLength(5);
        expect(task(elsewhere, typed)).toMatchObject({
            title: "Read chapter 5",
            labels: ["exam"],
            estimatedMinutes: 45,
        });
    });

    test("the same field on both sides is the student's to decide; other fields are merged", async () => {
        const essay = id();
        await here.ask(createTask, essay, { title: "Essay", labels: ["a"] });
        await until("it is there", () => task(elsewhere, essay) !== undefined);
        line.cut();
        await here.ask(updateTask, essay, { title: "Mine", priority: "high", labels: ["a", "mine"] });
        await elsewhere.ask(updateTask, essay, { title: "Theirs", estimatedMinutes: 30, labels: ["theirs"] });
        await sent(elsewhere);
        line.mend();
        await until("it clashes", () => here.status.conflicts === 1, 60_000);
        await sent(here);
        expect(here.store.conflicts[0]!.conflict).toMatchObject({
            lines: [{ group: "title", yours: { title: "Mine" }, theirs: { title: "Theirs" } }],
        });
        await until("merged", () => task(elsewhere, essay)?.priority === "high");
        expect(task(elsewhere, essay)).toMatchObject({
            title: "Theirs",
            estimatedMinutes: 30,
            labels: ["theirs", "mine"],
        });
        await here.decide(here.store.conflicts[0]!.key, { group: "title", keep: "yours" });
        await until("decided", () => task(elsewhere, essay)?.title === "Mine");
        await alike();
    });

    test("a task that was deleted elsewhere can be made again, with what was asked of it", async () => {
        const essay = id();
        await here.ask(createTask, essay, { title: "Essay" });
        await until("it is there", () => task(elsewhere, essay) !== undefined);
        line.cut();
        await here.ask(updateTask, essay, { title: "Mine" });
        await elsewhere.ask(deleteTask, essay, {});
        await elsewhere.release();
        await sent(elsewhere);
        line.mend();
        await until("it is told", () => here.status.conflicts === 1, 60_000);
        await here.decide(here.store.conflicts[0]!.key, "again");
        await until("it is there again", () => elsewhere.store.all(tasks).some(({ title }) => title === "Mine"));
        await alike();
        expect(here.status.conflicts).toBe(0);
    });

    test("a line that breaks again and again loses nothing and doubles nothing", async () => {
        const ids = Array.from({ length: 50 }, id);
        const breaking = setInterval(() => {
            line.cut();
            setTimeout(() => line.mend(), 50);
        }, 800);
        try {
            for (const one of ids) {
                await here.ask(createTask, one, { title: one });
                await here.ask(completeTask, one, {});
            }
            await until("most is sent", () => here.status.waiting < 20, 60_000);
        } finally {
            clearInterval(breaking);
        }
        line.mend();
        await sent(here);
        await alike();
        const done = elsewhere.store.all(tasks);
        expect(done.map((one) => one.id).toSorted()).toEqual(ids.toSorted());
        expect(done.every(({ status, completions }) => status === "completed" && completions === 1)).toBe(true);
    });

    test("200 changes elsewhere while the line was cut are followed, without reading everything again", async () => {
        line.cut();
        await until("it knows", () => !here.status.online, 60_000);
        for (let n = 0; n < 200; n++) await elsewhere.ask(createTask, id(), { title: `Task ${n}` });
        await sent(elsewhere);
        line.mend();
        await until("they are here", () => here.store.all(tasks).length === 200, 60_000);
        await alike();
    });

    test("one timer on two devices", async () => {
        const session = id();
        await here.ask(createFocusSession, session, { type: "pomodoro" });
        await until("it runs there", () => elsewhere.store.get(sessions, session)?.status === "active");
        await elsewhere.ask(pauseFocusSession, session, {});
        await until("it pauses here", () => here.store.get(sessions, session)?.status === "paused");
        await here.ask(completeFocusSession, session, { focusRating: 4 });
        await until("it ends there", () => elsewhere.store.get(sessions, session)?.status === "completed");
        await alike();
    });

    test("a session that ends elsewhere locks what is shown", async () => {
        const [other] = await elsewhere
            .call<{ items: { id: string; current: boolean }[] }>({
                method: "GET",
                path: "/api/auth/sessions",
            })
            .then(({ items }) => items.filter(({ current }) => !current));
        await until("it is connected", () => here.status.online);
        await elsewhere.call({ method: "DELETE", path: `/api/auth/sessions/${other!.id}` });
        await until("it locks", () => here.session.state === "ended", 10_000);
        expect(here.store.all(tasks)).toEqual([]);
        expect(() => here.ask(createTask, id(), { title: "x" })).toThrow();
    });
});

function byId(a: { id: string }, b: { id: string }): number {
    return a.id < b.id ? -1 : 1;
}
