"""Changes in the iCalendar text of others: only the properties that were meant change, and every other line stays."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from studyteddy.features.calendar.formats.ics import folded, instant, text_line

_NAME = re.compile(r"[A-Za-z0-9-]+")
_REPLACED = frozenset({"DTSTART", "DTEND", "DURATION", "SUMMARY", "DTSTAMP", "LAST-MODIFIED"})


def moved(body: bytes, *, title: str, starts_at: datetime, ends_at: datetime, now: datetime) -> bytes:
    """Return an iCalendar text in which the first event has another title and time; raise `ValueError` without one."""
    lines = re.sub(r"\r?\n[ \t]", "", body.decode(errors="replace")).splitlines()
    begin = next((n for n, line in enumerate(lines) if line.strip().upper() == "BEGIN:VEVENT"), None)
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


def _others(lines: list[str]) -> Iterator[str]:
    """Yield what follows, without the replaced properties of the first event itself: not those of its alarms."""
    depth, is_first = 0, True
    for line in lines:
        name = _NAME.match(line)
        kind = name[0].upper() if name else ""
        if kind == "END" and depth == 0:
            is_first = False
        depth += (kind == "BEGIN") - (kind == "END")
        if not (is_first and depth == 0 and kind in _REPLACED):
            yield line
