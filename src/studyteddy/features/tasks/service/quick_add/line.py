"""A line that is being read: its tokens, the phrases that begin at each of them, and what was taken already."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple, Protocol

from studyteddy.features.tasks.service.quick_add.languages import GLUE, NOUNS, PHRASES, TONGUES, Phrase
from studyteddy.features.tasks.service.quick_add.letters import Token, split, words

_DASHES = "-–—"
_CLOSING = words("day tonight weekday each every freq by until on at for after end days oclock halfday clock part set")
"""Kinds of phrases before which a number is complete."""


class Mark(NamedTuple):
    """A phrase of the line: what it means and the index of the token after it."""

    value: int
    end: int
    language: str
    weak: bool


class Placed(Protocol):
    """Something that was read from some tokens in a row."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int:
        """The token after."""


class Line:
    """The tokens of a text with what they may mean; `locale` is the student's language."""

    __slots__ = ("_marks", "language", "text", "texts", "tokens", "used")

    def __init__(self, text: str, locale: str) -> None:
        self.text = text
        self.tokens = split(text)
        self.texts = tuple(token.text for token in self.tokens)
        self.used = [False] * len(self.tokens)
        self.language = _language(self.tokens, locale)
        self._marks = [self._at(index) for index in range(len(self.tokens))]

    def __len__(self) -> int:
        return len(self.tokens)

    def _at(self, index: int) -> dict[str, Mark]:
        text = self.tokens[index].text
        after = self.tokens[index + 1].text if index + 1 < len(self.tokens) else ""
        found: dict[str, Mark] = {}
        for phrase in (*PHRASES.get((text, after), ()), *PHRASES.get((text, ""), ())):
            end = index + len(phrase.words)
            known = found.get(phrase.kind)
            if known is not None and (known.end > end or not self._suits(phrase, known)):
                continue
            if end <= index + 2 or self.texts[index:end] == phrase.words:
                found[phrase.kind] = Mark(phrase.value, end, phrase.language, phrase.weak)
        return found

    def _suits(self, phrase: Phrase, known: Mark) -> bool:
        """Whether a phrase is a better reading than one of the same length: the line's language decides."""
        return phrase.language == self.language and known.language != self.language

    def take(self, start: int, end: int) -> None:
        """Nothing else may be read into these tokens."""
        self.used[start:end] = [True] * (end - start)

    def mark(self, index: int, kind: str) -> Mark | None:
        """The longest phrase of a kind that begins at a token."""
        if index >= len(self.tokens) or self.used[index]:
            return None
        return self._marks[index].get(kind)

    def after(self, index: int, kind: str) -> int:
        """The token after a phrase of a kind, or the same where there is none."""
        found = self.mark(index, kind)
        return found.end if found else index

    def sure(self, mark: Mark) -> bool:
        """Whether a phrase is not weak, or is one of the line's own language."""
        return not mark.weak or mark.language == self.language

    def number(self, index: int, *, most: int = 9999) -> int | None:
        """The number at a token, up to `most`."""
        if index >= len(self.tokens) or self.used[index]:
            return None
        text = self.tokens[index].text
        if len(text) > 4 or not (text.isascii() and text.isdigit()):
            return None
        value = int(text)
        return value if value <= most else None

    def digits(self, index: int) -> int:
        """How many digits stand at a token."""
        return len(self.tokens[index].text) if self.number(index) is not None else 0

    def is_sign(self, index: int, signs: str, *, glued: bool = True) -> bool:
        """Whether one of these signs stands at a token, without a space before it if `glued`."""
        if not 0 <= index < len(self.tokens) or self.used[index]:
            return False
        token = self.tokens[index]
        return token.text in signs and (token.glued or not glued)

    def glued(self, index: int) -> bool:
        """Whether there is a token, and no space before it."""
        return index < len(self.tokens) and self.tokens[index].glued

    def is_word(self, index: int) -> bool:
        return index < len(self.tokens) and self.tokens[index].text.isalpha()

    def speaks(self, index: int) -> bool:
        """Whether a token is a number or may begin a phrase."""
        return bool(self._marks[index]) or self.number(index) is not None

    def inside(self, index: int) -> bool:
        """Whether a token is within a name: right after a quotation mark, or a word that hangs on to another."""
        if not self.tokens[index].glued:
            return False
        before = self.tokens[index - 1].text
        return before in '"“„«»”' or (self.is_word(index) and (before in "-–'_/." or before.isalnum()))

    def free(self, index: int) -> bool:
        """Whether the number at a token counts nothing that stands before it: a chapter, a page, a range, a version."""
        if index == 0:
            return True
        before = self.tokens[index - 1].text
        if self.tokens[index].glued:
            return before in "([\"'~,;" or (before == "@" and not self.tokens[index - 1].glued)
        if before in NOUNS:
            return False
        if before == "." and index > 1 and self.tokens[index - 1].glued:
            return self.tokens[index - 2].text not in NOUNS
        return not (before in _DASHES and index > 1 and self.tokens[index - 2].text.isdigit())

    def stops(self, index: int, *, dash: bool = False) -> bool:
        """Whether what ends before a token is complete: no letter, digit or fraction hangs on to it."""
        if not self.glued(index):
            return True
        text = self.tokens[index].text
        if text.isalnum():
            return False
        if text in "'%$€£°*^=_\\":
            return False
        joins = text in ("/:.,+" if dash else "/:.,+" + _DASHES)
        return not (joins and self.glued(index + 1) and self.tokens[index + 1].text.isalnum())

    def closed(self, index: int) -> bool:
        """Whether no noun follows that a number before this token could count."""
        if index >= len(self.tokens) or self.used[index]:
            return True
        token = self.tokens[index]
        if not token.text.isalpha():
            joins = (token.glued and token.text in _DASHES) or (token.text == ":" and self.glued(index + 1))
            return not (joins or token.text in "/%+*=")
        return token.text in GLUE or not _CLOSING.isdisjoint(self._marks[index])


def _language(tokens: list[Token], locale: str) -> str:
    """The language that most words speak for; the student's own wins ties, and then English."""
    votes: Counter[str] = Counter({locale: 1, "en": 0})
    for token in tokens:
        for code in TONGUES.get(token.text, ()) if not token.glued else ():  # the “am” of 7am is no German
            votes[code] += 2
    return max(votes, key=lambda code: (votes[code], code == locale, code == "en"))
