"""The calendars that a student subscribes to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any
from unittest.mock import ANY
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from tests.cast import Person, made
from tests.conftest import System, serving

from studyteddy.features.calendar.service import feed_sync, feeds
from studyteddy.platform import egress

TOMORROW = (datetime.now(UTC) + timedelta(days=2)).date()
LATER = TOMORROW + timedelta(days=2)


@dataclass
class School:
    """A server with one calendar, at a secret address."""

    url: str = ""
    events: list[str] = field(default_factory=list)
    body: str | None = None
    status: int = 200
    tag: str = ""
    seen: list[Request] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope)
        self.seen.append(request)
        text = self.body if self.body is not None else calendar(*self.events)
        tag = self.tag or f'"{hash(text)}"'
        if self.status == 200 and request.headers.get("if-none-match") == tag:
            await Response(status_code=304)(scope, receive, send)
            return
        response = Response(text, self.status, {"etag": tag}, media_type="text/calendar")  # Latin-1, as HTTP has it
        await response(scope, receive, send)


def calendar(*events: str) -> str:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//School//EN", "X-WR-CALNAME:Ada's courses", *events]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def due(number: int, title: str, day: Any, *, at: str = "") -> str:
    """Return an assignment as Canvas writes it: on a day, or at a time of it (UTC)."""
    when = f"DTSTART:{day:%Y%m%d}T{at}Z\r\nDTEND:{day:%Y%m%d}T{at}Z" if at else f"DTSTART;VALUE=DATE:{day:%Y%m%d}"
    lines = ["BEGIN:VEVENT", f"UID:event-assignment-{number}", f"DTSTAMP:{datetime.now(UTC):%Y%m%dT%H%M%SZ}", when]
    return "\r\n".join([*lines, f"SUMMARY:{title}", "END:VEVENT"])


def lecture(uid: str, day: Any, begin: str, end: str, *, title: str = "Lecture", transparent: bool = False) -> str:
    lines = ["BEGIN:VEVENT", f"UID:{uid}", f"DTSTART:{day:%Y%m%d}T{begin}Z", f"DTEND:{day:%Y%m%d}T{end}Z"]
    lines += [f"SUMMARY:{title}", "TRANSP:TRANSPARENT" if transparent else "TRANSP:OPAQUE", "END:VEVENT"]
    return "\r\n".join(lines)


@pytest.fixture
async def school(system: System, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[School]:
    """A school's server on this machine, which the operator allows."""
    found = School()
    async with serving(system.running, found) as url:
        port = urlsplit(url).port
        assert port is not None
        monkeypatch.setattr(egress, "PORTS", egress.PORTS | {port})
        found.url = f"{url}/secret-1234.ics"
        yield found


async def subscribe(system: System, person: Person, school: School, **fields: Any) -> dict[str, Any]:
    """Subscribe to the school's calendar and have it read."""
    feed = made(await person.post("/api/calendar/feeds", {"url": school.url, **fields}))
    await system.work()
    return await look(person, feed)


async def look(person: Person, feed: dict[str, Any]) -> dict[str, Any]:
    return made(await person.get(f"/api/calendar/feeds/{feed['id']}"), 200)


async def again(system: System, person: Person, feed: dict[str, Any]) -> dict[str, Any]:
    """Have a calendar read once more, as if some time had passed."""
    admin = await system.admin()
    await admin.execute("UPDATE calendar_feeds SET asked_at = asked_at - interval '2 minutes'")
    await admin.close()
    made(await person.post(f"/api/calendar/feeds/{feed['id']}/sync"), 202)
    await system.work()
    return await look(person, feed)


async def tasks(person: Person) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = made(await person.get("/api/tasks", params={"sort": "due"}), 200)["items"]
    return found


async def changes(person: Person, feed: dict[str, Any]) -> list[tuple[Any, ...]]:
    items = made(await person.get(f"/api/calendar/feeds/{feed['id']}/changes"), 200)["items"]
    return [(one["kind"], one["title"], one["before"], one["after"]) for one in items]


