"""Calendar accounts: which calendars are read, what is written, and what comes back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from tests.cast import Person, made
from tests.conftest import System
from tests.peers.memory_calendar import Found, MemoryCalendar, MemoryProvider, event

from studyteddy.features.calendar.providers.provider import Failing, SignInRequired

SOON = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
HOUR = timedelta(hours=1)


async def connect(system: System, person: Person) -> dict[str, Any]:
    sign_in = {"url": "cal.example", "username": "ada", "password": "secret"}
    account = made(await person.post("/api/calendar/caldav/connect", sign_in))
    await system.work()
    return await look(person, account)


async def look(person: Person, account: dict[str, Any]) -> dict[str, Any]:
    items = made(await person.get("/api/calendar/accounts"), 200)["items"]
    return next(one for one in items if one["id"] == account["id"])


async def again(system: System, person: Person, account: dict[str, Any]) -> dict[str, Any]:
    """Have an account synchronized once more, as if some time had passed."""
    admin = await system.admin()
    earlier = "UPDATE calendar_accounts SET asked_at = asked_at - interval '2 minutes' WHERE id = $1"
    await admin.execute(earlier, UUID(account["id"]))
    await admin.execute("UPDATE account_calendars SET read_at = read_at - interval '2 minutes'")
    await admin.close()
    made(await person.post(f"/api/calendar/accounts/{account['id']}/sync"), 202)
    await system.work()
    return await look(person, account)


async def planned(person: Person, start: datetime = SOON, **fields: Any) -> dict[str, Any]:
    body = {"type": "custom", "plannedMinutes": 60, "startAt": start.isoformat(), **fields}
    return made(await person.post("/api/focus-sessions", body))


async def session(person: Person, planned: dict[str, Any]) -> dict[str, Any]:
    return made(await person.get(f"/api/focus-sessions/{planned['id']}"), 200)


async def events(person: Person) -> list[tuple[str, str]]:
    query = {"from": (SOON - timedelta(days=2)).isoformat(), "to": (SOON + timedelta(days=30)).isoformat()}
    items = made(await person.get("/api/calendar/events", params=query), 200)["items"]
    return [(one["title"], one["startsAt"] or one["startDate"]) for one in items]


async def conflicts(person: Person) -> list[tuple[str, str]]:
    items = made(await person.get("/api/calendar/conflicts"), 200)["items"]
    return [(one["kind"], one["kept"]) for one in items]


def times(provider: MemoryProvider) -> list[str]:
    """Return when events of ours begin, as the calendar has it."""
    bodies = [one.body.decode() for one in provider.ours().events.values()]
    return sorted(body.split("DTSTART:")[1].split("\r\n")[0] for body in bodies)


async def test_calendars_are_read_and_sessions_written(system: System, alice: Person, there: Found) -> None:
    there.calendars_by_ref["work"].put("work/1", event("1", "Lecture", SOON, SOON + HOUR))
    there.calendars_by_ref["holidays"].put("holidays/1", event("2", "Holiday", SOON, SOON + HOUR))
    task = await alice.task("Essay")
    await planned(alice, SOON + 3 * HOUR, taskId=task["id"])
    account = await connect(system, alice)
    assert (account["provider"], account["address"], account["state"]) == ("caldav", "ada@example.org", "ok")
    assert [(one["name"], one["busy"], one["ours"]) for one in account["calendars"]] == [
        ("Work", True, False),
        ("Holidays", False, False),
        ("Study Teddy", True, True),
    ]
    assert await events(alice) == [("Lecture", f"{SOON:%Y-%m-%dT%H:%M:%SZ}")]
    assert times(there) == [f"{SOON + 3 * HOUR:%Y%m%dT%H%M%SZ}"]
    assert b"SUMMARY:Essay" in next(iter(there.ours().events.values())).body


async def test_an_account_synchronized_again_doubles_nothing(system: System, alice: Person, there: Found) -> None:
    there.calendars_by_ref["work"].put("work/1", event("1", "Lecture", SOON, SOON + HOUR))
    await planned(alice, SOON + 3 * HOUR)
    account = await connect(system, alice)
    before, log = await events(alice), list(there.ours().log)
    for _ in range(3):
        account = await again(system, alice, account)
    assert (await events(alice), there.ours().log) == (before, log)
    there.requests.clear()
    await again(system, alice, account)
    assert there.requests == ["list", "changes", "changes"]


async def test_a_move_in_the_calendar_moves_the_session(system: System, alice: Person, there: Found) -> None:
    mine = await planned(alice)
    account = await connect(system, alice)
    (ref,) = there.ours().events
    there.ours().put(ref, event("x", "Focus session", SOON + 5 * HOUR, SOON + 7 * HOUR))
    await again(system, alice, account)
    found = await session(alice, mine)
    assert found["scheduledAt"] == f"{SOON + 5 * HOUR:%Y-%m-%dT%H:%M:%SZ}"
    assert found["plannedMinutes"] == 120
    assert await conflicts(alice) == []
    log = list(there.ours().log)
    await again(system, alice, account)
    assert there.ours().log == log  # our own change isn't written back


async def test_a_session_that_moved_on_both_sides_is_where_the_calendar_has_it(
    system: System, alice: Person, there: Found
) -> None:
    mine = await planned(alice)
    account = await connect(system, alice)
    (ref,) = there.ours().events
    there.ours().put(ref, event("x", "Focus session", SOON + 5 * HOUR, SOON + 6 * HOUR))
    later = (SOON + 9 * HOUR).isoformat()
    made(await alice.patch(f"/api/focus-sessions/{mine['id']}", {"startAt": later}), 200)
    await system.work()
    assert (await session(alice, mine))["scheduledAt"] == f"{SOON + 5 * HOUR:%Y-%m-%dT%H:%M:%SZ}"
    assert await conflicts(alice) == [("time", "there")]
    conflict = made(await alice.get("/api/calendar/conflicts"), 200)["items"][0]
    answer = made(await alice.post(f"/api/calendar/conflicts/{conflict['id']}/reverse"), 200)
    assert answer["reversedAt"] is not None
    await system.work()
    assert (await session(alice, mine))["scheduledAt"] == f"{SOON + 9 * HOUR:%Y-%m-%dT%H:%M:%SZ}"
    assert times(there) == [f"{SOON + 9 * HOUR:%Y%m%dT%H%M%SZ}"]
    assert account["id"] == conflict["accountId"]


async def test_another_title_in_the_calendar_is_replaced_and_can_be_kept(
    system: System, alice: Person, there: Found
) -> None:
    task = await alice.task("Essay")
    await planned(alice, taskId=task["id"])
    account = await connect(system, alice)
    (ref,) = there.ours().events
    there.ours().put(ref, event("x", "Thesis!", SOON, SOON + HOUR))
    account = await again(system, alice, account)
    assert b"SUMMARY:Essay" in there.ours().events[ref].body
    assert await conflicts(alice) == [("title", "here")]
    conflict = made(await alice.get("/api/calendar/conflicts"), 200)["items"][0]
    assert (conflict["here"], conflict["there"]) == ("Essay", "Thesis!")
    made(await alice.post(f"/api/calendar/conflicts/{conflict['id']}/reverse"), 200)
    await system.work()
    assert b"SUMMARY:Thesis!" in there.ours().events[ref].body
    assert made(await alice.get(f"/api/tasks/{task['id']}"), 200)["title"] == "Essay"


async def test_what_is_deleted_in_the_calendar_is_skipped_and_its_task_stays(
    system: System, alice: Person, there: Found
) -> None:
    task = await alice.task("Essay")
    mine = await planned(alice, taskId=task["id"])
    account = await connect(system, alice)
    (ref,) = there.ours().events
    there.ours().remove(ref)
    await again(system, alice, account)
    assert (await session(alice, mine))["status"] == "cancelled"
    assert made(await alice.get(f"/api/tasks/{task['id']}"), 200)["status"] == "pending"
    assert there.ours().events == {}


async def test_what_was_changed_here_and_deleted_there_is_written_again(
    system: System, alice: Person, there: Found
) -> None:
    mine = await planned(alice)
    await connect(system, alice)
    (ref,) = there.ours().events
    there.ours().remove(ref)
    made(await alice.patch(f"/api/focus-sessions/{mine['id']}", {"plannedMinutes": 90}), 200)
    await system.work()
    assert (await session(alice, mine))["status"] == "scheduled"
    assert list(there.ours().events) == [ref]
    assert await conflicts(alice) == [("deleted", "here")]


async def test_a_cancelled_or_deleted_session_leaves_the_calendar(system: System, alice: Person, there: Found) -> None:
    mine, other = await planned(alice), await planned(alice, SOON + 3 * HOUR)
    await connect(system, alice)
    assert len(there.ours().events) == 2
    made(await alice.post(f"/api/focus-sessions/{mine['id']}/cancel", {}), 200)
    await alice.delete(f"/api/focus-sessions/{other['id']}")
    await system.work()
    assert there.ours().events == {}


async def test_a_time_that_no_session_can_have_is_corrected_there(system: System, alice: Person, there: Found) -> None:
    mine = await planned(alice)
    account = await connect(system, alice)
    (ref,) = there.ours().events
    for begin, end in ((SOON, SOON + 9 * HOUR), (SOON - 48 * HOUR, SOON - 47 * HOUR), (SOON, SOON)):
        there.ours().put(ref, event("x", "Focus session", begin, end))
        await again(system, alice, account)
        assert (await session(alice, mine))["scheduledAt"] == f"{SOON:%Y-%m-%dT%H:%M:%SZ}"
        assert times(there) == [f"{SOON:%Y%m%dT%H%M%SZ}"]
    assert await conflicts(alice) == [("time", "here")] * 3


async def test_a_calendar_that_is_suddenly_empty_loses_nothing_at_first(
    system: System, alice: Person, there: Found
) -> None:
    there.calendars_by_ref["work"].put("work/1", event("1", "Lecture", SOON, SOON + HOUR))
    account = await connect(system, alice)
    kept = dict(there.calendars_by_ref["work"].events)
    there.calendars_by_ref["work"].events.clear()
    there.forgets_tokens = True
    account = await again(system, alice, account)
    assert "empty" in account["problem"]
    assert len(await events(alice)) == 1
    there.calendars_by_ref["work"].events = kept
    account = await again(system, alice, account)
    assert (account["problem"], len(await events(alice))) == (None, 1)
    there.calendars_by_ref["work"].events = {}
    await again(system, alice, account)
    await again(system, alice, account)
    assert await events(alice) == []


async def test_after_a_forgotten_token_what_is_gone_is_removed(system: System, alice: Person, there: Found) -> None:
    for n in range(5):
        there.calendars_by_ref["work"].put(f"work/{n}", event(str(n), f"Lecture {n}", SOON, SOON + HOUR))
    account = await connect(system, alice)
    del there.calendars_by_ref["work"].events["work/3"]  # without a trace in the log
    there.forgets_tokens = True
    await again(system, alice, account)
    assert sorted(title for title, _ in await events(alice)) == [f"Lecture {n}" for n in (0, 1, 2, 4)]


async def test_an_empty_list_of_ours_cancels_no_session(system: System, alice: Person, there: Found) -> None:
    mine = await planned(alice)
    account = await connect(system, alice)
    ours, kept = there.ours(), dict(there.ours().events)
    original = there.changes

    async def empty(*arguments: Any) -> Any:
        ours.events.clear()
        async for part in original(*arguments):
            ours.events.update(kept)
            yield part

    there.forgets_tokens = True
    there.changes = empty  # type: ignore[method-assign, assignment]
    await again(system, alice, account)
    assert (await session(alice, mine))["status"] == "scheduled"


async def test_a_calendar_of_ours_that_was_deleted_there_is_not_made_again(
    system: System, alice: Person, there: Found
) -> None:
    mine = await planned(alice)
    account = await connect(system, alice)
    del there.calendars_by_ref[next(ref for ref, one in there.calendars_by_ref.items() if one is there.ours())]
    account = await again(system, alice, account)
    assert account["writes"] is False
    assert "was deleted there" in account["problem"]
    assert (await session(alice, mine))["status"] == "scheduled"
    assert [one["name"] for one in account["calendars"]] == ["Work", "Holidays"]
    made(await alice.patch(f"/api/calendar/accounts/{account['id']}", {"writes": True}), 200)
    await system.work()
    assert len(there.ours().events) == 1


async def test_a_rejected_sign_in_stops_the_account_until_it_is_connected_again(
    system: System, alice: Person, there: Found
) -> None:
    account = await connect(system, alice)

    def reject(_: str) -> None:
        raise SignInRequired

    there.fault = reject
    account = await again(system, alice, account)
    assert account["state"] == "reconnect"
    assert account["problem"]
    notices = made(await alice.get("/api/notifications"), 200)["items"]
    assert [one["type"] for one in notices if "calendar" in one["type"]] == ["calendar_stopped"]
    there.fault = lambda _: None
    there.requests.clear()
    account = await again(system, alice, account)
    path = f"/api/calendar/accounts/{account['id']}"
    made(await alice.patch(f"{path}/calendars/{account['calendars'][1]['id']}", {"busy": True}), 200)
    await system.work()
    assert ((await look(alice, account))["state"], there.requests) == ("reconnect", [])
    account = await connect(system, alice)
    assert (account["state"], account["problem"]) == ("ok", None)
    assert len(made(await alice.get("/api/calendar/accounts"), 200)["items"]) == 1


async def test_failures_are_tried_again_later_and_later(system: System, alice: Person, there: Found) -> None:
    account = await connect(system, alice)

    def fail(_: str) -> None:
        raise Failing("unavailable")

    there.fault = fail
    waits = []
    for _ in range(9):
        account = await again(system, alice, account)
        assert account["state"] == "failing"
        next_at = datetime.fromisoformat(account["nextSyncAt"])
        waits.append(round((next_at - system.clock()).total_seconds() / 60))
    assert waits[:4] == [5, 10, 20, 40]
    assert waits[-1] == 360
    notices = made(await alice.get("/api/notifications"), 200)["items"]
    (told,) = [one for one in notices if one["type"] == "calendar_stopped"]
    assert "ada@example.org can't be synchronized" in told["title"]


async def test_disconnecting_removes_what_was_written_if_wished(system: System, alice: Person, there: Found) -> None:
    await planned(alice)
    for removes in (False, True):
        account = await connect(system, alice)
        assert len(there.ours().events) == 1
        there.ours().put("mine", event("mine", "Mine", SOON, SOON + HOUR))
        path = f"/api/calendar/accounts/{account['id']}"
        assert (await alice.delete(path, params={"removeEvents": str(removes).lower()})).status_code == 204
        assert made(await alice.get("/api/calendar/accounts"), 200)["items"] == []
        await system.work()
        assert len(there.ours().events) == (1 if removes else 2)
        there.ours().remove("mine")
    admin = await system.admin()
    count = "SELECT count(*) FROM calendar_accounts WHERE user_id = $1"
    assert await admin.fetchval(count, UUID(alice.user["id"])) == 0
    await admin.close()


async def test_a_calendar_can_be_left_out(system: System, alice: Person, there: Found) -> None:
    there.calendars_by_ref["work"].put("work/1", event("1", "Lecture", SOON, SOON + HOUR))
    account = await connect(system, alice)
    path = f"/api/calendar/accounts/{account['id']}/calendars"
    work, holidays, ours = (one["id"] for one in account["calendars"])
    made(await alice.patch(f"{path}/{work}", {"busy": False}), 200)
    await system.work()
    assert await events(alice) == []
    made(await alice.patch(f"{path}/{work}", {"busy": True}), 200)
    await system.work()
    assert len(await events(alice)) == 1
    assert (await alice.patch(f"{path}/{ours}", {"busy": False})).status_code == 404
    assert holidays != ours


async def test_what_cannot_be_kept_stops_nothing(system: System, alice: Person, there: Found) -> None:
    work = there.calendars_by_ref["work"]
    work.name = "Work\x00\ud800<b>!</b>"
    there.calendars_by_ref["bad\x00ref"] = MemoryCalendar("Bad")
    there.calendars_by_ref["r" * 2001] = MemoryCalendar("Long")
    for ref in ("work/1", "work/\x00", "work/\ud800", "work/" + "x" * 2000):
        work.put(ref, event(ref[:6], "Lecture\x00", SOON, SOON + HOUR))
    work.events["work/1"].etag = "\x00"
    account = await connect(system, alice)
    assert account["state"] == "ok"
    assert [one["name"] for one in account["calendars"]] == ["Work!", "Holidays", "Study Teddy"]
    assert await events(alice) == [("Lecture", f"{SOON:%Y-%m-%dT%H:%M:%SZ}")]


async def test_events_of_accounts_leave_no_free_slot(system: System, alice: Person, there: Found) -> None:
    there.calendars_by_ref["work"].put("work/1", event("1", "Lecture", SOON + HOUR, SOON + 2 * HOUR))
    await connect(system, alice)
    query = {"from": SOON.isoformat(), "to": (SOON + 4 * HOUR).isoformat(), "minutes": 30}
    slots = made(await alice.get("/api/calendar/availability", params=query), 200)["slots"]
    shown = [(one["startsAt"], one["endsAt"]) for one in slots]
    instants = [f"{SOON + n * HOUR:%Y-%m-%dT%H:%M:%SZ}" for n in range(5)]
    assert shown == [(instants[0], instants[1]), (instants[2], instants[4])]
