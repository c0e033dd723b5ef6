"""A calendar account whose screens the tests look at: its calendars, and what was changed on both sides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from unittest.mock import patch
from uuid import UUID

import asyncpg
from tests.cast import Person, made
from tests.e2e.school import COURSES
from tests.peers.memory_calendar import Found, MemoryCalendar, event

from studyteddy.bootstrap.runtime import Runtime
from studyteddy.events import CalendarAccountDue
from studyteddy.features.calendar.providers.provider import Failing, SignInRequired
from studyteddy.features.calendar.service import account_sync
from studyteddy.features.calendar.service.connections import Connections
from studyteddy.platform.identity import Identity

NAMES = {
    "en": ("University", "Family", "Choir rehearsal", "Essay draft"),
    "de": ("Universität", "Familie", "Chorprobe", "Aufsatz entwerfen"),
    "ar": ("الجامعة", "العائلة", "تدريب الكورال", "مسودة المقال"),
}
"""Two calendars, an event, and a task, by language."""


async def connect(person: Person, running: Runtime, language: str, admin: str, *, now: datetime) -> None:
    """Connect an account that is well and has conflicts, one of Google that fails, and one that needs its password."""
    university, family, choir, essay = NAMES[language]
    lesson = COURSES[language][0]
    there = Found({"university": MemoryCalendar(university, color="#ffe082"), "family": MemoryCalendar(family)})
    ten = now.replace(hour=10, minute=0)
    for days in (-3, -2, 0, 1):
        start = ten + timedelta(days=days)
        there.calendars_by_ref["university"].put(f"university/{days}", _event(f"u{days}", lesson, start, 90))
    there.calendars_by_ref["family"].put("family/1", _event("f1", choir, ten.replace(hour=18), 120))
    task = await person.task(essay, estimatedMinutes=60)
    sessions = [await _planned(person, task["id"], ten + timedelta(days=days, hours=4)) for days in (1, 2)]
    account = await _sync(person, running, there)
    refs = {ref.rpartition("/")[2]: ref for ref in there.ours().events}
    for session, day in zip(sessions, (1, 2), strict=True):
        start = ten + timedelta(days=day, hours=6)
        there.ours().put(refs[session], _event("x", essay, start, 60))
        later = {"startAt": (start + timedelta(hours=2)).isoformat()}
        made(await person.patch(f"/api/focus-sessions/{session}", later), 200)
    await _sync(person, running, there, account=account)
    conflict = made(await person.get("/api/calendar/conflicts"), 200)["items"][0]
    made(await person.post(f"/api/calendar/conflicts/{conflict['id']}/reverse"), 200)
    for address, fault in (("ada@work.example", Failing("unavailable")), ("ada@old.example", SignInRequired())):
        await _sync(person, running, Found(address=address), fault=fault)
    connection = await asyncpg.connect(admin)
    google = "UPDATE calendar_accounts SET provider = 'google', access = 'busy' WHERE address = 'ada@work.example'"
    await connection.execute(google)
    # Whoever runs the jobs of everybody later, without these calendars, would synchronize the accounts again.
    rests = "UPDATE calendar_accounts SET asked_at = asked_at + interval '1000 years' WHERE user_id = $1"
    await connection.execute(rests, UUID(person.user["id"]))
    await connection.close()


def _event(uid: str, title: str, start: datetime, minutes: int) -> bytes:
    utc = start.astimezone(UTC)
    return event(uid, title, utc, utc + timedelta(minutes=minutes))


async def _planned(person: Person, task: str, start: datetime) -> str:
    body = {"type": "custom", "plannedMinutes": 60, "startAt": start.isoformat(), "taskId": task}
    return str(made(await person.post("/api/focus-sessions", body))["id"])


async def _sync(
    person: Person, running: Runtime, there: Found, *, account: str = "", fault: Exception | None = None
) -> str:
    """Connect an account unless there is one, and synchronize it without the jobs of others."""

    def fail(_: str) -> None:
        if fault is not None:
            raise fault

    with patch.object(Connections, "caldav", lambda *_, **__: there):
        if not account:
            sign_in = {"url": "cal.example", "username": "ada", "password": "secret"}
            account = made(await person.post("/api/calendar/caldav/connect", sign_in))["id"]
        there.fault = fail
        identity = Identity(UUID(person.user["id"]), UUID(person.user["id"]))
        due = CalendarAccountDue(UUID(account), running.db.clock())
        connections = running.calendar_connections
        pause = running.calendar_pause
        await account_sync.sync(running.db, connections, identity, 1, due, pause=pause)
    return account