async def test_deadlines_become_tasks_of_the_subject(system: System, alice: Person, school: School) -> None:
    subject = await alice.subject("History")
    school.events = [due(1, "Essay [HIS 1]", TOMORROW), due(2, "Quiz", TOMORROW, at="215900")]
    feed = await subscribe(system, alice, school, subjectId=subject["id"])
    assert (feed["name"], feed["host"], feed["added"], feed["problems"]) == ("Ada's courses", "127.0.0.1", 2, [])
    found = {one["title"]: one for one in await tasks(alice)}
    assert found["Essay [HIS 1]"]["dueDate"] == str(TOMORROW)
    assert found["Quiz"]["dueAt"] == f"{TOMORROW}T21:59:00Z"
    assert {one["subjectId"] for one in found.values()} == {subject["id"]}
    assert await changes(alice, feed) == []  # what was there from the beginning is no change


async def test_a_subscription_that_is_read_again_doubles_nothing(system: System, alice: Person, school: School) -> None:
    school.events = [due(1, "Essay", TOMORROW), lecture("a", TOMORROW, "080000", "100000")]
    feed = await subscribe(system, alice, school)
    before = await tasks(alice)
    for _ in range(3):
        school.body = calendar(*school.events) + "\r\n"  # another ETag for the same events
        feed = await again(system, alice, feed)
    assert await tasks(alice) == before
    assert (len(before), feed["added"], feed["changed"]) == (1, 2, 0)


async def test_a_moved_deadline_moves_its_task_and_is_listed(system: System, alice: Person, school: School) -> None:
    school.events = [due(1, "Essay", TOMORROW)]
    feed = await subscribe(system, alice, school)
    school.events = [due(1, "Essay", LATER), due(2, "Quiz", LATER)]
    feed = await again(system, alice, feed)
    assert {(one["title"], one["dueDate"]) for one in await tasks(alice)} == {
        ("Essay", str(LATER)),
        ("Quiz", str(LATER)),
    }
    assert (feed["added"], feed["changed"], feed["removed"]) == (1, 1, 0)
    assert set(await changes(alice, feed)) == {
        ("changed", "Essay", str(TOMORROW), str(LATER)),
        ("added", "Quiz", None, str(LATER)),
    }


async def test_what_the_student_changed_stays(system: System, alice: Person, school: School) -> None:
    school.events = [due(1, "Essay", TOMORROW), due(2, "Quiz", TOMORROW), due(3, "Report", TOMORROW)]
    feed = await subscribe(system, alice, school)
    ids = {one["title"]: one["id"] for one in await tasks(alice)}
    await alice.patch(f"/api/tasks/{ids['Essay']}", {"dueDate": str(TOMORROW - timedelta(days=1))})
    await alice.post(f"/api/tasks/{ids['Quiz']}/complete")
    await alice.delete(f"/api/tasks/{ids['Report']}")
    school.events = [due(n, f"{title} 2", LATER) for n, title in ((1, "Essay"), (2, "Quiz"), (3, "Report"))]
    await again(system, alice, feed)
    found = {one["id"]: one for one in await tasks(alice)}
    essay = found[ids["Essay"]]
    assert (essay["title"], essay["dueDate"]) == ("Essay 2", str(TOMORROW - timedelta(days=1)))
    quiz = made(await alice.get(f"/api/tasks/{ids['Quiz']}"), 200)
    assert (quiz["title"], quiz["dueDate"], quiz["status"]) == ("Quiz", str(TOMORROW), "completed")
    assert ids["Report"] not in found
    assert not {one["title"] for one in found.values()} & {"Report", "Report 2"}


async def test_a_removed_deadline_keeps_its_task_and_comes_back_as_the_same(
    system: System, alice: Person, school: School
) -> None:
    school.events = [due(1, "Essay", TOMORROW), due(2, "Quiz", TOMORROW)]
    feed = await subscribe(system, alice, school)
    before = await tasks(alice)
    school.events = [due(2, "Quiz", TOMORROW)]
    feed = await again(system, alice, feed)
    assert (feed["removed"], await changes(alice, feed)) == (1, [("removed", "Essay", str(TOMORROW), None)])
    assert await tasks(alice) == before
    school.events = [due(1, "Essay", TOMORROW), due(2, "Quiz", TOMORROW)]
    await again(system, alice, feed)
    assert await tasks(alice) == before


CUT = calendar(due(2, "Quiz", LATER))[:-30]


@pytest.mark.parametrize("body", ["", "<html><form>Sign in</form></html>", CUT, calendar()])
async def test_an_unusable_calendar_removes_nothing(system: System, alice: Person, school: School, body: str) -> None:
    school.events = [due(1, "Essay", TOMORROW)]
    feed = await subscribe(system, alice, school)
    school.body = body
    feed = await again(system, alice, feed)
    assert (len(feed["problems"]), feed["removed"]) == (1, 0)
    assert "Essay" in [one["title"] for one in await events(alice)]


