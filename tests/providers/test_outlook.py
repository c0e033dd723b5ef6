"""Outlook calendars: our client of Microsoft Graph against an emulator, with which the vendor's client gets along.

Each rule of the emulator is broken once: then a test here must fail.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote

import httpx2
import pytest
from tests.peers.dav_script import Request, Response, ScriptedServer, scripted
from tests.peers.outlook import NOW
from tests.peers.outlook_rules import Fault, Rule
from tests.providers.outlook_setup import MONDAY, WEEK, WINDOW, Copy, Setup, Tokens, checked, lines, own, setup

from studyteddy.features.calendar.formats.feeds import read_feed
from studyteddy.features.calendar.providers import outlook_notices
from studyteddy.features.calendar.providers.outlook import Outlook
from studyteddy.features.calendar.providers.provider import Failing, Gone, OwnEvent, ProviderError, Stale


@pytest.fixture(autouse=True)
def retries_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda low, high: 0.0)


@pytest.fixture
async def at() -> AsyncIterator[Setup]:
    """The emulator and an account; what goes to and fro keeps the vendor's contract."""
    async with checked() as one:
        yield one


# Reading


async def test_the_calendars_are_listed(at: Setup) -> None:
    shared = at.graph.store.add_calendar("  Team\n plan ", can_edit=False, hex_color="red")
    one, other = await at.account.calendars()
    assert (one.name, one.writable, one.color) == ("Calendar", True, "#0078d4")
    assert (other.name, other.writable, other.color) == ("Team plan", False, "")
    assert other.ref == shared.replace("=", "%3D")


async def test_at_most_a_hundred_calendars_are_listed(at: Setup) -> None:
    def page(first: int) -> dict[str, Any]:
        found = [{"id": f"c{number}", "name": ""} for number in range(first, first + 60)]
        return {"value": found, "@odata.nextLink": f"{at.graph.base}/me/calendars?$skip={first + 60}"}

    at.graph.faults = [Fault(200, data=page(0)), Fault(200, data=page(60))]
    found = await at.account.calendars()
    assert [one.ref for one in found] == [f"c{number}" for number in range(100)]
    assert {one.name for one in found} == {"Calendar"}
    assert not found[0].writable


async def test_our_calendar_is_listed_whatever_comes_before_it(at: Setup) -> None:
    def page(first: int, following: int) -> dict[str, Any]:
        link = {"@odata.nextLink": f"{at.graph.base}/me/calendars?$skip={following}"} if following else {}
        return {"value": [{"id": f"c{number}", "name": ""} for number in range(first, first + 60)], **link}

    async with httpx2.AsyncClient(trust_env=False) as http:
        account = Outlook(http, Tokens(), at.graph.base, own=["c170"])
        at.graph.faults = [Fault(200, data=page(first, first + 60 if first < 120 else 0)) for first in (0, 60, 120)]
        found = [one.ref for one in await account.calendars()]
    assert found == ["c170", *(f"c{number}" for number in range(99))]


async def test_a_list_of_calendars_leads_to_no_other_place(at: Setup) -> None:
    at.graph.faults = [Fault(200, data={"value": [], "@odata.nextLink": "https://other.example/"})]
    with pytest.raises(Failing) as fault:
        await at.account.calendars()
    assert fault.value.reason == "invalid_response"


async def test_what_is_preferred_is_said_with_every_request(at: Setup) -> None:
    await at.account.create(at.copy.calendar, own())
    await at.copy.sync()
    preferred = 'IdType="ImmutableId", outlook.timezone="UTC", odata.maxpagesize=50'
    assert {request.headers["prefer"] for request in at.graph.requests} == {preferred}


async def test_the_owner_is_known(at: Setup) -> None:
    owner = await at.account.owner()
    assert (owner.key, owner.address) == ("48d31887-5fad-4d73-a9f5-3c356e68a038", "alice@example.org")


async def test_a_full_round_has_everything_in_the_window(at: Setup) -> None:
    for number in range(120):
        at.graph.store.add(at.calendar, MONDAY + timedelta(hours=number), subject=f"Event {number}")
    at.graph.store.add(at.calendar, WINDOW.until, subject="Afterwards")
    parts = await at.copy.sync()
    assert at.copy.shown() == at.truth()
    assert all(part.is_full for part in parts)
    assert [len(part.changed) for part in parts] == [1, 0, 50, 50, 20]
    assert "startDateTime=2026-11-01T00%3A00%3A00Z" in at.graph.requests[0].path


