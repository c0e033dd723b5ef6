"""Quick add over HTTP, with the student's time zone, language and subjects."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.cast import Person, made
from tests.conftest import System

ADDRESS = "/api/tasks/quick-add"


async def reading(person: Person, text: str) -> dict[str, Any]:
    return made(await person.post(ADDRESS, {"text": text}), 200)


async def test_a_line_is_parsed_without_storing_anything(alice: Person) -> None:
    before = await alice.changes()
    shown = await reading(alice, "Study 2030-01-24 3pm 60m !high #exam every week")
    assert shown["task"] == {
        "title": "Study",
        "subjectId": None,
        "dueDate": None,
        "dueAt": "2030-01-24T14:00:00Z",
        "dueZone": "Europe/Berlin",
        "priority": "high",
        "estimatedMinutes": 60,
        "labels": ["exam"],
        "recurrence": {"rule": "FREQ=WEEKLY;BYDAY=TH", "mode": "schedule"},
    }
    assert shown["spans"] == [
        {"start": 6, "end": 20, "field": "dueAt", "value": "2030-01-24T14:00:00Z"},
        {"start": 21, "end": 24, "field": "estimatedMinutes", "value": "60"},
        {"start": 25, "end": 30, "field": "priority", "value": "high"},
        {"start": 31, "end": 36, "field": "labels", "value": "exam"},
        {"start": 37, "end": 47, "field": "recurrence", "value": "FREQ=WEEKLY;BYDAY=TH"},
    ]
    assert shown["choices"] == []
    assert (await alice.get("/api/tasks")).json()["items"] == []
    assert await alice.changes() == before


async def test_nothing_recognised_is_null(alice: Person) -> None:
    shown = await reading(alice, "Read chapter 5")
    title, labels = shown["task"].pop("title"), shown["task"].pop("labels")
    assert (title, labels, set(shown["task"].values())) == ("Read chapter 5", [], {None})
    assert (shown["spans"], shown["choices"]) == ([], [])


async def test_ambiguous_parts_have_choices(alice: Person) -> None:
    (choice,) = (await reading(alice, "Essay 5/6/2030"))["choices"]
    assert choice == {
        "field": "dueDate",
        "start": 6,
        "end": 14,
        "options": [{"value": "2030-05-06", "label": "2030-05-06"}, {"value": "2030-06-05", "label": "2030-06-05"}],
    }


async def test_the_locale_of_the_student_decides_what_is_unclear(alice: Person) -> None:
    await alice.patch("/api/users/me", {"locale": "de-AT"})
    assert (await reading(alice, "Essay 5/6/2030"))["task"]["dueDate"] == "2030-06-05"


async def test_the_week_of_the_student_counts(alice: Person) -> None:
    line = "Run every 2 weeks on friday"
    assert (await reading(alice, line))["task"]["recurrence"]["rule"] == "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR"
    await alice.patch("/api/users/me", {"weekStart": 7})
    assert (await reading(alice, line))["task"]["recurrence"]["rule"] == "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR;WKST=SU"


async def test_create_adds_the_task(alice: Person) -> None:
    subject = await alice.subject("Physics")
    answer = await alice.post(ADDRESS, {"text": "Physics sheet 2030-01-24 !urgent #exam 45 min", "create": True})
    task = made(answer)
    assert (await alice.get(f"/api/tasks/{task['id']}")).json() == task
    assert answer.headers["etag"] == (await alice.get(f"/api/tasks/{task['id']}")).headers["etag"]
    kept = ("title", "subjectId", "dueDate", "dueZone", "priority", "estimatedMinutes", "labels", "status")
    assert [task[name] for name in kept] == [
        "Physics sheet",
        subject["id"],
        "2030-01-24",
        "Europe/Berlin",
        "urgent",
        45,
        ["exam"],
        "pending",
    ]
    assert [(one["type"], one["data"]) for one in await alice.changes()][-1] == ("task.created", task)


async def test_a_created_task_has_the_default_priority(alice: Person) -> None:
    assert made(await alice.post(ADDRESS, {"text": "Read", "create": True}))["priority"] == "medium"


async def test_a_series_without_occurrences_is_rejected_at_its_line(alice: Person) -> None:
    text = "Read 2030-12-01 every day until 30 nov 2030"
    assert (await reading(alice, text))["task"]["recurrence"]["rule"] == "FREQ=DAILY;UNTIL=20301130"
    answer = await alice.post(ADDRESS, {"text": text, "create": True})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_recurrence")
    assert [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]] == [("/text", "no_occurrence")]
    assert (await alice.get("/api/tasks")).json()["items"] == []


@pytest.mark.parametrize(
    ("text", "mode"), [("Read every! 3 days", "after_completion"), ("Read every! monday", "schedule")]
)
async def test_a_series_after_completion_is_created(alice: Person, text: str, mode: str) -> None:
    task = made(await alice.post(ADDRESS, {"text": text, "create": True}))
    assert (task["title"], task["recurrence"]["mode"]) == ("Read", mode)


@pytest.mark.parametrize(("create", "status", "tasks"), [(True, 201, 1), (False, 200, 0)])
async def test_a_repeated_key_returns_the_same_and_creates_once(
    alice: Person, create: bool, status: int, tasks: int
) -> None:
    body = {"text": "Read tomorrow", "create": create}
    answers = [await alice.post(ADDRESS, body, headers={"idempotency-key": "once"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [status, status]
    assert answers[0].content == answers[1].content
    assert answers[1].headers["idempotent-replayed"] == "true"
    assert len((await alice.get("/api/tasks")).json()["items"]) == tasks


async def test_another_users_subject_is_never_matched(alice: Person, bob: Person) -> None:
    await bob.subject("Alchemy")
    for line in ("@Alchemy sheet", "Alchemy sheet", "@alch sheet"):
        shown = await reading(alice, line)
        assert (shown["task"]["subjectId"], shown["task"]["title"]) == (None, line)


async def test_a_subject_is_found_by_a_sigil_or_by_its_name(alice: Person) -> None:
    subject = await alice.subject("Lineare Algebra")
    for line, title in (("@lin Blatt 3", "Blatt 3"), ("Lineare Algebra Blatt 3", "Lineare Algebra Blatt 3")):
        task = (await reading(alice, line))["task"]
        assert (task["subjectId"], task["title"]) == (subject["id"], title)


async def test_an_archived_subject_is_not_matched(alice: Person) -> None:
    subject = await alice.subject("Latin")
    await alice.patch(f"/api/subjects/{subject['id']}", {"archived": True})
    assert (await reading(alice, "@latin sheet"))["task"]["subjectId"] is None


async def test_two_subjects_that_fit_are_a_choice(alice: Person) -> None:
    one, other = await alice.subject("Geography"), await alice.subject("Geology")
    shown = await reading(alice, "@geo map")
    assert shown["task"]["subjectId"] == one["id"]
    assert shown["choices"] == [
        {
            "field": "subjectId",
            "start": 0,
            "end": 4,
            "options": [{"value": one["id"], "label": "Geography"}, {"value": other["id"], "label": "Geology"}],
        }
    ]


async def test_the_day_of_the_student_is_not_that_of_the_server(system: System, alice: Person) -> None:
    """At 02:00 in Berlin it is still the previous day, until 04:00 or the student's day start."""
    now = datetime.now(UTC)
    night = (now.astimezone(ZoneInfo("Europe/Berlin")) + timedelta(days=1)).replace(hour=2, minute=30)
    system.clock.ahead = night.astimezone(UTC) - now
    try:
        alice.http.headers["authorization"] = f"Bearer {await fresh_token(alice)}"
        assert (await reading(alice, "Read today"))["task"]["dueDate"] == str(night.date() - timedelta(days=1))
        await alice.patch("/api/users/me", {"dayStart": "02:00"})
        assert (await reading(alice, "Read today"))["task"]["dueDate"] == str(night.date())
        await alice.patch("/api/users/me", {"timeZone": "Pacific/Kiritimati"})
        assert (await reading(alice, "Read today"))["task"]["dueZone"] == "Pacific/Kiritimati"
    finally:
        system.clock.ahead = timedelta()


