"""What a client knew, and the events since, are what a fresh read says: the protocol of the live connection holds.

A client that follows these rules needs no second read:

- created, updated, completed, reopened, progress and points: put `data` in its place;
- deleted: take the object out; a task takes its steps and attachments along;
- `subject.updated` and `subject.deleted`: the tasks of that subject also take its new name, or lose both id and name;
- `subtasks.reordered`: `data.items` are all steps of their task;
- a session that is running, planned or over is replaced by each event of focus; it loses the id of a task or a subject
  that is deleted;
- `preferences.updated`: put `data` in the place of the preferences; `export.updated`: of the archive;
- `notifications.read`: those of `ids`, or all, are read; `unread` are not.
"""

from __future__ import annotations

import asyncio
import io
import os
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from PIL import Image
from tests.cast import PASSWORD, Person, made
from tests.conftest import System

from studyteddy import bootstrap
from studyteddy.features.notifications import service as notifications
from studyteddy.features.notifications.schemas import ReadRequest
from studyteddy.features.tasks import service as tasks
from studyteddy.features.tasks.schemas import TaskChanges
from studyteddy.platform.identity import Identity

Json = dict[str, Any]
STEPS = 600 if os.environ.get("SOAK") == "1" else 100


REFUSED = {
    "already_completed", "already_running", "changed_since", "not_recurring", "occurrence_taken", "too_many_presets",
}  # fmt: skip
"""What may be answered to somebody who does anything."""
REPEATED: list[Json] = [
    {"rule": "FREQ=WEEKLY", "missed": "keep"},
    {"rule": "FREQ=DAILY;COUNT=4"},
    {"rule": "FREQ=DAILY;INTERVAL=2", "mode": "after_completion"},
]

MOST_ARCHIVES = 3
"""More are not to be had within an hour."""


@dataclass
class State:
    """Everything a client keeps of its user."""

    user: Json = field(default_factory=dict)
    preferences: Json = field(default_factory=dict)
    exports: dict[str, Json] = field(default_factory=dict)
    subjects: dict[str, Json] = field(default_factory=dict)
    tasks: dict[str, Json] = field(default_factory=dict)
    steps: dict[str, Json] = field(default_factory=dict)
    files: dict[str, Json] = field(default_factory=dict)
    sessions: dict[str, Json] = field(default_factory=dict)
    presets: dict[str, Json] = field(default_factory=dict)
    notifications: dict[str, Json] = field(default_factory=dict)
    unread: int = 0
    days: dict[str, Json] = field(default_factory=dict)
    points: tuple[int, int] = (0, 1)

    def apply(self, event: Json) -> None:
        """The rules of the table above."""
        kind, data = event["type"], event["data"]
        thing, _, what = kind.partition(".")
        kept = {
            "subject": self.subjects, "task": self.tasks, "subtask": self.steps, "notification": self.notifications,
            "export": self.exports, "attachment": self.files, "focus": self.sessions, "preset": self.presets,
        }  # fmt: skip
        if kind == "user.updated":
            self.user = data
        elif kind == "preferences.updated":
            self.preferences = data
        elif kind == "progress.updated":
            self.days[data["day"]] = data
        elif kind == "points.changed":
            self.points = (data["total"], data["level"])
        elif kind == "notifications.read":
            self._read(data)
        elif kind == "subtasks.reordered":
            self.steps = self._without_steps_of({step["taskId"] for step in data["items"]})
            self.steps |= {step["id"]: step for step in data["items"]}
        elif what == "deleted":
            self._remove(kept[thing], thing, data["id"])
        else:
            self._put(kept[thing], thing, data)

    def _put(self, kept: dict[str, Json], thing: str, data: Json) -> None:
        new = data["id"] not in kept
        kept[data["id"]] = data
        if thing == "notification":
            self.unread += new and not data["read"]
        if thing == "subject":
            self._name(data["id"], {"subjectName": data["name"]})
        if thing == "task" and data["subjectId"] in self.subjects:
            # Both were changed at once: a subject's own events say what it is called.
            kept[data["id"]] = data | {"subjectName": self.subjects[data["subjectId"]]["name"]}

    def _remove(self, kept: dict[str, Json], thing: str, gone: str) -> None:
        removed = kept.pop(gone)
        if thing == "notification":
            self.unread -= not removed["read"]
        if thing == "task":
            self.steps = self._without_steps_of({gone})
            self.files = {file_id: file for file_id, file in self.files.items() if file["taskId"] != gone}
        if thing == "subject":
            self._name(gone, {"subjectId": None, "subjectName": None})
        if thing in ("task", "subject"):
            self._unlink(f"{thing}Id", gone)

    def _name(self, subject_id: str, change: Json) -> None:
        for task_id, task in self.tasks.items():
            if task["subjectId"] == subject_id:
                self.tasks[task_id] = task | change

    def _unlink(self, name: str, gone: str) -> None:
        for session_id, session in self.sessions.items():
            if session[name] == gone:
                self.sessions[session_id] = session | {name: None}

    def _read(self, data: Json) -> None:
        for note in data["ids"]:
            self.unread -= not self.notifications[note]["read"]
            self.notifications[note] = self.notifications[note] | {"read": True}

    def _without_steps_of(self, tasks: set[str]) -> dict[str, Json]:
        return {step_id: step for step_id, step in self.steps.items() if step["taskId"] not in tasks}