async def test_changes_follow_the_link(at: Setup) -> None:
    store = at.graph.store
    one, other = store.add(at.calendar, MONDAY, subject="One"), store.add(at.calendar, MONDAY, subject="Other")
    await at.copy.sync()
    (same,) = await at.copy.sync()
    assert (same.changed, same.removed, same.is_full) == ([], [], False)
    store.edit(one, start=MONDAY + WEEK)
    store.remove(other)
    store.add(at.calendar, MONDAY, subject="New")
    assert not (await at.copy.sync())[-1].is_full
    assert at.copy.shown() == at.truth() == [("New", "20261207T090000Z"), ("One", "20261214T090000Z")]
    store.edit(one, start=WINDOW.until)
    outside = store.add(at.calendar, WINDOW.until, subject="Outside")
    parts = await at.copy.sync()
    assert at.copy.shown() == [("New", "20261207T090000Z")]
    assert f"{at.copy.calendar}/{outside.replace('=', '%3D')}" in [ref for part in parts for ref in part.removed]


async def test_occurrences_get_what_their_series_has(at: Setup) -> None:
    store = at.graph.store
    values: dict[str, Any] = {
        "subject": "Lecture",
        "showAs": "free",
        "bodyPreview": "Bring a pen",
        "location": {"displayName": "Hall"},
    }
    series = store.add_series(at.calendar, [MONDAY + n * WEEK for n in range(3)], **values)
    store.edit(store.occurrences(series)[1].id, subject="Exam", start=MONDAY + timedelta(days=8))
    await at.copy.sync()
    assert at.copy.shown() == [
        ("Exam", "20261215T090000Z"),
        ("Lecture", "20261207T090000Z"),
        ("Lecture", "20261221T090000Z"),
    ]
    found = [lines(one) for one in at.copy.events.values() if lines(one)["SUMMARY"] == "Lecture"]
    assert {(one["TRANSP"], one["DESCRIPTION"], one["LOCATION"]) for one in found} == {
        ("TRANSPARENT", "Bring a pen", "Hall")
    }
    assert len([request for request in at.graph.requests if "/events/" in request.path]) == 0


async def test_occurrences_have_another_version_when_their_series_has_another_title(at: Setup) -> None:
    series = at.graph.store.add_series(at.calendar, [MONDAY, MONDAY + WEEK], subject="Lecture")
    await at.copy.sync()
    before = {ref: one.etag for ref, one in at.copy.events.items()}
    at.graph.store.edit(series, subject="Renamed")
    await at.copy.sync()
    assert [title for title, _ in at.copy.shown()] == ["Renamed", "Renamed"]
    assert {ref for ref, one in at.copy.events.items() if one.etag != before[ref]} == set(before)


async def test_a_master_that_does_not_come_is_read_once(at: Setup) -> None:
    at.graph.sends_masters = False
    shared = at.graph.store.add_calendar("Shared", is_shared=True)
    for title in ("Lecture", "Seminar"):
        at.graph.store.add_series(shared, [MONDAY + n * WEEK for n in range(4)], subject=title)
    copy = Copy(at.account, shared.replace("=", "%3D"))
    await copy.sync()
    assert [title for title, _ in copy.shown()] == ["Lecture"] * 4 + ["Seminar"] * 4
    assert len([request for request in at.graph.requests if "/events/" in request.path]) == 2


@pytest.mark.parametrize("is_first", [True, False])
async def test_a_missing_master_is_looked_for_once_more(at: Setup, is_first: bool) -> None:
    if not is_first:
        await at.copy.sync()
    at.graph.sends_masters = False
    series = at.graph.store.add_series(at.calendar, [MONDAY, MONDAY + WEEK], subject="Lecture")
    at.graph.hidden_masters = {series}
    await at.copy.sync()
    assert at.copy.shown() == [("", "20261207T090000Z"), ("", "20261214T090000Z")]
    assert {lines(one)["TRANSP"] for one in at.copy.events.values()} == {"OPAQUE"}
    before = {ref: one.etag for ref, one in at.copy.events.items()}
    at.graph.hidden_masters = set()
    await at.copy.sync()
    assert at.copy.shown() == at.truth()
    assert {ref for ref, one in at.copy.events.items() if one.etag != before[ref]} == set(before)
    (same,) = await at.copy.sync()
    assert (same.changed, same.removed, same.is_full) == ([], [], False)