async def fresh_token(person: Person) -> str:
    body = {"email": person.email, "password": "correct horse battery staple"}
    return str(made(await person.post("/api/auth/login", body), 200)["accessToken"])


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"text": ""}, "/text", "too_short"),
        ({"text": "x" * 501}, "/text", "too_long"),
        ({"text": " \u200b\t"}, "/text", "malformed"),
        ({"text": "a\x00b"}, "/text", "malformed"),
        ({"text": "a\x1bb"}, "/text", "malformed"),
        ({"text": 7}, "/text", "wrong_type"),
        ({"text": "x", "create": "yes"}, "/create", "wrong_type"),
        ({"text": "x", "create": None}, "/create", "wrong_type"),
        ({"text": "x", "save": True}, "/save", "unknown_field"),
        ({}, "/text", "missing"),
    ],
)
async def test_an_invalid_line_is_rejected(alice: Person, body: dict[str, Any], pointer: str, code: str) -> None:
    answer = await alice.post(ADDRESS, body)
    assert answer.status_code == 422
    assert [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]] == [(pointer, code)]


async def test_every_error_is_reported_at_once(alice: Person) -> None:
    faults = (await alice.post(ADDRESS, {"text": "", "create": 1, "other": 2})).json()["errors"]
    assert sorted(fault["pointer"] for fault in faults) == ["/create", "/other", "/text"]


