"""Titles made from the text of a brief, which is data: nothing in it reaches a title as markup or as a request."""

from __future__ import annotations

from collections.abc import Iterable

from studyteddy.features.ai.splitting import safety

MAX_LENGTH = 120
_QUOTE_LENGTH = 70
_READ_CHARACTERS = 300
_EDGES = " \t*_#`~|>\"'“”„«»‹›:;,–—-"


def quotable(text: str) -> str | None:
    """Return the short form in which a line of a brief can stand in a title, or None if it can't."""
    text = text[:_READ_CHARACTERS]
    quoted = shortened(safety.plain(text).strip(_EDGES), _QUOTE_LENGTH)
    if not any(letter.isalnum() for letter in quoted) or not safety.is_plain(quoted):
        return None
    return None if safety.is_dishonest(text) or safety.asks_for_secrets(text) else quoted


def shortened(text: str, length: int) -> str:
    """Return a text of at most `length` characters, cut between words if there are any."""
    if len(text) <= length:
        return text
    kept = text[: length - 1]
    words = kept.rpartition(" ")[0]
    return f"{(words if len(words) > length // 2 else kept).rstrip(_EDGES)}…"


def unique(titles: Iterable[str]) -> list[str]:
    """Number the titles that occurred before: “Read”, “Read (2)”; case makes no difference."""
    found: dict[str, str] = {}
    for title in titles:
        option, number = title, 1
        while option.casefold() in found:
            number += 1
            option = f"{shortened(title, MAX_LENGTH - 6)} ({number})"
        found[option.casefold()] = option
    return list(found.values())
