"""Words that are searched for, the same on both sides: those of what is kept, and those of a query.

A word is a run of letters and digits without case or accents. Scripts that write without spaces give overlapping pairs
of letters instead, and the last letter by itself, so that whatever stands inside a run is found too. What is kept knows
no language; a query is widened by the stems that its words have in several (docs/adr/0010).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

from studyteddy.platform.errors import invalid

LONGEST = 100
"""Letters of a word that count."""
MOST_ASKED = 16
"""Words of a query that count."""
_MOST_LETTERS = 50_000
"""Letters of a text that count. Only ligatures, some of which are whole sentences, make more of 10,000 characters."""

_LANGUAGES = (
    "english", "german", "spanish", "french", "italian", "portuguese", "dutch", "swedish", "danish", "norwegian",
    "russian",
)  # fmt: skip
# Thai and Lao, Burmese, Khmer, Kana, Han.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_ASCII_WORD = re.compile("[0-9a-z]+")
_UNSPACED_RUN = re.compile(f"[{_UNSPACED}]+")
_RUN = re.compile(rf"[{_UNSPACED}]+|[^{_UNSPACED}\x00-/:-`{{-\x7f]+")
_PLAIN = {"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"}
"""Letters that carry a stroke, or are two, without being made of parts."""


def words(text: str) -> list[str]:
    """The words of a text in order, at most 100 letters of each."""
    if text.isascii():
        found: list[str] = _ASCII_WORD.findall(text.lower())
        return found if len(text) <= LONGEST else [word[:LONGEST] for word in found]
    folded = unicodedata.normalize("NFKD", text.casefold().translate(_MARKS)).casefold()
    return [word for run in _RUN.findall(folded[:_MOST_LETTERS].translate(_LETTERS)) for word in _of_run(run)]


def vector(*parts: tuple[str, str]) -> str:
    """A `tsvector` as text: each part is a text and its weight, A to D; of a word said twice the first place counts."""
    placed: list[str] = []
    for text, weight in parts:
        if text:
            placed += [f"{word}:{at}{weight}" for at, word in enumerate(dict.fromkeys(words(text)), len(placed) + 1)]
    return " ".join(placed)


def asked(q: str) -> list[str]:
    """The different words of a query, at most 16; raises 422 `no_word` when there is none."""
    found = list(dict.fromkeys(words(q)))[:MOST_ASKED]
    if not found:
        raise invalid("?q", "no_word", "There is no word in this: give letters or digits.")
    return found


def wanted(parameter: str) -> str:
    """A sub-select with one row that makes queries of the words of `asked`.

    `words` wants every word, or what shares its stem. A word finds what begins with it. A stem does so from four
    letters on, else it would find nearly anything, and its last i may stand for a y: studies, study. `exact` knows any
    word as it was written, for the rank alone.
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
    """How well words answer a `wanted` query: a whole number of millionths, so that a page can begin after it.

    The title weighs most, then labels, steps, and the description; a word itself more than what begins with it.
    """
    found, exact = (f"ts_rank('{{0.1, 0.4, 0.6, 1}}', {words}, {query}.{one})" for one in ("words", "exact"))
    return f"(({found} + {exact}) * 1000000)::int"


def _of_run(run: str) -> Iterator[str]:
    """A word; of a run without spaces its pairs, and its last letter."""
    if _UNSPACED_RUN.match(run):
        yield from (run[at : at + 2] for at in range(len(run)))
    else:
        yield run[:LONGEST]


class _Table(dict[int, str]):
    """A table for `str.translate` that fills itself, with what is met of the first 65,536 characters."""

    def __init__(self, rule: Callable[[str], str]) -> None:
        self._rule = rule

    def __missing__(self, code: int) -> str:
        letter = self._rule(chr(code))
        if code < 0x10000:
            self[code] = letter
        return letter


def _unmarked(letter: str) -> str:
    """Accents go before all else: many in a row would be sorted, in time that grows with their square."""
    return "" if unicodedata.combining(letter) else letter


def _letter(letter: str) -> str:
    """A letter, digit or vowel sign stays; accents and what cannot be seen go; all else parts words."""
    if letter.isascii() or letter.isalnum():
        return _PLAIN.get(letter, letter)
    category = unicodedata.category(letter)
    if unicodedata.combining(letter) or category == "Cf" or "\ufe00" <= letter <= "\ufe0f" or letter >= "\U000e0100":
        return ""
    return letter if category in ("Mn", "Mc") else " "


_MARKS, _LETTERS = _Table(_unmarked), _Table(_letter)
