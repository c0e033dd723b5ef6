"""A client that performs random actions, and what it keeps of its user by following the events.

It needs no second read if it follows these rules:

- created, updated, completed, reopened, progress and points: replace the object by `data`;
- deleted: remove the object; with a task, remove its subtasks and attachments;
- `subject.updated` and `subject.deleted`: also give the subject's tasks its new name, or clear both id and name;
- `subtasks.reordered`: `data.items` are all subtasks of their task;
- each focus event replaces its session, whether running, planned or finished; when its task or subject is deleted, the
  session loses that id;
- `preferences.updated`: replace the preferences by `data`; `export.updated`: replace the data export;
- `notifications.read`: the notifications in `ids`, or all, are read, which raises their version by one; `unread` is the
  number that aren't.

Every change of an object raises its version: an object that is older than the kept one changes nothing. `WALK_EXPORT`
writes the steps of a walk for other clients that follow these rules.
"""

from __future__ import annotations

import io
import json
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from PIL import Image
from tests.cast import PASSWORD, Person

from studyteddy.platform.ids import new_id

Json = dict[str, Any]

REFUSED = {
    "already_completed",
    "already_running",
    "bad_recurrence",  # a change would leave a series without an occurrence
    "changed_since",
    "not_recurring",
    "occurrence_taken",
    "too_many_presets",
}
"""Error codes that random actions may receive."""
REPEATED: list[Json] = [
    {"rule": "FREQ=WEEKLY", "missed": "keep"},
    {"rule": "FREQ=DAILY;COUNT=4"},
    {"rule": "FREQ=DAILY;INTERVAL=2", "mode": "after_completion"},
]

MAX_EXPORTS = 3
"""The rate limit for data exports per hour."""


@dataclass
class State:
    """Everything a client stores about its user."""

    user: Json = field(default_factory=dict)
    preferences: Json = field(default_factory=dict)
    exports: dict[str, Json] = field(default_factory=dict)
    subjects: dict[str, Json] = field(default_factory=dict)
    tasks: dict[str, Json] = field(default_factory=dict)
    subtasks: dict[str, Json] = field(default_factory=dict)
    files: dict[str, Json] = field(default_factory=dict)
    sessions: dict[str, Json] = field(default_factory=dict)
    presets: dict[str, Json] = field(default_factory=dict)
    notifications: dict[str, Json] = field(default_factory=dict)
    feeds: dict[str, Json] = field(default_factory=dict)
    accounts: dict[str, Json] = field(default_factory=dict)
    conflicts: dict[str, Json] = field(default_factory=dict)
    unread: int = 0
    days: dict[str, Json] = field(default_factory=dict)
    points: tuple[int, int] = (0, 1)

    def apply(self, event: Json) -> None:
        """Apply an event by the rules above."""
        kind, data = event["type"], event["data"]
        thing, _, what = kind.partition(".")
        kept = {
            "subject": self.subjects,
            "task": self.tasks,
            "subtask": self.subtasks,
            "notification": self.notifications,
            "export": self.exports,
            "attachment": self.files,
            "focus": self.sessions,
            "preset": self.presets,
            "feed": self.feeds,
            "calendar_account": self.accounts,
            "calendar_conflict": self.conflicts,
        }
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
            for step in data["items"]:
                _check_version(self.subtasks.get(step["id"]), step)
            self.subtasks = self._without_subtasks_of({step["taskId"] for step in data["items"]})
            self.subtasks |= {step["id"]: step for step in data["items"]}
        elif what == "deleted":
            self._remove(kept[thing], thing, data["id"])
        else:
            self._put(kept[thing], thing, data)

    def _put(self, kept: dict[str, Json], thing: str, data: Json) -> None:
        new = data["id"] not in kept
        _check_version(kept.get(data["id"]), data)
        kept[data["id"]] = data
        if thing == "notification":
            self.unread += new and not data["read"]
        if thing == "subject":
            self._name(data["id"], {"subjectName": data["name"]})
        if thing == "task" and data["subjectId"] in self.subjects:
            # Both changed concurrently: the subject's own events determine its name.
            kept[data["id"]] = data | {"subjectName": self.subjects[data["subjectId"]]["name"]}

    def _remove(self, kept: dict[str, Json], thing: str, deleted: str) -> None:
        removed = kept.pop(deleted)
        if thing == "notification":
            self.unread -= not removed["read"]
        if thing == "task":
            self.subtasks = self._without_subtasks_of({deleted})
            self.files = {file_id: file for file_id, file in self.files.items() if file["taskId"] != deleted}
        if thing == "calendar_account":
            self.conflicts = {key: one for key, one in self.conflicts.items() if one["accountId"] != deleted}
        if thing == "subject":
            self._name(deleted, {"subjectId": None, "subjectName": None})
        if thing in ("task", "subject"):
            self._unlink(f"{thing}Id", deleted)

    def _name(self, subject_id: str, change: Json) -> None:
        for task_id, task in self.tasks.items():
            if task["subjectId"] == subject_id:
                self.tasks[task_id] = task | change

    def _unlink(self, name: str, deleted: str) -> None:
        for kept in (self.sessions, self.feeds):
            for one_id, one in kept.items():
                if one.get(name) == deleted:
                    kept[one_id] = one | {name: None}

    def _read(self, data: Json) -> None:
        for note in data["ids"]:
            before = self.notifications[note]
            self.unread -= not before["read"]
            self.notifications[note] = before | {"read": True, "version": before["version"] + 1}

    def _without_subtasks_of(self, tasks: set[str]) -> dict[str, Json]:
        return {step_id: step for step_id, step in self.subtasks.items() if step["taskId"] not in tasks}