@pytest.mark.parametrize("status", [401, 403, 404, 410, 500])
async def test_a_failure_is_said_and_tried_again_later(
    system: System, alice: Person, school: School, status: int
) -> None:
    school.status = status
    feed = await subscribe(system, alice, school)
    assert (feed["failures"], len(feed["problems"]), feed["lastRun"] is not None) == (1, 1, True)
    waits = []
    for _ in range(9):
        feed = await again(system, alice, feed)
        waits.append(datetime.fromisoformat(feed["nextRun"]) - datetime.fromisoformat(feed["lastRun"]))
    assert waits[:2] == [timedelta(minutes=10), timedelta(minutes=20)]
    assert waits[-1] == timedelta(hours=6)
    school.status, school.events = 200, [due(1, "Essay", TOMORROW)]
    feed = await again(system, alice, feed)
    assert (feed["failures"], feed["problems"], feed["added"]) == (0, [], 1)


async def test_a_private_address_is_refused(system: System, alice: Person) -> None:
    feed = made(await alice.post("/api/calendar/feeds", {"url": "https://10.0.0.1/calendar.ics"}))
    await system.work()
    (problem,) = (await look(alice, feed))["problems"]
    assert "isn't on the public Internet" in problem


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ftp://example.org/a.ics", "malformed"),
        ("file:///etc/passwd", "malformed"),
        ("javascript:alert(1)", "malformed"),
        ("https:///a.ics", "address_refused"),
        ("https://u@example.org/", "address_refused"),
        (f"https://{'a' * 254}/", "address_refused"),
        ("https://example.org:x/", "address_refused"),
    ],
)
async def test_an_address_of_another_kind_is_invalid(alice: Person, url: str, code: str) -> None:
    answer = await alice.post("/api/calendar/feeds", {"url": url})
    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [("/url", code)]


async def test_webcal_stands_for_https(alice: Person) -> None:
    feed = made(await alice.post("/api/calendar/feeds", {"url": "webcal://Calendar.Example.org/a.ics"}))
    assert feed["host"] == "calendar.example.org"


async def test_an_unchanged_calendar_is_not_sent_again(system: System, alice: Person, school: School) -> None:
    school.events = [due(1, "Essay", TOMORROW)]
    feed = await subscribe(system, alice, school)
    await again(system, alice, feed)
    assert [bool(one.headers.get("if-none-match")) for one in school.seen] == [False, True]


async def test_the_address_is_sealed_and_never_shown(system: System, alice: Person, school: School) -> None:
    feed = await subscribe(system, alice, school)
    admin = await system.admin()
    row = await admin.fetchrow("SELECT * FROM calendar_feeds WHERE id = $1", UUID(feed["id"]))
    jobs = await admin.fetch("SELECT payload FROM jobs WHERE user_id = $1", UUID(alice.user["id"]))
    await admin.close()
    shown = (await alice.get("/api/calendar/feeds")).text
    assert "secret-1234" not in f"{dict(row or {})} {jobs} {shown}"


async def test_calendars_that_are_due_are_read_by_themselves(system: System, alice: Person, school: School) -> None:
    feed = await subscribe(system, alice, school)
    school.events = [due(1, "Essay", TOMORROW)]
    admin = await system.admin()
    await admin.execute(
        "UPDATE calendar_feeds SET next_run = now() - interval '1 second' WHERE id = $1", UUID(feed["id"])
    )
    await admin.close()
    await feeds.poll(system.running.db)
    await system.work()
    assert [one["title"] for one in await tasks(alice)] == ["Essay"]


async def test_a_calendar_is_read_at_most_once_a_minute(system: System, alice: Person, school: School) -> None:
    feed = await subscribe(system, alice, school)
    answer = await alice.post(f"/api/calendar/feeds/{feed['id']}/sync")
    assert (answer.status_code, answer.json()["code"]) == (429, "synced_just_now")
    assert 0 < int(answer.headers["retry-after"]) <= 60


async def test_twenty_calendars_are_the_limit(alice: Person) -> None:
    for number in range(20):
        made(await alice.post("/api/calendar/feeds", {"url": f"https://10.0.0.1/{number}.ics"}))
    answer = await alice.post("/api/calendar/feeds", {"url": "https://10.0.0.1/more.ics"})
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_feeds")


