"""What a sign announces: `#label`, `!priority`, and `@subject`, or a subject that is simply named."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from studyteddy.features.tasks.schemas import Priority
from studyteddy.features.tasks.service.quick_add.languages import GLUE
from studyteddy.features.tasks.service.quick_add.letters import split
from studyteddy.features.tasks.service.quick_add.line import Line

_LONGEST_LABEL, _MOST_LABELS = 50, 20
_MOST_LOOKS = 1_000
"""Comparisons with misspelt names in one line."""
_NUMBERED: dict[int, Priority] = {1: "urgent", 2: "high", 3: "medium", 4: "low"}
_NAMED: tuple[Priority, ...] = ("urgent", "high", "medium", "low")
_SHOUTED: dict[int, Priority] = {2: "high", 3: "urgent"}
_Near = Callable[[str, tuple[str, ...]], bool]
"""A comparison of a word with the words of a name."""


class Labelled(NamedTuple):
    """Tokens from `start` to `end` and their label."""

    start: int
    end: int
    value: str


class Ranked(NamedTuple):
    """Tokens from `start` to `end` and their priority."""

    start: int
    end: int
    level: Priority


class Named(NamedTuple):
    """A subject that a line names, and others that fit as well; a plain word stays in the title."""

    start: int
    end: int
    subjects: list[tuple[UUID, str]]
    cut: bool


def labels(line: Line) -> list[Labelled]:
    """Every label, taken out of the line; a label repeated counts once and is cut each time."""
    found: list[Labelled] = []
    known: set[str] = set()
    for index, token in enumerate(line.tokens):
        if token.text != "#" or not _opens(line, index):
            continue
        name = _run(line.text, token.end)
        if not any(map(str.isalpha, name)) or len(name) > _LONGEST_LABEL:
            continue
        if name not in known and len(known) == _MOST_LABELS:
            continue
        known.add(name)
        end = index + 1
        while end < len(line) and line.tokens[end].start < token.end + len(name):
            end += 1
        line.take(index, end)
        found.append(Labelled(index, end, name))
    return found


def _run(text: str, start: int) -> str:
    end = start
    while end < len(text) and (text[end] in "-_" or unicodedata.category(text[end])[0] in "LMN"):
        end += 1
    return text[start:end].rstrip("-_")


def _opens(line: Line, index: int) -> bool:
    """Whether a sign begins something: it stands after a space or a bracket."""
    return index == 0 or not line.tokens[index].glued or line.tokens[index - 1].text in "([,;"


def priority(line: Line) -> Ranked | None:
    """The first priority, taken out of the line."""
    for index in range(len(line)):
        if line.tokens[index].text in ("!", "p") and not line.used[index] and _opens(line, index):
            found = _shouted(line, index) if line.tokens[index].text == "!" else _numbered(line, index)
            if found:
                line.take(found.start, found.end)
                return found
    return None


def _shouted(line: Line, index: int) -> Ranked | None:
    end = index + 1
    while end < index + 4 and line.is_sign(end, "!"):
        end += 1
    if end - index > 1:
        level = _SHOUTED.get(end - index)
        return Ranked(index, end, level) if level and not line.glued(end) else None
    if not line.glued(end):
        return None
    for name in _NAMED:
        mark = line.mark(end, name)
        if mark and line.stops(mark.end):
            return Ranked(index, mark.end, name)
    return _numbered(line, index)


def _numbered(line: Line, index: int) -> Ranked | None:
    level = _NUMBERED.get(line.number(index + 1) or 0)
    if level and line.glued(index + 1) and line.digits(index + 1) == 1 and line.stops(index + 2):
        return Ranked(index, index + 2, level)
    return None


class _Name(NamedTuple):
    words: tuple[str, ...]
    id: UUID
    name: str


class Subjects:
    """The names of a student's subjects, ready to be compared."""

    def __init__(self, subjects: Iterable[tuple[UUID, str]]) -> None:
        split_names = ((tuple(token.text for token in split(name)), id, name) for id, name in subjects)
        self._names = [_Name(*one) for one in split_names if one[0]]
        self._by_word: dict[str, list[_Name]] = {}
        self._by_letter: dict[str, list[_Name]] = {}
        for name in self._names:
            self._by_word.setdefault(name.words[0], []).append(name)
            self._by_letter.setdefault(name.words[0][0], []).append(name)
        self._looks = 0

    def signed(self, line: Line) -> Named | None:
        """The subject after the first `@` that fits one."""
        for index in range(len(line) - 1):
            if line.tokens[index].text == "@" and line.glued(index + 1) and _opens(line, index):
                found = self._whole(line, index + 1) or self._part(line, index + 1)
                if found:
                    line.take(index, found.end)
                    return found._replace(start=index, cut=True)
        return None

    def plain(self, line: Line) -> Named | None:
        """A subject that the line names in passing: by its whole name first, else shortened or misspelt."""
        alone = [index for index in range(len(line)) if _opens(line, index)]
        whole = [found for index in alone if (found := self._whole(line, index)) and line.stops(found.end, dash=True)]
        if whole:
            others = [one for found in whole for one in found.subjects]
            return whole[0]._replace(subjects=list(dict.fromkeys(others))[:5])
        for near in (_begins, _misspells):
            for index in alone:
                word = line.tokens[index].text
                if line.used[index] or len(word) < 4 or word in GLUE or not line.stops(index + 1, dash=True):
                    continue
                if found := self._like(word, index, near):
                    return found
        return None

    def _whole(self, line: Line, index: int) -> Named | None:
        """The longest names whose words all follow."""
        if line.used[index]:
            return None
        fits = [name for name in self._by_word.get(line.tokens[index].text, ()) if _follows(line, index, name.words)]
        if not fits:
            return None
        longest = max(len(name.words) for name in fits)
        best = [(name.id, name.name) for name in fits if len(name.words) == longest]
        return Named(index, index + longest, best[:5], False)

    def _part(self, line: Line, index: int) -> Named | None:
        """Names that begin so, have such a word, or are written almost so."""
        word = line.tokens[index].text
        for near in (_starts, _has, _misspells):
            found = self._like(word, index, near, self._names)
            if found:
                return found
        return None

    def _like(self, word: str, index: int, near: _Near, among: Sequence[_Name] | None = None) -> Named | None:
        names = self._by_letter.get(word[0], ()) if among is None else among
        if self._looks > _MOST_LOOKS:
            return None
        self._looks += len(names)
        fits = [(name.id, name.name) for name in names if near(word, name.words)]
        return Named(index, index + 1, fits[:5], False) if fits else None


def _follows(line: Line, index: int, words: tuple[str, ...]) -> bool:
    end = index + len(words)
    return line.texts[index:end] == words and not any(line.used[index:end])


def _starts(word: str, words: tuple[str, ...]) -> bool:
    return words[0].startswith(word)


def _begins(word: str, words: tuple[str, ...]) -> bool:
    return len(words[0]) >= 5 and words[0].startswith(word)


def _has(word: str, words: tuple[str, ...]) -> bool:
    return word in words


def _misspells(word: str, words: tuple[str, ...]) -> bool:
    """Whether one letter is too many, missing, wrong, or two changed places; names of five letters and more."""
    name = words[0]
    if len(words) > 1 or len(name) < 5 or abs(len(name) - len(word)) > 1:
        return False
    start, end, other = 0, len(word), len(name)
    while start < end and start < other and word[start] == name[start]:
        start += 1
    while end > start and other > start and word[end - 1] == name[other - 1]:
        end, other = end - 1, other - 1
    left, right = word[start:end], name[start:other]
    return (len(left) <= 1 and len(right) <= 1) or (len(left) == 2 and left == right[::-1])
