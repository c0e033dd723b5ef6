"""The languages of the quick-add line, one module a language, put together into one table of phrases."""

from __future__ import annotations

from typing import NamedTuple

from studyteddy.features.tasks.service.quick_add.languages import de, en, es, fr
from studyteddy.features.tasks.service.quick_add.letters import split, words

LANGUAGES = {module.CODE: module for module in (en, de, es, fr)}


class Phrase(NamedTuple):
    """Some words in a row and what they mean in a language."""

    words: tuple[str, ...]
    kind: str
    value: int
    language: str
    weak: bool
    """Means something else as often."""


def _tokens(phrase: str) -> tuple[str, ...]:
    return tuple(token.text for token in split(phrase))


def _phrases() -> dict[tuple[str, str], list[Phrase]]:
    """Every phrase by its first two words, the second being empty where there is none; the longest first."""
    found: dict[tuple[str, str], list[Phrase]] = {}
    for code, module in LANGUAGES.items():
        weak = words(module.WEAK)
        for kind, values in module.WORDS.items():
            for value, phrases in values.items():
                for parts in map(_tokens, phrases.split("|")):
                    phrase = Phrase(parts, kind, value, code, len(parts) == 1 and parts[0] in weak)
                    found.setdefault((parts[0], "".join(parts[1:2])), []).append(phrase)
    for phrases_here in found.values():
        phrases_here.sort(key=lambda phrase: -len(phrase.words))
    return found


def _tongues() -> dict[str, frozenset[str]]:
    """Which languages a word speaks for: its small words and all that means one thing only; no short name of a day."""
    found: dict[str, set[str]] = {}
    short = {
        word
        for (word, _), phrases in PHRASES.items()
        if any(phrase.weak and phrase.kind in ("weekday", "month") for phrase in phrases)
    }
    for code, module in LANGUAGES.items():
        for word in words(module.GLUE):
            found.setdefault(word, set()).add(code)
    for phrases in PHRASES.values():
        for phrase in phrases:
            if len(phrase.words) == 1 and not phrase.weak and phrase.words[0].isalpha():
                found.setdefault(phrase.words[0], set()).add(phrase.language)
    return {word: frozenset(codes) for word, codes in found.items() if word not in short}


PHRASES = _phrases()
TONGUES = _tongues()
GLUE = frozenset().union(*(words(module.GLUE) for module in LANGUAGES.values()))
NOUNS = frozenset().union(*(words(module.NOUNS) for module in LANGUAGES.values()))
DANGLING = {code: words(module.DANGLING) for code, module in LANGUAGES.items()}
