"""Changes in the iCalendar text of others: only the properties that were meant change, and every other line stays."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from studyteddy.features.calendar.formats.ics import folded, instant, text_line

_NAME = re.compile(r"[A-Za-z0-9-]+")
_REPLACED = frozenset({"DTSTART", "DTEND", "DURATION", "SUMMARY", "DTSTAMP", "LAST-MODIFIED"})


def moved(body: bytes, *, title: str, starts_at: datetime, ends_at: datetime, now: datetime) -> bytes:
    """Return an iCalendar text in which the event has another title and time; raise `ValueError` without one.

    Of a series, that is the master: exceptions, which may come first, stay.
    """
    # Not `splitlines`, which also splits at characters within a text, such as U+2028.
    lines = re.split(r"\r?\n", re.sub(r"\r?\n[ \t]", "", body.decode(errors="replace")))
    begin = _master(lines)
    if begin is None:
        raise ValueError("the text has no event")
    new = [
        f"DTSTAMP:{instant(now.astimezone(UTC))}",
        f"LAST-MODIFIED:{instant(now.astimezone(UTC))}",
        f"DTSTART:{instant(starts_at)}",
        f"DTEND:{instant(ends_at)}",
        text_line("SUMMARY", title),
    ]
    edited = [*lines[: begin + 1], *new, *_others(lines[begin + 1 :])]
    return "".join(f"{piece}\r\n" for line in edited if line for piece in folded(line)).encode()


def _master(lines: list[str]) -> int | None:
    """Return where the first event begins that is no exception of a series, or None."""
    begin, depth = None, 0
    for n, line in enumerate(lines):
        kind = _kind(line)
        if begin is None:
            if line.strip().upper() == "BEGIN:VEVENT":
                begin, depth = n, 0
        elif depth == 0 and kind == "RECURRENCE-ID":
            begin = None
        elif depth == 0 and kind == "END":
            break
        else:
            depth += (kind == "BEGIN") - (kind == "END")
    return begin


def _others(lines: list[str]) -> Iterator[str]:
    """Yield what follows, without the replaced properties of the event itself: not those of its alarms."""
    depth, is_first = 0, True
    for line in lines:
        kind = _kind(line)
        if kind == "END" and depth == 0:
            is_first = False
        depth += (kind == "BEGIN") - (kind == "END")
        if not (is_first and depth == 0 and kind in _REPLACED):
            yield line


def _kind(line: str) -> str:
    """Return the name of the property in a line, or ""."""
    name = _NAME.match(line)
    return name[0].upper() if name else ""
