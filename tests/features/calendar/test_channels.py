"""Notifications of changes in calendars: how they are asked for, renewed and ended, and what follows from them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import httpx2
import pytest
from tests.cast import Person, made
from tests.conftest import System, settings_for
from tests.features.calendar.conftest import Vendors
from tests.features.calendar.test_accounts import HOUR, SOON, again, events, planned, session
from tests.features.calendar.test_consent import ALICE, connect, google_time, our_google_events
from tests.peers import outlook_rules
from tests.peers.dav_script import Request, Response
from tests.peers.google_calendar import Fault

from studyteddy.bootstrap import runtime
from studyteddy.platform.privacy.retention import delete_expired
from studyteddy.platform.web.rate_limits import Limit, parse

DAY = timedelta(days=1)
GOOGLE = "/api/calendar/google/notifications"
OUTLOOK = "/api/calendar/outlook"
ELSEWHERE = "https://study.example"


@pytest.fixture
async def push(system: System, vendors: Vendors) -> Vendors:
    """The vendors as they are if they can notify: Microsoft's emulator reaches the program, Google's records."""
    vendors.graph.now = system.clock()
    vendors.google.channels_end = system.clock() + 7 * DAY
    vars(system.running.calendar_connections)["push_url"] = ELSEWHERE
    return vendors


@pytest.fixture
async def outlook_push(system: System, push: Vendors) -> Vendors:
    vars(system.running.calendar_connections)["push_url"] = system.url
    return push


@contextmanager
def later(system: System, by: timedelta) -> Iterator[None]:
    """Let time pass while the block runs."""
    system.clock.ahead += by
    try:
        yield
    finally:
        system.clock.ahead -= by


async def deliver(system: System, vendors: Vendors, *, times: int = 1) -> list[int]:
    """Send what Google would have sent since the last time; return the statuses."""
    sent, vendors.google.notices = vendors.google.notices, []
    async with httpx2.AsyncClient(base_url=system.url, trust_env=False) as http:
        return [(await http.post(GOOGLE, headers=one)).status_code for one in sent for _ in range(times)]


async def jobs(system: System) -> int:
    """Return how many jobs wait."""
    admin = await system.admin()
    found: int = await admin.fetchval("SELECT count(*)::int FROM jobs WHERE kind = 'calendar.sync_account'")
    await admin.close()
    return found


def asked(vendors: Vendors, method: str) -> int:
    """Return how often a method of Google's was called."""
    return vendors.google.requested().count(method)


def graph_asked(vendors: Vendors, request: str) -> int:
    """Return how often a request to Microsoft began so, such as "POST /v1.0/subscriptions"."""
    return sum(f"{one.method} {one.path}".startswith(request) for one in vendors.graph.requests)


def tell(vendors: Vendors, change: str, event: str) -> None:
    """Have Microsoft notify of a change."""
    vendors.graph._tell(vendors.graph.default, change, event)


async def rows(system: System, person: Person) -> int:
    admin = await system.admin()
    count = "SELECT count(*)::int FROM calendar_channels WHERE user_id = $1"
    found: int = await admin.fetchval(count, person.user["id"])
    await admin.close()
    return found


async def test_a_change_at_google_arrives_without_polling(system: System, alice: Person, push: Vendors) -> None:
    mine = await planned(alice, SOON + 3 * HOUR)
    await connect(system, alice, "google", push, access="events")
    assert set(await deliver(system, push)) == {204}  # that channels began, and what was written
    await system.work()
    push.google.put(ALICE, "dentist", summary="Dentist", **google_time())
    (calendar,) = [one for one in push.google.calendars.values() if one.summary == "Study Teddy"]
    (id,) = our_google_events(push)
    push.google.put(calendar.id, id, **google_time(5))
    assert await deliver(system, push) == [204, 204]
    await system.work()
    assert ("Dentist", f"{SOON:%Y-%m-%dT%H:%M:%SZ}") in await events(alice)
    assert (await session(alice, mine))["scheduledAt"] == f"{SOON + 5 * HOUR:%Y-%m-%dT%H:%M:%SZ}"
    push.google.put(ALICE, "dentist", summary="Dentist, again", **google_time())  # a moment later: it isn't too fresh
    await deliver(system, push)
    await system.work()
    assert [title for title, _ in await events(alice)] == ["Dentist, again"]
    await deliver(system, push)
    assert await system.work() == 0  # what was written has come to rest