@pytest.mark.parametrize("is_first", [True, False])
async def test_a_master_that_stays_missing_is_given_up(at: Setup, is_first: bool) -> None:
    if not is_first:
        await at.copy.sync()
    at.graph.sends_masters = False
    at.graph.hidden_masters = {at.graph.store.add_series(at.calendar, [MONDAY], subject="Lecture")}
    sizes = [sum(len(part.changed) for part in await at.copy.sync()) for _ in range(3)]
    assert sizes == [1, 1, 0]
    assert at.copy.shown() == [("", "20261207T090000Z")]


async def test_a_series_loses_occurrences_without_a_word(at: Setup) -> None:
    store = at.graph.store
    store.add(at.calendar, MONDAY, subject="Other")
    other = store.add_series(at.calendar, [MONDAY + n * WEEK for n in range(3)], subject="Seminar")
    series = store.add_series(at.calendar, [MONDAY + n * WEEK for n in range(4)], subject="Lecture")
    await at.copy.sync()
    store.remove(store.occurrences(series)[1].id)
    parts = await at.copy.sync()
    assert at.copy.shown() == at.truth()
    assert len([title for title, _ in at.copy.shown() if title == "Lecture"]) == 3
    assert not parts[-1].is_full
    store.reschedule(series, [MONDAY + timedelta(days=2) + n * WEEK for n in range(3)])
    await at.copy.sync()
    assert at.copy.shown() == at.truth()
    at.graph.sends_masters = False
    store.remove(store.occurrences(series)[0].id)
    store.edit(store.occurrences(other)[0].id, subject="Guest")
    await at.copy.sync()
    assert at.copy.shown() == at.truth()
    store.remove(series)
    await at.copy.sync()
    assert at.copy.shown() == at.truth()


def alone(at: Setup, key: str) -> Fault:
    """Return an answer with one member of a series, without the others."""
    row = {"id": key, "type": "exception", "seriesMasterId": at.graph.store.events[key].master, "subject": "Exam"}
    time = {"dateTime": "2026-12-07T09:00:00", "timeZone": "UTC"}
    rows = [row | {"start": time, "end": time, "showAs": "busy"}]
    return Fault(200, data={"value": rows, "@odata.deltaLink": at.copy.token.removeprefix("again:")})


async def test_an_occurrence_that_comes_alone_is_not_the_whole_series(at: Setup) -> None:
    """Microsoft sends all of a series today, which isn't documented."""
    store = at.graph.store
    series = store.add_series(at.calendar, [MONDAY + timedelta(days=n) for n in range(55)], subject="Lecture")
    await at.copy.sync()
    shown = at.copy.shown()
    first = store.occurrences(series)[0].id
    store.edit(first, subject="Exam")
    at.graph.faults = [alone(at, first)]
    await at.copy.sync()
    assert at.copy.shown() == [("Exam", "20261207T090000Z"), *shown[1:]] == at.truth()


@pytest.mark.parametrize("is_back", [True, False])
async def test_a_series_in_doubt_is_kept_until_its_master_stays_missing(at: Setup, is_back: bool) -> None:
    store = at.graph.store
    series = store.add_series(at.calendar, [MONDAY, MONDAY + WEEK], subject="Lecture")
    await at.copy.sync()
    first = store.occurrences(series)[0].id
    at.graph.hidden_masters = {series}
    at.graph.faults = [alone(at, first)]
    await at.copy.sync()
    assert at.copy.shown() == [("Exam", "20261207T090000Z"), ("Lecture", "20261214T090000Z")]
    at.graph.hidden_masters = set() if is_back else {series}
    at.graph.faults = [alone(at, first)]
    await at.copy.sync()
    assert at.copy.shown() == [("Exam", "20261207T090000Z")] + [("Lecture", "20261214T090000Z")] * is_back


async def test_a_series_that_is_read_again_leads_to_no_other_place(at: Setup) -> None:
    store = at.graph.store
    series = store.add_series(at.calendar, [MONDAY, MONDAY + WEEK], subject="Lecture")
    await at.copy.sync()
    elsewhere = Fault(200, data={"value": [], "@odata.nextLink": "https://other.example/"})
    at.graph.faults = [alone(at, store.occurrences(series)[0].id), elsewhere]
    with pytest.raises(Failing) as fault:
        await at.copy.sync()
    assert fault.value.reason == "invalid_response"