async def test_ending_a_subscription_keeps_the_tasks(system: System, alice: Person, school: School) -> None:
    school.events = [due(1, "Essay", TOMORROW)]
    feed = await subscribe(system, alice, school)
    assert (await alice.delete(f"/api/calendar/feeds/{feed['id']}")).status_code == 204
    assert await events(alice) == []
    assert [one["title"] for one in await tasks(alice)] == ["Essay"]
    assert [one["type"] for one in await alice.changes() if one["type"].startswith("feed.")] == [
        "feed.updated",
        "feed.updated",
        "feed.deleted",
    ]


async def events(person: Person, days: int = 30) -> list[dict[str, Any]]:
    now = datetime.now(UTC)
    window = {"from": (now - timedelta(days=5)).isoformat(), "to": (now + timedelta(days=days)).isoformat()}
    found: list[dict[str, Any]] = made(await person.get("/api/calendar/events", params=window), 200)["items"]
    return found


async def test_events_are_shown_to_their_owner_alone(
    system: System, alice: Person, bob: Person, school: School
) -> None:
    school.events = [lecture("a", TOMORROW, "080000", "100000"), due(1, "Essay", TOMORROW)]
    await subscribe(system, alice, school)
    found = {one["title"]: one for one in await events(alice)}
    assert (found["Lecture"]["startsAt"], found["Lecture"]["endsAt"]) == (
        f"{TOMORROW}T08:00:00Z",
        f"{TOMORROW}T10:00:00Z",
    )
    assert (found["Essay"]["startDate"], found["Essay"]["deadline"]) == (str(TOMORROW), True)
    assert found["Essay"]["taskId"] == (await tasks(alice))[0]["id"]
    assert await events(bob) == []


async def test_free_slots_lie_between_busy_events_and_sessions(system: System, alice: Person, school: School) -> None:
    school.events = [
        lecture("a", TOMORROW, "080000", "100000"),
        lecture("b", TOMORROW, "093000", "110000"),
        lecture("free", TOMORROW, "110000", "120000", transparent=True),
        due(1, "Essay", TOMORROW, at="115900"),
        lecture("c", TOMORROW, "113000", "120000"),
    ]
    await subscribe(system, alice, school)
    session = {"type": "custom", "plannedMinutes": 60, "startAt": f"{TOMORROW}T14:00:00Z"}
    made(await alice.post("/api/focus-sessions", session))
    window = {"from": f"{TOMORROW}T07:00:00Z", "to": f"{TOMORROW}T16:00:00Z"}
    for minutes, expected in (
        (30, [("07:00", "08:00"), ("11:00", "11:30"), ("12:00", "14:00"), ("15:00", "16:00")]),
        (61, [("12:00", "14:00")]),
    ):
        answer = made(await alice.get("/api/calendar/availability", params={**window, "minutes": minutes}), 200)
        assert [(one["startsAt"][11:16], one["endsAt"][11:16]) for one in answer["slots"]] == expected


@pytest.mark.parametrize("days", [0, -1, 63])
async def test_a_window_has_at_most_62_days(alice: Person, days: int) -> None:
    window = {
        "from": "2030-01-01T00:00:00Z",
        "to": (datetime(2030, 1, 1, tzinfo=UTC) + timedelta(days=days)).isoformat(),
    }
    answer = await alice.get("/api/calendar/events", params=window)
    assert [one["pointer"] for one in answer.json()["errors"]] == ["?to"]


async def test_our_own_published_calendar_makes_no_tasks(system: System, alice: Person, school: School) -> None:
    school.events = [due(1, "Due: Essay", TOMORROW).replace("event-assignment-1", "task-1@studyteddy")]
    await subscribe(system, alice, school)
    assert (await tasks(alice), await events(alice)) == ([], [])


async def test_the_tasks_of_a_series_follow_another_time(system: System, alice: Person, school: School) -> None:
    def weekly(at: str) -> str:
        return due(1, "Homework", TOMORROW, at=at).replace("\r\nSUMMARY", "\r\nRRULE:FREQ=WEEKLY;COUNT=3\r\nSUMMARY")

    school.events = [weekly("170000")]
    feed = await subscribe(system, alice, school)
    ids = {one["id"] for one in await tasks(alice)}
    school.events = [weekly("180000")]
    feed = await again(system, alice, feed)
    assert (feed["added"], feed["changed"], feed["removed"]) == (0, 3, 0)
    found = await tasks(alice)
    assert ({one["id"] for one in found}, len(ids)) == (ids, 3)
    assert {one["dueAt"][11:16] for one in found} == {"18:00"}


