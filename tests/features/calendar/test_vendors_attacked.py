"""What goes wrong with accounts at Google and Microsoft, and who may connect them, against emulators."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

import httpx2
import pytest
from tests.cast import Person, made
from tests.conftest import System
from tests.features.calendar.conftest import Vendors
from tests.features.calendar.test_accounts import HOUR, SOON, again, conflicts, events, look, planned, session
from tests.features.calendar.test_accounts_attacked import dead_jobs, quiet
from tests.features.calendar.test_consent import connect, google_time, our_google_events
from tests.peers.google_store import Calendar


def google_calendar_of_ours(vendors: Vendors) -> str:
    (found,) = [one.id for one in vendors.google.calendars.values() if one.summary == "Study Teddy"]
    return found


async def test_google_our_event_made_recurring_cancels_nothing_and_stays(
    system: System, alice: Person, vendors: Vendors
) -> None:
    mine = await planned(alice, SOON + 3 * HOUR)
    account = await connect(system, alice, "google", vendors)
    (id,) = our_google_events(vendors)
    zone = {"timeZone": "Europe/Berlin"}
    time = {name: {**one, **zone} for name, one in google_time(3).items()}
    vendors.google.put(google_calendar_of_ours(vendors), id, recurrence=["RRULE:FREQ=DAILY;COUNT=5"], **time)
    await quiet(system, account)
    await quiet(system, account)
    ours = vendors.google.calendars[google_calendar_of_ours(vendors)]
    cancelled = [one for one in ours.documents.values() if one.get("status") == "cancelled"]
    assert ((await session(alice, mine))["status"], len(cancelled)) == ("scheduled", 0)


async def test_google_an_event_moved_beyond_the_window_is_no_deleted_one(
    system: System, alice: Person, vendors: Vendors
) -> None:
    mine = await planned(alice, SOON + 3 * HOUR)
    account = await connect(system, alice, "google", vendors)
    (id,) = our_google_events(vendors)
    vendors.google.put(google_calendar_of_ours(vendors), id, **google_time(24 * 460))
    await quiet(system, account)
    assert (await session(alice, mine))["status"] == "scheduled"


async def test_google_a_student_with_a_hundred_calendars_keeps_ours(
    system: System, alice: Person, vendors: Vendors
) -> None:
    for n in range(100):
        vendors.google.add(Calendar(f"more{n}@group.calendar.google.com", f"More {n}", role="reader"))
    await planned(alice, SOON + 3 * HOUR)
    account = await connect(system, alice, "google", vendors)
    account = await again(system, alice, account)
    assert account["writes"] is True, account["problem"]


@pytest.mark.parametrize("summary", ["A\x00B"])
async def test_google_a_calendar_with_a_name_that_the_database_refuses(
    system: System, alice: Person, vendors: Vendors, summary: str
) -> None:
    vendors.google.add(Calendar("more@group.calendar.google.com", summary, role="reader"))
    account = await connect(system, alice, "google", vendors)
    assert await dead_jobs(system) == []
    assert account["lastSyncAt"] is not None


async def test_google_an_event_with_a_title_that_the_database_refuses(
    system: System, alice: Person, vendors: Vendors
) -> None:
    vendors.google.put("alice@example.com", "bad", summary="A\x00B", **google_time())
    vendors.google.put("alice@example.com", "good", summary="Good", **google_time(1))
    account = await connect(system, alice, "google", vendors, access="events")
    assert (account["state"], await dead_jobs(system)) == ("ok", [])
    assert "Good" in [title for title, _ in await events(alice)]


async def test_outlook_our_event_made_recurring_cancels_nothing(
    system: System, alice: Person, vendors: Vendors
) -> None:
    mine = await planned(alice, SOON + 3 * HOUR)
    account = await connect(system, alice, "outlook", vendors)
    store = vendors.graph.store
    (key,) = [one.id for one in store.events.values() if one.calendar != vendors.graph.default]
    store.events[key].type = "seriesMaster"
    store.reschedule(key, [SOON + 3 * HOUR + timedelta(days=n) for n in range(5)])
    await quiet(system, account)
    await quiet(system, account)
    assert (await session(alice, mine))["status"] == "scheduled"


async def test_outlook_what_an_earlier_connection_wrote_does_not_stay_as_a_foreign_event(
    system: System, alice: Person, vendors: Vendors
) -> None:
    """As `test_an_account_connected_again_has_no_session_twice`, which is about Google only."""
    mine, other = await planned(alice, SOON + 3 * HOUR), await planned(alice, SOON + 5 * HOUR)
    account = await connect(system, alice, "outlook", vendors)
    await alice.delete(f"/api/calendar/accounts/{account['id']}")
    made(await alice.post(f"/api/focus-sessions/{other['id']}/cancel", {}), 200)
    account = await connect(system, alice, "outlook", vendors)
    await quiet(system, account)
    ours = [one for one in vendors.graph.store.events.values() if one.calendar != vendors.graph.default]
    assert (len(ours), await events(alice)) == (1, [])
    assert (await session(alice, mine))["status"] == "scheduled"


async def test_outlook_an_event_moved_beyond_the_window_is_no_deleted_one(
    system: System, alice: Person, vendors: Vendors
) -> None:
    mine = await planned(alice, SOON + 3 * HOUR)
    account = await connect(system, alice, "outlook", vendors)
    store = vendors.graph.store
    (key,) = [one.id for one in store.events.values() if one.calendar != vendors.graph.default]
    store.edit(key, start=SOON + timedelta(days=460))
    await quiet(system, account)
    assert (await session(alice, mine))["status"] == "scheduled"


async def begun(person: Person, vendors: Vendors) -> str:
    """Begin a connection, allow it, and return the query of the callback."""
    url = made(await person.post("/api/calendar/google/connect"), 200)["authorizationUrl"]
    async with httpx2.AsyncClient(trust_env=False) as browser:
        return urlsplit((await browser.get(url)).headers["location"]).query


async def reset(system: System, person: Person) -> None:
    """Set a new password through an emailed link, which ends all sessions."""
    admin = await system.admin()
    await admin.execute("UPDATE users SET email_verified_at = now() WHERE id = $1", UUID(person.user["id"]))
    await admin.close()
    await person.http.post("/api/auth/forgot-password", json={"email": person.email})
    await system.work()
    mails = "".join(mail.text for mail in system.mails(person.email))
    (token,) = re.findall(r"reset-password\?token=(\S+)", mails)
    body = {"token": token, "newPassword": "another good password"}
    answer = await person.http.post("/api/auth/reset-password", json=body)
    assert answer.status_code < 300, answer.text
    await system.work()


async def accounts_in_database(system: System, person: Person) -> list[str]:
    admin = await system.admin()
    query = "SELECT state FROM calendar_accounts WHERE user_id = $1"
    rows = await admin.fetch(query, UUID(person.user["id"]))
    await admin.close()
    return [one["state"] for one in rows]


async def test_a_connection_begun_before_a_password_reset_is_not_finished_after_it(
    system: System, alice: Person, vendors: Vendors
) -> None:
    """A thief of a session begins; the student resets the password; the thief's calendar gets the sessions anyway."""
    query = await begun(alice, vendors)
    await reset(system, alice)
    answer = await alice.http.get(f"/api/calendar/google/callback?{query}")
    assert answer.headers["location"].endswith("=failed")
    assert await accounts_in_database(system, alice) == []


