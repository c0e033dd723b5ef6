"""From tokens to what they say: each token is in one thing at most, and the first thing of each kind counts."""

from __future__ import annotations

from typing import NamedTuple

from studyteddy.features.tasks.service.quick_add import dates, repeats, times
from studyteddy.features.tasks.service.quick_add.dates import Dated, Today
from studyteddy.features.tasks.service.quick_add.line import Line
from studyteddy.features.tasks.service.quick_add.repeats import Repeat
from studyteddy.features.tasks.service.quick_add.times import Lasting, Timed


class Part(NamedTuple):
    """Tokens that say something without a value of their own."""

    start: int
    end: int


class Found(NamedTuple):
    """What the words of a line say."""

    dated: Dated | None = None
    until: Dated | None = None
    """Where the recurrence ends."""
    timed: Timed | None = None
    soon: Lasting | None = None
    lasting: Lasting | None = None
    repeat: Repeat | None = None
    after: Part | None = None
    """Says that the recurrence counts from each completion."""

    def parts(self) -> list[Part]:
        """The tokens of everything."""
        return [Part(one.start, one.end) for one in self if one is not None]


def read(line: Line, today: Today) -> Found:
    """Everything that tokens say, from left to right; what was read is taken from the line."""
    said: list[Repeat | Lasting | Dated | Timed | Part] = []
    soon: list[Lasting] = []
    index = 0
    while index < len(line):
        if line.inside(index) or not line.speaks(index):
            index += 1
            continue
        ahead = times.soon(line, index)
        one = repeats.read(line, index) or ahead or _moment(line, index, today)
        if one is None:
            index += 1
            continue
        (soon if one is ahead else said).append(one)  # type: ignore[arg-type]
        index = one.end
    found = _chosen(said, soon)
    for part in found.parts():
        line.take(part.start, part.end)
    return found


def _moment(line: Line, index: int, today: Today) -> Dated | Timed | Lasting | Part | None:
    mark = line.mark(index, "after")
    if mark:
        return Part(index, mark.end)
    return dates.read(line, index, today) or times.read(line, index) or times.lasting(line, index)


def _chosen(said: list[Repeat | Lasting | Dated | Timed | Part], soon: list[Lasting]) -> Found:
    """The first of each kind; a date that is marked as the end goes before one that is not."""
    repeat = next((one for one in said if isinstance(one, Repeat)), None)
    dated = [one for one in said if isinstance(one, Dated)]
    until = next((one for one in dated if one.until and repeat), None)
    days = [one for one in dated if one is not until]
    day = next((one for one in days if one.due or one.until), days[0] if days else None)
    timed = next((one for one in said if isinstance(one, Timed)), None)
    return Found(
        day,
        until,
        timed,
        soon[0] if soon and not (timed or day) else None,
        next((one for one in said if isinstance(one, Lasting)), None),
        repeat,
        next((one for one in said if isinstance(one, Part)), None) if repeat else None,
    )