async def test_an_event_becomes_a_series_and_a_series_an_event(at: Setup) -> None:
    store = at.graph.store
    key = store.add(at.calendar, MONDAY, subject="Lecture")
    await at.copy.sync()
    store.events[key].type = "seriesMaster"
    store.reschedule(key, [MONDAY, MONDAY + WEEK])
    await at.copy.sync()
    assert at.copy.shown() == [("Lecture", "20261207T090000Z"), ("Lecture", "20261214T090000Z")]
    for one in store.occurrences(key):
        del store.events[one.id]
    store.events[key].type = "singleInstance"
    store.edit(key, subject="Once")
    await at.copy.sync()
    assert at.copy.shown() == [("Once", "20261207T090000Z")]


@pytest.mark.parametrize(
    "forgotten", [(410, "SyncStateNotFound"), (410, ""), (400, "syncStateNotFound"), (404, "SyncStateNotFound")]
)
async def test_a_link_that_was_forgotten_leads_to_a_full_round(at: Setup, forgotten: tuple[int, str]) -> None:
    one = at.graph.store.add(at.calendar, MONDAY, subject="One")
    at.graph.store.add(at.calendar, MONDAY, subject="Other")
    await at.copy.sync()
    at.graph.store.remove(one)
    at.graph.store.deleted.clear()  # a full round doesn't tell what was deleted
    at.graph.forgotten = forgotten
    at.graph.forget()
    assert (await at.copy.sync())[-1].is_full
    assert at.copy.shown() == at.truth() == [("Other", "20261207T090000Z")]


async def test_a_token_that_is_no_link_of_this_interface_leads_to_a_full_round(at: Setup) -> None:
    at.graph.store.add(at.calendar, MONDAY, subject="One")
    for token in ("sync:x", "https://other.example/v1.0/me", f"{at.graph.base}.example/me", "x" * 9000):
        at.copy.token = token
        assert (await at.copy.sync())[-1].is_full
    assert at.copy.shown() == at.truth()


async def test_a_full_round_that_is_forgotten_between_two_pages_begins_anew_once(at: Setup) -> None:
    for number in range(3):
        at.graph.store.add(at.calendar, MONDAY, subject=f"Event {number}")

    def is_second_page(request: Request) -> bool:
        return "skiptoken" in request.path

    at.graph.faults = [Fault(410, when=is_second_page)]
    await at.copy.sync()
    assert at.copy.shown() == at.truth()
    at.graph.faults, at.copy.token = [Fault(410, when=is_second_page, times=9)], ""
    with pytest.raises(Failing) as fault:
        await at.copy.sync()
    assert fault.value.reason == "invalid_response"


async def test_a_calendar_that_was_deleted_is_gone(at: Setup) -> None:
    await at.copy.sync()
    with pytest.raises(Gone):
        await Copy(at.account, "unknown").sync()
    with pytest.raises(Gone):
        await at.account.create("unknown", own())
    at.graph.faults = [Fault(404, code="ErrorItemNotFound")]
    with pytest.raises(Gone):
        await at.copy.sync()


async def test_an_account_without_a_mailbox_is_told_from_a_calendar_that_is_gone(at: Setup) -> None:
    at.graph.faults = [Fault(404, code="MailboxNotEnabledForRESTAPI")]
    with pytest.raises(Failing) as fault:
        await at.account.calendars()
    assert fault.value.reason == "unsupported"


# What an event is


@pytest.mark.parametrize(
    ("values", "busy"),
    [
        ({}, True),
        ({"showAs": "free"}, False),
        ({"showAs": "workingElsewhere"}, False),
        ({"showAs": "tentative"}, True),
        ({"showAs": "oof"}, True),
        ({"showAs": "unknown"}, True),
        ({"responseStatus": {"response": "declined"}}, False),
        ({"responseStatus": {"response": "notResponded"}}, True),
        ({"sensitivity": "private"}, True),
    ],
)
async def test_whether_the_student_is_busy(at: Setup, values: dict[str, Any], busy: bool) -> None:
    at.graph.store.add(at.calendar, MONDAY, subject="Doctor", **values)
    await at.copy.sync()
    (found,) = map(lines, at.copy.events.values())
    assert (found["SUMMARY"], found["TRANSP"]) == ("Doctor", "OPAQUE" if busy else "TRANSPARENT")


