"""Grounding in a student's own material: passages, their ranking, and quotes that really stand there."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from studyteddy.features.ai.tutoring import stemming
from studyteddy.platform.fulltext import words

PASSAGE_CHARACTERS = 800
MAX_PASSAGES = 2000
_SATURATION, _LENGTH_WEIGHT = 1.2, 0.75
_COVERED = 0.5
SIMILAR = 0.3
"""The least similarity of meaning between a question and a passage about it (docs/ai.md has the measurement)."""
_MIN_QUOTE = 12
_PARAGRAPH = re.compile(r"\n\s*\n|(?<=[.!?؟。])\s+|\s+")
_TYPOGRAPHY = str.maketrans(
    {**dict.fromkeys("’‘ʼ`´", "'"), **dict.fromkeys("“”„«»", '"'), **dict.fromkeys("‐‑‒–—−", "-"), "\u00ad": ""}
)
_NOT_COVERED = {
    "en": "Your material doesn't cover this. Add pages about it, or ask about what is in them.",
    "de": "Dein Material behandelt das nicht. Füge Seiten dazu hinzu oder frag nach dem, was darin steht.",
    "ar": "مادتك لا تغطي هذا الموضوع. أضف صفحات عنه أو اسأل عمّا ورد فيها.",
}
_NOT_THERE = {"en": "not in your material", "de": "nicht in deinem Material", "ar": "ليس في مادتك"}
_QUOTED = {
    "en": "Your material says: “{quote}”",
    "de": "In deinem Material steht: „{quote}“",
    "ar": "في مادتك: «{quote}»",
}
_WITHHELD = {
    "en": "Part of your material has exercises of graded work. It is left out here: ask about it in its own chat.",
    "de": "Ein Teil deines Materials hat Aufgaben einer benoteten Arbeit. Er bleibt hier außen vor: Frag danach in"
    " einem Chat für diese Arbeit.",
    "ar": "في جزء من مادتك تمارين لعمل يُقيَّم. لن يُستخدم هنا: اسأل عنه في محادثة لذلك العمل.",
}


class Page(msgspec.Struct, frozen=True):
    """A passage of a page; `start` is its offset in the whole text, in characters."""

    number: int
    start: int
    text: str


class Scored(msgspec.Struct, frozen=True):
    """A passage and its rank for a query; higher is better."""

    page: Page
    score: float


class Claim(msgspec.Struct, frozen=True):
    """A statement, and the words of a page on which it rests."""

    text: str
    page: int
    quote: str


class Citation(msgspec.Struct, frozen=True):
    """A claim whose quote stands in the material: `text[start:end]`."""

    text: str
    page: int
    start: int
    end: int


def pages(text: str) -> list[Page]:
    """Cut a text into passages; form feeds separate pages, which are numbered from one."""
    found: list[Page] = []
    start = 0
    for number, page in enumerate(text.split("\f"), 1):
        found += (Page(number, start + at, part) for at, part in _passages(page))
        start += len(page) + 1
        if len(found) >= MAX_PASSAGES:
            break
    return found[:MAX_PASSAGES]


def joined(passages: Sequence[Page]) -> str | None:
    """Return the text that was cut into passages, None if that is only its beginning.

    What was left out between passages is white space, of which only the ends of pages are known.
    """
    if not 0 < len(passages) < MAX_PASSAGES:
        return None
    text, number = "", 1
    for page in passages:
        missing = page.start - len(text)
        text += ("\f" * (page.number - number)).ljust(missing) + page.text
        number = page.number
        if len(text) != page.start + len(page.text):
            return None
    return text


def rank(query: str, passages: Sequence[Page]) -> list[Scored]:
    """Return the passages that share words with a query, in any form, best first (BM25)."""
    asked = stemming.asked(query)
    counts = [Counter(words(page.text)) for page in passages]
    lengths = [count.total() for count in counts]
    average = (sum(lengths) / len(lengths) if lengths else 0) or 1.0
    counts = _of_forms(asked, counts)
    weights = {word: _rarity(sum(count[word] > 0 for count in counts), len(counts)) for word in asked}
    scored = (
        Scored(page, sum(weights[word] * _saturated(count[word], length / average) for word in asked))
        for page, count, length in zip(passages, counts, lengths, strict=True)
    )
    return sorted((one for one in scored if one.score > 0), key=lambda one: -one.score)


def merge(*rankings: Sequence[Scored], k: int = 60) -> list[Scored]:
    """Merge rankings by the reciprocal of their ranks; the scores of different searches are not comparable."""
    scores: dict[Page, float] = {}
    for ranking in rankings:
        for place, one in enumerate(ranking, 1):
            scores[one.page] = scores.get(one.page, 0.0) + 1 / (k + place)
    return sorted((Scored(page, score) for page, score in scores.items()), key=lambda one: -one.score)


def verified(claims: Sequence[Claim], passages: Sequence[Page]) -> list[Citation]:
    """Return citations for the claims whose quote occurs on their page, up to white space, case and typography."""
    found = ((claim, _find(claim, passages)) for claim in claims)
    return [Citation(claim.text, claim.page, *place) for claim, place in found if place]


def covers(query: str, ranked: Sequence[Scored]) -> bool:
    """Return whether the best passages contain at least half of the words of a query."""
    asked = stemming.asked(query)
    known = {word for one in ranked[:5] for word in words(one.page.text)}
    matched = sum(map(bool, stemming.forms(asked, known).values()))
    return bool(asked) and matched >= _COVERED * len(asked)


def not_covered(language: str) -> str:
    """Return the sentence that says that the material doesn't cover a question."""
    return _NOT_COVERED.get(language[:2].lower(), _NOT_COVERED["en"])