def _check_version(before: Json | None, after: Json) -> None:
    """Fail unless a change of an object raised its version; exports, which only progress, have none."""
    if before is not None and "version" in after and after != before:
        assert after["version"] > before["version"], f"{before} became {after}"


def lists_of(state: State) -> Json:
    """Return a state as a client reads it: the items of each list, and the single objects."""
    total, level = state.points
    return {
        "user": state.user,
        "preferences": state.preferences,
        "exports": [*state.exports.values()],
        "subjects": [*state.subjects.values()],
        "tasks": [*state.tasks.values()],
        "subtasks": [*state.subtasks.values()],
        "attachments": [*state.files.values()],
        "focusSessions": [*state.sessions.values()],
        "focusPresets": [*state.presets.values()],
        "notifications": [*state.notifications.values()],
        "feeds": [*state.feeds.values()],
        "accounts": [*state.accounts.values()],
        "conflicts": [*state.conflicts.values()],
        "unread": state.unread,
        "days": [*state.days.values()],
        "points": {"total": total, "level": level},
    }


def state_of(lists: Json) -> State:
    """Return the state that a client keeps of these lists."""
    names = ("exports", "subjects", "tasks", "subtasks", "notifications", "feeds", "accounts", "conflicts")
    return State(
        user=lists["user"],
        preferences=lists["preferences"],
        files=_by_id(lists["attachments"]),
        sessions=_by_id(lists["focusSessions"]),
        presets=_by_id(lists["focusPresets"]),
        unread=lists["unread"],
        days={day["day"]: day for day in lists["days"]},
        points=(lists["points"]["total"], lists["points"]["level"]),
        **{name: _by_id(lists[name]) for name in names},
    )


def _by_id(items: list[Json]) -> dict[str, Json]:
    return {item["id"]: item for item in items}