@pytest.mark.parametrize("zone", ["UTC", "W. Europe Standard Time", "Europe/Berlin", "Asia/Kolkata"])
async def test_times_in_any_zone_are_understood(at: Setup, zone: str) -> None:
    at.graph.zone = zone if zone != "UTC" else ""
    at.graph.store.add(at.calendar, MONDAY, subject="Lecture")
    await at.copy.sync()
    (found,) = map(lines, at.copy.events.values())
    assert (found["DTSTART"], found["DTEND"]) == ("20261207T090000Z", "20261207T100000Z")


async def test_a_time_in_an_unknown_zone_is_in_the_students(at: Setup) -> None:
    at.graph.zone = "tzone://Microsoft/Custom"
    at.graph.store.add(at.calendar, MONDAY, subject="Lecture")
    await at.copy.sync()
    (found,) = at.copy.events.values()
    feed = await read_feed(found.body, zone="Europe/Berlin", since=date(2026, 12, 1), until=date(2026, 12, 31))
    assert [one.starts_at for one in feed.events] == [MONDAY - timedelta(hours=1)]


@pytest.mark.parametrize("hours", [-9, -1, 0, 5, 11])
async def test_an_event_lasts_all_day(at: Setup, hours: int) -> None:
    """Also if its midnights were converted to UTC from a zone that many hours away."""
    midnight = datetime(2026, 12, 7, tzinfo=UTC) + timedelta(hours=hours)
    at.graph.store.add(at.calendar, midnight, length=timedelta(days=2), subject="Trip", isAllDay=True)
    await at.copy.sync()
    (found,) = map(lines, at.copy.events.values())
    assert (found.get("DTSTART;VALUE=DATE"), found.get("DTEND;VALUE=DATE")) == ("20261207", "20261209")


async def test_events_are_read_as_any_other(at: Setup) -> None:
    store = at.graph.store
    title = "Übung; 1, 2\\3\r\nBEGIN:VEVENT " + "x" * 300
    store.add(at.calendar, MONDAY, subject=title, bodyPreview="a\r\nEND:VCALENDAR\x00" + "ü" * 9000)
    store.add(at.calendar, MONDAY, subject="Off", isCancelled=True)
    store.add(at.calendar, MONDAY, subject="")
    await at.copy.sync()
    read = [
        await read_feed(one.body, zone="UTC", since=date(2026, 12, 1), until=date(2026, 12, 31))
        for _, one in sorted(at.copy.events.items())
    ]
    assert all(feed.is_complete and not feed.problems for feed in read)
    long, nothing, untitled = (feed.events for feed in read)
    assert long[0].title.startswith("Übung; 1, 2\\3 BEGIN:VEVENT xxx")
    assert (len(long), nothing, untitled[0].title) == (1, [], "Untitled")
    assert long[0].description.startswith("a\nEND:VCALENDAR")
    assert max(len(one.body) for one in at.copy.events.values()) < 15_000


# Writing


async def test_an_event_is_created_once(at: Setup) -> None:
    event = own()
    first = await at.account.create(at.copy.calendar, event)
    assert await at.account.create(at.copy.calendar, event) == first
    await at.copy.sync()
    assert {ref: one.etag for ref, one in at.copy.events.items()} == {first.ref: first.etag}
    assert at.copy.shown() == [("Revision", "20261207T090000Z")]
    assert (await at.account.get(first.ref)) == at.copy.events[first.ref]
    (created,) = [json.loads(one.body) for one in at.graph.requests if one.method == "POST"]
    assert set(created) == {
        *("subject", "start", "end", "isAllDay", "isReminderOn", "transactionId", "singleValueExtendedProperties")
    }


@pytest.mark.parametrize("conflicts", [False, True])
async def test_an_event_whose_answer_was_lost_is_found(at: Setup, conflicts: bool) -> None:
    at.graph.conflicts = conflicts
    at.graph.faults = [Fault(is_after=True, when=lambda request: request.method == "POST")]
    event = own()
    written = await at.account.create(at.copy.calendar, event)
    await at.copy.sync()
    assert list(at.copy.events) == [written.ref]
    later = OwnEvent(event.id, "Other title", event.starts_at + WEEK, event.ends_at + WEEK)
    changed = await at.account.create(at.copy.calendar, later)
    assert (changed.ref, changed.etag != written.etag) == (written.ref, True)
    await at.copy.sync()
    assert at.copy.shown() == [("Other title", "20261214T090000Z")]


