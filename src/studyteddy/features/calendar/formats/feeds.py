"""Calendars of others, read as what happens within some weeks.

What is read comes from outside: it is read in a process of its own with limits of memory, time and output
(`feed_child`), and an event that can't be read costs no other event.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path

import msgspec
from msgspec import field

MAX_BYTES = 10 << 20
"""The largest calendar that is read."""
MAX_EVENTS = 5000
MAX_EVENTS_OF_A_SERIES = 1000
MAX_PROBLEMS = 20
SECONDS = 30.0
"""How long reading a calendar may take on a busy machine; the child may use six seconds of the processor."""
MAX_UID, MAX_TITLE, MAX_DESCRIPTION, MAX_LOCATION, MAX_URL = 255, 200, 5000, 200, 1000
MAX_COURSE = 100
UNTITLED = "Untitled"
UNREADABLE = "The calendar is too large, or takes too long to read."
_CHILD = Path(__file__).with_name("feed_child.py")
_THREADS = ThreadPoolExecutor(2, "feeds")
"""At most two calendars are read at once; the others wait."""


class FeedEvent(msgspec.Struct, frozen=True):
    """An event, or one occurrence of a series; (`uid`, `recurrence_id`) is unique in a feed and stays the same.

    Either `starts_at` and `ends_at` are set, or, all day, `start_date` and `end_date`.
    """

    uid: str
    """At most 255 characters."""
    recurrence_id: str
    """When an occurrence of a series would be without changes: `2026-11-30T09:00:00Z`, or a date. Else ""."""
    title: str
    """One line, never empty."""
    description: str
    location: str
    url: str
    """http or https, or ""."""
    course: str
    """What the learning platform calls the course, or ""."""
    starts_at: datetime | None
    """In UTC. A deadline is due then."""
    ends_at: datetime | None
    """In UTC, never before `starts_at`."""
    start_date: date | None
    """A deadline is due on this day."""
    end_date: date | None
    """The day after the last one."""
    is_busy: bool
    is_deadline: bool
    """Something is due, rather than taking place: as learning platforms publish assignments."""


class Feed(msgspec.Struct, frozen=True):
    """A calendar. If it isn't complete, an event that it lacks may still exist."""

    name: str = ""
    events: list[FeedEvent] = field(default_factory=list)
    """By start. The first `MAX_EVENTS` at most, and of each series the first `MAX_EVENTS_OF_A_SERIES`."""
    problems: list[str] = field(default_factory=list)
    """What couldn't be read, as sentences for the student."""
    is_complete: bool = False


async def read_feed(body: bytes, *, zone: str, since: date, until: date) -> Feed:
    """Return the events of an iCalendar text that take place from `since` until `until`, both included.

    `zone`, the student's IANA time zone, applies to the two days and to times without a zone. Nothing is raised for
    what is in `body`: a text that can't be read is a feed that isn't complete, with a problem. Takes 30 seconds at
    most, and longer if others are being read.
    """
    return (await read_feeds([body], zone=zone, since=since, until=until))[0]


async def read_feeds(bodies: Sequence[bytes], *, zone: str, since: date, until: date) -> list[Feed]:
    """Return what `read_feed` would of each text. One that takes too much costs the others only time."""
    arguments = [zone, since.isoformat(), until.isoformat()]
    short = [body if len(body) <= MAX_BYTES else b"" for body in bodies]
    read = await asyncio.get_running_loop().run_in_executor(_THREADS, _read_apart, short, arguments)
    if read is None and len(bodies) > 1:
        half = len(bodies) // 2
        parts = (bodies[:half], bodies[half:])
        return [one for part in parts for one in await read_feeds(part, zone=zone, since=since, until=until)]
    unreadable = Feed(problems=[UNREADABLE])
    if read is None:
        return [unreadable]
    return [feed if len(body) <= MAX_BYTES else unreadable for body, feed in zip(bodies, read, strict=True)]


def _read_apart(bodies: Sequence[bytes], arguments: list[str]) -> list[Feed] | None:
    """Return what a process of its own reads; None if it doesn't survive."""
    with tempfile.TemporaryFile() as calendars, tempfile.TemporaryFile() as out:
        calendars.write(msgspec.msgpack.encode(bodies))
        calendars.seek(0)
        command = [sys.executable, "-I", str(_CHILD), *arguments]
        try:
            subprocess.run(  # noqa: S603 - a program of ours, a time zone and two dates
                command, stdin=calendars, stdout=out, stderr=subprocess.DEVNULL, timeout=SECONDS, check=True, env={}
            )
            out.seek(0)
            read = msgspec.json.decode(out.read(), type=list[Feed])
        except (subprocess.SubprocessError, OSError, msgspec.DecodeError):
            return None
        return read if len(read) == len(bodies) else None
