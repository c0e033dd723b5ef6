"""The languages of quick add, one module per language, combined into one table of phrases."""

from __future__ import annotations

from itertools import chain
from types import ModuleType
from typing import NamedTuple

from studyteddy.features.quick_add.parser.languages import de, en, es, fr
from studyteddy.features.quick_add.parser.tokens import tokenize, words

LANGUAGES: dict[str, ModuleType] = {module.CODE: module for module in (en, de, es, fr)}


class Phrase(NamedTuple):
    """A sequence of words and its meaning in a language."""

    words: tuple[str, ...]
    kind: str
    value: int
    language: str
    ambiguous: bool
    """Whether it often means something else."""


def _tokens(phrase: str) -> tuple[str, ...]:
    return tuple(token.text for token in tokenize(phrase))


def _phrases() -> dict[tuple[str, str], list[Phrase]]:
    """Return all phrases by their first two words (the second is empty for single words), longest first."""
    found: dict[tuple[str, str], list[Phrase]] = {}
    for code, module in LANGUAGES.items():
        ambiguous = words(module.AMBIGUOUS)
        for kind, values in module.WORDS.items():
            for value, phrases in values.items():
                for parts in map(_tokens, phrases.split("|")):
                    phrase = Phrase(parts, kind, value, code, len(parts) == 1 and parts[0] in ambiguous)
                    found.setdefault((parts[0], "".join(parts[1:2])), []).append(phrase)
    for candidates in found.values():
        candidates.sort(key=lambda phrase: -len(phrase.words))
    return found


def _word_languages() -> dict[str, frozenset[str]]:
    """Return the languages that a word indicates: function words and unambiguous words, but no short day names."""
    found: dict[str, set[str]] = {}
    short_names = {
        phrase.words[0]
        for phrase in chain.from_iterable(PHRASES.values())
        if phrase.ambiguous and phrase.kind in ("weekday", "month")
    }
    for code, module in LANGUAGES.items():
        for word in words(module.FUNCTION_WORDS):
            found.setdefault(word, set()).add(code)
    for phrase in chain.from_iterable(PHRASES.values()):
        if len(phrase.words) == 1 and not phrase.ambiguous and phrase.words[0].isalpha():
            found.setdefault(phrase.words[0], set()).add(phrase.language)
    return {word: frozenset(codes) for word, codes in found.items() if word not in short_names}


PHRASES = _phrases()
WORD_LANGUAGES = _word_languages()
FUNCTION_WORDS = frozenset().union(*(words(module.FUNCTION_WORDS) for module in LANGUAGES.values()))
COUNTED_NOUNS = frozenset().union(*(words(module.COUNTED_NOUNS) for module in LANGUAGES.values()))
DANGLING = {code: words(module.DANGLING) for code, module in LANGUAGES.items()}
