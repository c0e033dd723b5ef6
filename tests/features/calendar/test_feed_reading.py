"""Calendars of others are read in a process of its own: what a hostile one can't do to this one."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, date
from pathlib import Path

import pytest
from tests.peers.caldav_servers import LOCK
from tests.peers.locked import installed
from tests.rules.calendar.feeds import SINCE, UNTIL, ZONE, calendar, feed

from studyteddy.features.calendar.formats import feeds
from studyteddy.features.calendar.formats.feed_reader import read
from studyteddy.features.calendar.formats.feeds import (
    MAX_BYTES,
    MAX_EVENTS,
    MAX_PROBLEMS,
    SECONDS,
    UNREADABLE,
    Feed,
    read_feed,
    read_feeds,
)

PACKAGES = ("icalendar", "recurring_ical_events")
EVENT = "UID:{n}\nDTSTART;TZID=Europe/Berlin:20261201T100000\nDURATION:PT1H\nSUMMARY:Event {n}"


async def _read(body: bytes) -> Feed:
    return await read_feed(body, zone=ZONE, since=SINCE, until=UNTIL)


async def test_the_process_returns_what_the_reader_finds() -> None:
    events = [f"{EVENT.format(n='ü')}\nRRULE:FREQ=WEEKLY;COUNT=3", "UID:b\nDTSTART:20261201", "UID:c\nSUMMARY:Broken"]
    found = await _read(calendar(*events, head="X-WR-CALNAME:Uni"))
    assert found == feed(*events, head="X-WR-CALNAME:Uni")
    assert (found.name, len(found.events), len(found.problems), found.is_complete) == ("Uni", 4, 1, False)


async def test_a_web_page_is_not_a_calendar() -> None:
    found = await _read(b"<html><body>Sign in</body></html>")
    assert found.problems == ["The address shows a web page, not a calendar; perhaps it needs a sign-in."]


async def test_a_body_over_the_limit_is_not_read() -> None:
    assert await _read(b" " * (MAX_BYTES + 1)) == Feed(problems=[UNREADABLE])


async def test_a_process_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "SECONDS", 0.01)
    assert await _read(calendar(EVENT.format(n=1))) == Feed(problems=[UNREADABLE])


async def test_calendars_of_other_tests_are_read_without_a_crash() -> None:
    """Those with which `icalendar` and `recurring-ical-events` are tested, which the packages contain."""
    packages = await asyncio.to_thread(installed, LOCK, "caldav")
    paths = [path for name in PACKAGES for path in sorted((packages / name).rglob("*.ics"))]
    assert len(paths) > 250
    bodies, since, until = [path.read_bytes() for path in paths], date(2000, 1, 1), date(2030, 12, 31)
    found = await read_feeds(bodies, zone=ZONE, since=since, until=until)
    assert found == [read(body, zone=ZONE, since=since, until=until) for body in bodies]
    assert sum(bool(read_one.events) for read_one in found) > 150
    for read_one in found:
        assert len(read_one.problems) <= MAX_PROBLEMS
        ids = {(one.uid, one.recurrence_id) for one in read_one.events}
        assert len(ids) == len(read_one.events) <= MAX_EVENTS
        for one in read_one.events:
            assert (one.starts_at is None) != (one.start_date is None)
            if one.starts_at and one.ends_at:
                assert one.starts_at.tzinfo is UTC
                assert one.starts_at <= one.ends_at


async def test_other_work_goes_on_while_calendars_are_read() -> None:
    reading = asyncio.gather(*(_read(calendar(EVENT.format(n=n))) for n in range(4)))
    longest, before = 0.0, time.monotonic()
    while not reading.done():
        await asyncio.sleep(0.005)
        longest, before = max(longest, time.monotonic() - before), time.monotonic()
    assert [len(found.events) for found in await reading] == [1] * 4
    assert longest < 1


def _nested(count: int) -> bytes:
    return calendar(EVENT.format(n=1) + "\nBEGIN:VALARM" * count + "\nEND:VALARM" * count)


BOMBS: dict[str, Callable[[], bytes]] = {
    "nested alarms": lambda: _nested(300_000),
    "alarms": lambda: calendar(EVENT.format(n=1) + "\nBEGIN:VALARM\nTRIGGER:-PT5M\nEND:VALARM" * 200_000),
    "events": lambda: calendar(*(EVENT.format(n=n) + "\nDESCRIPTION:" + "x" * 50 for n in range(50_000))),
    "small events": lambda: calendar(*["DTSTART:20261201"] * 200_000),
    "series": lambda: calendar(*(EVENT.format(n=n) + "\nRRULE:FREQ=HOURLY" for n in range(50_000))),
    "far series": lambda: calendar(
        *(f"UID:{n}\nDTSTART:19000101T000000Z\nRRULE:FREQ=DAILY;COUNT=30000" for n in range(50_000))
    ),
    "one line": lambda: calendar("UID:a\nDTSTART:20261201T100000Z\nDESCRIPTION:" + "<b" * 5_000_000),
    "folds": lambda: calendar("UID:a\nDTSTART:20261201T100000Z\nDESCRIPTION:" + "\n x" * 2_500_000),
    "dates": lambda: calendar("UID:a\nDTSTART:20261201T100000Z\nRDATE:" + "20261201T100000Z," * 600_000),
    "parameters": lambda: calendar("UID:a\nDTSTART" + ";X=1" * 2_500_000 + ":20261201T100000Z"),
    "quotes": lambda: calendar("UID:a\nDTSTART;X=" + '"' * 9_999_999 + ":20261201T100000Z"),
    "spaces": lambda: b" \n" * 5_000_000,
    "tags": lambda: calendar(*(EVENT.format(n=n) + "\nDESCRIPTION:" + "<" * 9_000 for n in range(1_000))),
    "zones": lambda: calendar(*(f"UID:{n}\nDTSTART;TZID=Z{n}:20261201T100000" for n in range(50_000))),
    "descriptions": lambda: calendar(
        *(f"UID:{n}\nDTSTART:20261201\nRRULE:FREQ=DAILY\nDESCRIPTION:" + "字" * 5_000 for n in range(600))
    ),
    "overrides": lambda: calendar(
        EVENT.format(n=1) + "\nRRULE:FREQ=HOURLY",
        *(
            f"UID:1\nRECURRENCE-ID;RANGE=THISANDFUTURE:20270101T{n % 24:02}{n // 24 % 60:02}00Z"
            "\nDTSTART:20261201T100000Z"
            for n in range(50_000)
        ),
    ),
}


# Memory is measured in a small process of its own: a peak is kept for the life of a process, and a child starts with
# its parent's. The calendar is read from standard input; own and child's peaks (KiB) and the events are printed.
_MEASURED = """
import asyncio, resource, sys
from datetime import UTC, date
from studyteddy.features.calendar.formats.feed_reader import read
from studyteddy.features.calendar.formats.feeds import read_feed
body = sys.stdin.buffer.read()
def peak():
    return int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
