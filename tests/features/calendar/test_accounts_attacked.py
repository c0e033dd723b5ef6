"""What goes wrong with calendar accounts: providers that lie or break, and what happens at the same time."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.cast import Person, made
from tests.conftest import System
from tests.features.calendar.test_accounts import (
    HOUR,
    SOON,
    again,
    conflicts,
    connect,
    events,
    look,
    planned,
    session,
    times,
)
from tests.peers.memory_calendar import Found, MemoryCalendar, event

from studyteddy.events import CalendarAccountDue
from studyteddy.features.calendar.providers.provider import (
    Changes,
    Failing,
    Gone,
    RemoteCalendar,
    Resource,
    SignInRequired,
    Stale,
)
from studyteddy.features.calendar.service import account_sync
from studyteddy.platform.identity import Identity

SIGN_IN = {"url": "cal.example", "username": "ada", "password": "secret"}


@pytest.fixture(autouse=True)
async def no_jobs_of_others(system: System) -> None:
    admin = await system.admin()
    await admin.execute("DELETE FROM jobs WHERE kind LIKE 'calendar.%'")
    await admin.execute("DELETE FROM jobs_dead WHERE kind LIKE 'calendar.%'")
    await admin.close()


async def dead_jobs(system: System) -> list[str]:
    """Return the errors of jobs that failed."""
    admin = await system.admin()
    rows = await admin.fetch(
        "SELECT last_error FROM jobs WHERE kind LIKE 'calendar.%' AND last_error IS NOT NULL"
        " UNION ALL SELECT last_error FROM jobs_dead WHERE kind LIKE 'calendar.%'"
    )
    await admin.close()
    return [one["last_error"] for one in rows]


async def quiet(system: System, account: dict[str, Any]) -> None:
    """Synchronize as the schedule does, without a new list of calendars."""
    admin = await system.admin()
    due_now = "UPDATE calendar_accounts SET asked_at = now(), next_sync_at = now() WHERE id = $1"
    await admin.execute(due_now, UUID(account["id"]))
    await admin.execute("UPDATE account_calendars SET read_at = read_at - interval '2 minutes'")
    row = await admin.fetchrow("SELECT user_id, asked_at FROM calendar_accounts WHERE id = $1", UUID(account["id"]))
    await admin.close()
    assert row is not None
    identity = Identity(row["user_id"], row["user_id"])
    due = CalendarAccountDue(UUID(account["id"]), row["asked_at"])
    running = system.running
    pause = timedelta(minutes=15)
    await account_sync.sync(running.db, running.calendar_connections, identity, -1, due, pause=pause)
    await system.work()


async def test_a_provider_that_lost_everything_once_cancels_no_sessions(
    system: System, alice: Person, there: Found
) -> None:
    mine = [await planned(alice, SOON + n * HOUR * 2) for n in range(6)]
    account = await connect(system, alice)
    kept = dict(there.ours().events)
    there.ours().events.clear()  # a backup without content: lists are empty, and each event is a 404
    there.forgets_tokens = True
    await quiet(system, account)
    there.ours().events.update(kept)
    await quiet(system, account)
    assert {(await session(alice, one))["status"] for one in mine} == {"scheduled"}


async def test_an_event_that_a_client_saves_under_another_name_cancels_nothing(
    system: System, alice: Person, there: Found
) -> None:
    mine = await planned(alice)
    account = await connect(system, alice)
    (ref,) = there.ours().events
    begin = SOON + 5 * HOUR
    there.ours().put(f"{ref}-moved", event(f"focus-{mine['id']}@studyteddy", "Focus session", begin, begin + HOUR))
    there.ours().remove(ref)
    await quiet(system, account)
    await quiet(system, account)
    assert (await session(alice, mine))["status"] == "scheduled"
    assert len(there.ours().events) == 1


async def test_an_account_that_is_connected_again_while_it_leaves_stays(
    system: System, alice: Person, there: Found
) -> None:
    await planned(alice)
    account = await connect(system, alice)
    path = f"/api/calendar/accounts/{account['id']}"
    assert (await alice.delete(path, params={"removeEvents": "true"})).status_code == 204
    waiting, go = asyncio.Event(), asyncio.Event()
    original = there.delete

    async def slow(*arguments: Any) -> None:
        waiting.set()
        await go.wait()
        await original(*arguments)

    there.delete = slow  # type: ignore[method-assign, assignment]
    work = asyncio.ensure_future(system.work())
    await asyncio.wait_for(waiting.wait(), 8)
    made(await alice.post("/api/calendar/caldav/connect", SIGN_IN))
    go.set()
    await work
    await system.work()
    assert len(made(await alice.get("/api/calendar/accounts"), 200)["items"]) == 1


async def test_a_password_that_was_replaced_during_a_round_is_not_called_wrong(
    system: System, alice: Person, there: Found
) -> None:
    account = await connect(system, alice)
    waiting, go = asyncio.Event(), asyncio.Event()

    async def old_password(*_: Any) -> Any:
        waiting.set()
        await go.wait()
        raise SignInRequired
        yield  # type: ignore[unreachable]

    original, there.changes = there.changes, old_password  # type: ignore[method-assign, assignment]
    work = asyncio.ensure_future(quiet(system, account))
    await asyncio.wait_for(waiting.wait(), 8)
    made(await alice.post("/api/calendar/caldav/connect", SIGN_IN))  # the new one is right
    await system.work()  # the job that it asked for finds the account held
    there.changes = original  # type: ignore[method-assign]
    go.set()
    await work
    await system.work()
    account = await look(alice, account)
    assert (account["state"], account["problem"]) == ("ok", None)


async def test_a_list_that_lacks_our_calendar_once_stops_nothing(system: System, alice: Person, there: Found) -> None:
    await planned(alice)
    account = await connect(system, alice)
    original = there.calendars

    async def without_ours() -> list[RemoteCalendar]:
        return [one for one in await original() if one.name != "Study Teddy"]

    there.calendars = without_ours  # type: ignore[method-assign]
    account = await again(system, alice, account)
    there.calendars = original  # type: ignore[method-assign]
    account = await again(system, alice, account)
    assert account["writes"] is True


async def test_a_student_with_many_calendars_keeps_ours(system: System, alice: Person, there: Found) -> None:
    for n in range(100):
        there.calendars_by_ref[f"more-{n}"] = MemoryCalendar(f"More {n}", writable=False)
    original = there.calendars

    async def first_hundred() -> list[RemoteCalendar]:  # as all three providers do
        return (await original())[:100]

    there.calendars = first_hundred  # type: ignore[method-assign]
    await planned(alice)
    account = await connect(system, alice)
    account = await again(system, alice, account)
    assert account["writes"] is True, account["problem"]


async def test_a_choice_not_to_read_a_calendar_outlasts_a_bad_list(system: System, alice: Person, there: Found) -> None:
    there.calendars_by_ref["work"].put("work/1", event("1", "Therapy", SOON, SOON + HOUR))
    account = await connect(system, alice)
    work = account["calendars"][0]["id"]
    made(await alice.patch(f"/api/calendar/accounts/{account['id']}/calendars/{work}", {"busy": False}), 200)
    await system.work()
    kept = there.calendars_by_ref.pop("work")
    account = await again(system, alice, account)
    there.calendars_by_ref["work"] = kept
    account = await again(system, alice, account)
    assert [one["busy"] for one in account["calendars"] if one["name"] == "Work"] == [False]


async def test_a_calendar_that_is_left_out_while_it_is_read_leaves_no_events(
    system: System, alice: Person, there: Found
) -> None:
    account = await connect(system, alice)
    work = account["calendars"][0]["id"]
    for n in range(3):
        there.calendars_by_ref["work"].put(f"work/{n}", event(str(n), "Therapy", SOON, SOON + HOUR))
    waiting, go = asyncio.Event(), asyncio.Event()
    original = there.changes

    async def slow(*arguments: Any) -> Any:
        async for part in original(*arguments):
            if arguments[0] == "work" and not go.is_set():
                waiting.set()
                await go.wait()
            yield part

    there.changes = slow  # type: ignore[method-assign, assignment]
    round_ = asyncio.ensure_future(quiet(system, account))
    await asyncio.wait_for(waiting.wait(), 8)
    made(await alice.patch(f"/api/calendar/accounts/{account['id']}/calendars/{work}", {"busy": False}), 200)
    go.set()
    await round_
    await again(system, alice, account)
    assert await events(alice) == []


async def test_an_imported_deadline_in_our_calendar_is_not_deleted(system: System, alice: Person, there: Found) -> None:
    account = await connect(system, alice)
    # What a student gets who imports the published feed into the calendar.
    (ours,) = [ref for ref, one in there.calendars_by_ref.items() if one.name == "Study Teddy"]
    ref = f"{ours}/imported"
    there.ours().put(ref, event("task-1234@studyteddy", "Essay is due", SOON, SOON + HOUR))
    await quiet(system, account)
    assert ref in there.ours().events


async def test_a_title_that_is_reversed_during_a_round_is_kept(system: System, alice: Person, there: Found) -> None:
    task = await alice.task("Essay")
    await planned(alice, taskId=task["id"])
    account = await connect(system, alice)
    (ref,) = there.ours().events
    there.ours().put(ref, event("x", "Thesis!", SOON, SOON + HOUR))
    account = await again(system, alice, account)
    conflict = made(await alice.get("/api/calendar/conflicts"), 200)["items"][0]
    there.ours().put(ref, event("x", "Essay", SOON + 2 * HOUR, SOON + 3 * HOUR))
    waiting, go = asyncio.Event(), asyncio.Event()
    original = there.changes

    async def slow(*arguments: Any) -> Any:
        async for part in original(*arguments):
            if part.changed and not go.is_set():
                waiting.set()
                await go.wait()
            yield part

    there.changes = slow  # type: ignore[method-assign, assignment]
    round_ = asyncio.ensure_future(quiet(system, account))
    await asyncio.wait_for(waiting.wait(), 8)
    made(await alice.post(f"/api/calendar/conflicts/{conflict['id']}/reverse"), 200)
    go.set()
    await round_
    await quiet(system, account)
    assert b"SUMMARY:Thesis!" in there.ours().events[ref].body


async def test_a_conflict_cannot_be_reversed_after_the_session_was_changed_since(
    system: System, alice: Person, there: Found
) -> None:
    mine = await planned(alice)
    await connect(system, alice)
    (ref,) = there.ours().events
    there.ours().put(ref, event("x", "Focus session", SOON + 5 * HOUR, SOON + 6 * HOUR))
    later = (SOON + 9 * HOUR).isoformat()
    made(await alice.patch(f"/api/focus-sessions/{mine['id']}", {"startAt": later}), 200)
    await system.work()
    conflict = made(await alice.get("/api/calendar/conflicts"), 200)["items"][0]
    newest = (SOON + 30 * HOUR).isoformat()
    made(await alice.patch(f"/api/focus-sessions/{mine['id']}", {"startAt": newest}), 200)
    await system.work()
    answer = await alice.post(f"/api/calendar/conflicts/{conflict['id']}/reverse")
    assert answer.status_code == 409, (await session(alice, mine))["scheduledAt"]


async def test_a_conflict_is_reversed_once_by_twenty_at_once(system: System, alice: Person, there: Found) -> None:
    mine = await planned(alice)
    await connect(system, alice)
    (ref,) = there.ours().events
    there.ours().put(ref, event("x", "Focus session", SOON + 5 * HOUR, SOON + 6 * HOUR))
    later = (SOON + 9 * HOUR).isoformat()
    made(await alice.patch(f"/api/focus-sessions/{mine['id']}", {"startAt": later}), 200)
    await system.work()
    conflict = made(await alice.get("/api/calendar/conflicts"), 200)["items"][0]
    path = f"/api/calendar/conflicts/{conflict['id']}/reverse"
    answers = await asyncio.gather(*(alice.post(path) for _ in range(20)))
    assert {one.status_code for one in answers} == {200}
    assert len({one.json()["reversedAt"] for one in answers}) == 1


async def test_a_student_who_is_deleted_during_a_round_leaves_no_failed_job(
    system: System, alice: Person, there: Found
) -> None:
    await planned(alice)
    waiting, go = asyncio.Event(), asyncio.Event()
    original = there.create

    async def slow(*arguments: Any) -> Any:
        waiting.set()
        await go.wait()
        return await original(*arguments)

    there.create = slow  # type: ignore[method-assign, assignment]
    made(await alice.post("/api/calendar/caldav/connect", SIGN_IN))
    work = asyncio.ensure_future(system.work())
    await asyncio.wait_for(waiting.wait(), 8)
    admin = await system.admin()
    await admin.execute("DELETE FROM users WHERE id = $1", UUID(alice.user["id"]))
    await admin.close()
    go.set()
    await work
    assert [one for one in await dead_jobs(system) if one] == []


async def test_one_calendar_that_cannot_be_read_does_not_stop_the_others(
    system: System, alice: Person, there: Found
) -> None:
    await planned(alice)
    original = there.changes

    async def too_large(*arguments: Any) -> Any:
        if arguments[0] == "work":
            raise Failing("too_large")
        async for part in original(*arguments):
            yield part

    there.changes = too_large  # type: ignore[method-assign, assignment]
    await connect(system, alice)
    assert [one.name for one in there.calendars_by_ref.values()] == ["Work", "Holidays", "Study Teddy"]
    assert len(there.ours().events) == 1


async def test_one_event_that_cannot_be_written_does_not_stop_the_others(
    system: System, alice: Person, there: Found
) -> None:
    first, second = await planned(alice, SOON), await planned(alice, SOON + 3 * HOUR)
    original = there.create

    async def forbidden(calendar: str, one: Any) -> Any:
        if str(one.id) == first["id"]:
            raise Failing("forbidden")
        return await original(calendar, one)

    there.create = forbidden  # type: ignore[method-assign, assignment]
    await connect(system, alice)
    assert [ref.rpartition("/")[2] for ref in there.ours().events] == [second["id"]]


async def test_one_event_that_cannot_be_deleted_does_not_stop_the_others(
    system: System, alice: Person, there: Found
) -> None:
    first = await planned(alice, SOON)
    await connect(system, alice)
    original = there.delete

    async def forbidden(ref: str, etag: str) -> None:
        if ref.endswith(first["id"]):
            raise Failing("forbidden")
        await original(ref, etag)

    there.delete = forbidden  # type: ignore[method-assign]
    made(await alice.post(f"/api/focus-sessions/{first['id']}/cancel", {}), 200)
    second = await planned(alice, SOON + 3 * HOUR)
    await system.work()
    assert any(ref.endswith(second["id"]) for ref in there.ours().events)


@pytest.mark.parametrize("name", ["A\x00B", "A\ud800B", "x" * 201])
async def test_a_name_of_a_calendar_that_the_database_refuses(
    system: System, alice: Person, there: Found, name: str
) -> None:
    there.calendars_by_ref["work"].name = name
    await planned(alice)
    account = await connect(system, alice)
    assert await dead_jobs(system) == []
    assert account["lastSyncAt"] is not None


@pytest.mark.parametrize("kind", ["ref_nul", "ref_long", "etag_nul", "token_nul", "token_long", "twice"])
async def test_an_answer_that_the_database_refuses(system: System, alice: Person, there: Found, kind: str) -> None:
    await planned(alice)
    body = event("1", "Lecture", SOON, SOON + HOUR)
    ref = {"ref_nul": "work/\x00", "ref_long": "work/" + "x" * 2001}.get(kind, "work/1")
    etag = '"\x00"' if kind == "etag_nul" else '"1"'
    token = {"token_nul": "\x00", "token_long": "x" * 9000}.get(kind, "t")
    original = there.changes

    async def odd(*arguments: Any) -> Any:
        if arguments[0] == "work":
            found = [Resource(ref, etag, body)] * (2 if kind == "twice" else 1)
            yield Changes(found, [], token, is_full=True, is_last=True)
            return
        async for part in original(*arguments):
            yield part

    there.changes = odd  # type: ignore[method-assign, assignment]
    account = await connect(system, alice)
    assert await dead_jobs(system) == []
    assert account["lastSyncAt"] is not None


@pytest.mark.parametrize("kind", ["etag_nul", "etag_long", "ref_long"])
async def test_an_answer_to_writing_that_the_database_refuses(
    system: System, alice: Person, there: Found, kind: str
) -> None:
    await planned(alice)
    await planned(alice, SOON + 3 * HOUR)
    original = there.create

    async def odd(*arguments: Any) -> Any:
        written = await original(*arguments)
        etag = {"etag_nul": '"\x00"', "etag_long": f'"{"x" * 301}"'}.get(kind, written.etag)
        ref = {"ref_long": "x" * 2001}.get(kind, written.ref)
        return type(written)(ref, etag)

    there.create = odd  # type: ignore[method-assign, assignment]
    account = await connect(system, alice)
    assert await dead_jobs(system) == []
    assert account["lastSyncAt"] is not None


async def test_a_change_that_is_always_stale_is_not_tried_every_minute_for_ever(
    system: System, alice: Person, there: Found
) -> None:
    """Such as on a server behind Apache's mod_deflate, which adds `-gzip` to entity tags of GET, not of PROPFIND."""
    mine = await planned(alice)
    account = await connect(system, alice)

    async def stale(*_: Any) -> Any:
        raise Stale

    there.update = stale  # type: ignore[method-assign, assignment]
    made(await alice.patch(f"/api/focus-sessions/{mine['id']}", {"plannedMinutes": 90}), 200)
    for _ in range(6):
        await quiet(system, account)
    account = await look(alice, account)
    wait = await next_in_minutes(system, account)
    assert wait > 2 or account["problem"], (wait, account["problem"])