async def test_two_tries_at_a_time_create_one_event(at: Setup) -> None:
    event = own()
    first, second = await asyncio.gather(*(at.account.create(at.copy.calendar, event) for _ in range(2)))
    assert first == second
    await at.copy.sync()
    assert list(at.copy.events) == [first.ref]


async def test_what_an_earlier_connection_wrote_is_known_when_it_comes_back(at: Setup) -> None:
    """Only in our calendar, only for what isn't known, and the version stays the one that writing gave."""
    ours = (await at.account.make_calendar("Study Teddy", slug="abc")).ref
    event = own()
    written = await at.account.create(ours, event)
    foreign = at.graph.store.add(unquote(ours), MONDAY, subject="Dentist")
    at.graph.requests.clear()
    async with httpx2.AsyncClient(trust_env=False) as http:
        copy = Copy(Outlook(http, Tokens(), at.graph.base, own=[ours]), ours)
        await copy.sync()
        uids = {ref: lines(one)["UID"] for ref, one in copy.events.items()}
        assert uids == {written.ref: f"focus-{event.id}@studyteddy", f"{ours}/{quote(foreign, safe='')}": foreign}
        assert copy.events[written.ref].etag == written.etag
        asked = [one.path for one in at.graph.requests if "expand" in one.path]
        assert len(set(asked)) == 2
        await at.account.update(written.ref, written.etag, own("Another title"))
        await copy.sync()
    elsewhere = Copy(at.account, at.copy.calendar)
    at.graph.store.add(at.calendar, MONDAY, mark=str(event.id))
    await elsewhere.sync()
    assert [one.path for one in at.graph.requests if "expand" in one.path] == asked


async def test_an_event_that_the_student_deleted_can_be_created_again(at: Setup) -> None:
    event = own()
    first = await at.account.create(at.copy.calendar, event)
    await at.account.delete(first.ref, "")
    second = await at.account.create(at.copy.calendar, event)
    await at.copy.sync()
    assert list(at.copy.events) == [second.ref]


async def test_only_the_version_that_is_known_is_changed(at: Setup) -> None:
    event = own()
    first = await at.account.create(at.copy.calendar, event)
    later = OwnEvent(event.id, "Moved", event.starts_at + WEEK, event.ends_at + WEEK)
    second = await at.account.update(first.ref, first.etag, later)
    assert (second.ref, second.etag != first.etag) == (first.ref, True)
    sent = json.loads(at.graph.requests[-1].body)
    assert set(sent) == {"subject", "start", "end", "isAllDay"}
    with pytest.raises(Stale):
        await at.account.update(first.ref, first.etag, event)
    with pytest.raises(Stale):
        await at.account.delete(first.ref, first.etag)
    await at.copy.sync()
    assert at.copy.shown() == [("Moved", "20261214T090000Z")]
    assert at.copy.events[first.ref].etag == second.etag


async def test_an_event_is_deleted_once(at: Setup) -> None:
    first = await at.account.create(at.copy.calendar, own())
    await at.account.delete(first.ref, first.etag)
    await at.account.delete(first.ref, first.etag)
    await at.account.delete(first.ref, "")
    with pytest.raises(Gone):
        await at.account.get(first.ref)
    with pytest.raises(Gone):
        await at.account.update(first.ref, first.etag, own())


async def test_a_calendar_of_others_is_not_written_to(at: Setup) -> None:
    at.graph.store.add_calendar("Shared", can_edit=False)
    shared = (await at.account.calendars())[-1]
    assert not shared.writable
    with pytest.raises(Failing) as fault:
        await at.account.create(shared.ref, own())
    assert fault.value.reason == "forbidden"


async def test_what_microsoft_rejects_is_an_error(at: Setup) -> None:
    at.graph.faults = [Fault(400, code="ErrorPropertyValidationFailure")]
    with pytest.raises(Failing) as fault:
        await at.account.create(at.copy.calendar, own())
    assert fault.value.reason == "rejected"
    assert "secret" not in str(fault.value)


