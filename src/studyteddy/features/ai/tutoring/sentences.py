"""Splitting a stream of text into sentences, as the leak check needs them; no character is lost or changed."""

from __future__ import annotations

import re

MAX_SENTENCE = 600
MAX_TEXT = 20_000

_END = re.compile(r"[.!?…؟]+[\"'”»)\]*_`]*\s+|[。！？]+[”」』）]*\s*|\n+")
_DOLLARS = re.compile(r"(?<!\\)\$\$?")
_ABBREVIATED = "e.g i.e z.b d.h u.a bzw etc vs ca cf dr mr mrs ms prof nr abb fig eq p.ex usw sr sra approx resp bspw"
_ABBREVIATIONS = frozenset(_ABBREVIATED.split())


class Sentences:
    """Collects pieces of text and returns whole sentences; `limit` characters at most, the rest is dropped."""

    def __init__(self, *, limit: int = MAX_TEXT) -> None:
        self._left = limit
        self._text = ""

    @property
    def is_full(self) -> bool:
        """Return whether further text would be dropped."""
        return self._left <= 0

    def feed(self, text: str) -> list[str]:
        """Return the sentences that a piece of text completes."""
        self._text += text[: self._left]
        self._left -= min(self._left, len(text))
        found: list[str] = []
        while end := self._end():
            found.append(self._text[:end])
            self._text = self._text[end:]
        return found

    def end(self) -> list[str]:
        """Return what remains at the end of the text."""
        last, self._text = self._text, ""
        return [last] if last else []

    def _end(self) -> int:
        """Return where the first sentence ends; zero if it may continue."""
        head = self._text[: MAX_SENTENCE + 1]
        for match in _END.finditer(head):
            if match.end() >= len(head) or match.end() > MAX_SENTENCE:
                break
            if _is_boundary(head, match):
                return match.end()
        return _cut(head) if len(head) > MAX_SENTENCE else 0


def sentences(text: str) -> list[str]:
    """Return the sentences of a whole text."""
    splitting = Sentences()
    return [*splitting.feed(text), *splitting.end()]


def _is_boundary(text: str, match: re.Match[str]) -> bool:
    """Return whether punctuation ends a sentence, and is not part of an abbreviation, a list marker or a formula."""
    if len(_DOLLARS.findall(text[: match.start()])) % 2:
        return "\n\n" in match[0]
    if "\n" in match[0] or not match[0].startswith("."):
        return True
    before = text[: match.start()].rsplit("\n", 1)[-1]
    word = before.split()[-1].lower().lstrip("(") if before.split() else ""
    is_marker = word.isdigit() and before.strip() == word
    return not (is_marker or word in _ABBREVIATIONS or (len(word) == 1 and word.isalpha()))


def _cut(text: str) -> int:
    """Return where a text without sentences is cut: after its last space, or at the maximum."""
    space = text.rfind(" ", 1, MAX_SENTENCE)
    return space + 1 if space > 0 else MAX_SENTENCE