async def test_an_event_that_only_lists_know_is_not_tried_every_minute_for_ever(
    system: System, alice: Person, there: Found
) -> None:
    mine = await planned(alice)
    account = await connect(system, alice)

    async def gone(*_: Any) -> Any:
        raise Gone

    there.update = gone  # type: ignore[method-assign, assignment]
    made(await alice.patch(f"/api/focus-sessions/{mine['id']}", {"plannedMinutes": 90}), 200)
    for _ in range(6):
        await quiet(system, account)
    account = await look(alice, account)
    wait = await next_in_minutes(system, account)
    assert wait > 2 or account["problem"], (wait, account["problem"])


async def next_in_minutes(system: System, account: dict[str, Any]) -> float:
    from datetime import datetime

    return (datetime.fromisoformat(account["nextSyncAt"]) - system.clock()).total_seconds() / 60


async def test_a_server_that_changes_titles_gives_one_conflict_not_one_each_round(
    system: System, alice: Person, there: Found
) -> None:
    """Such as one that cuts titles after it has answered: the entity tag of the answer isn't the one that stays."""
    task = await alice.task("Essay on the causes of the war")
    await planned(alice, taskId=task["id"])

    def cut(original: Any) -> Any:
        async def written(*arguments: Any) -> Any:
            found = await original(*arguments)
            ours = there.ours()
            ours.put(found.ref, ours.events[found.ref].body.replace(b" of the war", b""))
            return found

        return written

    there.create, there.update = cut(there.create), cut(there.update)  # type: ignore[method-assign]
    account = await connect(system, alice)
    for _ in range(6):
        await quiet(system, account)
    assert len(await conflicts(alice)) <= 1
    log = len(there.ours().log)
    await quiet(system, account)
    assert len(there.ours().log) == log, "no peace"


