"""Whether a title begins with a verb, as the title of a step does."""

from __future__ import annotations

import re

from studyteddy.features.ai.splitting.languages import WORDINGS
from studyteddy.platform.text import fold

_WORD = re.compile(r"\w+(?:-\w+)*")
_TATWEEL = "\u0640"
"""A letter that only lengthens an Arabic word; folding keeps it."""
_OPENING = "\"'“”‘’„«»‹›¿¡([ "


def begins_with_verb(title: str, language: str) -> bool:
    """Return whether a title begins with a verb, or in German ends with one.

    In a language without a list of verbs, a title must begin with a letter.
    """
    code = language.split("-")[0].lower()
    if code not in WORDINGS:
        return title.lstrip(_OPENING)[:1].isalpha()
    words = _words(title)
    return bool(words) and (words[0] in _VERBS[code] or words[-1] in _FINAL_VERBS[code])


def has_title_form(text: str, language: str) -> bool:
    """Return whether a text begins with a verb in the form that titles of steps have in a language with a list."""
    return next(iter(_words(text)), "") in _TITLE_VERBS[language]


def _words(text: str) -> list[str]:
    return _WORD.findall(fold(text.replace(_TATWEEL, "")))


_TITLE_VERBS = {code: frozenset(_words(wording.title_verbs)) for code, wording in WORDINGS.items()}
_VERBS = {code: _TITLE_VERBS[code].union(_words(wording.other_verbs)) for code, wording in WORDINGS.items()}
_FINAL_VERBS = {code: frozenset(_words(wording.final_verbs)) for code, wording in WORDINGS.items()}
