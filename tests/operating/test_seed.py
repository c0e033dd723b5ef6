"""Sample data: a term that shows every screen at its best, in each language, whenever it is seeded."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any, get_args
from unittest.mock import ANY
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx2
import msgspec
import pytest
from tests.conftest import System, settings_for

from studyteddy.bootstrap import seed
from studyteddy.bootstrap.seed import EMAIL, PASSWORD, steps, texts
from studyteddy.bootstrap.seed.days import Days
from studyteddy.bootstrap.seed.history import history
from studyteddy.bootstrap.seed.steps import (
    CompleteSession,
    CompleteTask,
    InterruptSession,
    PlanSession,
    StartSession,
    Step,
)
from studyteddy.bootstrap.seed.texts import Language, Texts
from studyteddy.features.focus.schemas.sessions import NewFocusSession
from studyteddy.features.tasks.schemas.tasks import NewTask, TaskChanges
from studyteddy.platform.local_time.dates import DayBoundary

LANGUAGES: tuple[Language, ...] = get_args(Language)
BERLIN = ZoneInfo("Europe/Berlin")
CASES: dict[str, tuple[Language, datetime]] = {
    "Thursday afternoon": ("en", datetime(2026, 11, 26, 15, 20, tzinfo=BERLIN)),
    "Monday 00:30, still Sunday": ("de", datetime(2026, 11, 30, 0, 30, tzinfo=BERLIN)),
    "Sunday 23:30": ("ar", datetime(2026, 11, 29, 23, 30, tzinfo=BERLIN)),
    "a day that has just begun, 29 February": ("en", datetime(2028, 2, 29, 4, 0, 30, tzinfo=BERLIN)),
    "the day summer time begins": ("de", datetime(2027, 3, 28, 12, 0, tzinfo=BERLIN)),
    "the day summer time ends": ("ar", datetime(2027, 10, 31, 16, 0, tzinfo=BERLIN)),
}
HOURS = [(hour, minute) for hour in range(24) for minute in (hour * 7 % 60,)]
ZONES = ("Europe/Berlin", "UTC", "America/Los_Angeles", "Pacific/Kiritimati", "Asia/Kathmandu")


def days_at(now: datetime, time_zone: str = "Europe/Berlin") -> Days:
    return Days(now.astimezone(UTC), DayBoundary(time_zone, 240))


def nows() -> list[datetime]:
    """Each hour of each weekday, and of the days of clock changes and of a leap day."""
    firsts = [datetime(2026, 11, 23 + day, tzinfo=BERLIN) for day in range(7)]
    special = [datetime(*day, tzinfo=BERLIN) for day in ((2028, 2, 29), (2027, 3, 28), (2027, 10, 31))]
    return [day.replace(hour=hour, minute=minute) for day in (*firsts, *special) for hour, minute in HOURS]


@pytest.mark.parametrize("case", CASES)
async def test_each_screen_has_something_to_show(system: System, case: str) -> None:
    language, now = CASES[case]
    async with seeded(system, language, now) as ada:
        data = await everything(ada, now)
    today = days_at(now).today
    assert data["preferences"]["language"] == data["me"]["locale"] == language
    assert data["me"]["timeZone"] == "Europe/Berlin"
    check_today(data["tasks"], today.isoformat(), now)
    check_tasks(data["tasks"], today)
    check_week(data["sessions"], days_at(now))
    check_calendar(data, days_at(now))
    check_insights(data)
    assert data["current"]["session"] is None
    types = Counter(one["type"] for one in data["notifications"])
    unread = [one for one in data["notifications"] if not one["read"]]
    assert types.keys() == {"welcome", "task_completed", "focus_forgotten"}
    assert len(unread) == 2
    assert all(datetime.fromisoformat(one["createdAt"]) <= now for one in data["notifications"])
    assert [(one["type"], one["status"]) for one in data["attachments"]] == [("text/markdown", "ready")]
    check_tutor(data)


def check_tutor(data: dict[str, Any]) -> None:
    assert {one["kind"] for one in data["facts"]} == {"goal", "difficulty", "preference"}
    (chat,) = data["chats"]
    waves = next(one for one in data["tasks"] if one["id"] == chat["taskId"])
    assert (waves["labels"] and chat["assessed"], chat["hintLevel"] > 0) == (True, True)
    assert [one["move"] for one in reversed(data["history"])] == ["hint", "check", "hint"]
    assert all(one["response"] and one["outcome"] == "answered" for one in data["history"])
    assert {one["provider"] for one in data["sent"]} == {"built in"}
    # A draft that is replaced by a prepared hint is stopped.
    assert {one["outcome"] for one in data["sent"]} <= {"answered", "stopped"}


def check_today(tasks: list[dict[str, Any]], today: str, now: datetime) -> None:
    due = [one for one in tasks if due_day(one) == today]
    assert Counter(one["status"] for one in due) == {"completed": 2, "pending": 3, "in_progress": 1}
    assert [one["completedOn"] for one in due if one["completedAt"]] == [today, today]
    late = [one for one in tasks if is_open(one) and overdue(one, today, now)]
    assert len(late) == 3


def check_tasks(tasks: list[dict[str, Any]], today: Any) -> None:
    coming = [one for one in tasks if is_open(one) and (day := due_day(one)) and day > today.isoformat()]
    assert 12 <= len(coming) <= 15
    assert max(due_day(one) or "" for one in coming) <= (today + timedelta(days=14)).isoformat()
    assert len([one for one in tasks if is_open(one) and due_day(one) is None]) == 3
    assert {one["status"] for one in tasks} == {"pending", "in_progress", "completed", "cancelled"}
    assert {one["priority"] for one in tasks if is_open(one)} == {"low", "medium", "high", "urgent"}
    repeating = {one["recurrence"]["rule"]: one["recurrence"]["mode"] for one in tasks if one["recurrence"]}
    assert repeating == {
        "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR": "schedule",
        "FREQ=WEEKLY": "schedule",
        "FREQ=DAILY;INTERVAL=3": "after_completion",
    }
    assert len([one for one in tasks if one["recurrence"] and is_open(one)]) == 3
    assert len([one for one in tasks if 0 < one["subtasksCompleted"] < one["subtaskCount"]]) >= 3
    assert any("**" in one["description"] for one in tasks)
    assert any("- " in one["description"] and "](https://" in one["description"] for one in tasks)
    assert any(len(one["title"]) >= 100 for one in tasks)
    assert any(len(word) > 35 for one in tasks for word in one["title"].split())
    assert len({label for one in tasks for label in one["labels"]}) == 6


def check_week(sessions: list[dict[str, Any]], days: Days) -> None:
    monday = days.monday(0)
    minutes: Counter[int] = Counter()
    for one in sessions:
        if one["scheduledAt"]:
            minutes[(datetime.fromisoformat(one["day"]).date() - days.today).days] += one["plannedMinutes"]
    week = [minutes[day] for day in range(monday, monday + 7)]
    assert sorted(week)[-1] in range(185, 221)
    assert sorted(week)[-2] <= 180
    assert len([day for day in week if day]) >= 5
    for one in sessions:
        if one["status"] == "scheduled":
            assert datetime.fromisoformat(one["scheduledAt"]) > days.now
        else:
            assert datetime.fromisoformat(one["endedAt"]) <= days.now
    assert {one["status"] for one in sessions} == {"completed", "scheduled"}


def check_calendar(data: dict[str, Any], days: Days) -> None:
    """Lectures and others in this week and the next, at no time of a session; and nothing to complain of for a year."""
    (feed,) = data["feeds"]
    assert (feed["host"], feed["added"], feed["failures"], feed["problems"]) == ("calendar.example", ANY, 0, [])
    assert datetime.fromisoformat(feed["nextRun"]) > days.now + timedelta(days=360)
    assert datetime.fromisoformat(feed["lastRun"]) <= days.now
    begin, end = (datetime.combine(days.day(days.monday(0) + day), time(), BERLIN) for day in (0, 14))
    times = [(datetime.fromisoformat(one["startsAt"]), datetime.fromisoformat(one["endsAt"])) for one in data["events"]]
    shown = [one for one in times if begin <= one[0] < end]
    assert len(shown) == 17
    assert {start.astimezone(BERLIN).hour for start, _ in shown} == {8, 12}
    assert all(one["busy"] and not one["deadline"] for one in data["events"])
    sessions = [(one["scheduledAt"], one["plannedMinutes"]) for one in data["sessions"] if one["scheduledAt"]]
    for at, minutes in sessions:
        start = datetime.fromisoformat(at)
        assert not [one for one in times if one[0] < start + timedelta(minutes=minutes) and start < one[1]]


def check_insights(data: dict[str, Any]) -> None:
    year, tasks, sessions = data["year"], data["tasks"], data["sessions"]
    done = [one for one in tasks if one["completedAt"]]
    ended = [one for one in sessions if one["status"] == "completed"]
    assert len(data["subjects"]) == 6
    assert {one["color"] for one in data["subjects"]} == {
        "#3f7db8",
        "#b85a3a",
        "#3d9070",
        "#7b5cab",
        "#d39a2d",
        "#2b8b95",
    }
    assert year["tasksCompleted"] == len(done) > 60
    assert year["focusedMinutes"] == sum(one["effectiveMinutes"] for one in sessions) > 2400
    assert sum(one["actualMinutes"] for one in tasks) == year["focusedMinutes"]
    assert len(year["subjectMix"]) == 6
    assert all(share["minutes"] > 0 for share in year["subjectMix"])
    assert (year["streak"]["current"], year["streak"]["longest"]) == (12, 19)
    assert 0.75 < year["onTimeRate"] < 0.97
    assert data["points"]["total"] == 10 * len(done) + focus_points(sessions)
    assert {one["type"] for one in ended} == {"pomodoro", "deep_work", "custom"}
    assert len({datetime.fromisoformat(one["startedAt"]).astimezone(BERLIN).hour for one in ended}) >= 8
    assert len({one["focusRating"] for one in ended}) >= 4
    assert sum(bool(one["notes"]) for one in ended) > 15
    assert sum(bool(one["interruptionNotes"]) for one in ended) > 8
    assert {one["endedBy"] for one in ended} == {"user", "forgotten"}


@asynccontextmanager
async def seeded(system: System, language: Language, now: datetime) -> AsyncIterator[httpx2.AsyncClient]:
    """Sign in to an account that was just seeded; the process clock of the API shows `now` meanwhile."""
    settings = settings_for(system.engines, storage_url=system.running.settings.storage_url)
    await asyncio.to_thread(seed.seed, settings, language=language, now=now)
    system.clock.ahead = now - datetime.now(UTC)
    try:
        async with httpx2.AsyncClient(base_url=system.url, trust_env=False, timeout=20) as client:
            answer = await client.post("/api/auth/login", json={"email": EMAIL, "password": PASSWORD})
            client.headers["authorization"] = f"Bearer {answer.json()['accessToken']}"
            yield client
    finally:
        system.clock.ahead = timedelta()
        await free_address(system)


async def free_address(system: System) -> None:
    """Let the next test seed an account of its own."""
    admin = await system.admin()
    await admin.execute("UPDATE users SET email = $2 WHERE email = $1", EMAIL, f"{uuid4()}@example.org")
    await admin.close()


async def everything(ada: httpx2.AsyncClient, now: datetime) -> dict[str, Any]:
    """Return what the screens show."""
    data = {name: (await ada.get(f"/api/{path}")).raise_for_status().json() for name, path in PATHS.items()}
    data = {name: value.get("items", value) for name, value in data.items()}
    window = {"from": (now - timedelta(days=30)).isoformat(), "to": (now + timedelta(days=30)).isoformat()}
    data["events"] = (await ada.get("/api/calendar/events", params=window)).raise_for_status().json()["items"]
    essay = next(one for one in data["tasks"] if one["subtasksCompleted"] == 2 and "](https://" in one["description"])
    data["attachments"] = (await ada.get(f"/api/tasks/{essay['id']}/attachments")).json()["items"]
    return data


PATHS = {
    "me": "users/me",
    "preferences": "users/me/preferences",
    "tasks": "tasks?limit=200",
    "subjects": "subjects",
    "sessions": "focus-sessions?limit=200",
    "feeds": "calendar/feeds",
    "current": "focus-sessions/current",
    "points": "gamification/points",
    "year": "analytics/overview?range=year",
    "notifications": "notifications?limit=200",
    "facts": "ai/memory",
    "chats": "ai/chats",
    "history": "ai/history",
    "sent": "ai/sent",
}


def is_open(task: dict[str, Any]) -> bool:
    return task["status"] in ("pending", "in_progress")


def due_day(task: dict[str, Any]) -> str | None:
    """Return the local date on which a task is due."""
    if task["dueAt"]:
        return datetime.fromisoformat(task["dueAt"]).astimezone(BERLIN).date().isoformat()
    day: str | None = task["dueDate"]
    return day


def overdue(task: dict[str, Any], today: str, now: datetime) -> bool:
    if task["dueAt"]:
        return datetime.fromisoformat(task["dueAt"]) < now
    return task["dueDate"] is not None and task["dueDate"] < today


def focus_points(sessions: list[dict[str, Any]]) -> int:
    """One point for five minutes, at most 48 on a day and in twenty hours of those the student ended."""
    earned: list[tuple[str, datetime, int]] = []
    timed = [one for one in sessions if one["status"] == "completed" and one["endedBy"] == "user"]
    for one in sorted(timed, key=lambda one: str(one["endedAt"])):
        at = datetime.fromisoformat(one["endedAt"])
        of_day = sum(points for day, _, points in earned if day == one["day"])
        recent = sum(points for _, other, points in earned if abs(at - other) < timedelta(hours=20))
        earned.append((one["day"], at, max(0, min(one["effectiveMinutes"] // 5, 48 - max(of_day, recent)))))
    return sum(points for _, _, points in earned)


async def test_seeding_again_changes_nothing(system: System) -> None:
    progress: list[tuple[int, int]] = []
    settings, now = settings_for(system.engines), CASES["Thursday afternoon"][1]
    await asyncio.to_thread(seed.seed, settings, now=now, progress=lambda *step: progress.append(step))
    admin = await system.admin()
    before = await admin.fetchval("SELECT count(*) FROM tasks")
    again = await asyncio.to_thread(seed.seed, settings, language="de")
    assert await admin.fetchval("SELECT count(*) FROM tasks") == before
    await admin.close()
    await free_address(system)
    assert EMAIL in again
    assert PASSWORD in again
    done = [step for step, _ in progress]
    assert done == sorted(done)
    assert len(done) > 100
    assert {total for _, total in progress} == {done[-1]}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_texts_are_complete(language: Language) -> None:
    english, here = texts.load("en"), texts.load(language)
    assert shape(here) == shape(english)
    given = [msgspec.to_builtins(step.action) for step in seed.term(days_at(CASES["Thursday afternoon"][1]), here)]
    for new in (one["new"] for one in given if "subtasks" in one):
        msgspec.convert(new, NewTask)  # lengths and characters
    assert {one["task"] for one in given if "subtasks" in one} >= here.tasks.keys()


def test_the_languages_have_words_of_their_own() -> None:
    titles = {language: {one.title for one in texts.load(language).tasks.values()} for language in LANGUAGES}
    assert len(titles["en"] & titles["de"]) <= 2
    assert len(titles["en"] & titles["ar"]) <= 2
    arabic = "".join(one.name for one in texts.load("ar").subjects.values()).replace(" ", "")
    assert all("\u0600" <= letter <= "\u06ff" for letter in arabic)


def shape(words: Texts) -> dict[str, Any]:
    """Return the keys of the texts, and the length of each list."""
    return {
        "subjects": {key: (len(one.templates), len(one.topics)) for key, one in words.subjects.items()},
        "tasks": {key: (bool(one.description), len(one.subtasks)) for key, one in words.tasks.items()},
        "labels": set(words.labels),
        "lists": (len(words.notes), len(words.interruptions), len(words.tutor.messages)),
    }


def test_the_term_depends_only_on_language_zone_and_time() -> None:
    days, words = days_at(CASES["Thursday afternoon"][1]), texts.load("en")
    assert seed.term(days, words) == seed.term(days, words)
    later = msgspec.structs.replace(days, now=days.now + timedelta(hours=3))
    assert [*history(later, words)] == [*history(days, words)]


def test_no_step_is_in_the_future_and_sessions_never_overlap() -> None:
    words = texts.load("en")
    for now in nows():
        days = days_at(now)
        check_order(sorted(seed.term(days, words), key=lambda step: step.at), days)


@pytest.mark.parametrize("zone", ZONES)
def test_the_term_is_possible_in_any_zone(zone: str) -> None:
    words = texts.load("de")
    for hour in range(0, 24 * 8, 5):
        days = days_at(datetime(2027, 3, 22, tzinfo=UTC) + timedelta(hours=hour), zone)
        check_order(sorted(seed.term(days, words), key=lambda step: step.at), days)


def check_order(ordered: list[Step], days: Days) -> None:
    assert ordered[-1].at <= days.now
    added: set[str] = set()
    running = ""
    for step in ordered:
        match step.action:
            case steps.AddTask(task=task):
                assert task not in added
                added.add(task)
            case PlanSession(new=new):
                assert new.start_at is not None
                assert new.start_at > step.at
            case StartSession(session=session):
                assert running in ("", "forgotten")
                running = session
            case InterruptSession(session=session):
                assert session == running
            case CompleteSession(session=session):
                assert session == running
                running = ""
            case CompleteTask() | _:
                pass
        assert (
            isinstance(step.action, steps.ReadNotifications)
            or not hasattr(step.action, "task")
            or step.action.task in added
        )
    assert running == ""
    assert [one for one in planned(ordered) if one[0] <= days.now < one[1]] == []


def planned(ordered: list[Step]) -> list[tuple[datetime, datetime]]:
    """Return the start and end of each planned session, in order; fail if two of them overlap."""
    news = [step.action.new for step in ordered if isinstance(step.action, PlanSession)]
    times = sorted(
        (new.start_at, new.start_at + timedelta(minutes=new.planned_minutes or 0)) for new in news if new.start_at
    )
    assert [one for one, following in pairwise(times) if following[0] < one[1]] == []
    return times


def test_a_task_of_the_term_can_be_found_to_be_missing() -> None:
    days = days_at(CASES["Thursday afternoon"][1])
    session = StartSession("x", "unknown", NewFocusSession("custom", 25))
    with pytest.raises(AssertionError):
        check_order([Step(days.now, session)], days)
    with pytest.raises(AssertionError):
        check_order([Step(days.now + timedelta(seconds=1), steps.ChangeTask("waves", TaskChanges()))], days)
