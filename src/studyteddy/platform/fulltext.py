"""Full-text search: splits stored text and queries into words by the same rules.

A word is a run of letters and digits, without case or accents. Scripts written without spaces produce overlapping pairs
of letters instead, plus the last letter by itself, so that any part of a run can be found. Stored text is independent
of language; a query is expanded with the stems of its words in several languages (docs/adr/0010).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

from studyteddy.platform.errors import invalid

MAX_WORD_LETTERS = 100
"""Maximum letters of a word; the rest is ignored."""
MAX_QUERY_WORDS = 16
"""Maximum words of a query; the rest is ignored."""
_MAX_LETTERS = 50_000
"""Maximum letters of a text. Within 10,000 characters, only ligatures, some of which expand to sentences, exceed it."""

_LANGUAGES = (
    "english",
    "german",
    "spanish",
    "french",
    "italian",
    "portuguese",
    "dutch",
    "swedish",
    "danish",
    "norwegian",
    "russian",
)
# Thai and Lao, Burmese, Khmer, Kana, Han.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_ASCII_WORD = re.compile("[0-9a-z]+")
_UNSPACED_RUN = re.compile(f"[{_UNSPACED}]+")
_RUN = re.compile(rf"[{_UNSPACED}]+|[^{_UNSPACED}\x00-/:-`{{-\x7f]+")
_PLAIN = {"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"}
"""Letters with a stroke and ligatures, which Unicode doesn't decompose."""


def words(text: str) -> list[str]:
    """Return the words of a text in order, each cut to 100 letters."""
    if text.isascii():
        found: list[str] = _ASCII_WORD.findall(text.lower())
        return found if len(text) <= MAX_WORD_LETTERS else [word[:MAX_WORD_LETTERS] for word in found]
    folded = unicodedata.normalize("NFKD", text.casefold().translate(_MARKS)).casefold()
    return [word for run in _RUN.findall(folded[:_MAX_LETTERS].translate(_LETTERS)) for word in _split_run(run)]


def vector(*parts: tuple[str, str]) -> str:
    """Return a `tsvector` as text from pairs of text and weight (A to D); duplicates within a part are dropped."""
    placed: list[str] = []
    for text, weight in parts:
        if text:
            placed += [f"{word}:{at}{weight}" for at, word in enumerate(dict.fromkeys(words(text)), len(placed) + 1)]
    return " ".join(placed)


def asked(q: str) -> list[str]:
    """Return the distinct words of a query, at most 16; raise 422 `no_word` if there are none."""
    found = list(dict.fromkeys(words(q)))[:MAX_QUERY_WORDS]
    if not found:
        raise invalid("?q", "no_word", "The query contains no searchable words.")
    return found


def wanted(parameter: str) -> str:
    """Return a subquery with one row of `tsquery` values, built from the result of `asked`.

    `words` requires every word or one of its stems. A word matches as a prefix. A stem matches as a prefix if it has at
    least four letters, since shorter ones would match almost anything; a final i also matches y: studies, study.
    `exact` matches any of the words exactly and is only used for ranking.
    """
    languages = ",".join(f"{language}_stem" for language in _LANGUAGES)
    return f"""(
    SELECT string_agg('(' || concat_ws(' | ', given.word || ':*', other.stems) || ')', ' & ')::tsquery AS words,
           string_agg(given.word, ' | ')::tsquery AS exact
      FROM unnest({parameter}::text[]) AS given(word)
     CROSS JOIN LATERAL (
        SELECT string_agg(DISTINCT stem || CASE WHEN length(stem) > 3 THEN ':*' ELSE '' END, ' | ') AS stems
          FROM unnest('{{{languages}}}'::text[]) AS language
         CROSS JOIN LATERAL unnest(ts_lexize(language::regdictionary, given.word)) AS lexeme
         CROSS JOIN LATERAL unnest(ARRAY[lexeme, regexp_replace(lexeme, 'i$', 'y')]) AS stem
         WHERE stem NOT IN ('', given.word)) AS other
    OFFSET 0)"""  # noqa: S608 - constants of this module


def rank(words: str, query: str) -> str:
    """Return the rank of `words` for a `wanted` subquery as an integer in millionths, so that a cursor can hold it.

    The title weighs most, then labels, subtasks, and the description; exact words weigh more than prefix matches.
    """
    found, exact = (f"ts_rank('{{0.1, 0.4, 0.6, 1}}', {words}, {query}.{column})" for column in ("words", "exact"))
    return f"(({found} + {exact}) * 1000000)::int"


def _split_run(run: str) -> Iterator[str]:
    """Yield a word, or the pairs and the last letter of a run in a script without spaces."""
    if _UNSPACED_RUN.match(run):
        yield from (run[at : at + 2] for at in range(len(run)))
    else:
        yield run[:MAX_WORD_LETTERS]


class _Table(dict[int, str]):
    """A table for `str.translate` that caches the characters it meets in the first 65,536 code points."""

    def __init__(self, rule: Callable[[str], str]) -> None:
        self._rule = rule

    def __missing__(self, code: int) -> str:
        letter = self._rule(chr(code))
        if code < 0x10000:
            self[code] = letter
        return letter


def _unmarked(letter: str) -> str:
    """Remove accents before normalizing, which would sort long runs of them in quadratic time."""
    return "" if unicodedata.combining(letter) else letter


def _letter(letter: str) -> str:
    """Keep letters, digits, and vowel signs; remove accents and invisible characters; turn the rest into spaces."""
    if letter.isascii() or letter.isalnum():
        return _PLAIN.get(letter, letter)
    category = unicodedata.category(letter)
    if unicodedata.combining(letter) or category == "Cf" or "\ufe00" <= letter <= "\ufe0f" or letter >= "\U000e0100":
        return ""
    return letter if category in ("Mn", "Mc") else " "


_MARKS, _LETTERS = _Table(_unmarked), _Table(_letter)
