"""Accounts at Google and Microsoft, from the student's consent to the synchronized calendar, against emulators."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from tests.cast import Person, made
from tests.conftest import System
from tests.features.calendar.conftest import Vendors
from tests.features.calendar.test_accounts import HOUR, SOON, again, conflicts, events, look, planned, session

from studyteddy.features.calendar.providers.oauth import GOOGLE_EVENTS_SCOPE

ALICE = "alice@example.com"


async def consent(person: Person, provider: str, vendors: Vendors, **body: Any) -> httpx2.Response:
    """Begin a connection, allow it at the vendor, and come back; return our redirect to the app."""
    begun = await person.post(f"/api/calendar/{provider}/connect", body or None)
    url = made(begun, 200)["authorizationUrl"]
    async with httpx2.AsyncClient(trust_env=False) as browser:
        there = await browser.get(url)
    query = urlsplit(there.headers["location"]).query
    return await person.http.get(f"/api/calendar/{provider}/callback?{query}")


async def connect(system: System, person: Person, provider: str, vendors: Vendors, **body: Any) -> dict[str, Any]:
    """Connect an account and have it synchronized."""
    answer = await consent(person, provider, vendors, **body)
    assert (answer.status_code, answer.headers["location"].partition("#")[2]) == (303, "/settings?calendar=connected")
    account = made(await person.get("/api/calendar/accounts"), 200)["items"][-1]
    await system.work()
    return await look(person, account)


def google_time(hours: int = 0) -> dict[str, Any]:
    begin = SOON + hours * HOUR
    return {"start": {"dateTime": begin.isoformat()}, "end": {"dateTime": (begin + HOUR).isoformat()}}


def our_google_events(vendors: Vendors) -> dict[str, Any]:
    (found,) = [one for one in vendors.google.calendars.values() if one.summary == "Study Teddy"]
    return {id: one for id, one in found.documents.items() if one.get("status") != "cancelled"}


async def test_only_when_a_student_is_busy_is_read_at_first(system: System, alice: Person, vendors: Vendors) -> None:
    vendors.google.put(ALICE, "dentist", summary="Dentist", **google_time())
    await planned(alice, SOON + 3 * HOUR)
    account = await connect(system, alice, "google", vendors)
    assert (account["provider"], account["address"], account["access"]) == ("google", ALICE, "busy")
    assert (account["state"], account["problem"]) == ("ok", None)
    assert [(one["name"], one["ours"]) for one in account["calendars"]] == [("Alice", False), ("Study Teddy", True)]
    assert await events(alice) == [("Busy", f"{SOON:%Y-%m-%dT%H:%M:%SZ}")]
    assert len(our_google_events(vendors)) == 1


async def test_titles_are_read_after_the_wider_consent(system: System, alice: Person, vendors: Vendors) -> None:
    vendors.google.put(ALICE, "dentist", summary="Dentist", **google_time())
    first = await connect(system, alice, "google", vendors)
    account = await connect(system, alice, "google", vendors, access="events")
    assert (account["id"], account["access"]) == (first["id"], "events")
    assert await events(alice) == [("Dentist", f"{SOON:%Y-%m-%dT%H:%M:%SZ}")]
    vendors.google.put(ALICE, "dentist", summary="Dentist, again", **google_time(2))
    await again(system, alice, account)
    assert await events(alice) == [("Dentist, again", f"{SOON + 2 * HOUR:%Y-%m-%dT%H:%M:%SZ}")]


async def test_a_box_that_was_not_ticked_gives_no_titles(system: System, alice: Person, vendors: Vendors) -> None:
    vendors.google.oauth.unticked = {GOOGLE_EVENTS_SCOPE}
    account = await connect(system, alice, "google", vendors, access="events")
    assert account["access"] == "busy"


async def test_a_session_goes_to_google_and_its_move_comes_back(
    system: System, alice: Person, vendors: Vendors
) -> None:
    mine = await planned(alice, SOON + 3 * HOUR)
    account = await connect(system, alice, "google", vendors)
    (calendar,) = [one for one in vendors.google.calendars.values() if one.summary == "Study Teddy"]
    (id,) = our_google_events(vendors)
    vendors.google.put(calendar.id, id, **google_time(5))
    account = await again(system, alice, account)
    assert (await session(alice, mine))["scheduledAt"] == f"{SOON + 5 * HOUR:%Y-%m-%dT%H:%M:%SZ}"
    assert await conflicts(alice) == []
    assert vendors.google.mails == []
    await alice.delete(f"/api/calendar/accounts/{account['id']}", params={"removeEvents": "true"})
    await system.work()
    assert our_google_events(vendors) == {}


async def test_an_account_connected_again_has_no_session_twice(system: System, alice: Person, vendors: Vendors) -> None:
    mine, other = await planned(alice, SOON + 3 * HOUR), await planned(alice, SOON + 5 * HOUR)
    account = await connect(system, alice, "google", vendors)
    await alice.delete(f"/api/calendar/accounts/{account['id']}")
    made(await alice.post(f"/api/focus-sessions/{other['id']}/cancel", {}), 200)
    await connect(system, alice, "google", vendors)
    assert len(our_google_events(vendors)) == 1
    assert (await session(alice, mine))["status"] == "scheduled"


async def test_outlook_is_read_and_written(system: System, alice: Person, vendors: Vendors) -> None:
    vendors.graph.store.add(vendors.graph.default, SOON, length=HOUR, subject="Lecture")
    mine = await planned(alice, SOON + 3 * HOUR)
    account = await connect(system, alice, "outlook", vendors)
    assert (account["provider"], account["access"], account["problem"]) == ("outlook", "events", None)
    assert await events(alice) == [("Lecture", f"{SOON:%Y-%m-%dT%H:%M:%SZ}")]
    ours = [one for one in vendors.graph.store.events.values() if one.calendar != vendors.graph.default]
    assert [one.start for one in ours] == [SOON + 3 * HOUR]
    made(await alice.patch(f"/api/focus-sessions/{mine['id']}", {"plannedMinutes": 90}), 200)
    await system.work()
    ours = [one for one in vendors.graph.store.events.values() if one.calendar != vendors.graph.default]
    assert [one.end - one.start for one in ours] == [timedelta(minutes=90)]


async def test_an_expired_token_is_refreshed_and_the_new_one_kept(
    system: System, alice: Person, vendors: Vendors
) -> None:
    account = await connect(system, alice, "outlook", vendors)
    for _ in range(3):  # each refresh replaces the refresh token
        vendors.google.oauth.access.clear()
        account = await again(system, alice, account)
        assert account["state"] == "ok"


async def test_a_consent_that_was_taken_back_is_told_at_once(system: System, alice: Person, vendors: Vendors) -> None:
    account = await connect(system, alice, "google", vendors)
    vendors.google.oauth.access.clear()
    vendors.google.oauth.refresh.clear()
    account = await again(system, alice, account)
    assert account["state"] == "reconnect"
    assert account["problem"].endswith("Connect again.")


async def test_a_connection_belongs_to_the_browser_that_began_it(
    system: System, alice: Person, bob: Person, vendors: Vendors
) -> None:
    url = made(await alice.post("/api/calendar/google/connect"), 200)["authorizationUrl"]
    made(await bob.post("/api/calendar/google/connect"), 200)  # so that he has a cookie of his own
    async with httpx2.AsyncClient(trust_env=False) as browser:
        query = urlsplit((await browser.get(url)).headers["location"]).query
    answer = await bob.http.get(f"/api/calendar/google/callback?{query}")
    assert answer.headers["location"].endswith("calendar=failed")
    for person in (alice, bob):
        assert made(await person.get("/api/calendar/accounts"), 200)["items"] == []
    assert (await alice.http.get(f"/api/calendar/google/callback?{query}")).headers["location"].endswith("=connected")
    assert (await alice.http.get(f"/api/calendar/google/callback?{query}")).headers["location"].endswith("=failed")


@pytest.mark.parametrize("provider", ["google", "outlook"])
async def test_a_student_who_declines_comes_back_without_an_account(
    alice: Person, vendors: Vendors, provider: str
) -> None:
    url = made(await alice.post(f"/api/calendar/{provider}/connect"), 200)["authorizationUrl"]
    (state,) = parse_qs(urlsplit(url).query)["state"]
    path = f"/api/calendar/{provider}/callback"
    answer = await alice.http.get(path, params={"state": state, "error": "access_denied"})
    assert answer.headers["location"].endswith("/#/settings?calendar=denied")
    for query in ({}, {"state": state}, {"state": "x", "code": "y"}):
        assert (await alice.http.get(path, params=query)).headers["location"].endswith("calendar=failed")
    assert made(await alice.get("/api/calendar/accounts"), 200)["items"] == []


async def test_what_the_operator_has_not_configured_is_not_offered(alice: Person) -> None:
    assert made(await alice.get("/api/calendar/accounts"), 200)["providers"] == ["caldav"]
    for provider in ("google", "outlook"):
        assert (await alice.post(f"/api/calendar/{provider}/connect")).status_code == 503


async def test_a_series_at_google_that_ends_earlier_ends_here(system: System, alice: Person, vendors: Vendors) -> None:
    times = {name: {**one, "timeZone": "Europe/Berlin"} for name, one in google_time().items()}
    vendors.google.put(ALICE, "weekly", summary="Lecture", **times, recurrence=["RRULE:FREQ=WEEKLY;COUNT=4"])
    account = await connect(system, alice, "google", vendors, access="events")
    assert len(await events(alice)) == 4
    vendors.google.put(ALICE, "weekly", summary="Lecture", **times, recurrence=["RRULE:FREQ=WEEKLY;COUNT=2"])
    await again(system, alice, account)
    assert len(await events(alice)) == 2


async def test_a_series_at_outlook_that_ends_earlier_ends_here(system: System, alice: Person, vendors: Vendors) -> None:
    starts = [SOON + timedelta(days=7 * n) for n in range(4)]
    master = vendors.graph.store.add_series(vendors.graph.default, starts, subject="Lecture")
    account = await connect(system, alice, "outlook", vendors)
    assert await events(alice) == [("Lecture", f"{one:%Y-%m-%dT%H:%M:%SZ}") for one in starts]
    vendors.graph.store.reschedule(master, starts[:2])
    await again(system, alice, account)
    assert len(await events(alice)) == 2


async def test_tokens_that_both_vendors_forget_lead_to_a_full_round(
    system: System, alice: Person, vendors: Vendors
) -> None:
    key = vendors.graph.store.add(vendors.graph.default, SOON, length=HOUR, subject="Lecture")
    vendors.graph.store.add(vendors.graph.default, SOON + HOUR, length=HOUR, subject="Lab")
    account = await connect(system, alice, "outlook", vendors)
    del vendors.graph.store.events[key]
    vendors.graph.forget()
    account = await again(system, alice, account)
    assert (account["state"], [title for title, _ in await events(alice)]) == ("ok", ["Lab"])