async def test_a_change_at_microsoft_arrives_without_polling(
    system: System, alice: Person, outlook_push: Vendors
) -> None:
    graph = outlook_push.graph
    await connect(system, alice, "outlook", outlook_push)
    assert len(graph.subscriptions) == 2  # the student's calendar and ours
    await system.work()
    tell(outlook_push, "created", graph.store.add(graph.default, SOON, length=HOUR, subject="Lecture"))
    assert set(await graph.notify()) == {202}
    await system.work()
    assert await events(alice) == [("Lecture", f"{SOON:%Y-%m-%dT%H:%M:%SZ}")]


async def test_a_round_without_anything_to_renew_asks_for_nothing(
    system: System, alice: Person, outlook_push: Vendors
) -> None:
    account = await connect(system, alice, "outlook", outlook_push)
    before = graph_asked(outlook_push, "")
    await again(system, alice, account)
    assert [one.path for one in outlook_push.graph.requests[before:] if "subscriptions" in one.path] == []
    vars(system.running.calendar_connections)["push_url"] = ELSEWHERE
    account = await connect(system, alice, "google", outlook_push, access="events")
    watched = asked(outlook_push, "events.watch")
    await again(system, alice, account)
    assert asked(outlook_push, "events.watch") == watched == 1


async def test_without_an_address_that_begins_with_https_nobody_is_asked(
    system: System, alice: Person, vendors: Vendors
) -> None:
    await connect(system, alice, "google", vendors, access="events")
    await connect(system, alice, "outlook", vendors)
    assert (asked(vendors, "events.watch"), graph_asked(vendors, "POST /v1.0/subscriptions")) == (0, 0)
    for url, pushed in ((ELSEWHERE, ELSEWHERE), ("http://study.example", "")):
        async with runtime.runtime(settings_for(system.engines, public_url=url)) as running:
            assert running.calendar_connections.push_url == pushed


async def test_what_changed_before_notifications_began_is_read(system: System, alice: Person, vendors: Vendors) -> None:
    await connect(system, alice, "google", vendors, access="events")
    vendors.google.put(ALICE, "dentist", summary="Dentist", **google_time())
    vars(system.running.calendar_connections)["push_url"] = ELSEWHERE
    await planned(alice, SOON + 3 * HOUR)  # the calendar was read a moment ago
    await system.work()
    assert len(vendors.google.channels) == 2
    assert [title for title, _ in await events(alice)] == ["Dentist"]


async def test_what_strangers_send_does_nothing(system: System, alice: Person, outlook_push: Vendors) -> None:
    await connect(system, alice, "outlook", outlook_push)
    vars(system.running.calendar_connections)["push_url"] = ELSEWHERE
    await connect(system, alice, "google", outlook_push, access="events")
    (good, *_) = [one for one in outlook_push.google.notices if one["X-Goog-Resource-State"] == "sync"]
    good |= {"X-Goog-Resource-State": "exists"}
    forged = [
        good | {"X-Goog-Channel-Token": "wrong"},
        good | {"X-Goog-Channel-Token": ""},
        good | {"X-Goog-Channel-Token": "x" * 300},
        good | {"X-Goog-Channel-ID": "unknown"},
        good | {"X-Goog-Channel-ID": "x" * 65},
        good | {"X-Goog-Resource-State": "sync"},
        {},
    ]
    known = next(iter(outlook_push.graph.subscriptions.values()))
    bodies: list[Any] = [
        {"value": [{"subscriptionId": known.id, "clientState": state}, {"subscriptionId": "x", "clientState": "y"}]}
        for state in ("wrong", None, good["X-Goog-Channel-Token"])
    ]
    bodies += [{}, [], {"value": [None]}, {"value": [{"subscriptionId": good["X-Goog-Channel-ID"]}]}]
    async with httpx2.AsyncClient(base_url=system.url, trust_env=False) as http:
        answers = [await http.post(GOOGLE, headers=one) for one in forged]
        assert await jobs(system) == 0
        answers.append(await http.post(GOOGLE, headers=good))
        assert await jobs(system) == 1
        assert len({(one.status_code, one.content) for one in answers}) == 1  # the last one is known
        await system.work()
        for path in ("notifications", "lifecycle"):
            answers = [await http.post(f"{OUTLOOK}/{path}", json=one) for one in bodies]
            answers += [await http.post(f"{OUTLOOK}/{path}", content=b"\xff")]
            assert {(one.status_code, one.content) for one in answers} == {(202, b"")}
        assert await jobs(system) == 0
        good_one = {"value": [{"subscriptionId": known.id, "clientState": known.secret}]}
        answer = await http.post(f"{OUTLOOK}/notifications", json=good_one)
        assert (answer.status_code, answer.content, await jobs(system)) == (202, b"", 1)
        assert (await http.post(GOOGLE, content=b"x" * (1 << 17))).status_code == 413
        assert (await http.post(f"{OUTLOOK}/notifications", content=b"x" * (1 << 21))).status_code == 413
    await system.work()


