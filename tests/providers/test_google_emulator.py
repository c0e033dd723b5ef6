"""Clients that others wrote read and write our emulator of Google Calendar correctly, before ours does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from tests.peers.google_calendar import GoogleCalendarServer, google_calendar
from tests.peers.google_clients import foreign_client
from tests.peers.google_contract import contract, selected
from tests.peers.google_store import Calendar

ALICE = "alice@example.com"
EVERYTHING = "https://www.googleapis.com/auth/calendar"
SINCE, UNTIL = "2026-10-01T00:00:00+00:00", "2026-12-31T00:00:00+00:00"


@pytest.fixture
async def server() -> AsyncIterator[GoogleCalendarServer]:
    async with google_calendar() as server:
        yield server


def at(day: int, hour: int = 9, month: int = 12) -> dict[str, str]:
    return {"dateTime": f"2026-{month:02}-{day:02}T{hour:02}:00:00Z"}


def weekly(count: int) -> dict[str, Any]:
    """Return a lecture at ten in Berlin, which the end of daylight saving time moves in UTC."""
    begin = {"dateTime": "2026-10-19T10:00:00+02:00", "timeZone": "Europe/Berlin"}
    end = {"dateTime": "2026-10-19T12:00:00+02:00", "timeZone": "Europe/Berlin"}
    return {"summary": "Lecture", "start": begin, "end": end, "recurrence": [f"RRULE:FREQ=WEEKLY;COUNT={count}"]}


@pytest.mark.parametrize(
    ("verb", "path", "body", "fault"),
    [
        ("POST", "calendars/x/events", {"start": {}, "end": {}, "title": "Exam"}, "body.title is unknown"),
        ("POST", "calendars/x/events", {"start": "tomorrow", "end": {}}, "body.start is no object"),
        ("POST", "calendars/x/events", {"end": {}}, "calendar.events.insert needs start"),
        ("POST", "calendars/x/events", {"start": {"date": "1.12.2026"}, "end": {}}, "body.start.date is no date"),
        ("POST", "calendars/x/events", {"start": {"date": None}, "end": {}}, "body.start.date is no string"),
        ("POST", "calendars/x/events", {"start": {}, "end": {}, "recurrence": [5]}, "body.recurrence[0] is no string"),
        ("PATCH", "calendars/x/events/y", {"start": {"dateTime": "2026-12-01T09:00:00"}}, "has no time zone"),
        ("POST", "calendars", {"description": "ours"}, "calendar.calendars.insert needs summary"),
        ("DELETE", "calendars/x/events/y", {}, "calendar.events.delete has no body"),
        ("GET", "calendars/x/events?maxResults=0", None, "maxResults is too small"),
        ("GET", "calendars/x/events?singleEvents=yes", None, "singleEvents is no boolean"),
        ("GET", "calendars/x/events?orderBy=title", None, "orderBy isn't one of"),
        ("GET", "calendars/x/events?sync_token=1", None, "calendar.events.list has no parameter sync_token"),
        ("GET", "calendars/x/events?q=1&q=2", None, "q is repeated"),
    ],
)
def test_requests_that_google_does_not_know_are_noticed(verb: str, path: str, body: Any, fault: str) -> None:
    address, _, query = path.partition("?")
    found = contract().method(verb, address)
    assert found is not None
    (noticed,) = [*contract().query_faults(found[0], parse_qs(query)), *contract().body_faults(found[0], body)]
    assert fault in noticed


def test_answers_that_google_does_not_give_are_noticed() -> None:
    found = contract().method("GET", "calendars/x/events")
    assert found is not None
    answer = {"items": [{"id": "x", "status": 5, "start": {"date": "2026-12-01"}}], "next": "y"}
    assert list(contract().answer_faults(found[0], answer)) == [
        "answer.items[0].status is no string",
        "answer.next is unknown",
    ]
    assert contract().method("POST", "calendars/x/event") is None


def test_fields_are_selected_as_google_does() -> None:
    data = {
        "items": [{"id": "a", "start": {"date": "d", "zone": "z"}, "more": 1}, {"id": "b"}],
        "etag": "e",
        "kind": "k",
    }
    assert selected(data, "etag,items(id,start/date)") == {
        "items": [{"id": "a", "start": {"date": "d"}}, {"id": "b"}],
        "etag": "e",
    }


@pytest.mark.parametrize("single", [False, True])
async def test_googles_client_synchronizes(server: GoogleCalendarServer, single: bool) -> None:
    for number in range(5):
        server.put(ALICE, f"event{number}", summary=f"Event {number}", start=at(number + 1), end=at(number + 1, 10))
    server.put(ALICE, "series", **weekly(3))
    server.lists.empty_pages = True
    series = ["series_20261019T080000Z", "series_20261026T090000Z", "series_20261102T090000Z"] if single else ["series"]
    async with foreign_client("google_api_client", server.api, server.oauth.granted(EVERYTHING)) as ask:
        resets, events = await ask("sync", ALICE, single)
        assert (resets, sorted(events)) == (0, [*(f"event{number}" for number in range(5)), *series])
        server.put(ALICE, "event0", summary="Moved", start=at(9))
        server.put(ALICE, "event1", status="cancelled")
        server.put(ALICE, "series", **weekly(2))
        resets, events = await ask("sync", ALICE, single)
        assert (resets, sorted(events)) == (0, ["event0", "event2", "event3", "event4", *series[:2]])
        assert events["event0"] == ["Moved", at(9)]
        server.put(ALICE, "event2", status="cancelled")
        server.calendars[ALICE].forgotten = server.calendars[ALICE].version
        resets, events = await ask("sync", ALICE, single)
        assert (resets, sorted(events)) == (1, ["event0", "event3", "event4", *series[:2]])


async def test_googles_client_writes(server: GoogleCalendarServer) -> None:
    async with foreign_client("google_api_client", server.api, server.oauth.granted(EVERYTHING)) as ask:
        assert await ask("calendars") == [[ALICE, "owner"]]
        body = {"id": "abcde", "summary": "Exam", "start": at(1), "end": at(1, 10)}
        made = await ask("call", "insert", "", {"calendarId": ALICE, "body": body})
        again = await ask("call", "insert", "", {"calendarId": ALICE, "body": body})
        assert (made["id"], again) == ("abcde", [409, ["duplicate"]])
        one = {"calendarId": ALICE, "eventId": "abcde"}
        patched = await ask("call", "patch", made["etag"], {**one, "body": {"summary": "Oral exam"}})
        assert (patched["summary"], patched["start"]) == ("Oral exam", at(1))
        stale = await ask("call", "patch", made["etag"], {**one, "body": {"summary": "Late"}})
        assert stale == [412, ["conditionNotMet"]]
        assert await ask("busy", ALICE, SINCE, "2026-12-20T00:00:00Z") == [
            {"start": "2026-12-01T09:00:00Z", "end": "2026-12-01T10:00:00Z"}
        ]
        assert await ask("call", "delete", "", one) == {}
        assert await ask("call", "delete", "", one) == [410, ["deleted"]]
        assert (await ask("call", "get", "", one))["status"] == "cancelled"


async def test_gcal_sync_synchronizes_and_expands_series_itself(server: GoogleCalendarServer) -> None:
    server.put(ALICE, "exam", summary="Exam", start=at(1), end=at(1, 10))
    server.put(ALICE, "holiday", summary="Day off", start={"date": "2026-12-08"}, end={"date": "2026-12-09"})
    server.put(ALICE, "series", **weekly(3))
    server.lists.page_size = 1
    server.add(Calendar("holidays@example.com", "Holidays", role="reader"))
    async with foreign_client("gcal_sync_client", server.api, server.oauth.granted(EVERYTHING)) as ask:
        assert await ask("calendars") == [[ALICE, "owner"], ["holidays@example.com", "reader"]]
        lectures = [
            ["Lecture", f"2026-{day}T10:00:00{zone}"] for day, zone in (("10-19", "+02:00"), ("10-26", "+01:00"))
        ]
        found = await ask("sync", ALICE, SINCE, UNTIL)
        assert found[:2] == lectures
        assert found[3:] == [["Exam", "2026-12-01T09:00:00+00:00"], ["Day off", "2026-12-08"]]
        await ask("delete", ALICE, "series@google.com", "series_20261026T090000Z")
        server.put(ALICE, "exam", status="cancelled")
        found = await ask("sync", ALICE, SINCE, UNTIL)
        assert found == [lectures[0], ["Lecture", "2026-11-02T10:00:00+01:00"], ["Day off", "2026-12-08"]]
        server.calendars[ALICE].forgotten = server.calendars[ALICE].version
        server.put(ALICE, "holiday", summary="Another day off")
        assert (await ask("sync", ALICE, SINCE, UNTIL))[2:] == [["Another day off", "2026-12-08"]]