async def test_a_password_reset_stops_calendars_as_it_ends_the_published_one(
    system: System, alice: Person, vendors: Vendors
) -> None:
    await connect(system, alice, "google", vendors)
    await reset(system, alice)
    assert await accounts_in_database(system, alice) in ([], ["reconnect"])


async def test_the_student_is_warned_of_a_calendar_account_by_mail(
    system: System, alice: Person, vendors: Vendors
) -> None:
    """Publishing the calendar warns; connecting an account, which shows as much and lets others change it, doesn't."""
    admin = await system.admin()
    await admin.execute("UPDATE users SET email_verified_at = now() WHERE id = $1", UUID(alice.user["id"]))
    await admin.close()
    before = len(system.mails(alice.email))
    await connect(system, alice, "google", vendors)
    assert any("calendar" in str(one).lower() for one in system.mails(alice.email)[before:])


async def test_the_callback_takes_any_query(alice: Person, vendors: Vendors) -> None:
    for query in ("state=%ED%A0%80", "state=%00&code=%00", "state=%ff", "state=a&state=b", "code=" + "x" * 4000):
        alice.http.cookies.set("calendar", "x")
        answer = await alice.http.get(f"/api/calendar/google/callback?{query}")
        assert answer.status_code in (303, 400, 422), (query, answer.status_code)


