"""Sigils: `#label`, `!priority` and `@subject`; also subjects named without a sigil."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from studyteddy.features.quick_add.parser.languages import FUNCTION_WORDS
from studyteddy.features.quick_add.parser.line import Line
from studyteddy.features.quick_add.parser.tokens import tokenize
from studyteddy.features.tasks.schemas.tasks import Priority
from studyteddy.platform.fields import MAX_LABEL_LENGTH
from studyteddy.platform.text import is_visible

_MAX_LABELS = 20
_MAX_COMPARISONS = 1_000
"""The maximum number of name comparisons per line."""
_NUMBERED: dict[int, Priority] = {1: "urgent", 2: "high", 3: "medium", 4: "low"}
_NAMED: tuple[Priority, ...] = ("urgent", "high", "medium", "low")
_EXCLAIMED: dict[int, Priority] = {2: "high", 3: "urgent"}
_Comparison = Callable[[str, tuple[str, ...]], bool]
"""Compares a word with the words of a name."""


class LabelMatch(NamedTuple):
    """A label in a line."""

    start: int
    end: int
    value: str


class PriorityMatch(NamedTuple):
    """A priority in a line."""

    start: int
    end: int
    level: Priority


class SubjectMatch(NamedTuple):
    """A subject in a line and other candidates; without a sigil, it stays in the title."""

    start: int
    end: int
    subjects: list[tuple[UUID, str]]
    cut: bool


def labels(line: Line) -> list[LabelMatch]:
    """Find and consume all labels; a repeated label counts once."""
    found: list[LabelMatch] = []
    known: set[str] = set()
    for index, token in enumerate(line.tokens):
        if token.text != "#" or not _can_start(line, index):
            continue
        name = _label_at(line.text, token.end)
        if not any(letter.isalpha() and is_visible(letter) for letter in name) or _length(name) > MAX_LABEL_LENGTH:
            continue
        if name not in known and len(known) == _MAX_LABELS:
            continue
        known.add(name)
        end = index + 1
        while end < len(line) and line.tokens[end].start < token.end + len(name):
            end += 1
        line.consume(index, end)
        found.append(LabelMatch(index, end, name))
    return found


def _label_at(text: str, start: int) -> str:
    end = start
    while end < len(text) and (text[end] in "-_" or unicodedata.category(text[end])[0] in "LMN"):
        end += 1
    return text[start:end].rstrip("-_")


def _length(name: str) -> int:
    """Return the length of a label as it is stored, in NFC, which has more characters for some letters."""
    return len(unicodedata.normalize("NFC", name))


def _can_start(line: Line, index: int) -> bool:
    """Return whether a token can start something: it follows a space or a bracket."""
    return index == 0 or not line.tokens[index].adjacent or line.tokens[index - 1].text in "([,;"


def priority(line: Line) -> PriorityMatch | None:
    """Find and consume the first priority."""
    for index in range(len(line)):
        if line.tokens[index].text in ("!", "p") and not line.consumed[index] and _can_start(line, index):
            found = _exclaimed(line, index) if line.tokens[index].text == "!" else _numbered(line, index)
            if found:
                line.consume(found.start, found.end)
                return found
    return None


def _exclaimed(line: Line, index: int) -> PriorityMatch | None:
    end = index + 1
    while end < index + 4 and line.is_symbol(end, "!"):
        end += 1
    if end - index > 1:
        level = _EXCLAIMED.get(end - index)
        return PriorityMatch(index, end, level) if level and not line.is_adjacent(end) else None
    if not line.is_adjacent(end):
        return None
    for name in _NAMED:
        match = line.match(end, name)
        if match and line.is_boundary(match.end):
            return PriorityMatch(index, match.end, name)
    return _numbered(line, index)


def _numbered(line: Line, index: int) -> PriorityMatch | None:
    level = _NUMBERED.get(line.number(index + 1) or 0)
    if level and line.is_adjacent(index + 1) and line.digit_count(index + 1) == 1 and line.is_boundary(index + 2):
        return PriorityMatch(index, index + 2, level)
    return None


class _Name(NamedTuple):
    words: tuple[str, ...]
    id: UUID
    name: str


class Subjects:
    """The names of a student's subjects, indexed for comparison."""

    def __init__(self, subjects: Iterable[tuple[UUID, str]]) -> None:
        split_names = ((tuple(token.text for token in tokenize(name)), id, name) for id, name in subjects)
        self._names = [_Name(*one) for one in split_names if one[0]]
        self._by_word: dict[str, list[_Name]] = {}
        self._by_letter: dict[str, list[_Name]] = {}
        for name in self._names:
            self._by_word.setdefault(name.words[0], []).append(name)
            self._by_letter.setdefault(name.words[0][0], []).append(name)
        self._comparisons = 0

    def after_sigil(self, line: Line) -> SubjectMatch | None:
        """Return the subject of the first `@` that matches one."""
        for index in range(len(line) - 1):
            if line.tokens[index].text == "@" and line.is_adjacent(index + 1) and _can_start(line, index):
                found = self._exact(line, index + 1) or self._part(line, index + 1)
                if found:
                    line.consume(index, found.end)
                    return found._replace(start=index, cut=True)
        return None

    def without_sigil(self, line: Line) -> SubjectMatch | None:
        """Return a subject named without a sigil: by its full name, otherwise abbreviated or misspelt."""
        starts = [index for index in range(len(line)) if _can_start(line, index)]
        return self._full_names(line, starts) or self._similar_names(line, starts)

    def _full_names(self, line: Line, starts: list[int]) -> SubjectMatch | None:
        """Return the first subject whose full name is in the line, with the other ones as candidates."""
        found = [one for index in starts if (one := self._exact(line, index)) and line.is_boundary(one.end, dash=True)]
        if not found:
            return None
        subjects = dict.fromkeys(subject for one in found for subject in one.subjects)
        return found[0]._replace(subjects=list(subjects)[:5])

    def _similar_names(self, line: Line, starts: list[int]) -> SubjectMatch | None:
        """Return the first subject that a word abbreviates, otherwise the first one that a word misspells."""
        indices = [index for index in starts if _can_be_name(line, index)]
        for matches in (_begins, _misspells):
            for index in indices:
                if found := self._similar(line.tokens[index].text, index, matches):
                    return found
        return None

    def _exact(self, line: Line, index: int) -> SubjectMatch | None:
        """Return the longest names that start at a token."""
        if line.consumed[index]:
            return None
        fits = [name for name in self._by_word.get(line.tokens[index].text, ()) if _follows(line, index, name.words)]
        if not fits:
            return None
        longest = max(len(name.words) for name in fits)
        best = [(name.id, name.name) for name in fits if len(name.words) == longest]
        return SubjectMatch(index, index + longest, best[:5], False)

    def _part(self, line: Line, index: int) -> SubjectMatch | None:
        """Return the names that start with, contain or resemble a word."""
        word = line.tokens[index].text
        for matches in (_starts, _has, _misspells):
            found = self._similar(word, index, matches, self._names)
            if found:
                return found
        return None

    def _similar(
        self, word: str, index: int, matches: _Comparison, among: Sequence[_Name] | None = None
    ) -> SubjectMatch | None:
        names = self._by_letter.get(word[0], ()) if among is None else among
        if self._comparisons > _MAX_COMPARISONS:
            return None
        self._comparisons += len(names)
        fits = [(name.id, name.name) for name in names if matches(word, name.words)]
        return SubjectMatch(index, index + 1, fits[:5], False) if fits else None


