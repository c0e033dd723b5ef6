"""What a key's answer consists of: numbers, formulas, an option of a multiple-choice problem, or text."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import msgspec

from studyteddy.features.ai.tutoring import formulas
from studyteddy.features.ai.tutoring.numbers import literals, ratios
from studyteddy.features.ai.tutoring.views import View

_PROSE_WORDS = 6
"""An answer with at least as many words is text, whatever numbers it has."""
_SEQUENCE = 3
"""As many numbers are a list, whose single small numbers say nothing."""
_OPTION = re.compile(r"\s*(?:option\s+|answer\s+)?\(?([A-H])\)?\s*(?:[.):\u2013-]\s*(.*))?", re.DOTALL | re.IGNORECASE)
_CHOICE = re.compile(r"(?:^|[\s(])([A-H])\s?[.):]\s*(.+?)(?=[\s(,;]+[A-H]\s?[.):]|\Z)", re.DOTALL)
_PART = re.compile(r";|\n|,\s|\s(?:or|and|oder|und|et|ou|y|o|أو)\s")
_GLUED = re.compile(r"(?<=[a-zµ°)\]])\^?[({]?-?\d+[)}]?")
_ARROW = re.compile("->|→|⟶|⇌|⇒")
_UNIT = re.compile(r"\s*[a-zµ°ω€$%]")


class Target(msgspec.Struct, frozen=True):
    """A number that must not be said."""

    value: float
    places: int
    digits: str
    """Its digits in order; those of a fraction are its numerator and denominator."""
    parts: tuple[str, ...]
    """What it can be pieced together from: its digits, or numerator and denominator."""
    has_unit: bool

    def is_said(self, value: float, places: int, *, digits: str, approximate: bool) -> bool:
        """Return whether a number in a text is this one, possibly rounded."""
        tolerance = 1e-9 * max(1.0, abs(self.value))
        if self.places:
            tolerance = max(tolerance, 0.5 * 10.0**-self.places)
        if approximate and not places:
            places = len(digits.rstrip("0")) - len(digits)
        if approximate or len(digits.strip("0")) >= 2:
            tolerance = max(tolerance, 0.5 * 10.0**-places)
        return abs(abs(self.value) - abs(value)) <= tolerance * 1.000001


class Solution(msgspec.Struct, frozen=True):
    """The parts of an answer."""

    targets: list[Target]
    sequence: list[str]
    """The digits of a list of numbers, if the answer is one."""
    option: str
    """The letter of the right option, or empty."""
    texts: list[str]


def solution(answer: str, problem: str) -> Solution:
    """Return what an answer consists of; the text of a right option is taken from the problem."""
    chosen = _OPTION.fullmatch(answer)
    if chosen and (options := choices(problem)) and chosen[1].upper() in options:
        return Solution([], [], chosen[1].upper(), [options[chosen[1].upper()]])
    view = View(answer)
    if _ARROW.search(answer):
        return Solution(list(_targets(view.text)), _coefficients(view.shown), "", [answer])
    if len(view.words) >= _PROSE_WORDS and not view.equations:
        return Solution([one for one in _targets(view.text) if not _is_small(one)], [], "", [answer])
    targets = [target for part in _PART.split(view.text) for target in _targets(part)]
    sequence = [literal.digits for literal in literals(view.text)] if len(targets) >= _SEQUENCE else []
    if sequence:
        targets = [target for target in targets if not _is_small(target)]
    targets += [year for target in targets for year in _short_year(target)]
    is_text = not targets and not sequence and not any(not one.is_simple for one in view.formulas)
    return Solution(targets, sequence, "", [answer] if is_text else [])


def choices(problem: str) -> dict[str, str]:
    """Return the options of a multiple-choice problem by letter: A) … B) …"""
    found = {letter: text.strip() for letter, text in _CHOICE.findall(problem)}
    return found if len(found) >= 2 and "A" in found else {}


def _targets(part: str) -> Iterator[Target]:
    """Yield the numbers of a part of an answer; a fraction or a calculation is one number."""
    bare = _GLUED.sub(" ", part) if not re.match(r"\s*[a-z]\s*=", part) else part
    fractions = list(ratios(bare))
    for value, start, end in fractions:
        above, below = re.findall(r"\d+", bare[start:end])[-2:]
        yield Target(value, 0, above + below, (above, below), has_unit=False)
    if fractions:
        return
    if calculated := list(_calculated(bare)):
        yield from calculated
        return
    for literal in literals(_GLUED.sub(" ", bare)):
        unit = _UNIT.match(bare[literal.end :]) is not None
        digits = literal.digits.rstrip("0") if literal.places else literal.digits
        for value in literal.values:
            yield Target(value, literal.places, digits, tuple(digits), unit)


def _calculated(part: str) -> Iterator[Target]:
    """Yield the values of calculations without variables: 2^10, sqrt(2)/2."""
    for formula in formulas.formulas(part):
        value = formulas.evaluate(formula.node, {})
        if not formula.is_simple and not formula.variables and math.isfinite(value):
            yield Target(abs(value), 0, f"{abs(value):.10g}".replace(".", ""), (), has_unit=False)


def _short_year(target: Target) -> Iterator[Target]:
    """Yield the last two digits of what can be a year."""
    if (
        len(target.digits) == 4
        and 1400 <= target.value < 2100
        and target.parts
        and not target.has_unit
        and not target.places
    ):
        yield Target(target.value % 100, 0, target.digits[2:], (), has_unit=False)


def _is_small(target: Target) -> bool:
    return target.value == int(target.value) and target.value <= 10


def _coefficients(equation: str) -> list[str]:
    """Return the coefficients of a balanced chemical equation, in order; a missing one is 1."""
    sides = re.split(r"\s\+\s|->|=", equation)
    return [match[1] or "1" for side in sides if (match := re.match(r"\s*(\d*)\s*[A-Z(]", side))]
