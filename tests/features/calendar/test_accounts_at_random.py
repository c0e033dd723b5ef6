"""Histories of a calendar account: random changes on both sides, faults and deaths at every request, then peace.

After peace, both sides are equal: nothing is there twice, nothing is lost, and nothing that was deleted has come back.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from tests.cast import Person
from tests.conftest import System
from tests.features.calendar.test_accounts import connect
from tests.peers.memory_calendar import Found, MemoryCalendar, event

from studyteddy.events import CalendarAccountDue
from studyteddy.features.calendar.formats.feed_reader import read
from studyteddy.features.calendar.formats.feeds import Feed
from studyteddy.features.calendar.providers.provider import Failing, Stale
from studyteddy.features.calendar.service import account_round, account_sync
from studyteddy.features.calendar.service.connections import Connections
from studyteddy.features.focus.schemas.commands import Command
from studyteddy.features.focus.schemas.sessions import FocusSession, NewFocusSession, SessionChanges
from studyteddy.features.focus.service import commands, sessions
from studyteddy.platform.identity import Identity

SOAK = os.environ.get("SOAK") == "1"
HISTORIES = 2000 if SOAK else 40
BASE = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=2)
OWN = re.compile(rb"UID:focus-([0-9a-f-]{36})@studyteddy")
PAUSE = timedelta(minutes=15)


class Killed(BaseException):
    """The process ended in the middle of something."""


@dataclass
class History:
    """One account, and what was done to it on both sides."""

    system: System
    identity: Identity
    account_id: UUID
    there: Found
    chance: random.Random
    runner: int = 0
    deleted_there: set[UUID] = field(default_factory=set)
    cancelled: set[UUID] = field(default_factory=set)
    made: list[UUID] = field(default_factory=list)
    renamed: list[UUID] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)

    async def step(self) -> None:
        """Do something, here or there."""
        doing = self.chance.choice(
            [
                self.plan,
                self.plan,
                self.move,
                self.cancel,
                self.move_there,
                self.move_there,
                self.rename_there,
                self.delete_there,
                self.appear,
                self.vanish,
                self.synced,
                self.synced,
                self.disturbed,
                self.disturbed,
                self.forget,
            ]
        )
        self.steps.append(doing.__name__)
        await doing()

    def time(self) -> datetime:
        return BASE + timedelta(minutes=30 * self.chance.randrange(400))

    async def scheduled(self) -> list[FocusSession]:
        reader = self.system.running.db.reading(self.identity)
        now = self.system.clock()
        found = [await sessions.get(reader, self.identity.user_id, one, now=now) for one in self.made]
        return [one for one in found if one.status == "scheduled"]

    async def plan(self) -> None:
        async with self.system.running.db.transaction(self.identity) as tx:
            new = NewFocusSession("custom", planned_minutes=30, start_at=self.time())
            self.made.append((await commands.begin(tx, new)).id)

    async def move(self) -> None:
        for one in self.chosen(await self.scheduled()):
            async with self.system.running.db.transaction(self.identity) as tx:
                changes = SessionChanges(scheduled_at=self.time(), planned_minutes=self.chance.choice([25, 60]))
                await sessions.update(tx, one.id, changes, if_match=None)

    async def cancel(self) -> None:
        for one in self.chosen(await self.scheduled()):
            async with self.system.running.db.transaction(self.identity) as tx:
                await commands.cancel(tx, one.id, Command())
            self.cancelled.add(one.id)

    def ours(self) -> dict[str, Any]:
        found = [one for one in self.there.calendars_by_ref.values() if one.name == "Study Teddy"]
        return found[0].events if found else {}

    def chosen(self, found: Sequence[Any]) -> list[Any]:
        return [self.chance.choice(found)] if found else []

    async def move_there(self) -> None:
        for ref in self.chosen([ref for ref, one in self.ours().items() if OWN.search(one.body)]):
            begin = self.time()
            length = timedelta(minutes=self.chance.choice([30, 60, 0, 600]))
            self.write_there(ref, "Focus session", begin, begin + length)

    async def rename_there(self) -> None:
        for ref in self.chosen([ref for ref, one in self.ours().items() if OWN.search(one.body)]):
            begin = self.time()
            self.write_there(ref, "Exam!", begin, begin + timedelta(minutes=30))
            self.renamed.append(UUID(ref.rpartition("/")[2]))

    def write_there(self, ref: str, title: str, begin: datetime, end: datetime) -> None:
        uid = OWN.search(self.ours()[ref].body)
        assert uid is not None
        self.there.ours().put(ref, event(f"focus-{uid[1].decode()}@studyteddy", title, begin, end))

    async def delete_there(self) -> None:
        for ref in self.chosen(list(self.ours())):
            if uid := OWN.search(self.ours()[ref].body):
                self.deleted_there.add(UUID(uid[1].decode()))
            self.there.ours().remove(ref)

    async def appear(self) -> None:
        name = self.chance.choice([*self.there.calendars_by_ref])
        if name != "holidays":
            begin, number = self.time(), self.chance.randrange(6)
            more = ["RRULE:FREQ=DAILY;COUNT=3"] if number == 5 else []
            body = event(f"x{number}", f"Event {number}", begin, begin + timedelta(hours=1), *more)
            self.there.calendars_by_ref[name].put(f"{name}/x{number}", body)

    async def vanish(self) -> None:
        calendar = self.there.calendars_by_ref["work"]
        for ref in self.chosen(list(calendar.events)):
            calendar.remove(ref)

    async def forget(self) -> None:
        self.there.forgets_tokens = not self.there.forgets_tokens

    async def synced(self) -> None:
        await self.sync()

    async def disturbed(self) -> None:
        """Synchronize with a fault, or the death of the process, at one of the requests."""
        left = self.chance.randrange(1, 16)

        def fault(what: str) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                if self.chance.random() < 0.5:
                    raise Killed
                is_write = what in ("before update", "before delete")
                raise Stale if is_write and self.chance.random() < 0.3 else Failing("unavailable")

        self.there.fault = fault
        try:
            await self.sync()
        except Killed:
            if self.chance.random() < 0.7:  # the job is tried again; otherwise its lease ends
                self.there.fault = lambda _: None
                await self.sync(same=True)
        finally:
            self.there.fault = lambda _: None

    async def sync(self, *, same: bool = False) -> None:
        self.runner += 0 if same else 1
        admin = await self.system.admin()
        await admin.execute("UPDATE account_calendars SET read_at = read_at - interval '2 minutes'")
        if not same:
            over = "UPDATE calendar_accounts SET runs_until = now() - interval '1 second' WHERE id = $1"
            await admin.execute(over, self.account_id)
        await admin.execute("UPDATE calendar_accounts SET asked_at = now() WHERE id = $1", self.account_id)
        asked = await admin.fetchval("SELECT asked_at FROM calendar_accounts WHERE id = $1", self.account_id)
        await admin.close()
        due = CalendarAccountDue(self.account_id, asked)
        running = self.system.running
        await account_sync.sync(running.db, running.calendar_connections, self.identity, self.runner, due, pause=PAUSE)

    async def check(self) -> None:
        """Compare both sides."""
        here = {one.id: one for one in await self.scheduled()}
        there: dict[UUID, tuple[datetime, datetime, str]] = {}
        for stored in self.ours().values():
            if found := OWN.search(stored.body):
                id = UUID(found[1].decode())
                assert id not in there, "twice"
                (shown,) = feeds([stored.body])[0].events
                assert shown.starts_at is not None
                assert shown.ends_at is not None
                # The second time that an event gets a title there, it keeps it.
                is_kept = shown.title == "Exam!" and self.renamed.count(id) > 1
                there[id] = (shown.starts_at, shown.ends_at, "Focus session" if is_kept else shown.title)
        expected = {
            id: (one.scheduled_at, one.scheduled_at + timedelta(minutes=one.planned_minutes), "Focus session")
            for id, one in here.items()
            if one.scheduled_at is not None
        }
        assert there == expected
        assert not self.cancelled & set(here), "resurrected"
        assert set(self.made) - set(here) <= self.cancelled | self.deleted_there, "lost"
        await self.check_events()

    async def check_events(self) -> None:
        admin: asyncpg.Connection[asyncpg.Record] = await self.system.admin()
        rows = await admin.fetch(
            "SELECT e.title, e.starts_at FROM calendar_events AS e JOIN account_calendars AS c ON c.id = e.calendar_id"
            " WHERE c.account_id = $1",
            self.account_id,
        )
        await admin.close()
        bodies = [
            stored.body
            for name, calendar in self.there.calendars_by_ref.items()
            if name != "holidays"
            for stored in calendar.events.values()
            if not OWN.search(stored.body)
        ]
        found = sorted((one.title, one.starts_at) for feed in feeds(bodies) for one in feed.events)
        assert sorted((one["title"], one["starts_at"]) for one in rows) == found


def feeds(bodies: Sequence[bytes]) -> list[Feed]:
    since = date.today() - timedelta(days=60)
    return [read(one, zone="UTC", since=since, until=since + timedelta(days=460)) for one in bodies]


async def _read_here(bodies: Sequence[bytes], *, zone: str, since: date, until: date) -> list[Feed]:
    return [read(one, zone=zone, since=since, until=until) for one in bodies]


@pytest.mark.parametrize("part", range(4))
async def test_both_sides_are_equal_in_the_end(
    system: System, alice: Person, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    # Without a process for each reading, which what is read here doesn't need.
    monkeypatch.setattr(account_round, "read_feeds", _read_here)
    user_id = UUID(alice.user["id"])
    for number in range(part, HISTORIES, 4):
        there = Found({"work": MemoryCalendar("Work"), "holidays": MemoryCalendar("Holidays", writable=False)})
        there.address = f"history-{number}"
        monkeypatch.setattr(Connections, "caldav", lambda *_, there=there, **__: there)
        account = await connect(system, alice)
        history = History(system, Identity(user_id, user_id), UUID(account["id"]), there, random.Random(number))
        try:
            for _ in range(history.chance.randrange(4, 24)):
                await history.step()
            there.forgets_tokens = False
            for _ in range(10):
                await history.sync()
            log = list(there.ours().log)
            await history.sync()
            assert there.ours().log == log, "no peace"
            await history.check()
        except Exception as fault:
            fault.add_note(f"history {number}: {history.steps}")
            raise
        await clear(system, user_id)


async def clear(system: System, user_id: UUID) -> None:
    admin = await system.admin()
    for table in ("calendar_accounts", "focus_sessions"):
        await admin.execute(f"DELETE FROM {table} WHERE user_id = $1", user_id)
    await admin.execute("DELETE FROM jobs WHERE kind LIKE 'calendar.%'")
    await admin.close()