async def everything(person: Person) -> State:
    """A fresh read, page by page."""
    points = (await person.get("/api/gamification/points")).json()
    found = await pages(person, "/api/tasks", sort="created", limit=4)
    steps: dict[str, Json] = {}
    files: dict[str, Json] = {}
    for task in found:
        steps |= await pages(person, f"/api/tasks/{task}/subtasks")
        files |= await pages(person, f"/api/tasks/{task}/attachments")
    return State(
        user=(await person.get("/api/auth/me")).json(),
        preferences=(await person.get("/api/users/me/preferences")).json(),
        exports=await pages(person, "/api/users/exports"),
        subjects=await pages(person, "/api/subjects") | await pages(person, "/api/subjects", archived="true"),
        tasks=found,
        steps=steps,
        files=files,
        sessions=await pages(person, "/api/focus-sessions", limit=3),
        presets=await pages(person, "/api/focus-presets"),
        notifications=await pages(person, "/api/notifications"),
        unread=(await person.get("/api/notifications/unread-count")).json()["count"],
        days={day["day"]: day for day in (await person.get("/api/analytics/overview?range=year")).json()["days"]},
        points=(points["total"], points["level"]),
    )


def picture() -> bytes:
    """A small picture."""
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(out, "PNG")
    return out.getvalue()


async def pages(person: Person, path: str, **query: Any) -> dict[str, Json]:
    found: dict[str, Json] = {}
    while True:
        page = (await person.get(path, params=query)).json()
        found |= {item["id"]: item for item in page["items"]}
        if page["nextCursor"] is None:
            return found
        query["cursor"] = page["nextCursor"]


