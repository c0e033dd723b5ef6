"""Which of some words a word is: the same with another ending, a large part of it, or it in another spelling.

The words are indexed, since each word of a sentence is compared with those of all answers of a chat.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

_MIN_HEAD, _MAX_ENDING = 5, 3
_MIN_SAID = 4
_MIN_MISSPELLED, _MAX_DIFFERENCE, _SIMILAR = 6, 2, 0.8


class Forms:
    """Words that are recognised in their forms."""

    def __init__(self, words: Iterable[str]) -> None:
        self._parts: dict[str, set[str]] = {}
        self._heads: dict[str, set[str]] = {}
        self._spellings: dict[tuple[str, int], set[str]] = {}
        for word in words:
            for part in _parts(word):
                self._parts.setdefault(part, set()).add(word)
            if len(word) >= _MIN_HEAD:
                self._heads.setdefault(_head(word), set()).add(word)
            if len(word) >= _MIN_MISSPELLED:
                self._spellings.setdefault((word[0], len(word)), set()).add(word)
        self._lengths = sorted({len(head) for head in self._heads})

    def of(self, said: str) -> set[str]:
        """Return the words that a word is with another ending, or a large part of."""
        found = set(self._parts.get(said, ()))
        for length in self._lengths if len(said) >= _MIN_SAID else ():
            found |= self._heads.get(said[:length], set())
        return found

    def has(self, said: str) -> bool:
        """Return whether a word is a form of one of the words."""
        return said in self._parts or (
            len(said) >= _MIN_SAID and any(said[:length] in self._heads for length in self._lengths)
        )

    def has_misspelled(self, said: str) -> bool:
        """Return whether a word is one of the words in another spelling: Westfalia."""
        if len(said) < _MIN_MISSPELLED or not self._spellings:
            return False
        near = range(len(said) - _MAX_DIFFERENCE, len(said) + _MAX_DIFFERENCE + 1)
        words = (word for length in near for word in self._spellings.get((said[0], length), ()))
        return any(_are_similar(said, word) for word in words)


def _parts(word: str) -> Iterable[str]:
    """Yield a word and its beginnings and endings that are large enough to say it."""
    yield word
    if len(word) >= _MIN_HEAD:
        for size in range(max(_MIN_HEAD, (len(word) + 1) // 2), len(word)):
            yield word[:size]
            yield word[-size:]


def _head(word: str) -> str:
    return word[: max(_MIN_HEAD, len(word) - _MAX_ENDING)]


def _are_similar(said: str, word: str) -> bool:
    compared = SequenceMatcher(None, said, word)
    return compared.real_quick_ratio() >= _SIMILAR and compared.ratio() >= _SIMILAR
