"""What no step may ask of a student: work that isn't their own, secrets, and clicks on what a brief contains."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from studyteddy.features.ai.splitting.languages import WORDINGS
from studyteddy.platform.text import fold

_JOINERS = "\u200c\u200d"
"""Persian words and emoji need them."""
_DOMAINS = "com|net|org|info|biz|io|co|ru|cn|de|fr|es|uk|eu|me|app|dev|xyz|top|site|online|link|click|ly|gg|ai"
_MARKUP = re.compile(
    r"<[a-z/!?][^<>]{0,2000}>"
    r"|!?\[[^\[\]]{0,500}\]\((?:[^()]|\([^()]{0,500}\)){0,2000}\)"
    r"|\]\("
    r"|\b[a-z][a-z0-9+.-]{0,20}://\S*"
    r"|\b(?:javascript|data|vbscript|mailto|file):\S+"
    r"|\bwww\.\S+"
    r"|\b[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{1,63}"
    rf"|\b(?:[a-z0-9-]{{1,63}}\.){{1,8}}(?:{_DOMAINS})\b(?:/\S*)?",
    re.IGNORECASE,
)


def visible(text: str) -> str:
    """Return a text with single spaces and without controls, text direction marks and other hidden characters."""
    spaced = "".join(" " if letter.isspace() else letter for letter in text if not _is_hidden(letter))
    return " ".join(spaced.split())


def plain(text: str) -> str:
    """Return a visible text without HTML, Markdown links, addresses of pages and of mail."""
    return visible(_MARKUP.sub(" ", visible(text)))


def is_plain(text: str) -> bool:
    """Return whether a text contains nothing that `plain` removes; white space may be of any kind."""
    return plain(text) == " ".join(text.split())


def is_dishonest(text: str) -> bool:
    """Return whether a text proposes work that isn't the student's own, in any language that is known."""
    return _DISHONEST.search(_words(text)) is not None


def asks_for_secrets(text: str) -> bool:
    """Return whether a text asks for a password or the like, or for a click on a link."""
    return _UNSAFE.search(_words(text)) is not None


def _is_hidden(letter: str) -> bool:
    category = unicodedata.category(letter)
    if category == "Cc":
        return not letter.isspace()
    return category in ("Cf", "Cs") and letter not in _JOINERS


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", fold(visible(text))))


def _any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(rf"(?<!\w)(?:{fold(pattern)})" for pattern in patterns))


_DISHONEST = _any_of(pattern for wording in WORDINGS.values() for pattern in wording.dishonest)
_UNSAFE = _any_of(pattern for wording in WORDINGS.values() for pattern in wording.unsafe)