async def test_a_calendar_is_made_once(at: Setup) -> None:
    at.graph.faults = [Fault(is_after=True, when=lambda request: request.method == "POST")]
    made = await at.account.make_calendar("Study Teddy", slug="o'slug")
    assert (made.name, made.writable) == ("Study Teddy", True)
    assert await at.account.make_calendar("Another name", slug="o'slug") == made
    assert [one.name for one in await at.account.calendars()] == ["Study Teddy", "Calendar"]


async def test_a_calendar_of_the_student_with_our_name_is_not_taken(at: Setup) -> None:
    theirs = at.graph.store.add_calendar("Study Teddy")
    made = await at.account.make_calendar("Study Teddy", slug="slug")
    assert (made.name, made.ref == theirs.replace("=", "%3D")) == ("Study Teddy 2", False)
    for number in range(3, 6):
        await at.account.make_calendar("Study Teddy", slug=f"slug {number}")
    with pytest.raises(Failing) as fault:
        await at.account.make_calendar("Study Teddy", slug="one too many")
    assert fault.value.reason == "rejected"


# Faults


async def test_too_many_requests_are_not_followed_by_more(at: Setup) -> None:
    at.graph.faults = [Fault(429, {"retry-after": "17"}, times=100)]
    with pytest.raises(Failing) as fault:
        await at.copy.sync()
    assert (fault.value.reason, fault.value.retry_after) == ("too_many_requests", 17)
    assert len(at.graph.requests) == 1


