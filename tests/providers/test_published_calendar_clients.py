"""The published calendar in programs that others wrote: vdirsyncer subscribes to it, and khal lists it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from tests.cast import Person, made
from tests.conftest import System
from tests.peers.calendar_clients import Subscription

DAY = (datetime.now(UTC) + timedelta(days=20)).date()
ZONE = "Europe/Berlin"
TITLE, NOTES = "Essay; draft, 2 “pages”", f"Line 1\nLine 2 {'ü' * 100}"


def local(hour: int, minute: int = 0) -> str:
    """Return a time of `DAY` in UTC as khal shows it to the student."""
    return f"{datetime.combine(DAY, time(hour, minute), UTC).astimezone(ZoneInfo(ZONE)):%Y-%m-%d %H:%M}"


def listed(subscription: Subscription) -> list[tuple[str, ...]]:
    fields = ("start", "end", "title", "description")
    return [tuple(one[name].strip() for name in fields) for one in subscription.listed(DAY, 1)]


async def test_a_moved_session_is_one_changed_event(system: System, alice: Person, tmp_path: Path) -> None:
    admin = await system.admin()
    await admin.execute("UPDATE users SET email_verified_at = now() WHERE id = $1", UUID(alice.user["id"]))
    await admin.close()
    essay = await alice.task(TITLE, dueAt=f"{DAY}T17:00:00Z", description=NOTES)
    await alice.task("Read", dueDate=str(DAY))
    session = {"type": "custom", "plannedMinutes": 50, "taskId": essay["id"], "startAt": f"{DAY}T15:00:00Z"}
    planned = made(await alice.post("/api/focus-sessions", session))
    url = made(await alice.post("/api/calendar/feed", {"alarmMinutes": 15}))["url"]

    address = f"{system.url}{url[url.index('/api/') :]}"
    subscription = await asyncio.to_thread(Subscription, address, tmp_path, zone=ZONE)
    assert len(await asyncio.to_thread(subscription.pull)) == 3
    before, all_day, due = subscription.files(), (str(DAY), str(DAY), "Due: Read", ""), f"Due: {TITLE}"
    assert await asyncio.to_thread(listed, subscription) == [
        all_day,
        (local(15), local(15, 50), f"Focus session: {TITLE}", ""),
        (local(17), local(18), due, NOTES),  # khal shows an hour of an event without a duration
    ]
    assert await asyncio.to_thread(subscription.pull) == []
    assert subscription.files() == before

    made(await alice.patch(f"/api/focus-sessions/{planned['id']}", {"startAt": f"{DAY}T16:00:00Z"}), 200)
    # To vdirsyncer, an event of a subscription is its content: a changed one is removed and added.
    done = [line.split()[0] for line in await asyncio.to_thread(subscription.pull)]
    assert sorted(done) == ["Copying", "Deleting"]
    after = subscription.files()
    assert (len(after), len(before.items() & after.items())) == (3, 2)
    assert await asyncio.to_thread(listed, subscription) == [
        all_day,
        (local(16), local(16, 50), f"Focus session: {TITLE}", ""),
        (local(17), local(18), due, NOTES),
    ]