class Walk:
    """Somebody who does anything, at random, to what is there."""

    def __init__(self, person: Person, seed: int) -> None:
        self.person = person
        self.state = State()
        self.heard: set[str] = set()
        self._last = 0
        self._done: set[str] = set()
        self._dice = random.Random(seed)
        self._count = 0
        self._archives = 0
        self._past = 0

    def actions(self) -> list[Callable[[], Awaitable[Any]]]:
        """What can be done now; some of it twice, so that it is done more often."""
        found: list[Callable[[], Awaitable[Any]]] = [self.add_subject, self.add_task, self.add_task]
        found += [self.change_profile, self.change_preferences, self.change_avatar, self.leave_or_stay]
        if self.state.exports:
            found.append(self.forget_export)
        elif self._archives < MOST_ARCHIVES:
            found.append(self.ask_export)
        if self.state.subjects:
            found += [self.change_subject, self.delete_subject]
        if self.state.tasks:
            found += [self.change_task, self.complete, self.complete, self.reopen, self.delete_task]
            found += [self.add_step, self.add_step, self.add_step, self.attach, self.batch]
            found += [self.change_many, self.change_many, self.delete_many, self.ask_occurrence, self.skip, self.undo]
        if self.state.steps:
            found += [self.change_step, self.tick, self.delete_step, self.reorder]
        if self.state.files:
            found += [self.finish, self.rename_file, self.delete_file]
        found += [self.begin_session, self.plan_session, self.enter_past, self.add_preset]
        if self._running():
            found += [self.pause_or_resume, self.extend, self.interrupt, self.end_session, self.end_session]
        if self.state.sessions:
            found += [self.rate_session, self.delete_session]
        if any(not one["builtIn"] for one in self.state.presets.values()):
            found += [self.change_preset, self.delete_preset]
        if self.state.notifications:
            found += [self.read_some, self.read_all, self.forget]
        return found

    async def begin(self) -> None:
        """Reads everything, once."""
        self._last = (await self.person.get("/api/changes", params={"since": 2**53})).json()["nextSeq"]
        self.state = await everything(self.person)

    async def follow(self) -> None:
        """Takes in the events since."""
        for event in await self.person.changes(self._last):
            assert event["seq"] == self._last + 1
            self._last = event["seq"]
            self.heard.add(event["type"])
            self.state.apply(event)

    async def act(self) -> str:
        """Does something; every other time something that was not done yet, so that a walk need not be long."""
        possible = self.actions()
        fresh = [action for action in possible if action.__name__ not in self._done]
        action = self._dice.choice(fresh if fresh and self._dice.random() < 0.5 else possible)
        self._done.add(action.__name__)
        self._count += 1
        answer = await action()
        assert answer.status_code < 300 or answer.json()["code"] in REFUSED, answer.text
        return f"{self._count} {action.__name__}"

    def _any(self, kept: dict[str, Json]) -> str:
        return self._dice.choice(sorted(kept))

    def _maybe(self, kept: dict[str, Json]) -> str | None:
        return self._dice.choice([None, *sorted(kept)])

    async def change_profile(self) -> Any:
        changes = self._dice.choice([{"name": f"Name {self._count}"}, {"weekStart": 7}, {"locale": "de-AT"}])
        return await self.person.patch("/api/users/me", changes)

    async def change_preferences(self) -> Any:
        wanted = {"theme": self._dice.choice(["light", "dark"]), "hidePoints": self._dice.random() < 0.5}
        return await self.person.put("/api/users/me/preferences", wanted)

    async def change_avatar(self) -> Any:
        if self.state.user["avatarUrl"]:
            return await self.person.delete("/api/users/me/avatar")
        return await self.person.http.put("/api/users/me/avatar", content=picture())

    async def leave_or_stay(self) -> Any:
        if self.state.user["deletionAt"]:
            return await self.person.post("/api/users/me/restore")
        return await self.person.post("/api/users/me/delete", {"password": PASSWORD})

    async def ask_export(self) -> Any:
        self._archives += 1
        return await self.person.post("/api/users/export")

    async def forget_export(self) -> Any:
        return await self.person.delete(f"/api/users/exports/{self._any(self.state.exports)}")

    async def add_subject(self) -> Any:
        return await self.person.post("/api/subjects", {"name": f"Subject {self._count}", "color": "#123456"})

    async def change_subject(self) -> Any:
        changes = self._dice.choice([{"name": f"Renamed {self._count}"}, {"archived": self._dice.random() < 0.5}])
        return await self.person.patch(f"/api/subjects/{self._any(self.state.subjects)}", changes)

    async def delete_subject(self) -> Any:
        return await self.person.delete(f"/api/subjects/{self._any(self.state.subjects)}")

    async def add_task(self) -> Any:
        body = {"title": f"Task {self._count}", "subjectId": self._maybe(self.state.subjects)}
        due = self._dice.choice([{}, {"dueDate": "2999-01-01"}, {"dueAt": "2020-01-01T12:00:00Z"}])
        repeated = self._dice.choice([{}, *({"recurrence": recurrence} for recurrence in REPEATED)])
        return await self.person.post("/api/tasks", body | due | repeated)

    async def change_task(self) -> Any:
        title, subject = f"New {self._count}", self._maybe(self.state.subjects)
        changes = self._dice.choice([{"title": title}, {"subjectId": subject}, {"status": "in_progress"}])
        return await self.person.patch(f"/api/tasks/{self._any(self.state.tasks)}", changes)

    async def complete(self) -> Any:
        return await self.person.post(f"/api/tasks/{self._any(self.state.tasks)}/complete")

    async def reopen(self) -> Any:
        return await self.person.post(f"/api/tasks/{self._any(self.state.tasks)}/reopen")

    async def delete_task(self) -> Any:
        return await self.person.delete(f"/api/tasks/{self._any(self.state.tasks)}")

    async def change_many(self) -> Any:
        subject, rule = self._maybe(self.state.subjects), self._dice.choice([None, *REPEATED])
        changes = [{"title": f"Many {self._count}"}, {"subjectId": subject}, {"dueDate": "2998-01-01"}]
        path = f"/api/tasks/{self._any(self.state.tasks)}?scope={self._dice.choice(['following', 'all'])}"
        return await self.person.patch(path, self._dice.choice([*changes, {"recurrence": rule}]))

    async def delete_many(self) -> Any:
        scope = self._dice.choice(["following", "all"])
        return await self.person.delete(f"/api/tasks/{self._any(self.state.tasks)}?scope={scope}")

    async def ask_occurrence(self) -> Any:
        path = f"/api/tasks/{self._any(self.state.tasks)}/occurrences"
        wanted = [one["start"] for one in (await self.person.get(path)).json()["items"] if one["status"] == "expected"]
        return await (self.person.post(path, {"start": wanted[0]}) if wanted else self.person.get(path))

    async def skip(self) -> Any:
        return await self.person.post(f"/api/tasks/{self._any(self.state.tasks)}/skip")

    async def undo(self) -> Any:
        path = f"/api/tasks/{self._any(self.state.tasks)}/history"
        lines = (await self.person.get(path)).json()["items"]
        line = self._dice.choice(lines)["id"] if lines else None
        return await (self.person.post(f"{path}/{line}/undo") if line else self.person.get(path))

    async def add_step(self) -> Any:
        return await self.person.post(
            f"/api/tasks/{self._any(self.state.tasks)}/subtasks", {"title": f"Step {self._count}"}
        )

    async def batch(self) -> Any:
        one, other = self._any(self.state.tasks), self._any(self.state.tasks)
        commands = [
            {"op": "complete", "id": one}, {"op": "reopen", "id": other},
            {"op": "create", "body": {"title": f"Task {self._count}", "subjectId": self._maybe(self.state.subjects)}},
            {"op": "update", "id": one, "body": {"status": "in_progress"}},
        ]  # fmt: skip
        return await self.person.post("/api/tasks/batch", {"commands": commands})

    async def attach(self) -> Any:
        wanted = {"name": "a.txt", "type": "text/plain", "size": 1}
        return await self.person.post(f"/api/tasks/{self._any(self.state.tasks)}/attachments", wanted)

    def _file(self) -> str:
        file = self.state.files[self._any(self.state.files)]
        return f"/api/tasks/{file['taskId']}/attachments/{file['id']}"

    async def finish(self) -> Any:
        path = self._file()
        await self.person.http.put(f"{path}/content", content=b"a")
        return await self.person.post(f"{path}/finish")

    async def rename_file(self) -> Any:
        return await self.person.patch(self._file(), {"name": f"{self._count}.txt"})

    async def delete_file(self) -> Any:
        return await self.person.delete(self._file())

    def _step(self) -> str:
        step = self.state.steps[self._any(self.state.steps)]
        return f"/api/tasks/{step['taskId']}/subtasks/{step['id']}"

    async def change_step(self) -> Any:
        return await self.person.patch(self._step(), {"title": f"Changed {self._count}"})

    async def tick(self) -> Any:
        changes = {"completed": self._dice.random() < 0.8, "completeParent": self._dice.random() < 0.5}
        return await self.person.patch(self._step(), changes)

    async def delete_step(self) -> Any:
        return await self.person.delete(self._step())

    async def reorder(self) -> Any:
        task_id = self.state.steps[self._any(self.state.steps)]["taskId"]
        ids = [step["id"] for step in self.state.steps.values() if step["taskId"] == task_id]
        self._dice.shuffle(ids)
        return await self.person.put(f"/api/tasks/{task_id}/subtasks/order", {"ids": ids})

    def _running(self) -> list[Json]:
        return [one for one in self.state.sessions.values() if one["status"] in ("active", "paused")]

    async def _command(self, session: Json, verb: str, **body: Any) -> Any:
        return await self.person.post(f"/api/focus-sessions/{session['id']}/{verb}", body)

    async def begin_session(self) -> Any:
        body = {"type": "pomodoro", "taskId": self._maybe(self.state.tasks)}
        return await self.person.post("/api/focus-sessions", body | {"subjectId": self._maybe(self.state.subjects)})

    async def plan_session(self) -> Any:
        planned = [one for one in self.state.sessions.values() if one["status"] == "scheduled"]
        if planned and not self._running():
            return await self._command(planned[0], "start")
        at = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        return await self.person.post("/api/focus-sessions", {"type": "custom", "startAt": at})

    async def enter_past(self) -> Any:
        self._past += 1
        at = (datetime.now(UTC) - timedelta(minutes=10 * self._past)).isoformat()
        past = {"startedAt": at, "minutes": 9, "taskId": self._maybe(self.state.tasks)}
        return await self.person.post("/api/focus-sessions/past", past)

    async def pause_or_resume(self) -> Any:
        (session,) = self._running()
        return await self._command(session, "pause" if session["status"] == "active" else "resume")

    async def extend(self) -> Any:
        return await self._command(self._running()[0], "extend", minutes=5)

    async def interrupt(self) -> Any:
        return await self._command(self._running()[0], "interruptions", reason="phone")

    async def end_session(self) -> Any:
        return await self._command(self._running()[0], self._dice.choice(["complete", "cancel"]))

    async def rate_session(self) -> Any:
        path = f"/api/focus-sessions/{self._any(self.state.sessions)}"
        return await self.person.patch(path, {"notes": f"Note {self._count}", "focusRating": 3})

    async def delete_session(self) -> Any:
        return await self.person.delete(f"/api/focus-sessions/{self._any(self.state.sessions)}")

    async def add_preset(self) -> Any:
        rhythm = {"workMinutes": 30, "shortBreakMinutes": 5, "longBreakMinutes": 10}
        return await self.person.post("/api/focus-presets", {"name": f"Rhythm {self._count}"} | rhythm)

    def _own_preset(self) -> str:
        own = {key: one for key, one in self.state.presets.items() if not one["builtIn"]}
        return f"/api/focus-presets/{self._any(own)}"

    async def change_preset(self) -> Any:
        return await self.person.patch(self._own_preset(), {"name": f"Renamed {self._count}"})

    async def delete_preset(self) -> Any:
        return await self.person.delete(self._own_preset())

    async def read_some(self) -> Any:
        return await self.person.post("/api/notifications/read", {"ids": [self._any(self.state.notifications)]})

    async def read_all(self) -> Any:
        return await self.person.post("/api/notifications/read", {"all": True})

    async def forget(self) -> Any:
        return await self.person.delete(f"/api/notifications/{self._any(self.state.notifications)}")