class Holding(httpx2.AsyncHTTPTransport):
    """Counts requests, and sends them when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self.go = asyncio.Event()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.count += 1
        await self.go.wait()
        return await super().handle_async_request(request)


async def test_at_most_four_requests_are_sent_at_a_time(at: Setup) -> None:
    refs = [(await at.account.create(at.copy.calendar, own(f"Event {n}"))).ref for n in range(12)]
    at.graph.together, holding = asyncio.Barrier(4), Holding()
    async with httpx2.AsyncClient(transport=holding, trust_env=False) as http, asyncio.TaskGroup() as tasks:
        account = Outlook(http, Tokens(), at.graph.base)
        found = [tasks.create_task(account.get(ref)) for ref in refs]
        for _ in range(100):  # until every task waits for something
            await asyncio.sleep(0)
        assert holding.count == 4
        holding.go.set()
    assert [one.result().ref for one in found] == refs
    assert at.graph.most_at_once == 4


async def test_more_than_four_requests_at_a_time_are_too_many(at: Setup) -> None:
    others = [Outlook(httpx2.AsyncClient(trust_env=False), Tokens(), at.graph.base) for _ in range(2)]
    at.graph.together = asyncio.Barrier(5)
    asked = [asyncio.create_task(others[n % 2].calendars()) for n in range(5)]
    done, waiting = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
    for one in waiting:
        one.cancel()
    (refused,) = (one.exception() for one in done)
    assert isinstance(refused, Failing)
    assert (refused.reason, refused.retry_after) == ("too_many_requests", 17)


# Notifications


class Endpoint(ScriptedServer):
    """Where notifications arrive, handled as our routes do it."""

    def __init__(self) -> None:
        super().__init__(self._handle)
        self.received: dict[str, list[outlook_notices.Notice]] = {"/changes": [], "/lifecycle": []}
        self.validated: list[str] = []

    async def _handle(self, request: Request) -> Response:
        path, _, query = request.path.partition("?")
        if query:
            token = dict(httpx2.QueryParams(query))["validationToken"]
            self.validated.append(path)
            return Response(200, outlook_notices.validation(token) or b"", outlook_notices.HEADERS)
        self.received[path] += outlook_notices.notices(request.body)
        return Response(202)


async def test_a_calendar_tells_that_it_changed(at: Setup) -> None:
    async with scripted(Endpoint()) as endpoint:
        urls = f"{endpoint.url}changes", f"{endpoint.url}lifecycle"
        wanted = NOW + timedelta(days=7)
        channel = await at.account.subscribe(at.copy.calendar, *urls, "s" * 128, wanted)
        other = await at.account.subscribe(at.copy.calendar, *urls, "other", wanted)
        assert sorted(endpoint.validated) == ["/changes", "/changes", "/lifecycle", "/lifecycle"]
        assert channel.expires_at == NOW + timedelta(minutes=4230)
        assert [await at.graph.notify(), endpoint.received["/changes"]] == [[], []]
        written = await at.account.create(at.copy.calendar, own())
        await at.account.delete(written.ref, "")
        assert await at.graph.notify() == [202, 202]
        told = [outlook_notices.Notice(channel.id, "s" * 128, "changed")]
        told.append(outlook_notices.Notice(other.id, "other", "changed"))
        assert endpoint.received["/changes"] == told * 2
        for event in ("reauthorizationRequired", "subscriptionRemoved", "missed"):
            await at.graph.lifecycle(channel.id, event)
        assert [one.kind for one in endpoint.received["/lifecycle"]] == ["reauthorize", "removed", "missed"]
        renewed = await at.account.renew(channel.id, NOW + timedelta(hours=1))
        assert (renewed.id, renewed.expires_at) == (channel.id, NOW + timedelta(hours=1))
        await at.account.unsubscribe(channel.id)
        await at.account.unsubscribe(channel.id)
        with pytest.raises(Gone):
            await at.account.renew(channel.id, wanted)


async def test_a_subscription_that_is_refused_is_unsupported(at: Setup) -> None:
    at.graph.faults = [Fault(403, code="ExtensionError")]
    with pytest.raises(Failing) as fault:
        await at.account.subscribe(at.copy.calendar, "https://a.example/", "https://a.example/", "secret", NOW)
    assert fault.value.reason == "unsupported"
    with pytest.raises(ValueError, match="too long"):
        await at.account.subscribe(at.copy.calendar, "https://a.example/", "https://a.example/", "s" * 129, NOW)


# The tests notice when a rule isn't kept

Test = Callable[[Setup], Awaitable[None]]
NOTICED: dict[Rule, Test] = {
    Rule.PAGES: test_a_full_round_has_everything_in_the_window,
    Rule.EMPTY_PAGES: test_a_full_round_has_everything_in_the_window,
    Rule.REPEATS: test_a_full_round_has_everything_in_the_window,
    Rule.REMOVED: test_changes_follow_the_link,
    Rule.REMOVED_OUTSIDE: test_changes_follow_the_link,
    Rule.WINDOW: test_changes_follow_the_link,
    Rule.STUBS: test_occurrences_get_what_their_series_has,
    Rule.MASTER_ROW: test_occurrences_get_what_their_series_has,
    Rule.SERIES_WHOLE: test_a_series_loses_occurrences_without_a_word,
    Rule.MASTER_IN_CALENDAR: test_a_master_that_does_not_come_is_read_once,
    Rule.FORGOTTEN: lambda at: test_a_link_that_was_forgotten_leads_to_a_full_round(at, (410, "")),
    Rule.IMMUTABLE_IDS: test_an_event_is_created_once,
    Rule.TIME_ZONE: lambda at: test_times_in_any_zone_are_understood(at, "UTC"),
    Rule.ALL_DAY: lambda at: test_an_event_lasts_all_day(at, 0),
    Rule.TRANSACTIONS: test_two_tries_at_a_time_create_one_event,
    Rule.VERSIONS: test_only_the_version_that_is_known_is_changed,
    Rule.DELETED_ONCE: test_an_event_is_deleted_once,
    Rule.READ_ONLY: test_a_calendar_of_others_is_not_written_to,
    Rule.CAN_EDIT: test_the_calendars_are_listed,
    Rule.NAMES: test_a_calendar_of_the_student_with_our_name_is_not_taken,
    Rule.PROPERTIES: test_a_calendar_is_made_once,
    Rule.RETRY_AFTER: test_more_than_four_requests_at_a_time_are_too_many,
    Rule.AT_ONCE: test_at_most_four_requests_are_sent_at_a_time,
    Rule.VALIDATION: test_a_calendar_tells_that_it_changed,
    Rule.EXPIRY: test_a_calendar_tells_that_it_changed,
    Rule.CLIENT_STATE: test_a_calendar_tells_that_it_changed,
    Rule.LIFECYCLE: test_a_calendar_tells_that_it_changed,
}


@pytest.mark.parametrize("rule", Rule)
async def test_a_broken_rule_is_noticed(rule: Rule) -> None:
    async with setup(broken=[rule]) as at:
        with pytest.raises((AssertionError, ProviderError, ExceptionGroup, pytest.fail.Exception)):
            await NOTICED[rule](at)
