"""What goes wrong with accounts on real CalDAV servers, and on ones that lie."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.cast import Person, join, made
from tests.conftest import System
from tests.features.calendar.test_accounts import HOUR, SOON, look, planned, session
from tests.features.calendar.test_accounts_attacked import SIGN_IN, quiet
from tests.features.calendar.test_accounts_on_servers import connect, dav, ours
from tests.peers.caldav_servers import CalDavServer
from tests.peers.memory_calendar import Found, event


async def test_a_calendar_that_was_deleted_on_the_server_does_not_ask_for_a_new_password(
    system: System, alice: Person, server: CalDavServer
) -> None:
    dav(server, "PUT", f"{server.calendars}work/1.ics", event("1", "Lecture", SOON, SOON + HOUR))
    account = await connect(system, alice, server)
    dav(server, "DELETE", f"{server.calendars}work/")
    await quiet(system, account)
    account = await look(alice, account)
    assert (account["state"], account["problem"]) == ("ok", None)


async def test_our_calendar_that_was_deleted_on_the_server_is_told(
    system: System, alice: Person, server: CalDavServer
) -> None:
    mine = await planned(alice)
    account = await connect(system, alice, server)
    dav(server, "DELETE", ours(server, alice))
    await quiet(system, account)
    account = await look(alice, account)
    assert (account["state"], account["writes"]) == ("ok", False)
    assert (await session(alice, mine))["status"] == "scheduled"


async def test_our_event_made_recurring_cancels_nothing(system: System, alice: Person, server: CalDavServer) -> None:
    mine = await planned(alice)
    account = await connect(system, alice, server)
    url = f"{ours(server, alice)}focus-{mine['id']}.ics"
    body = dav(server, "GET", url).text.replace("END:VEVENT", "RRULE:FREQ=DAILY;COUNT=3\r\nEND:VEVENT")
    dav(server, "PUT", url, body.encode())
    for _ in range(2):
        await quiet(system, account)
    assert (await session(alice, mine))["status"] == "scheduled"


@pytest.mark.parametrize("minutes", [0])
async def test_two_students_with_slow_servers_do_not_hold_every_slot(
    system: System, alice: Person, bob: Person, there: Found, minutes: int
) -> None:
    """Twenty slots for all jobs that call outside, ten accounts for a student, and no deadline for a round."""
    original, go = there.changes, asyncio.Event()

    async def slow(*arguments: Any) -> Any:
        await go.wait()  # 29 s for each request of as many as there are calendars
        async for part in original(*arguments):
            yield part

    there.changes = slow  # type: ignore[method-assign, assignment]
    for person in (alice, bob):
        for n in range(10):
            there.address = f"{person.name}-{n}"
            made(await person.post("/api/calendar/caldav/connect", SIGN_IN))
    work = asyncio.ensure_future(system.worker.run())
    try:
        await asyncio.sleep(2)
        carol = await join(system.url, "Carol")
        await asyncio.sleep(5)
        during = len(system.mails(carol.email))
    finally:
        go.set()
        await asyncio.sleep(3)
        system.worker.stop()
        await work
    await carol.http.aclose()
    assert len(system.mails(carol.email)) == 1  # as soon as a slot is free
    assert during == 1