async def test_a_server_that_asks_to_wait_is_left_alone(system: System, alice: Person, there: Found) -> None:
    account = await connect(system, alice)

    def busy(_: str) -> None:
        raise Failing("too_many_requests", retry_after=3600)

    there.fault = busy
    await planned(alice)
    await system.work()
    assert await next_in_minutes(system, await look(alice, account)) > 50
    there.requests.clear()
    for n in range(1, 6):
        await planned(alice, SOON + n * HOUR)
        await system.work()
    assert there.requests == []


async def test_a_calendar_that_is_listed_but_never_there_is_told(system: System, alice: Person, there: Found) -> None:
    account = await connect(system, alice)

    async def gone(*_: Any) -> Any:
        raise Gone
        yield  # type: ignore[unreachable]

    there.changes = gone  # type: ignore[method-assign, assignment]
    for _ in range(3):
        await quiet(system, account)
    account = await look(alice, account)
    assert (account["state"], account["problem"]) != ("ok", None)


async def test_an_event_beyond_the_window_gives_no_conflict_about_its_title(
    system: System, alice: Person, there: Found
) -> None:
    await planned(alice)
    account = await connect(system, alice)
    (ref,) = there.ours().events
    far = SOON + timedelta(days=460)
    there.ours().put(ref, event("x", "Focus session", far, far + HOUR))
    await quiet(system, account)
    assert await conflicts(alice) == [("time", "here")]