def _can_be_name(line: Line, index: int) -> bool:
    """Return whether a token can abbreviate or misspell a name: a complete word that is not a function word."""
    word = line.tokens[index].text
    if line.consumed[index] or len(word) < 4 or word in FUNCTION_WORDS:
        return False
    return line.is_boundary(index + 1, dash=True)


def _follows(line: Line, index: int, words: tuple[str, ...]) -> bool:
    end = index + len(words)
    return line.texts[index:end] == words and not any(line.consumed[index:end])


def _starts(word: str, words: tuple[str, ...]) -> bool:
    return words[0].startswith(word)


def _begins(word: str, words: tuple[str, ...]) -> bool:
    return len(words[0]) >= 5 and words[0].startswith(word)


def _has(word: str, words: tuple[str, ...]) -> bool:
    return word in words


def _misspells(word: str, words: tuple[str, ...]) -> bool:
    """Return whether a word differs from a name of at least five letters by one edit or transposition."""
    name = words[0]
    if len(words) > 1 or len(name) < 5 or abs(len(name) - len(word)) > 1:
        return False
    start, end, other = 0, len(word), len(name)
    while start < end and start < other and word[start] == name[start]:
        start += 1
    while end > start and other > start and word[end - 1] == name[other - 1]:
        end, other = end - 1, other - 1
    return _is_one_edit(word[start:end], name[start:other])


def _is_one_edit(left: str, right: str) -> bool:
    return (len(left) <= 1 and len(right) <= 1) or (len(left) == 2 and left == right[::-1])