async def test_the_provider_of_a_state_cannot_be_swapped(alice: Person, vendors: Vendors) -> None:
    query = await begun(alice, vendors)
    answer = await alice.http.get(f"/api/calendar/outlook/callback?{query}")
    assert answer.headers["location"].endswith("=failed")


async def test_a_state_is_used_once_by_ten_at_once(alice: Person, vendors: Vendors) -> None:
    query = await begun(alice, vendors)
    headers = {"cookie": "; ".join(f"{one.name}={one.value}" for one in alice.http.cookies.jar)}
    asked = (alice.http.get(f"/api/calendar/google/callback?{query}", headers=headers) for _ in range(10))
    answers = await asyncio.gather(*asked)
    assert sorted(one.headers["location"].rpartition("=")[2] for one in answers).count("connected") == 1


async def test_a_key_that_may_only_read_connects_and_disconnects_nothing(
    system: System, alice: Person, vendors: Vendors
) -> None:
    account = await connect(system, alice, "google", vendors)
    key = made(await alice.post("/api/auth/api-keys", {"name": "r", "scopes": ["read"]}))
    secret = next(value for name, value in key.items() if isinstance(value, str))
    async with httpx2.AsyncClient(
        base_url=str(alice.http.base_url), headers={"authorization": f"Bearer {secret}"}, trust_env=False
    ) as http:
        assert (await http.get("/api/calendar/accounts")).status_code == 200
        assert (await http.delete(f"/api/calendar/accounts/{account['id']}")).status_code == 403
        assert (await http.post("/api/calendar/google/connect")).status_code == 403
        assert (await http.post(f"/api/calendar/accounts/{account['id']}/sync")).status_code == 403


async def test_a_key_that_may_write_tasks_cannot_hand_the_plan_to_another_calendar(
    system: System, alice: Person, vendors: Vendors
) -> None:
    """A credential of the student and a lasting channel to the outside: as linking an identity, of scope `account`."""
    key = made(await alice.post("/api/auth/api-keys", {"name": "w", "scopes": ["read", "write"]}))
    secret = next(value for name, value in key.items() if isinstance(value, str))
    async with httpx2.AsyncClient(
        base_url=str(alice.http.base_url), headers={"authorization": f"Bearer {secret}"}, trust_env=False
    ) as http:
        assert (await http.post("/api/calendar/google/connect")).status_code == 403


async def test_another_students_ids_are_not_found(system: System, alice: Person, bob: Person, vendors: Vendors) -> None:
    account = await connect(system, alice, "google", vendors)
    path = f"/api/calendar/accounts/{account['id']}"
    calendar = account["calendars"][0]["id"]
    assert (await bob.patch(path, {"writes": False})).status_code == 404
    assert (await bob.patch(f"{path}/calendars/{calendar}", {"busy": False})).status_code == 404
    assert (await bob.post(f"{path}/sync")).status_code == 404
    assert (await bob.delete(path)).status_code == 404
    assert (await look(alice, account))["writes"] is True
    assert await conflicts(bob) == []


async def test_google_a_narrower_consent_is_believed(system: System, alice: Person, vendors: Vendors) -> None:
    await connect(system, alice, "google", vendors, access="events")
    account = await connect(system, alice, "google", vendors, access="busy")
    assert account["access"] == "busy"