async def test_an_event_with_the_status_cancelled_is_as_good_as_deleted(
    system: System, alice: Person, there: Found
) -> None:
    mine = await planned(alice)
    account = await connect(system, alice)
    (ref,) = there.ours().events
    there.ours().put(ref, event("x", "Focus session", SOON, SOON + HOUR, "STATUS:CANCELLED"))
    await quiet(system, account)
    await quiet(system, account)
    assert (await session(alice, mine))["status"] == "cancelled"


async def test_all_day_and_back(system: System, alice: Person, there: Found) -> None:
    mine = await planned(alice)
    account = await connect(system, alice)
    (ref,) = there.ours().events
    body = event("x", "Focus session", SOON, SOON + HOUR).decode()
    day = body.replace(f"DTSTART:{SOON:%Y%m%dT%H%M%SZ}", f"DTSTART;VALUE=DATE:{SOON:%Y%m%d}")
    day = day.replace(f"DTEND:{SOON + HOUR:%Y%m%dT%H%M%SZ}\r\n", "")
    there.ours().put(ref, day.encode())
    await quiet(system, account)
    assert times(there) == [f"{SOON:%Y%m%dT%H%M%SZ}"]
    there.ours().put(ref, event("x", "Focus session", SOON + 2 * HOUR, SOON + 3 * HOUR))
    await quiet(system, account)
    assert (await session(alice, mine))["scheduledAt"] == f"{SOON + 2 * HOUR:%Y-%m-%dT%H:%M:%SZ}"
    assert await conflicts(alice) == [("time", "here")]