before = peak()
found = asyncio.run(read_feed(body, zone="Europe/Berlin", since=date(2026, 9, 1), until=date(2027, 3, 31)))
print(peak() - before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, len(found.events), len(found.problems))
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is measured in /proc, which only Linux has")
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_takes_neither_memory_nor_time_of_this_process(name: str) -> None:
    body = BOMBS[name]()
    assert len(body) <= MAX_BYTES
    began = time.monotonic()
    measured = subprocess.run(
        [sys.executable, "-c", _MEASURED], input=body, capture_output=True, timeout=60, check=True
    )
    own, child, events, problems = map(int, measured.stdout.split())
    assert time.monotonic() - began < SECONDS + 15
    assert own < 150_000
    assert child < 700_000
    assert events <= MAX_EVENTS
    assert events or problems


async def test_alarms_do_not_hide_an_event() -> None:
    for body in (_nested(1_000), BOMBS["alarms"]()):
        found = await _read(body)
        assert ([one.title for one in found.events], found.is_complete) == (["Event 1"], True)


@pytest.mark.slow
async def test_fifty_thousand_events_are_read_to_the_limit() -> None:
    old = (f"UID:{n}\nDTSTART:20250101T100000Z\nSUMMARY:Old\nDESCRIPTION:{'x' * 100}" for n in range(50_000))
    found = await read_feed(
        calendar(*old, EVENT.format(n="new")), zone=ZONE, since=date(2026, 9, 1), until=date(2027, 3, 31)
    )
    assert ([one.uid for one in found.events], found.is_complete) == (["new"], True)