def not_there(language: str) -> str:
    """Return what stands in place of a quote that the material doesn't have."""
    return _NOT_THERE.get(language[:2].lower(), _NOT_THERE["en"])


def quoted(quote: str, language: str) -> str:
    """Return a sentence that quotes the material."""
    return _QUOTED.get(language[:2].lower(), _QUOTED["en"]).format(quote=quote)


def withheld(language: str) -> str:
    """Return the sentence that says that exercises of assessed work are left out of practice."""
    return _WITHHELD.get(language[:2].lower(), _WITHHELD["en"])


def _passages(page: str) -> Iterator[tuple[int, str]]:
    """Yield the passages of a page with their offsets, cut at ends of paragraphs, sentences or words."""
    at = 0
    while at < len(page):
        end = _cut(page, at)
        if page[at:end].strip():
            yield at, page[at:end]
        at = end


def _cut(page: str, at: int) -> int:
    if len(page) - at <= PASSAGE_CHARACTERS:
        return len(page)
    ends = list(_PARAGRAPH.finditer(page, at + 1, at + PASSAGE_CHARACTERS))
    late = [match for match in ends if match.end() > at + PASSAGE_CHARACTERS // 2]
    best = max(late or ends, key=lambda match: (_strength(page, match), match.end()), default=None)
    return best.end() if best else at + PASSAGE_CHARACTERS


def _strength(page: str, match: re.Match[str]) -> int:
    """Return how good a place to cut is: between paragraphs, sentences, words."""
    if match[0].count("\n") > 1:
        return 2
    return int(page[match.start() - 1] in ".!?؟。")


def _of_forms(asked: Sequence[str], counts: Sequence[Counter[str]]) -> list[Counter[str]]:
    """Return how often each word that is asked about occurs in each passage, in any form."""
    forms = stemming.forms(asked, {word for count in counts for word in count})
    return [Counter({word: sum(count[form] for form in forms[word]) for word in asked}) for count in counts]


def _rarity(holding: int, total: int) -> float:
    return math.log(1 + (total - holding + 0.5) / (holding + 0.5))


def _saturated(count: int, length: float) -> float:
    return count * (_SATURATION + 1) / (count + _SATURATION * (1 - _LENGTH_WEIGHT + _LENGTH_WEIGHT * length))


def _find(claim: Claim, passages: Sequence[Page]) -> tuple[int, int] | None:
    """Return the offsets of a quote in the whole text; a quote may span the passages of its page."""
    parts = [page for page in passages if page.number == claim.page]
    letters = [place for part in parts for place in _letters(part.text, part.start)]
    wanted = "".join(letter for letter, _ in _letters(claim.quote, 0))
    if len(wanted) < _MIN_QUOTE:
        return None
    at = "".join(letter for letter, _ in letters).find(wanted)
    return None if at < 0 else (letters[at][1], letters[at + len(wanted) - 1][1] + 1)


def _letters(text: str, start: int) -> Iterator[tuple[str, int]]:
    """Yield the normalized characters of a text without white space, each with the offset of its source."""
    for at, original in enumerate(text, start):
        for letter in unicodedata.normalize("NFKC", original.translate(_TYPOGRAPHY)).casefold():
            if not letter.isspace():
                yield letter, at