async def test_a_session_with_seconds_and_microseconds_finds_peace(system: System, alice: Person, there: Found) -> None:
    await planned(alice, SOON + timedelta(seconds=37, microseconds=123456))
    account = await connect(system, alice)
    log = list(there.ours().log)
    (ref,) = there.ours().events
    begin = SOON + timedelta(hours=2, seconds=11)
    there.ours().put(ref, event("x", "Focus session", begin, begin + timedelta(minutes=50, seconds=30)))
    for _ in range(3):
        await quiet(system, account)
    assert len(there.ours().log) <= len(log) + 2
    assert await conflicts(alice) == []


async def test_a_round_that_is_asked_for_by_changes_does_not_count_as_a_failure_each_time(
    system: System, alice: Person, there: Found
) -> None:
    """Nine changes of sessions during an outage of two minutes: then the account rests for six hours."""
    account = await connect(system, alice)

    def fail(_: str) -> None:
        raise Failing("unavailable")

    there.fault = fail
    for n in range(9):
        await planned(alice, SOON + n * HOUR)
        await system.work()
    assert await next_in_minutes(system, await look(alice, account)) < 60


async def test_an_account_that_leaves_does_not_cancel_the_sessions_of_another_one(
    system: System, alice: Person, there: Found
) -> None:
    """One server, connected by two of its names."""
    mine = await planned(alice)
    first = await connect(system, alice)
    there.address = "alias"
    second = await connect(system, alice)
    made(await alice.patch(f"/api/calendar/accounts/{second['id']}", {"writes": True}), 200)
    await system.work()
    path = f"/api/calendar/accounts/{first['id']}"
    assert (await alice.delete(path, params={"removeEvents": "true"})).status_code == 204
    await system.work()
    await quiet(system, second)
    assert (await session(alice, mine))["status"] == "scheduled"


