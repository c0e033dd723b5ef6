"""A line that is being parsed: its tokens, the phrases that start at each of them, and the consumed ones."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple, Protocol

from studyteddy.features.quick_add.parser.languages import (
    COUNTED_NOUNS,
    FUNCTION_WORDS,
    LANGUAGES,
    PHRASES,
    WORD_LANGUAGES,
    Phrase,
)
from studyteddy.features.quick_add.parser.tokens import Token, tokenize, words

_DASHES = "-–—"
_CLOSING = words("day tonight weekday each every freq by until on at for after end days oclock halfday clock part set")
"""The kinds of phrases before which a number is complete."""


class Match(NamedTuple):
    """A phrase in the line: its meaning and the index of the token after it."""

    value: int
    end: int
    language: str
    ambiguous: bool


class Located(Protocol):
    """Something that was read from consecutive tokens."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int:
        """The index of the token after it."""


class Line:
    """The tokens of a text and their possible meanings; `locale` is the student's language."""

    __slots__ = ("_matches", "consumed", "language", "text", "texts", "tokens")

    def __init__(self, text: str, locale: str) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.texts = tuple(token.text for token in self.tokens)
        self.consumed = [False] * len(self.tokens)
        self.language = _language(self.tokens, locale)
        self._matches = [self._at(index) for index in range(len(self.tokens))]

    def __len__(self) -> int:
        return len(self.tokens)

    def _at(self, index: int) -> dict[str, Match]:
        text = self.tokens[index].text
        after = self.tokens[index + 1].text if index + 1 < len(self.tokens) else ""
        found: dict[str, Match] = {}
        for phrase in (*PHRASES.get((text, after), ()), *PHRASES.get((text, ""), ())):
            end = index + len(phrase.words)
            known = found.get(phrase.kind)
            if known is not None and (known.end > end or not self._suits(phrase, known)):
                continue
            if end <= index + 2 or self.texts[index:end] == phrase.words:
                found[phrase.kind] = Match(phrase.value, end, phrase.language, phrase.ambiguous)
        return found

    def _suits(self, phrase: Phrase, known: Match) -> bool:
        """Return whether a phrase is preferable to another of the same length, by the line's language."""
        return phrase.language == self.language and known.language != self.language

    def consume(self, start: int, end: int) -> None:
        """Mark tokens as consumed."""
        self.consumed[start:end] = [True] * (end - start)

    def match(self, index: int, kind: str) -> Match | None:
        """Return the longest phrase of a kind that starts at a token."""
        if index >= len(self.tokens) or self.consumed[index]:
            return None
        return self._matches[index].get(kind)

    def skip(self, index: int, kind: str) -> int:
        """Return the token after a phrase of a kind, or the same token if there is none."""
        found = self.match(index, kind)
        return found.end if found else index

    def is_certain(self, match: Match) -> bool:
        """Return whether a phrase is unambiguous or in the line's language."""
        return not match.ambiguous or match.language == self.language

    def number(self, index: int, *, maximum: int = 9999) -> int | None:
        """Return the number at a token if it is at most `maximum`."""
        if index >= len(self.tokens) or self.consumed[index]:
            return None
        text = self.tokens[index].text
        if len(text) > 4 or not (text.isascii() and text.isdigit()):
            return None
        value = int(text)
        return value if value <= maximum else None

    def digit_count(self, index: int) -> int:
        """Return the number of digits of a token."""
        return len(self.tokens[index].text) if self.number(index) is not None else 0

    def is_symbol(self, index: int, symbols: str, *, adjacent: bool = True) -> bool:
        """Return whether a token is one of these symbols; if `adjacent`, without a space before it."""
        if not 0 <= index < len(self.tokens) or self.consumed[index]:
            return False
        token = self.tokens[index]
        return token.text in symbols and (token.adjacent or not adjacent)

    def is_adjacent(self, index: int) -> bool:
        """Return whether there is a token without a space before it."""
        return index < len(self.tokens) and self.tokens[index].adjacent

    def is_word(self, index: int) -> bool:
        return index < len(self.tokens) and self.tokens[index].text.isalpha()

    def can_match(self, index: int) -> bool:
        """Return whether a token is a number or can start a phrase."""
        return bool(self._matches[index]) or self.number(index) is not None

    def is_inside_name(self, index: int) -> bool:
        """Return whether a token is inside a name: after a quotation mark, or joined to another word."""
        if not self.tokens[index].adjacent:
            return False
        before = self.tokens[index - 1].text
        return before in '"“„«»”' or (self.is_word(index) and (before in "-–'_/." or before.isalnum()))

    def is_standalone(self, index: int) -> bool:
        """Return whether the number at a token is not part of what precedes it: a chapter, page, range or version."""
        if index == 0:
            return True
        before = self.tokens[index - 1].text
        if self.tokens[index].adjacent:
            return before in "([\"'~,;" or (before == "@" and not self.tokens[index - 1].adjacent)
        if before in COUNTED_NOUNS:
            return False
        if before == "." and index > 1 and self.tokens[index - 1].adjacent:
            return self.tokens[index - 2].text not in COUNTED_NOUNS
        return not (before in _DASHES and index > 1 and self.tokens[index - 2].text.isdigit())

    def is_boundary(self, index: int, *, dash: bool = False) -> bool:
        """Return whether what ends before a token is complete, without a letter, digit or fraction attached to it."""
        if not self.is_adjacent(index):
            return True
        text = self.tokens[index].text
        if text.isalnum():
            return False
        if text in "'%$€£°*^=_\\":
            return False
        joins = text in ("/:.,+" if dash else "/:.,+" + _DASHES)
        return not (joins and self.is_adjacent(index + 1) and self.tokens[index + 1].text.isalnum())

    def is_terminated(self, index: int) -> bool:
        """Return whether no noun follows that a preceding number could count."""
        if index >= len(self.tokens) or self.consumed[index]:
            return True
        token = self.tokens[index]
        if not token.text.isalpha():
            joins = (token.adjacent and token.text in _DASHES) or (token.text == ":" and self.is_adjacent(index + 1))
            return not (joins or token.text in "/%+*=")
        return token.text in FUNCTION_WORDS or not _CLOSING.isdisjoint(self._matches[index])


def _language(tokens: list[Token], locale: str) -> str:
    """Return the language that most words indicate; the student's language wins ties, then the order of `LANGUAGES`."""
    votes: Counter[str] = Counter({locale: 1})
    for token in tokens:
        for code in WORD_LANGUAGES.get(token.text, ()) if not token.adjacent else ():  # the “am” of 7am is not German
            votes[code] += 2
    return max(LANGUAGES, key=lambda code: (votes[code], code == locale))