async def test_old_state_and_events_are_the_new_state(system: System, alice: Person, bob: Person) -> None:
    """A new event is heard in these walks, or this fails; so does an exception that is none any more."""
    public = {kind.tag for kind in bootstrap.catalogue() if kind.shows is not None}
    heard: set[str] = set()
    for walk in (Walk(alice, 1), Walk(bob, 2)):
        await walk.begin()
        for n in range(4 * STEPS):
            if n >= STEPS and heard | walk.heard == public:
                break  # ids are random, and what is done to which thing with them: one walk needs longer than another
            done = await walk.act()
            if n % 3 == 0:
                await system.work()
                done += " and the jobs"
            await walk.follow()
            assert walk.state == await everything(walk.person), done
        heard |= walk.heard
    assert heard == public


async def test_what_several_workers_say_at_once_adds_up(system: System, alice: Person) -> None:
    walk = Walk(alice, 3)
    subjects = [(await alice.subject())["id"] for _ in range(4)]
    many = [await alice.task(f"{n}", subjectId=subjects[n % 4]) for n in range(40)]
    await walk.begin()
    for task in many:
        await alice.post(f"/api/tasks/{task['id']}/complete")
    await asyncio.gather(*(bootstrap.worker(system.running).run_due() for _ in range(3)))
    await system.work()
    await walk.follow()
    assert walk.state == await everything(alice)