async def count(system: System, table: str) -> int:
    admin = await system.admin()
    found: int = await admin.fetchval(f"SELECT count(*) FROM {table}")
    await admin.close()
    return found


@pytest.mark.parametrize("name", ["work", "ours"])
async def test_no_more_than_so_many_events_are_kept_of_a_calendar(
    system: System, alice: Person, there: Found, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from studyteddy.features.calendar.service import account_round

    monkeypatch.setattr(account_round, "MAX_EVENTS", 10)
    there.page = 50
    account = await connect(system, alice)
    before = await count(system, "calendar_events")
    (ours,) = [ref for ref, one in there.calendars_by_ref.items() if one.name == "Study Teddy"]
    ref = ours if name == "ours" else "work"
    for part in range(4):
        for n in range(10):
            there.calendars_by_ref[ref].put(f"{ref}/{part}-{n}", event(f"{part}-{n}", "x", SOON, SOON + HOUR))
        await quiet(system, account)
    assert await count(system, "calendar_events") - before <= 10


async def test_a_calendar_that_vanished_from_the_list_during_a_round_fails_no_job(
    system: System, alice: Person, there: Found
) -> None:
    """Google doesn't list calendars that are hidden, and still gives their events."""
    there.calendars_by_ref["more"] = MemoryCalendar("More")
    account = await connect(system, alice)
    there.calendars_by_ref["more"].put("more/1", event("1", "x", SOON, SOON + HOUR))
    del there.calendars_by_ref["work"]
    original = there.calendars

    async def without_more() -> list[RemoteCalendar]:
        return [one for one in await original() if one.ref != "more"]

    there.calendars = without_more  # type: ignore[method-assign]
    await quiet(system, account)


async def test_a_session_that_is_deleted_between_reading_and_cancelling_fails_no_round(
    system: System, alice: Person, there: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Deleting a session doesn't take the user's lock."""
    from studyteddy.features.calendar.store import copies

    mine = await planned(alice)
    account = await connect(system, alice)
    (ref,) = there.ours().events
    there.ours().remove(ref)
    original = copies.planned_session

    async def then_deleted(tx: Any, user_id: UUID, session_id: UUID) -> Any:
        found = await original(tx, user_id, session_id)
        assert (await alice.delete(f"/api/focus-sessions/{mine['id']}")).status_code == 204
        return found

    monkeypatch.setattr(copies, "planned_session", then_deleted)
    await quiet(system, account)


async def test_a_move_there_of_a_short_session_is_taken(system: System, alice: Person, there: Found) -> None:
    mine = await planned(alice, plannedMinutes=5)
    account = await connect(system, alice)
    (ref,) = there.ours().events
    begin = SOON + 2 * HOUR
    there.ours().put(ref, event("x", "Focus session", begin, begin + timedelta(minutes=5)))
    await quiet(system, account)
    assert (await session(alice, mine))["scheduledAt"] == f"{begin:%Y-%m-%dT%H:%M:%SZ}"


async def test_a_deletion_there_is_not_forgotten_if_the_process_dies_before_it_knew_of_the_event(
    system: System, alice: Person, there: Found
) -> None:
    account = await connect(system, alice)
    mine = await planned(alice)
    original = there.create

    async def dies(*arguments: Any) -> Any:
        await original(*arguments)
        raise Failing("unreachable")  # the answer is lost

    there.create = dies  # type: ignore[method-assign, assignment]
    await system.work()
    there.create = original  # type: ignore[method-assign]
    (ref,) = there.ours().events
    there.ours().remove(ref)  # the student doesn't want it
    await quiet(system, account)
    await quiet(system, account)
    assert ((await session(alice, mine))["status"], len(there.ours().events)) in (("cancelled", 0), ("scheduled", 1))


async def test_an_account_with_five_hundred_sessions_says_that_more_are_not_written(
    system: System, alice: Person, there: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    from studyteddy.features.calendar.service import own_calendar

    monkeypatch.setattr(own_calendar, "MAX_SESSIONS", 2)
    for n in range(4):
        await planned(alice, SOON + n * HOUR)
    account = await connect(system, alice)
    assert len(there.ours().events) == 4 or account["problem"]