async def test_a_deadline_that_comes_back_on_another_day_moves_its_task(
    system: System, alice: Person, school: School
) -> None:
    school.events = [due(1, "Essay", TOMORROW), due(2, "Quiz", TOMORROW)]
    feed = await subscribe(system, alice, school)
    for listed in ([due(2, "Quiz", TOMORROW)], [due(1, "Essay", LATER), due(2, "Quiz", TOMORROW)]):
        school.events = listed
        feed = await again(system, alice, feed)
    assert sorted((one["title"], one["dueDate"]) for one in await tasks(alice)) == [
        ("Essay", str(LATER)),
        ("Quiz", str(TOMORROW)),
    ]


async def test_events_that_leave_the_window_are_no_changes(system: System, alice: Person, school: School) -> None:
    today = datetime.now(UTC).date()
    school.events = [due(n, f"Old {n}", today - timedelta(days=55 + n)) for n in range(10)]
    school.events += [lecture(f"l{n}", today - timedelta(days=55 + n), "000000", "010000") for n in range(10)]
    feed = await subscribe(system, alice, school)
    for _ in range(2):
        school.body = calendar(*school.events) + "\r\n"
        feed = await again(system, alice, feed)
    assert await changes(alice, feed) == []
    system.clock.ahead += timedelta(days=2)
    try:
        await feeds.poll(system.running.db)
        await system.work()
    finally:
        system.clock.ahead -= timedelta(days=2)
    assert len(school.seen) == 4
    assert await changes(alice, feed) == []


async def test_many_deadlines_become_tasks_in_turn_and_not_without_end(
    system: System, alice: Person, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_sync, "AT_ONCE", 3)
    monkeypatch.setattr(feed_sync, "MAX_TASKS", 7)
    school.events = [due(n, f"Essay {n}", TOMORROW) for n in range(10)]
    feed = await subscribe(system, alice, school)
    soon = datetime.fromisoformat(feed["nextRun"]) - datetime.fromisoformat(feed["lastRun"])
    assert (len(await tasks(alice)), soon, feed["problems"]) == (3, timedelta(minutes=1), [ANY])
    feed = await again(system, alice, feed)
    feed = await again(system, alice, feed)
    assert (len(await tasks(alice)), feed["problems"]) == (7, ["Only 500 deadlines of a calendar become tasks."])
    school.events = [due(n, f"Essay {n}", LATER) for n in range(20, 30)]  # as if UIDs were made anew each time
    await again(system, alice, feed)
    assert len(await tasks(alice)) == 7
    assert (await alice.delete(f"/api/calendar/feeds/{feed['id']}")).status_code == 204