async def test_an_action_that_changes_nothing_says_nothing(alice: Person) -> None:
    task = await alice.task()
    step = made(await alice.post(f"/api/tasks/{task['id']}/subtasks", {"title": "one"}))
    subject = await alice.subject()
    last = (await alice.get("/api/changes", params={"since": 2**53})).json()["nextSeq"]
    await alice.post(f"/api/tasks/{task['id']}/reopen")
    await alice.patch(f"/api/tasks/{task['id']}", {"title": task["title"]})
    await alice.put(f"/api/tasks/{task['id']}/subtasks/order", {"ids": [step["id"]]})
    await alice.patch(f"/api/tasks/{task['id']}/subtasks/{step['id']}", {"completed": False})
    await alice.patch(f"/api/subjects/{subject['id']}", {"name": subject["name"]})
    assert (await alice.post("/api/notifications/read", {"all": True})).status_code == 200
    await alice.patch("/api/users/me", {"name": alice.name})
    await alice.put("/api/users/me/preferences", (await alice.get("/api/users/me/preferences")).json())
    await alice.post("/api/users/me/restore")
    await alice.delete("/api/users/me/avatar")
    assert await alice.changes(last) == []


@pytest.mark.parametrize("change", ["moved", "deleted"])
async def test_reopening_undoes_the_count_of_the_subject_that_got_it(
    system: System, alice: Person, change: str
) -> None:
    subject = (await alice.subject())["id"]
    path = f"/api/tasks/{(await alice.task(subjectId=subject))['id']}"
    await alice.post(f"{path}/complete")
    await system.work()
    await (alice.patch(path, {"subjectId": None}) if change == "moved" else alice.delete(f"/api/subjects/{subject}"))
    await alice.post(f"{path}/reopen")
    for _ in range(10):
        await system.work()
        await asyncio.sleep(0.05)
    assert (await alice.get("/api/analytics/overview")).json()["tasksCompleted"] == 0


# Two at once, in the worst order: the one that looked first commits last.


async def test_a_task_changed_while_its_subject_is_renamed_shows_the_new_name(system: System, alice: Person) -> None:
    walk = Walk(alice, 4)
    subject = (await alice.subject())["id"]
    task = await alice.task(subjectId=subject)
    await walk.begin()
    async with system.running.db.transaction(identity_of(alice)) as tx:
        await tasks.change(tx, UUID(task["id"]), TaskChanges(title="Changed"), scope="this", if_match=None)
        await alice.patch(f"/api/subjects/{subject}", {"name": "Renamed in between"})
    await walk.follow()
    assert walk.state == await everything(alice)


async def test_what_is_told_while_everything_is_being_read_stays_unread(system: System, alice: Person) -> None:
    walk = Walk(alice, 5)
    task = await alice.task()
    await system.work()
    await alice.post(f"/api/tasks/{task['id']}/complete")
    await walk.begin()
    async with system.running.db.transaction(identity_of(alice)) as tx:
        await notifications.read(tx, ReadRequest(all=True))
        await system.work()
    await walk.follow()
    assert walk.state == await everything(alice)


def identity_of(person: Person) -> Identity:
    return Identity(UUID(person.user["id"]), UUID(int=0))
