"""The languages of the tutor's recognizers, one module per language, combined into one table of phrases.

A text is compared with the phrases of all languages at once, since students mix them. Words of other languages match
nothing, so that the state machine treats such a message as talk without an attempt.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import ModuleType

from studyteddy.features.ai.tutoring.languages import ar, de, en, es, fr
from studyteddy.platform import fulltext

LANGUAGES: dict[str, ModuleType] = {module.CODE: module for module in (en, de, fr, es, ar)}
_ARABIC = str.maketrans({"ة": "ه", "ى": "ي", "ـ": ""})
_PREFIXES = "وف"
"""Arabic conjunctions, written without a space before the next word."""


def words(text: str) -> list[str]:
    """Return the words of a text without case, accents and variants of Arabic letters."""
    return [unified(word) for word in fulltext.words(text)]


def unified(text: str) -> str:
    """Return a text with one form for the variants of Arabic letters."""
    return text.translate(_ARABIC)


def phrases(listed: str) -> Iterator[tuple[str, ...]]:
    """Yield the words of each phrase of a list separated by `|`."""
    return (tuple(words(phrase)) for phrase in listed.split("|"))


def says(kind: str, text: Sequence[str]) -> bool:
    """Return whether a phrase of a kind occurs among the words of a text."""
    return any(length_at(kind, text, at) for at in range(len(text)))


def length_at(kind: str, text: Sequence[str], at: int) -> int:
    """Return the number of words of the longest phrase of a kind that starts at a word; zero if there is none."""
    return next((len(phrase) for phrase in _candidates(kind, text[at]) if _continues(phrase, text, at)), 0)


def precedes(kind: str, text: Sequence[str], at: int) -> bool:
    """Return whether a phrase of a kind ends just before a word."""
    return any(length_at(kind, text[:at], start) == at - start for start in range(max(0, at - 4), at))


def _candidates(kind: str, word: str) -> list[tuple[str, ...]]:
    table = _PHRASES[kind]
    return table.get(word) or (table.get(word[1:], []) if word[0] in _PREFIXES else [])


def _continues(phrase: tuple[str, ...], text: Sequence[str], at: int) -> bool:
    return tuple(text[at + 1 : at + len(phrase)]) == phrase[1:]


def _table(kind: str) -> dict[str, list[tuple[str, ...]]]:
    found: dict[str, list[tuple[str, ...]]] = {}
    for module in LANGUAGES.values():
        for phrase in phrases(module.WORDS[kind]):
            found.setdefault(phrase[0], []).append(phrase)
    for same_start in found.values():
        same_start.sort(key=len, reverse=True)
    return found


_PHRASES = {kind: _table(kind) for kind in en.WORDS}
