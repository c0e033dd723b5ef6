"""Outlines of work: parts that consist of smaller parts, and the cut of an outline into a number of steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from studyteddy.features.ai.schemas.steps import CitedSpan


class Part(NamedTuple):
    """A part of the work: it is either done as one step, or its smaller parts are."""

    title: str
    minutes: int
    parts: tuple[Part, ...] = ()
    cites: tuple[CitedSpan, ...] = ()
    is_piece: bool = False
    """One of the pieces of a part that has no smaller parts."""


def read(text: str) -> tuple[Part, ...]:
    """Return the parts of an indented text; a line without smaller parts begins with its minutes."""
    return _parts([line for line in text.splitlines() if line.strip()])


def cut(parts: Sequence[Part], count: int, piece: str) -> list[Part]:
    """Replace the longest part by its smaller parts until there are `count`.

    When no part has smaller ones, the longest is halved; `piece` is the pattern of the titles of pieces. Parts must
    consist of two smaller parts, otherwise some counts are never reached.
    """
    found = list(parts)
    while len(found) < count:
        place = max(range(len(found)), key=lambda place: (bool(found[place].parts), found[place].minutes))
        found[place : place + 1] = found[place].parts or _halved(found[place])
    return [part for _, same in groupby(found, _origin) for part in _numbered(list(same), piece)]


def _halved(part: Part) -> list[Part]:
    return [part._replace(minutes=(part.minutes + 1) // 2, is_piece=True)] * 2


def _origin(part: Part) -> tuple[str, tuple[CitedSpan, ...], bool]:
    return part.title, part.cites, part.is_piece


def _numbered(same: Sequence[Part], piece: str) -> Iterator[Part]:
    """Yield parts with the number of each piece in its title."""
    for number, part in enumerate(same, 1):
        title = piece.format(title=part.title, number=number, count=len(same))
        yield part._replace(title=title) if part.is_piece else part


def _parts(lines: Sequence[str]) -> tuple[Part, ...]:
    return tuple(_part(*group) for group in _groups(lines))


def _part(line: str, *smaller: str) -> Part:
    if not smaller:
        minutes, title = line.split(maxsplit=1)
        return Part(title.strip(), int(minutes))
    parts = _parts(smaller)
    return Part(line.strip(), sum(part.minutes for part in parts), parts)


def _groups(lines: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield each line that is indented as the first one, together with the deeper lines that follow."""
    starts = [place for place, line in enumerate(lines) if _indent(line) == _indent(lines[0])]
    for start, end in zip(starts, (*starts[1:], len(lines)), strict=True):
        yield lines[start:end]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