class Recording:
    """Writes the steps of a walk, one JSON object a line: `action`, `before`, `events`, `after`."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        if path:
            path.write_text("")

    def add(self, action: str, before: Json, events: list[Json], fresh: State) -> None:
        """Append a step: an action, the lists before it, the events that followed, and the lists as read afresh."""
        if self._path:
            step = {"action": action, "before": before, "events": events, "after": lists_of(fresh)}
            with self._path.open("a") as file:
                file.write(json.dumps(step) + "\n")


async def everything(person: Person) -> State:
    """Read the whole state afresh, page by page."""
    points = (await person.get("/api/gamification/points")).json()
    found = await pages(person, "/api/tasks", sort="created", limit=4)
    subtasks: dict[str, Json] = {}
    files: dict[str, Json] = {}
    for task in found:
        subtasks |= await pages(person, f"/api/tasks/{task}/subtasks")
        files |= await pages(person, f"/api/tasks/{task}/attachments")
    return State(
        user=(await person.get("/api/auth/me")).json(),
        preferences=(await person.get("/api/users/me/preferences")).json(),
        exports=await pages(person, "/api/users/exports"),
        subjects=await pages(person, "/api/subjects") | await pages(person, "/api/subjects", archived="true"),
        tasks=found,
        subtasks=subtasks,
        files=files,
        sessions=await pages(person, "/api/focus-sessions", limit=3),
        presets=await pages(person, "/api/focus-presets"),
        notifications=await pages(person, "/api/notifications"),
        feeds=_by_id((await person.get("/api/calendar/feeds")).json()["items"]),
        accounts=_by_id((await person.get("/api/calendar/accounts")).json()["items"]),
        conflicts=_by_id((await person.get("/api/calendar/conflicts")).json()["items"]),
        unread=(await person.get("/api/notifications/unread-count")).json()["count"],
        days={day["day"]: day for day in (await person.get("/api/analytics/overview?range=year")).json()["days"]},
        points=(points["total"], points["level"]),
    )


def picture() -> bytes:
    """Return a small image."""
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
    """A client that performs random actions on existing objects."""

    def __init__(self, person: Person, seed: int) -> None:
        self.person = person
        self.state = State()
        self.seen_tags: set[str] = set()
        self._last = 0
        self._done: set[str] = set()
        self._chosen: list[str] = []
        self._rng = random.Random(seed)
        self._count = 0
        self._exports = 0
        self._past = 0

    def actions(self) -> list[Callable[[], Awaitable[Any]]]:
        """Return the actions possible now; some appear twice, to be chosen more often."""
        found: list[Callable[[], Awaitable[Any]]] = [self.add_subject, self.add_task, self.add_task]
        found += [self.change_profile, self.change_preferences, self.change_avatar, self.delete_or_restore_account]
        if self.state.exports:
            found.append(self.delete_export)
        elif self._exports < MAX_EXPORTS:
            found.append(self.request_export)
        if self.state.subjects:
            found += [self.change_subject, self.delete_subject]
        if self.state.tasks:
            found += [self.change_task, self.complete, self.complete, self.reopen, self.delete_task]
            found += [self.add_subtask, self.add_subtask, self.add_subtask, self.attach, self.batch]
            found += [
                self.change_many,
                self.change_many,
                self.delete_many,
                self.create_occurrence,
                self.skip,
                self.undo,
            ]
        if not self.state.tasks.keys() >= {*self._chosen}:
            found.append(self.add_deleted_task_again)
        if self.state.subtasks:
            found += [self.change_subtask, self.tick, self.delete_subtask, self.reorder]
        if self.state.files:
            found += [self.finish, self.rename_file, self.delete_file]
        found += self.calendar_actions()
        found += [self.begin_session, self.plan_session, self.add_past_session, self.add_preset]
        if self._running():
            found += [self.pause_or_resume, self.extend, self.interrupt, self.end_session, self.end_session]
        if self.state.sessions:
            found += [self.rate_session, self.delete_session]
        if any(not one["builtIn"] for one in self.state.presets.values()):
            found += [self.change_preset, self.delete_preset]
        if self.state.notifications:
            found += [self.read_some, self.read_all, self.delete_notification]
        return found

    def calendar_actions(self) -> list[Callable[[], Awaitable[Any]]]:
        """Return the actions on calendars that are possible now."""
        found: list[Callable[[], Awaitable[Any]]] = [self.add_feed]
        if self.state.feeds:
            found = [self.change_feed, self.choose_course, self.end_feed]
        if self.state.accounts:
            found += [self.write_sessions, self.leave_out_calendar]
        if len(self.state.accounts) > 1:
            found.append(self.disconnect)
        return found

    async def begin(self) -> None:
        """Read the initial state."""
        self._last = (await self.person.get("/api/changes", params={"since": 2**53})).json()["nextSeq"]
        self.state = await everything(self.person)

    async def follow(self) -> list[Json]:
        """Apply and return the events since the last call."""
        events = await self.person.changes(self._last)
        for event in events:
            assert event["seq"] == self._last + 1
            self._last = event["seq"]
            self.seen_tags.add(event["type"])
            self.state.apply(event)
        return events

    async def act(self) -> str:
        """Perform an action; every other time one that wasn't performed yet, to keep a walk short."""
        # What can be reversed comes first: soon its session may have ended.
        possible = [self.reverse_conflict] if self._reversible() else self.actions()
        fresh = [action for action in possible if action.__name__ not in self._done]
        action = self._rng.choice(fresh if fresh and self._rng.random() < 0.5 else possible)
        self._done.add(action.__name__)
        self._count += 1
        answer = await action()
        assert answer.status_code < 300 or answer.json()["code"] in REFUSED, answer.text
        return f"{self._count} {action.__name__}"

    def _any(self, kept: dict[str, Json]) -> str:
        return self._rng.choice(sorted(kept))

    def _maybe(self, kept: dict[str, Json]) -> str | None:
        return self._rng.choice([None, *sorted(kept)])

    async def change_profile(self) -> Any:
        changes = self._rng.choice([{"name": f"Name {self._count}"}, {"weekStart": 7}, {"locale": "de-AT"}])
        return await self.person.patch("/api/users/me", changes)

    async def change_preferences(self) -> Any:
        wanted = {"theme": self._rng.choice(["light", "dark"]), "hidePoints": self._rng.random() < 0.5}
        if self._rng.random() < 0.5:
            return await self.person.put("/api/users/me/preferences", wanted)
        changes = self._rng.choice([wanted, {"language": "ar"}, {"language": None}, {"font": "atkinson"}])
        return await self.person.patch("/api/users/me/preferences", changes)

    async def change_avatar(self) -> Any:
        if self.state.user["avatarUrl"]:
            return await self.person.delete("/api/users/me/avatar")
        return await self.person.http.put("/api/users/me/avatar", content=picture())

    async def delete_or_restore_account(self) -> Any:
        if self.state.user["deletionAt"]:
            return await self.person.post("/api/users/me/restore")
        return await self.person.post("/api/users/me/delete", {"password": PASSWORD})

    async def request_export(self) -> Any:
        self._exports += 1
        return await self.person.post("/api/users/export")

    async def delete_export(self) -> Any:
        return await self.person.delete(f"/api/users/exports/{self._any(self.state.exports)}")

    async def add_subject(self) -> Any:
        return await self.person.post("/api/subjects", {"name": f"Subject {self._count}", "color": "#123456"})

    async def change_subject(self) -> Any:
        changes = self._rng.choice([{"name": f"Renamed {self._count}"}, {"archived": self._rng.random() < 0.5}])
        return await self.person.patch(f"/api/subjects/{self._any(self.state.subjects)}", changes)

    async def delete_subject(self) -> Any:
        return await self.person.delete(f"/api/subjects/{self._any(self.state.subjects)}")

    async def add_feed(self) -> Any:
        """Subscribe to a calendar that can't be read: its address is in a private network."""
        body = {"url": "https://10.0.0.1/calendar.ics", "subjectId": self._maybe(self.state.subjects)}
        return await self.person.post("/api/calendar/feeds", body)

    async def change_feed(self) -> Any:
        path = f"/api/calendar/feeds/{self._any(self.state.feeds)}"
        return await self.person.patch(path, {"subjectId": self._maybe(self.state.subjects)})

    async def choose_course(self) -> Any:
        path = f"/api/calendar/feeds/{self._any(self.state.feeds)}/courses"
        return await self.person.put(path, {"course": "HIST 101", "subjectId": self._maybe(self.state.subjects)})

    async def write_sessions(self) -> Any:
        path = f"/api/calendar/accounts/{self._any(self.state.accounts)}"
        return await self.person.patch(path, {"writes": self._rng.random() < 0.5})

    async def leave_out_calendar(self) -> Any:
        account = self.state.accounts[self._any(self.state.accounts)]
        path = f"/api/calendar/accounts/{account['id']}/calendars/{account['calendars'][0]['id']}"
        return await self.person.patch(path, {"busy": self._rng.random() < 0.5})

    async def disconnect(self) -> Any:
        return await self.person.delete(f"/api/calendar/accounts/{self._any(self.state.accounts)}")

    def _reversible(self) -> dict[str, Json]:
        """Return the conflicts that can be reversed: their sessions are planned."""
        planned = {one["id"] for one in self.state.sessions.values() if one["status"] == "scheduled"}
        titles = {key: one for key, one in self.state.conflicts.items() if one["kind"] == "title"}
        unreversed = {key: one for key, one in titles.items() if one["reversedAt"] is None}
        return {key: one for key, one in unreversed.items() if one["sessionId"] in planned}

    async def reverse_conflict(self) -> Any:
        return await self.person.post(f"/api/calendar/conflicts/{self._any(self._reversible())}/reverse")

    async def end_feed(self) -> Any:
        return await self.person.delete(f"/api/calendar/feeds/{self._any(self.state.feeds)}")

    async def add_task(self) -> Any:
        body = {"title": f"Task {self._count}", "subjectId": self._maybe(self.state.subjects)}
        due = self._rng.choice([{}, {"dueDate": "2999-01-01"}, {"dueAt": "2020-01-01T12:00:00Z"}])
        repeated = self._rng.choice([{}, *({"recurrence": recurrence} for recurrence in REPEATED)])
        chosen = {"id": str(new_id())} if self._rng.random() < 0.5 else {}
        self._chosen += chosen.values()
        return await self.person.post("/api/tasks", body | due | repeated | chosen)

    async def add_deleted_task_again(self) -> Any:
        deleted = [id for id in self._chosen if id not in self.state.tasks]
        return await self.person.post("/api/tasks", {"title": f"Again {self._count}", "id": deleted[0]})

    async def change_task(self) -> Any:
        title, subject = f"New {self._count}", self._maybe(self.state.subjects)
        changes = self._rng.choice([{"title": title}, {"subjectId": subject}, {"status": "in_progress"}])
        return await self.person.patch(f"/api/tasks/{self._any(self.state.tasks)}", changes)

    async def complete(self) -> Any:
        return await self.person.post(f"/api/tasks/{self._any(self.state.tasks)}/complete")

    async def reopen(self) -> Any:
        return await self.person.post(f"/api/tasks/{self._any(self.state.tasks)}/reopen")

    async def delete_task(self) -> Any:
        return await self.person.delete(f"/api/tasks/{self._any(self.state.tasks)}")

    async def change_many(self) -> Any:
        subject, rule = self._maybe(self.state.subjects), self._rng.choice([None, *REPEATED])
        changes = [{"title": f"Many {self._count}"}, {"subjectId": subject}, {"dueDate": "2998-01-01"}]
        path = f"/api/tasks/{self._any(self.state.tasks)}?scope={self._rng.choice(['following', 'all'])}"
        return await self.person.patch(path, self._rng.choice([*changes, {"recurrence": rule}]))

    async def delete_many(self) -> Any:
        scope = self._rng.choice(["following", "all"])
        return await self.person.delete(f"/api/tasks/{self._any(self.state.tasks)}?scope={scope}")

    async def create_occurrence(self) -> Any:
        path = f"/api/tasks/{self._any(self.state.tasks)}/occurrences"
        wanted = [one["start"] for one in (await self.person.get(path)).json()["items"] if one["status"] == "expected"]
        return await (self.person.post(path, {"start": wanted[0]}) if wanted else self.person.get(path))

    async def skip(self) -> Any:
        return await self.person.post(f"/api/tasks/{self._any(self.state.tasks)}/skip")

    async def undo(self) -> Any:
        path = f"/api/tasks/{self._any(self.state.tasks)}/history"
        lines = (await self.person.get(path)).json()["items"]
        line = self._rng.choice(lines)["id"] if lines else None
        return await (self.person.post(f"{path}/{line}/undo") if line else self.person.get(path))

    async def add_subtask(self) -> Any:
        return await self.person.post(
            f"/api/tasks/{self._any(self.state.tasks)}/subtasks", {"title": f"Step {self._count}"}
        )

    async def batch(self) -> Any:
        one, other = self._any(self.state.tasks), self._any(self.state.tasks)
        commands = [
            {"op": "complete", "id": one},
            {"op": "reopen", "id": other},
            {"op": "create", "body": {"title": f"Task {self._count}", "subjectId": self._maybe(self.state.subjects)}},
            {"op": "update", "id": one, "body": {"status": "in_progress"}},
        ]
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

    def _subtask(self) -> str:
        step = self.state.subtasks[self._any(self.state.subtasks)]
        return f"/api/tasks/{step['taskId']}/subtasks/{step['id']}"

    async def change_subtask(self) -> Any:
        return await self.person.patch(self._subtask(), {"title": f"Changed {self._count}"})

    async def tick(self) -> Any:
        changes = {"completed": self._rng.random() < 0.8, "completeParent": self._rng.random() < 0.5}
        return await self.person.patch(self._subtask(), changes)

    async def delete_subtask(self) -> Any:
        return await self.person.delete(self._subtask())

    async def reorder(self) -> Any:
        task_id = self.state.subtasks[self._any(self.state.subtasks)]["taskId"]
        ids = [step["id"] for step in self.state.subtasks.values() if step["taskId"] == task_id]
        self._rng.shuffle(ids)
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

    async def add_past_session(self) -> Any:
        self._past += 1
        at = (datetime.now(UTC) - timedelta(hours=12, minutes=10 * self._past)).isoformat()  # beside no running session
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
        return await self._command(self._running()[0], self._rng.choice(["complete", "cancel"]))

    async def rate_session(self) -> Any:
        session = self.state.sessions[self._any(self.state.sessions)]
        changes: Json = {"notes": f"Note {self._count}", "focusRating": 3}
        if session["status"] == "scheduled":
            at = datetime.now(UTC) + timedelta(hours=2)
            changes = self._rng.choice([changes, {"startAt": at.isoformat(), "plannedMinutes": 45}])
        return await self.person.patch(f"/api/focus-sessions/{session['id']}", changes)

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

    async def delete_notification(self) -> Any:
        return await self.person.delete(f"/api/notifications/{self._any(self.state.notifications)}")