async def test_the_longest_line_is_parsed(alice: Person) -> None:
    task = made(await alice.post(ADDRESS, {"text": "😀" * 500, "create": True}))
    assert task["title"] == "😀" * 200


@pytest.mark.parametrize(
    ("text", "days"),
    [("Read tomorrow", 1), ("Read today", 0), ("Read every day", 0), ("Read every! 3 days", 0), ("Read in 2 days", 2)],
)
async def test_dates_are_relative_to_when_the_line_was_typed(
    system: System, alice: Person, text: str, days: int
) -> None:
    """At noon in Berlin, so that neither the zone nor the day start moves the date."""
    at = (system.clock() - timedelta(days=3)).astimezone(ZoneInfo("Europe/Berlin")).replace(hour=12)
    body = {"text": text, "at": at.isoformat()}
    parsed, created = await alice.post(ADDRESS, body), await alice.post(ADDRESS, {**body, "create": True})
    expected = (at + timedelta(days=days)).date().isoformat()
    assert (made(parsed, 200)["task"]["dueDate"], made(created)["dueDate"]) == (expected, expected)


async def test_a_line_of_the_night_belongs_to_the_day_of_the_student(system: System, alice: Person) -> None:
    """At 2 a.m. in Berlin it is still yesterday, by the day start of 4 a.m. and by UTC."""
    at = (system.clock() - timedelta(days=2)).astimezone(ZoneInfo("Europe/Berlin")).replace(hour=2)
    parsed = made(await alice.post(ADDRESS, {"text": "Read tomorrow", "at": at.isoformat()}), 200)
    assert parsed["task"]["dueDate"] == at.date().isoformat()


@pytest.mark.parametrize("create", [False, True])
async def test_a_line_was_typed_in_the_last_seven_days(system: System, alice: Person, create: bool) -> None:
    days, minutes = timedelta(days=1), timedelta(minutes=1)
    for ahead, code in ((-7 * days + minutes, ""), (-7 * days - minutes, "too_long_ago"), (minutes / 2, "")):
        await _typed(alice, system.clock() + ahead, create, code)
    for at in (system.clock() + 2 * minutes, datetime(9999, 12, 31, tzinfo=UTC)):
        await _typed(alice, at, create, "in_the_future")
    await _typed(alice, datetime(1, 1, 1, tzinfo=UTC), create, "too_long_ago")


async def _typed(person: Person, at: datetime, create: bool, code: str) -> None:
    answer = await person.post(ADDRESS, {"text": "Read tomorrow", "at": at.isoformat(), "create": create})
    faults = [(fault["pointer"], fault["code"]) for fault in answer.json().get("errors", [])]
    assert faults == ([("/at", code)] if code else [])
    assert answer.status_code == (422 if code else 201 if create else 200)


@pytest.mark.parametrize("name", ["\u0301", "\u200b\u200b", "\u2800", "\u3164", "¨", "\U000e0041"])
async def test_a_subject_with_nothing_to_see_does_not_break_a_line(system: System, alice: Person, name: str) -> None:
    """It can't be created any more, but it may be stored."""
    refused = await alice.post("/api/subjects", {"name": name, "color": "#7c3aed"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/name")
    subject = await alice.subject("Physics")
    admin = await system.admin()
    await admin.execute("UPDATE subjects SET name = $2 WHERE id = $1", subject["id"], name)
    await admin.close()
    for text in ("Read chapter 5", f"Read @{name}", f"{name} read", "Read @p"):
        assert (await alice.post(ADDRESS, {"text": text, "create": True})).status_code == 201
