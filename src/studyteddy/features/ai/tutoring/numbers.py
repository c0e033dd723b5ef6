"""Numbers in a text: number words of five languages become digits, and digits are read in all their notations.

A notation can have several readings, since 1,234 is one number in English and another in German. All readings count.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from studyteddy.features.ai.tutoring.languages import LANGUAGES, de, en, phrases, unified, words
from studyteddy.features.ai.tutoring.normalization import normal
from studyteddy.platform.text import fold

_WEAK = frozenset(words("one ein eine einen einer un une una uno once واحد واحدة"))
"""Number words that mostly mean something else; they count within longer numbers."""
_ONES = frozenset(words("one uno واحد واحدة"))
_DETERMINERS = frozenset(
    words("which that this each every any no the another first last next other right correct wrong same by")
)
_STATING = frozenset(words("is equals be answer result exactly just only ist ergibt es vale يساوي هو"))
_OF = frozenset(words("of von de من way thing"))
_NINES = re.compile(
    r"(?<!\d)(\d++[.,]\d*?)(?<!9)(?:9++\u0305|9{2,}+\s?\.{2,}|9*+\(9++\)|9*+\\(?:overline|bar)\s?\{9++\})"
)
"""Nines without an end: 2.99… Each run of digits is tried once: texts may be long."""
_TENS = range(20, 100, 10)
_AND_A_HALF = re.compile(r"(?<=[a-z])einhalb\b")
"""The end of a German word: dreieinhalb."""
_LONGEST_RUN = 24
_LONGEST_WORD = 100
"""Letters of a number written as one word."""
_SHORTEST_WORD, _MOST_BREAKS, _WIDEST_BREAK = 3, 5, 3
"""Letters of a number word that is looked for in pieces, their number, and characters between two."""
_LARGEST_COLLECTIVE = 10.0**9
_END = re.compile(r"\W*(?:[.!?]|$)")


class Literal(NamedTuple):
    """A number as it stands in a text."""

    values: tuple[float, ...]
    """Its readings; signs are ignored."""
    places: int
    """Digits after the decimal separator."""
    digits: str
    start: int
    end: int


class _Word(NamedTuple):
    text: str
    start: int
    end: int


def spelled_out(text: str) -> str:
    """Return the plain form of a text with digits and operators for words: six times seven becomes 6*7."""
    return _operators(_collectives(_fractions(_decimals(_digits(_plain(text))))))


def _plain(text: str) -> str:
    text = unified(fold(_NINES.sub(r"\g<1>999", normal(text))))
    return _AND_A_HALF.sub(" 1/2", text)


def rejoined(text: str) -> str:
    """Return the plain form of a text whose broken number words are whole: t wo becomes two."""
    text = unified(fold(text))
    found = [_Word(match[0], match.start(), match.end()) for match in _LETTERS.finditer(text)]
    parts: list[str] = []
    at = last = 0
    while at < len(found):
        end = next(
            (end for end in range(at + 2, at + 2 + _MOST_BREAKS) if _is_broken(text, found[at:end], end - at)), at
        )
        if end > at:
            parts += (text[last : found[at].start], "".join(word.text for word in found[at:end]))
            last = found[end - 1].end
        at = max(end, at + 1)
    return "".join((*parts, text[last:]))


def literals(text: str) -> list[Literal]:
    """Return the numbers of a plain text in order, without those that are too large to be calculated with."""
    return [one for one in map(_literal, _LITERAL.finditer(text)) if all(map(math.isfinite, one.values))]


def ratios(text: str) -> Iterator[tuple[float, int, int]]:
    """Yield the fractions of a plain text with their places: 3/4, 3 1/2."""
    for match in _RATIO.finditer(text):
        whole, above, below = (float(part or 0) for part in match.groups())
        if below and math.isfinite(value := whole + above / below):
            yield value, match.start(), match.end()


def roman(word: str) -> int | None:
    """Return the value of a Roman numeral in upper case."""
    if not word or not _ROMAN.fullmatch(word):
        return None
    values = [_ROMAN_VALUES[letter] for letter in word]
    return sum(-one if one < two else one for one, two in zip(values, [*values[1:], 0], strict=True))


def _literal(match: re.Match[str]) -> Literal:
    whole, power, percent = match["whole"].strip(" '"), match["power"] or match["e"], match["percent"]
    values = {value * 10.0 ** max(-60, min(60, float(power or 0))) for value in _readings(whole)}
    if percent:
        values |= {value / 100 for value in values}
    tail = re.search(r"[.,](\d+)$", whole)
    return Literal(
        tuple(values), len(tail[1]) if tail else 0, re.sub(r"\D", "", whole), match.start("whole"), match.end()
    )


def _readings(whole: str) -> Iterator[float]:
    bare = re.sub(r"[ ']", "", whole)
    separators = re.findall(r"[.,]", bare)
    if not separators:
        yield float(bare)
    elif len(set(separators)) == 2:
        yield float(bare.replace(separators[0], "").replace(separators[-1], "."))
    elif len(separators) > 1:
        yield float(re.sub(r"[.,]", "", bare))
    else:
        value = float(bare.replace(",", "."))
        yield value
        if bare.endswith("999"):
            yield round(value, len(bare) - bare.index(separators[0]) - 4)
        if re.search(r"^[1-9]\d{0,2}[.,]\d{3}$", bare):
            yield float(re.sub(r"[.,]", "", bare))


def _digits(text: str) -> str:
    """Return a text with digits for its number words: forty-two, zweiundvierzig, quarante-deux."""
    found = [_Word(match[0], match.start(), match.end()) for match in _LETTERS.finditer(text)]
    parts: list[str] = []
    at = last = 0
    while at < len(found):
        value, end = _run(text, found, at)
        if end > at and not text[found[at].start : found[end - 1].end].isdigit():
            parts += (text[last : found[at].start], str(value))
            last = found[end - 1].end
        at = max(end, at + 1)
    return "".join((*parts, text[last:]))


def _run(text: str, found: list[_Word], at: int) -> tuple[int, int]:
    """Return the value of the number words that start at a word, and the word after them."""
    total, current, end = 0, 0, at
    while end - at < _LONGEST_RUN:
        values, after, linked = _numeral(text, found, end, first=end == at)
        added = _sum(total, current, values, linked=linked, first=end == at) if values else None
        if added is None:
            break
        (total, current), end = added, after
    return total + current, at if end == at + 1 and _is_pronoun(text, found, at) else end


def _is_pronoun(text: str, found: list[_Word], at: int) -> bool:
    """Return whether a word such as one stands without other number words around it."""
    neighbours = [near for near in (at, at + 1) if 0 < near < len(found) and _is_close(text, found, near)]
    others = (found[near - 1 if near == at else near].text for near in neighbours)
    if found[at].text not in _WEAK or any(other in _NUMERALS or other.isdigit() for other in others):
        return False
    return not (_ends_sentence(text, found, at) or _is_result(found, at))


def _ends_sentence(text: str, found: list[_Word], at: int) -> bool:
    """Return whether a word is the last of a sentence without a determiner: it is one."""
    is_last = _END.match(text, found[at].end) is not None
    return is_last and not (at and found[at - 1].text in _DETERMINERS)


def _is_result(found: list[_Word], at: int) -> bool:
    """Return whether a word follows a word that states a result, and is no part of something: x equals one."""
    followed = at + 1 < len(found) and found[at + 1].text in _OF
    return found[at].text in _ONES and bool(at) and found[at - 1].text in _STATING and not followed


def _numeral(text: str, found: list[_Word], at: int, *, first: bool) -> tuple[tuple[int, ...], int, bool]:
    """Return the values of a numeral, the word after it, and whether a conjunction precedes it."""
    linked = not first and at + 1 < len(found) and found[at].text in _AND
    at += linked
    if at >= len(found) or not (first or _is_close(text, found, at)):
        return (), at, linked
    word = found[at].text
    if word.isdigit():
        return (int(word[:30]),) if first else (), at + 1, linked
    if not first and word.startswith("و") and word not in _NUMERALS:
        word, linked = word[1:], True
    for parts, value in _NUMERALS.get(word, ()):
        if all(_follows(text, found, at + step, part) for step, part in enumerate(parts[1:], 1)):
            return (value,), at + len(parts), linked
    return _compound(word), at + 1, linked


def _is_close(text: str, found: list[_Word], at: int) -> bool:
    """Return whether only a space or a hyphen separates a word from the one before it."""
    return re.fullmatch(r"[\s-]{1,3}", text[found[at - 1].end : found[at].start]) is not None


def _follows(text: str, found: list[_Word], at: int, part: str) -> bool:
    return at < len(found) and found[at].text == part and _is_close(text, found, at)


def _sum(total: int, current: int, values: tuple[int, ...], *, linked: bool, first: bool) -> tuple[int, int] | None:
    """Return the total and the part below a thousand with further numerals; None if they begin another number."""
    for value in values:
        if value >= 1000 and (first or current):
            total, current = total + max(current, 1) * value, 0
        elif value == 100 and 1 <= current < 100:
            current *= 100
        elif first or _adds(total, current, value) or (linked and current % 100 in range(1, 10) and value in _TENS):
            current += value
        else:
            return None
        first, linked = False, len(values) > 1
    return total, current


def _adds(total: int, current: int, value: int) -> bool:
    """Return whether a numeral continues a number: a hundred and five, forty-two, but not two three."""
    if not current:
        return bool(total) and value < 1000
    return value < 100 and (current % 100 == 0 or (current % 100 in _TENS and 0 < value < 10))


@lru_cache(maxsize=4096)
def _compound(word: str) -> tuple[int, ...]:
    """Return the numerals of a word made of several: zweiundvierzig, fortytwo."""
    if not 6 <= len(word) <= _LONGEST_WORD or not _COMPOUND.fullmatch(word):
        return ()
    parts = (part for part in _MORPHEME.findall(word) if part != "und")
    return tuple(_PARTS[part] for part in parts)


def _is_broken(text: str, pieces: list[_Word], count: int) -> bool:
    """Return whether pieces of a text are one number word, and not number words themselves."""
    whole = "".join(piece.text for piece in pieces)
    if len(pieces) < count or len(whole) < _SHORTEST_WORD or not (whole in _WHOLE or _compound(whole)):
        return False
    gaps = (text[one.end : two.start] for one, two in pairwise(pieces))
    is_split = any(piece.text not in _NUMERALS and piece.text not in _AND for piece in pieces)
    return is_split and all(len(gap) <= _WIDEST_BREAK for gap in gaps)


def _collectives(text: str) -> str:
    """Return a text with digits for words that count several at once: half a dozen becomes 6."""
    return _COLLECTIVE.sub(_collective, text)


def _collective(match: re.Match[str]) -> str:
    name, amount = match["name"], match["amount"] or match["part"]
    if not amount and name not in _ALONE:
        return match[0]
    above, _, below = (match["part"] or "0").partition("/")
    count = float(match["amount"] or 0) + float(above) / float(below or 1) if amount else 1
    value = count * _COLLECTIVES[name] + float(match["more"] or 0) if math.isfinite(count) else math.inf
    return f"{value:.12g}" if value < _LARGEST_COLLECTIVE else match[0]


def _decimals(text: str) -> str:
    """Join decimals in words: 3 point 1 4 becomes 3.14."""
    return _POINT.sub(lambda match: f"{match[1]}.{''.join(map(_above, match[2].split()))}", text)


def _fractions(text: str) -> str:
    """Write fractions in words with a slash: 7 halves becomes 7/2."""
    text = _DENOMINATOR.sub(lambda match: f"{_above(match[1])}/{_BELOW[match[2]]}", text)
    return _HALF.sub(lambda match: f"1/{_BELOW[match[1]]}", text)


def _above(word: str) -> str:
    """Return the digits of a numerator; a weak number word counts as one."""
    return word if word.isdigit() else "1"


def _operators(text: str) -> str:
    for pattern, symbol in _OPERATORS:
        text = pattern.sub(symbol, text)
    return text


def _table() -> dict[str, list[tuple[tuple[str, ...], int]]]:
    found: dict[str, list[tuple[tuple[str, ...], int]]] = {}
    for module in LANGUAGES.values():
        for value, listed in module.NUMBERS.items():
            for phrase in phrases(listed):
                found.setdefault(phrase[0], []).append((phrase, value))
    for same_start in found.values():
        same_start.sort(key=lambda numeral: -len(numeral[0]))
    return found


def _listed(kind: str) -> str:
    """Return the phrases of a kind in all languages as alternatives of a regular expression."""
    found = {r"\s+".join(phrase) for module in LANGUAGES.values() for phrase in phrases(module.WORDS[kind])}
    return "|".join(sorted(found, key=len, reverse=True))


_NUMERALS = _table()
_WHOLE = {parts[0] for listed in _NUMERALS.values() for parts, _ in listed if len(parts) == 1} - _WEAK
_AND = frozenset(("and", "und", "et", "y", "و"))
_PARTS = {
    fold(name): value for module in (en, de) for value, names in module.NUMBERS.items() for name in names.split("|")
}
_MORPHEME = re.compile("|".join(sorted((*_PARTS, "und"), key=len, reverse=True)))
_COMPOUND = re.compile(f"(?:{_MORPHEME.pattern})+")
_LETTERS = re.compile(r"[^\W\d_]+|(?<![\w.,])\d{1,3}(?![\w.,])")
_LITERAL = re.compile(
    r"(?P<whole>\d{1,3}(?:[ ,.']\d{3})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,]\d+)?|(?<!\w)\.\d+)"
    r"(?:\s*[*x]\s*10\s*\^?\s*[({]?(?P<power>[-+]?\d{1,3})[)}]?|e(?P<e>[-+]?\d{1,3})(?!\w))?(?P<percent>\s*(?:%|percent|prozent))?"
)
_RATIO = re.compile(r"(?:(?<![\d.,])(\d{1,6}) )?(?<![\d.,/])(\d{1,9})\s*/\s*(\d{1,9})(?![\d/])")
_ROMAN = re.compile("M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
_ONE = "|".join(_WEAK)
_POINT = re.compile(rf"\b(\d+)\s+(?:{_listed('point')})\s+((?:\d+|{_ONE})(?:\s(?:\d|{_ONE}))*)\b")
_BELOW = {
    word[0]: value
    for module in LANGUAGES.values()
    for value, listed in module.DENOMINATORS.items()
    for word in phrases(listed)
}
_DENOMINATOR = re.compile(rf"\b(\d+|{_ONE}|a)[\s-]*({'|'.join(sorted(_BELOW, key=len, reverse=True))})\b")
_HALF = re.compile(rf"\b({'|'.join(word for word, value in _BELOW.items() if value in (2, 4) and word != 'fourth')})\b")
_COLLECTIVES = {
    name: value
    for module in LANGUAGES.values()
    for value, listed in module.COLLECTIVES.items()
    for (name,) in phrases(listed)
}
_ALONE = frozenset(words("dozen dutzend douzaine docena دزينة"))
"""Words that count without a number before them: a dozen. A pair and a score mostly mean something else."""
_ARTICLE = r"(?:(?:a|an|of|ein|eine|einem|einen|une|de|d|una|من|ونصف)[\s'-]+)*"
_COLLECTIVE = re.compile(
    rf"(?:\b(?P<amount>\d{{1,6}}(?:\.\d{{1,6}})?)[\s-]+(?:(?:and|und|et|y|و)\s+)?{_ARTICLE})?"
    rf"(?:\b(?P<part>[1-9]\d?/[1-9]\d?)[\s-]*{_ARTICLE})?"
    rf"\b(?P<name>{'|'.join(sorted(_COLLECTIVES, key=len, reverse=True))})\b"
    r"(?:\s+(?:and|und)\s+(?P<more>\d{1,2})\b(?!\s*/))?"
)
_NUMBER_FOLLOWS = r"(?=[\d(])"
_OPERAND = r"((?:\d+(?:[a-z]{1,3}\b)?|[a-z]\b|[*/^]|\s(?=[\da-z]\b))+)"
_NEAR_OPERATION = "|".join(map(_listed, ("plus", "minus", "times", "more", "less")))
_OPERATORS = (
    (re.compile(rf"\b(?:{_ONE})(?=\s+(?:{_NEAR_OPERATION})\b)|(?<=\d\splus\s)(?:{_ONE})\b"), "1"),
    (re.compile(rf"\b(\d+)\s+(?:{_listed('more')})\s+(\d+)"), r"\2+\1"),
    (re.compile(rf"\b(\d+)\s+(?:{_listed('less')})\s+(\d+)"), r"\2-\1"),
    (re.compile(rf"\b(?:{_listed('root')})\s+{_OPERAND}"), r"sqrt(\1)"),
    (re.compile(rf"(?<![^\W\d_]{{2}})(?<=[a-z\d)])\s+(?:{_listed('equals')})\s+(?=[\d(-])"), " = "),
    (re.compile(rf"(?<=/\d)\s+(?:{_listed('of')})\s+{_NUMBER_FOLLOWS}"), "*"),
    (re.compile(rf"\b(?:{_listed('double')})\s+(?:of\s+)?{_NUMBER_FOLLOWS}"), "2*"),
    (re.compile(rf"(?<=[\d)])\s+(?:{_listed('power')})\s+(?:of\s+)?{_NUMBER_FOLLOWS}"), "^"),
    (re.compile(rf"(?<=[\d)])\s+(?:{_listed('times')})\s+{_NUMBER_FOLLOWS}"), "*"),
    (re.compile(rf"(?<=[\d)])\s+(?:{_listed('over')})\s+{_NUMBER_FOLLOWS}"), "/"),
    (re.compile(rf"(?<=[\d)])\s+(?:{_listed('plus')})\s+{_NUMBER_FOLLOWS}"), "+"),
    (re.compile(rf"(?<=[\d)])\s+(?:{_listed('minus')})\s+{_NUMBER_FOLLOWS}"), "-"),
)
