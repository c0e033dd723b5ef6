"""Whether a title begins with a verb, as the title of a step does."""

from __future__ import annotations

import re

from studyteddy.features.ai.splitting.languages import WORDINGS
from studyteddy.platform.text import fold

_WORD = re.compile(r"\w+(?:-\w+)*")
_TATWEEL = "\u0640"
"""A letter that only lengthens an Arabic word; folding keeps it."""
_LABEL = re.compile(
    r"(?P<noun>\w+)[ \u00a0]#?\d{1,3}[a-h]?\b"
    r"(?!\s+(?!(?:on|in|from|of|about|and|to|auf|aus|von|zu[mr]?|fur|uber|und|bis|في|من|عن|على|الى)\b)[^\W\d])"
)
"""“Test 3” and “Test 3 on waves”, but not “Test 3 hypotheses”."""
_POLITE = re.compile(r"\s*(?:please|then|also|finally|bitte|dann|من فضلك|ثم)[,:]?\s+", re.IGNORECASE)
_NO_OBJECTS = frozenset(("is", "are", "was", "were", "will", "must", "should", "can", "has", "guide", "key", "ist"))
"""What follows a noun that looks like an imperative: “Work is due on Monday.”"""
_OPENING = "\"'“”‘’„«»‹›¿¡([ "


def begins_with_verb(title: str, language: str) -> bool:
    """Return whether a title begins with a verb, or in German ends with one.

    In a language without a list of verbs, a title must begin with a letter.
    """
    code = language.split("-")[0].lower()
    if code not in WORDINGS:
        return title.lstrip(_OPENING)[:1].isalpha()
    words = _words(title)
    if not words or _is_label(title, code):
        return False
    return words[0] in _VERBS[code] or words[-1] in _FINAL_VERBS[code]


def has_title_form(text: str, language: str) -> bool:
    """Return whether a text begins with a verb in the form that titles of steps have in a language with a list."""
    return next(iter(_words(text)), "") in _TITLE_VERBS[language] and not _is_label(text, language)


def asks(sentence: str) -> bool:
    """Return whether a sentence asks for something: it begins with an imperative, in any language with a list."""
    words = _words(_POLITE.sub("", sentence))
    first, second = [*words[:2], "", ""][:2]
    if not first or any(_is_label(sentence, code) for code in WORDINGS) or not _NO_OBJECTS.isdisjoint(words[1:3]):
        return False
    if first in _TITLE_VERBS["en"] or first in _TITLE_VERBS["de"] or first in _IMPERATIVES_OF_ARABIC:
        return True
    is_formal = second == "sie" and first in _FINAL_VERBS["de"]
    return is_formal or (first.endswith("t") and first.removesuffix("t") in _TITLE_VERBS["de"])


def _is_label(title: str, language: str) -> bool:
    """Return whether a title begins with a noun and its number, as “Exercise 3”, though the noun can be a verb."""
    match = _LABEL.match(fold(title.replace(_TATWEEL, "")).lstrip(_OPENING))
    return match is not None and match["noun"] in _LABELS[language]


def _words(text: str) -> list[str]:
    return _WORD.findall(fold(text.replace(_TATWEEL, "")))


_TITLE_VERBS = {code: frozenset(_words(wording.title_verbs)) for code, wording in WORDINGS.items()}
_VERBS = {code: _TITLE_VERBS[code].union(_words(wording.other_verbs)) for code, wording in WORDINGS.items()}
_FINAL_VERBS = {code: frozenset(_words(wording.final_verbs)) for code, wording in WORDINGS.items()}
_LABELS = {code: frozenset(_words(wording.labels)) for code, wording in WORDINGS.items()}
_IMPERATIVES_OF_ARABIC = frozenset(
    f"{verb}{ending}" for verb in _words(WORDINGS["ar"].other_verbs) for ending in ("", "ي", "وا")
)