async def test_moved_deadlines_are_carried_over_in_turn(
    system: System, alice: Person, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    school.events = [due(n, f"Essay {n}", TOMORROW) for n in range(5)]
    feed = await subscribe(system, alice, school)
    monkeypatch.setattr(feed_sync, "AT_ONCE", 3)
    school.events = [due(n, f"Essay {n}", LATER) for n in range(5)]
    moved = []
    for _ in range(2):
        feed = await again(system, alice, feed)
        moved.append([one["dueDate"] for one in await tasks(alice)].count(str(LATER)))
    assert moved == [3, 5]


async def test_an_event_that_cannot_be_read_is_not_removed(system: System, alice: Person, school: School) -> None:
    school.events = [due(1, "Essay", TOMORROW), due(2, "Quiz", TOMORROW)]
    feed = await subscribe(system, alice, school)
    school.events = [due(1, "Essay", TOMORROW).replace("DTSTART;VALUE=DATE:", "DTSTART;VALUE=DATE:x")]
    feed = await again(system, alice, feed)
    assert (feed["removed"], len(feed["problems"])) == (0, 1)
    assert len(await events(alice)) == 2


async def test_a_validator_that_cannot_be_sent_is_forgotten(system: System, alice: Person, school: School) -> None:
    school.tag = '"\xe4"'
    feed = await subscribe(system, alice, school)
    school.events = [due(1, "Essay", TOMORROW)]
    feed = await again(system, alice, feed)
    assert (feed["failures"], feed["added"]) == (0, 1)


async def test_the_same_calendar_is_subscribed_to_once(alice: Person, bob: Person) -> None:
    body = {"url": "https://10.0.0.1/calendar.ics"}
    made(await alice.post("/api/calendar/feeds", body))
    answer = await alice.post("/api/calendar/feeds", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "already_subscribed")
    made(await bob.post("/api/calendar/feeds", body))


async def test_a_long_host_is_kept(alice: Person) -> None:
    host = ".".join(["a" * 60] * 4)
    feed = made(await alice.post("/api/calendar/feeds", {"url": f"https://{host}/"}))
    assert (feed["host"], len(feed["name"])) == (host, 200)


async def test_text_from_outside_is_no_markup(system: System, alice: Person, school: School) -> None:
    text = "[Sign in](https://evil.example)\\n# Big\\n1. One\\n- two *three* <b>x</b>"
    school.events = [due(1, "Essay", TOMORROW).replace("SUMMARY", f"DESCRIPTION:{text}\r\nSUMMARY")]
    await subscribe(system, alice, school)
    (task,) = await tasks(alice)
    assert task["description"].startswith("\\[Sign in\\](https://evil.example)\n\\# Big\n1\\. One\n\\- two \\*three\\*")


async def test_a_later_job_takes_the_place_of_an_earlier_one(system: System, alice: Person, school: School) -> None:
    feed = made(await alice.post("/api/calendar/feeds", {"url": school.url}))
    admin = await system.admin()
    for _ in range(3):
        await admin.execute("UPDATE calendar_feeds SET asked_at = asked_at - interval '2 minutes'")
        made(await alice.post(f"/api/calendar/feeds/{feed['id']}/sync"), 202)
    await admin.close()
    await system.work()
    assert len(school.seen) == 1


async def test_what_matters_most_is_listed_first(system: System, alice: Person, school: School) -> None:
    school.events = [due(1, "Exam", TOMORROW), due(2, "Quiz", TOMORROW)]
    feed = await subscribe(system, alice, school)
    school.events = [due(1, "Exam", LATER), *(due(n, f"Essay {n}", LATER) for n in range(10, 230))]
    feed = await again(system, alice, feed)
    items = made(await alice.get(f"/api/calendar/feeds/{feed['id']}/changes", params={"limit": 200}), 200)["items"]
    assert [one["title"] for one in items if one["kind"] != "added"] == ["Quiz", "Exam"]
    assert len(items) == 200


async def test_a_long_event_leaves_no_free_slot(system: System, alice: Person, school: School) -> None:
    begin = datetime.now(UTC).date() - timedelta(days=100)
    far = TOMORROW + timedelta(days=100)
    school.events = [lecture("a", begin, "080000", "100000").replace(f"DTEND:{begin:%Y%m%d}", f"DTEND:{far:%Y%m%d}")]
    await subscribe(system, alice, school)
    window = {"from": f"{TOMORROW}T07:00:00Z", "to": f"{TOMORROW}T16:00:00Z", "minutes": 30}
    assert made(await alice.get("/api/calendar/availability", params=window), 200)["slots"] == []


async def test_the_day_after_the_window_is_not_in_it(system: System, alice: Person, school: School) -> None:
    school.events = [due(n, f"Day {n}", TOMORROW + timedelta(days=n)) for n in range(3)]
    await subscribe(system, alice, school)
    berlin = ZoneInfo("Europe/Berlin")
    begin, end = (datetime.combine(TOMORROW + timedelta(days=n), time(), berlin).isoformat() for n in (0, 1))
    found = made(await alice.get("/api/calendar/events", params={"from": begin, "to": end}), 200)["items"]
    assert [one["title"] for one in found] == ["Day 0"]


async def test_a_large_calendar_with_long_texts_is_kept(system: System, alice: Person, school: School) -> None:
    text = "[" * 5000
    school.events = [due(1, "Essay", TOMORROW).replace("SUMMARY", f"DESCRIPTION:{text}\r\nSUMMARY")]
    school.events += [lecture(f"l{number}", TOMORROW, "080000", "100000") for number in range(1200)]
    feed = await subscribe(system, alice, school)
    (task,) = await tasks(alice)
    assert (feed["added"], len(task["description"])) == (1201, 8000)