async def test_a_forged_notification_asks_for_nothing(system: System, alice: Person, push: Vendors) -> None:
    await connect(system, alice, "google", push, access="events")
    assert set(await deliver(system, push)) == {204}
    await system.work()
    push.google.put(ALICE, "dentist", summary="Dentist", **google_time())
    for one in push.google.notices:
        one["X-Goog-Channel-Token"] = one["X-Goog-Channel-Token"][::-1]
    assert await deliver(system, push) == [204]
    assert (await jobs(system), await system.work()) == (0, 0)


async def test_a_validation_is_returned_as_plain_text(guest: httpx2.AsyncClient) -> None:
    token = "Validation: Testing client application reachability for subscription Request-Id: 4fa8-1"
    for path in ("notifications", "lifecycle"):
        answer = await guest.post(f"{OUTLOOK}/{path}", params={"validationToken": token})
        assert (answer.status_code, answer.text) == (200, token)
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.headers["x-content-type-options"] == "nosniff"
        for wrong in ("<script>alert(1)</script>", "x" * 1025, ""):
            answer = await guest.post(f"{OUTLOOK}/{path}", params={"validationToken": wrong})
            assert (answer.status_code, "script" in answer.text) == (422, False)


async def test_the_limit_counts_before_anything_is_looked_up(
    system: System, guest: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = parse("notices_of_this_test", "2/3600:2")
    monkeypatch.setitem(cast("dict[str, Limit]", system.running.limits), "calendar_notices", limit)
    paths = (GOOGLE, f"{OUTLOOK}/notifications", GOOGLE, f"{OUTLOOK}/lifecycle")
    assert [(await guest.post(path)).status_code for path in paths] == [204, 202, 429, 429]


async def test_when_only_busy_times_may_be_read_our_calendar_is_watched(
    system: System, alice: Person, push: Vendors
) -> None:
    mine = await planned(alice, SOON + 3 * HOUR)
    account = await connect(system, alice, "google", push)
    assert account["problem"] is None
    (channel,) = push.google.channels.values()
    (id,) = our_google_events(push)
    await deliver(system, push)
    await system.work()
    push.google.put(channel["calendar"], id, **google_time(5))
    assert await deliver(system, push) == [204]
    await system.work()
    assert (await session(alice, mine))["scheduledAt"] == f"{SOON + 5 * HOUR:%Y-%m-%dT%H:%M:%SZ}"


async def test_a_channel_at_google_is_renewed_before_it_ends(system: System, alice: Person, push: Vendors) -> None:
    account = await connect(system, alice, "google", push, access="events")
    old = dict(push.google.channels)
    assert len(old) == 2
    push.google.channels_end = system.clock() + 14 * DAY
    with later(system, 5.9 * DAY):
        await again(system, alice, account)
        assert push.google.channels.keys() == old.keys()
    push.google.requests.clear()
    with later(system, 6.1 * DAY):
        await again(system, alice, account)
    assert len(push.google.channels) == 2
    assert not push.google.channels.keys() & old.keys()
    order = [one for one in push.google.requested() if one in ("events.watch", "channels.stop")]
    assert order == ["events.watch", "channels.stop"] * 2  # the new one first
    replayed = {
        "X-Goog-Channel-ID": next(iter(old)),
        "X-Goog-Channel-Token": next(iter(old.values()))["token"],
        "X-Goog-Resource-State": "exists",
    }
    push.google.notices = [replayed]
    assert await deliver(system, push) == [204]
    assert await jobs(system) == 0
    assert await rows(system, alice) == 2


async def test_a_subscription_at_microsoft_is_renewed_or_begun_anew(
    system: System, alice: Person, outlook_push: Vendors
) -> None:
    graph = outlook_push.graph
    account = await connect(system, alice, "outlook", outlook_push)
    before = dict(graph.subscriptions)
    ends = {id: one.expires_at for id, one in before.items()}
    with later(system, 2 * DAY):
        graph.now = system.clock()
        await again(system, alice, account)
        assert graph.subscriptions == before
        assert all(one.expires_at > ends[id] for id, one in graph.subscriptions.items())
    graph.subscriptions.clear()
    with later(system, 4 * DAY):
        graph.now = system.clock()
        await again(system, alice, account)
    assert len(graph.subscriptions) == 2
    assert not graph.subscriptions.keys() & before.keys()
    assert await rows(system, alice) == 2


async def test_lifecycle_notices_are_followed(system: System, alice: Person, outlook_push: Vendors) -> None:
    graph = outlook_push.graph
    await connect(system, alice, "outlook", outlook_push)
    (key,) = [id for id, one in graph.subscriptions.items() if one.calendar == graph.default]

    async def requests_after(event: str) -> list[str]:
        graph.requests.clear()
        assert await graph.lifecycle(key, event) == 202
        await system.work()
        return [f"{one.method} {one.path.removeprefix('/v1.0/')}" for one in graph.requests]

    reauthorized = await requests_after("reauthorizationRequired")
    assert [one for one in reauthorized if "subscriptions" in one] == [f"PATCH subscriptions/{key}"]
    full = "calendarView/delta?startDateTime="
    assert not any(full in one for one in reauthorized)
    # Lost notifications: all of the calendar is read, and nothing is there twice.
    event = graph.store.add(graph.default, SOON, length=HOUR, subject="Lecture")
    missed = await requests_after("missed")
    assert sum(full in one for one in missed) == 1
    assert not any("subscriptions" in one for one in missed)
    assert await events(alice) == [("Lecture", f"{SOON:%Y-%m-%dT%H:%M:%SZ}")]
    graph.store.edit(event, subject="Lecture 2")
    removed = await requests_after("subscriptionRemoved")
    assert [one for one in removed if "subscriptions" in one] == ["POST subscriptions"]
    assert sum(full in one for one in removed) == 1
    assert [title for title, _ in await events(alice)] == ["Lecture 2"]
    assert graph.subscriptions.keys() - {key} != set()
    assert await graph.lifecycle(key, "missed") == 202  # it isn't ours any more
    assert await jobs(system) == 0


async def test_a_calendar_without_notifications_is_asked_for_once_a_week(
    system: System, alice: Person, push: Vendors
) -> None:
    push.google.calendars[ALICE].watchable = False
    account = await connect(system, alice, "google", push, access="events")
    assert (account["state"], account["problem"]) == ("ok", None)
    assert (asked(push, "events.watch"), len(push.google.channels)) == (2, 1)
    push.google.put(ALICE, "dentist", summary="Dentist", **google_time())
    account = await again(system, alice, account)
    assert [title for title, _ in await events(alice)] == ["Dentist"]  # polled
    assert asked(push, "events.watch") == 2
    push.google.calendars[ALICE].watchable = True
    with later(system, 3 * HOUR):
        account = await again(system, alice, account)
    assert asked(push, "events.watch") == 2
    push.google.channels_end = system.clock() + 30 * DAY
    with later(system, 7.1 * DAY):
        await again(system, alice, account)
    assert len({one["calendar"] for one in push.google.channels.values()}) == 2


async def test_a_failure_to_ask_costs_no_round(system: System, alice: Person, push: Vendors) -> None:
    push.google.faults.append(Fault("POST .*/watch", status=403, reason="rateLimitExceeded", times=2))
    push.google.put(ALICE, "dentist", summary="Dentist", **google_time())
    account = await connect(system, alice, "google", push, access="events")
    assert (account["state"], account["problem"]) == ("ok", None)
    assert [title for title, _ in await events(alice)] == ["Dentist"]
    await again(system, alice, account)
    assert asked(push, "events.watch") == 2  # not with every round
    with later(system, 1.1 * HOUR):
        await again(system, alice, account)
    assert (asked(push, "events.watch"), len(push.google.channels)) == (4, 2)


async def test_a_lost_answer_leaves_a_channel_that_nobody_knows(system: System, alice: Person, push: Vendors) -> None:
    push.google.faults.append(Fault("POST .*alice.*/watch", lost=True))
    account = await connect(system, alice, "google", push, access="events")
    assert (account["state"], len(push.google.channels), await rows(system, alice)) == ("ok", 2, 1)
    push.google.notices.clear()
    push.google.put(ALICE, "dentist", summary="Dentist", **google_time())
    assert await deliver(system, push) == [204]
    assert await jobs(system) == 0
    with later(system, 1.1 * HOUR):
        await again(system, alice, account)
    assert [title for title, _ in await events(alice)] == ["Dentist"]
    assert (len(push.google.channels), await rows(system, alice)) == (3, 2)
    push.google.notices.clear()
    push.google.put(ALICE, "dentist", summary="Dentist, again", **google_time())
    assert await deliver(system, push) == [204, 204]
    await system.work()
    assert [title for title, _ in await events(alice)] == ["Dentist, again"]


async def test_a_subscription_whose_answer_was_lost_costs_no_round(
    system: System, alice: Person, outlook_push: Vendors
) -> None:
    graph = outlook_push.graph
    lost = outlook_rules.Fault(is_after=True, when=lambda one: one.path.endswith("/subscriptions"), times=10)
    graph.faults.append(lost)
    account = await connect(system, alice, "outlook", outlook_push)
    assert (account["state"], account["problem"], await rows(system, alice)) == ("ok", None, 0)
    assert graph_asked(outlook_push, "POST /v1.0/subscriptions") == 2  # it isn't sent again at once
    graph.faults.clear()
    with later(system, 1.1 * HOUR):
        await again(system, alice, account)
    assert await rows(system, alice) == 2


@pytest.mark.parametrize("removes", [False, True])
async def test_disconnecting_ends_the_notifications(
    system: System, alice: Person, outlook_push: Vendors, *, removes: bool
) -> None:
    await planned(alice, SOON + 3 * HOUR)
    outlook = await connect(system, alice, "outlook", outlook_push)
    vars(system.running.calendar_connections)["push_url"] = ELSEWHERE
    outlook_push.google.put(ALICE, "dentist", summary="Dentist", **google_time())
    google = await connect(system, alice, "google", outlook_push, access="events")
    assert (len(outlook_push.google.channels), len(outlook_push.graph.subscriptions)) == (1, 2)
    ours = [one for one in outlook_push.graph.store.events.values() if one.calendar != outlook_push.graph.default]
    assert len(ours) == 1
    for account in (google, outlook):
        path = f"/api/calendar/accounts/{account['id']}"
        assert (await alice.delete(path, params={"removeEvents": str(removes).lower()})).status_code == 204
        assert (await alice.delete(path)).status_code == 404
    assert made(await alice.get("/api/calendar/accounts"), 200)["items"] == []
    assert await events(alice) == []
    await system.work()
    assert (outlook_push.google.channels, outlook_push.graph.subscriptions) == ({}, {})
    ours = [one for one in outlook_push.graph.store.events.values() if one.calendar != outlook_push.graph.default]
    assert len(ours) == (0 if removes else 1)
    admin = await system.admin()
    count = "SELECT count(*) FROM calendar_accounts WHERE user_id = $1"
    assert await admin.fetchval(count, alice.user["id"]) == 0
    await admin.close()


async def test_an_account_is_forgotten_even_if_notifications_cannot_be_ended(
    system: System, alice: Person, push: Vendors
) -> None:
    account = await connect(system, alice, "google", push, access="events")
    push.google.faults.append(Fault("POST .*/channels/stop", status=403, reason="forbidden", times=9))
    assert (await alice.delete(f"/api/calendar/accounts/{account['id']}")).status_code == 204
    await system.work()
    assert await rows(system, alice) == 0
    push.google.put(ALICE, "dentist", summary="Dentist", **google_time())
    assert set(await deliver(system, push)) == {204}
    assert (await jobs(system), await events(alice)) == (0, [])


async def test_an_account_connected_again_at_once_is_notified(system: System, alice: Person, push: Vendors) -> None:
    account = await connect(system, alice, "google", push, access="events")
    old = set(push.google.channels)
    await alice.delete(f"/api/calendar/accounts/{account['id']}")
    account = await connect(system, alice, "google", push, access="events")
    assert (account["state"], len(account["calendars"]), await rows(system, alice)) == ("ok", 2, 2)
    assert len(push.google.channels) == 2
    assert not old & push.google.channels.keys()


async def test_a_calendar_that_is_left_out_is_not_watched(system: System, alice: Person, push: Vendors) -> None:
    account = await connect(system, alice, "google", push, access="events")
    theirs, ours = account["calendars"]
    path = f"/api/calendar/accounts/{account['id']}"
    made(await alice.patch(f"{path}/calendars/{theirs['id']}", {"busy": False}), 200)
    await system.work()
    assert {one["calendar"] for one in push.google.channels.values()} != {ALICE}
    assert (len(push.google.channels), await rows(system, alice)) == (1, 1)
    made(await alice.patch(path, {"writes": False}), 200)
    await again(system, alice, account)
    assert (push.google.channels, await rows(system, alice)) == ({}, 0)
    made(await alice.patch(path, {"writes": True}), 200)
    made(await alice.patch(f"{path}/calendars/{theirs['id']}", {"busy": True}), 200)
    await system.work()
    assert (len(push.google.channels), ours["ours"]) == (2, True)


async def test_a_thousand_notifications_lead_to_one_round(system: System, alice: Person, push: Vendors) -> None:
    account = await connect(system, alice, "google", push, access="events")
    await deliver(system, push)
    await system.work()
    push.google.put(ALICE, "dentist", summary="Dentist", **google_time())
    (notice,) = push.google.notices
    push.google.requests.clear()
    async with httpx2.AsyncClient(base_url=system.url, trust_env=False, timeout=60) as http:
        answers = await asyncio.gather(*(http.post(GOOGLE, headers=notice) for _ in range(1000)))
    assert {one.status_code for one in answers} == {204}
    assert await jobs(system) == 1
    await system.work()
    assert asked(push, "events.list") == 2  # of the student's calendar, and of ours
    assert [title for title, _ in await events(alice)] == ["Dentist"]
    assert account["state"] == "ok"


async def test_a_notification_during_a_round_leads_to_another_one(
    system: System, alice: Person, push: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    await connect(system, alice, "google", push, access="events")
    await deliver(system, push)
    await system.work()
    push.google.put(ALICE, "dentist", summary="Dentist", **google_time())
    await deliver(system, push)
    answer = push.google._script

    async def interrupted(request: Request) -> Response:
        """Answer; before that arrives, something else changes, and that is notified."""
        response = await answer(request)
        if "/alice@example.com/events?" in request.path and "exam" not in push.google.calendars[ALICE].documents:
            push.google.put(ALICE, "exam", summary="Exam", **google_time(2))
            assert await deliver(system, push) == [204]
        return response

    monkeypatch.setattr(push.google, "_script", interrupted)
    await system.work()
    assert sorted(title for title, _ in await events(alice)) == ["Dentist", "Exam"]


async def test_notifications_do_not_end_the_pause_after_a_failure(system: System, alice: Person, push: Vendors) -> None:
    account = await connect(system, alice, "google", push, access="events")
    await deliver(system, push)
    await system.work()
    push.google.faults.append(Fault("GET .*/events", status=403, reason="rateLimitExceeded", times=99))
    account = await again(system, alice, account)
    assert account["state"] == "failing"
    push.google.put(ALICE, "dentist", summary="Dentist", **google_time())
    assert await deliver(system, push) == [204]
    assert await jobs(system) == 0
    push.google.faults.clear()
    await again(system, alice, account)
    assert [title for title, _ in await events(alice)] == ["Dentist"]


async def test_a_job_that_was_lost_does_not_hold_notifications_back(
    system: System, alice: Person, push: Vendors
) -> None:
    await connect(system, alice, "google", push, access="events")
    await deliver(system, push)
    await system.work()
    push.google.put(ALICE, "dentist", summary="Dentist", **google_time())
    (notice,) = push.google.notices
    await deliver(system, push)
    admin = await system.admin()
    await admin.execute("DELETE FROM jobs WHERE kind = 'calendar.sync_account'")
    await admin.close()
    push.google.notices = [notice]
    await deliver(system, push)
    assert await jobs(system) == 0
    push.google.notices = [notice]
    with later(system, timedelta(minutes=11)):
        await deliver(system, push)
        await system.work()
    assert [title for title, _ in await events(alice)] == ["Dentist"]


async def test_expired_channels_are_deleted(system: System, alice: Person, push: Vendors) -> None:
    await connect(system, alice, "google", push, access="events")
    admin = await system.admin()
    await admin.execute("UPDATE calendar_channels SET expires_at = $1", datetime.now(UTC) - HOUR)
    await admin.close()
    await delete_expired(system.running.db, system.running.retention)
    assert await rows(system, alice) == 0
