"""Whether a sentence says a number of the answer, in any notation, at once or piece by piece.

Numbers up to ten and numbers of the problem occur in harmless sentences. They pass only where the context shows that
something else is meant: a counted noun, a numbered step, a formula of the problem, an operation with a given number.
"""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations

from studyteddy.features.ai.tutoring import formulas
from studyteddy.features.ai.tutoring.languages import length_at, precedes, says, words
from studyteddy.features.ai.tutoring.numbers import Literal, literals, ratios, roman
from studyteddy.features.ai.tutoring.solutions import Solution, Target
from studyteddy.features.ai.tutoring.tallies import counted, in_other_script
from studyteddy.features.ai.tutoring.views import View

_STREAM = 24
"""Numbers of earlier sentences that are compared with those of a sentence."""
_SUBSEQUENCE = 4
_LARGE, _MAX_PAIRED = 100, 12
_FEW_NUMBERS = 2
_NEAR = 80
"""Characters beside a number that say what it counts; the whole text for each number would take quadratic time."""
_LIST_MARKER = re.compile(r"(?m)^[^\S\n]*[-*#]*[^\S\n]*(\d+)[.)]\s+(?=\w)")
_NAME = re.compile(r"[a-z]+\d\w*")
_UNIT_FACTORS = (1e-6, 1e-3, 1e-2, 1e2, 1e3, 1e6, 3.6, 1 / 3.6, 60.0, 1 / 60.0, 3600.0)


class NumberLeaks:
    """The numbers of an answer, against the numbers that were said."""

    def __init__(self, solution: Solution, problem: View) -> None:
        self._problem = problem
        self._given = _values(problem)
        self._given_stream = [literal.digits for literal in problem.literals]
        self._names = frozenset(_NAME.findall(problem.text))
        self._targets = [*solution.targets, *_in_other_units(solution.targets)]
        self._sequence = solution.sequence
        pieced = {*(target.digits for target in solution.targets), "".join(solution.sequence)}
        self._joined = [digits for digits in pieced if len(digits) > 1]
        self._separated = [_separated(target.digits) for target in solution.targets if len(target.digits) > 1]
        self._stream: deque[str] = deque(maxlen=_STREAM)

    def reveals(self, view: View) -> bool:
        """Return whether a sentence says a number of the answer, or completes it."""
        if not self._targets and not self._sequence:
            return False
        said = self._said(view)
        return (
            any(self._is_answer(view, literal) for literal in said)
            or self._is_calculated(view)
            or self._is_roman(view)
            or self._is_pieced(view, said)
            or self._is_near(view, said)
            or self._is_tallied(view)
        )

    def hear(self, view: View) -> None:
        """Remember the numbers of a sentence, with which later ones can form the answer."""
        self._stream += [literal.digits for literal in self._said(view) if not _is_elsewhere(view, literal)]

    def _said(self, view: View) -> list[Literal]:
        """Return the numbers outside the formulas that the problem gives."""
        if view.hidden:
            return view.literals
        text = view.text
        for chunk in formulas.chunks(text):
            if not chunk.startswith("=") and not chunk.isdigit() and formulas.squeezed(chunk) in self._problem.squeezed:
                text = text.replace(chunk, " " * len(chunk))
        return literals(_NAME.sub(self._without_given_name, text))

    def _without_given_name(self, match: re.Match[str]) -> str:
        """Remove names with digits that the problem has too: H2O."""
        return " " * len(match[0]) if match[0] in self._names else match[0]

    def _is_answer(self, view: View, literal: Literal) -> bool:
        for target in self._targets:
            approximate = view.says("about")
            said = any(
                target.is_said(value, literal.places, digits=literal.digits, approximate=approximate)
                for value in literal.values
            )
            if said and not (self._is_common(target) and self._is_harmless(view, literal)):
                return True
        return False

    def _is_common(self, target: Target) -> bool:
        """Return whether a number occurs in sentences that don't mean the answer."""
        return (target.value == int(target.value) and target.value <= 10) or target.value in self._given

    def _is_harmless(self, view: View, literal: Literal) -> bool:
        if view.hidden or view.states_an_answer:
            return False
        return _is_elsewhere(view, literal) or self._is_operand(view, literal)

    def _is_operand(self, view: View, literal: Literal) -> bool:
        """Return whether a given number is what an operation uses: subtract 5 from both sides."""
        before = view.text[: literal.start].rstrip()
        if before.endswith(("=", ":", "<", ">")) or not self._given.intersection(literal.values):
            return False
        names = words(before)
        return before.endswith(("+", "-", "*", "/", "^")) or precedes("operation", names, len(names))

    def _is_calculated(self, view: View) -> bool:
        """Return whether a calculation or a fraction has the value of the answer: 6 · 7, 84/2."""
        values = [*self._composed(view)]
        values += [value for value, start, end in ratios(view.text) if not self._gives(view.text[start:end])]
        values += [
            formulas.evaluate(one.node, {})
            for one in view.formulas
            if not one.is_simple and not one.variables and not self._gives(one.text)
        ]
        known = [value for value in values if math.isfinite(value)]
        return any(
            target.is_said(value, 0, digits="", approximate=False) for value in known for target in self._targets
        )

    def _composed(self, view: View) -> Iterator[float]:
        """Yield the sums and products of two numbers of a sentence, which large answers can be made of."""
        values = [value for literal in self._said(view) for value in literal.values]
        if any(target.value >= _LARGE for target in self._targets) and len(values) <= _MAX_PAIRED:
            for one, two in combinations(values, 2):
                if not self._given.issuperset((one, two)):
                    yield from (one + two, one * two)

    def _gives(self, formula: str) -> bool:
        return formulas.squeezed(formula) in self._problem.squeezed

    def _is_roman(self, view: View) -> bool:
        names = re.findall(r"[^\W\d_]+", view.shown)
        for at, name in enumerate(names):
            is_alone = len(name) > 1 or len(names) <= 2 or says("is", words(names[at - 1]))
            if is_alone and (value := roman(name)) and name not in self._problem.shown.split():
                counts = precedes("counter", words(" ".join(names[:at])), at)
                if not counts and any(target.value == value for target in self._targets):
                    return True
        return False

    def _is_tallied(self, view: View) -> bool:
        """Return whether a number is shown by repeating something, or may be said in another script."""
        if view.hidden:
            return False
        given = set(counted(self._problem))
        return in_other_script(view) or any(
            target.value == count for count in counted(view) if count not in given for target in self._targets
        )

    def _is_pieced(self, view: View, said: list[Literal]) -> bool:
        """Return whether the answer stands there in pieces, with those of earlier sentences."""
        if any(pattern.search(view.text) and not pattern.search(self._problem.text) for pattern in self._separated):
            return True
        new = [literal.digits for literal in said if view.hidden or not _is_elsewhere(view, literal)]
        if view.says("digit") and any(piece in target.parts for piece in new for target in self._targets):
            return True
        stream = [*self._stream, *new]
        return self._is_joined(stream, len(new)) or self._is_listed(stream, len(new))

    def _is_joined(self, stream: list[str], new: int) -> bool:
        """Return whether the last numbers, written one after the other, are the digits of the answer."""
        for digits in self._joined:
            for end in range(len(stream) - new + 1, len(stream) + 1):
                if any(
                    "".join(run) == digits and not _contains(self._given_stream, run)
                    for run in _runs(stream[:end], len(digits))
                ):
                    return True
            if new and len(digits) >= _SUBSEQUENCE and _is_subsequence(digits, stream):
                return True
        return False

    def _is_listed(self, stream: list[str], new: int) -> bool:
        """Return whether three or more numbers of a list were said in order."""
        wanted = self._sequence
        length = min(3, len(wanted))
        runs = [wanted[at : at + length] for at in range(len(wanted) - length + 1)] if wanted else []
        recent = stream[-(new + length - 1) :] if new else []
        return any(_contains(recent, run) and not _contains(self._given_stream, run) for run in runs)

    def _is_near(self, view: View, said: list[Literal]) -> bool:
        """Return whether a comparison narrows the answer down: between 41 and 43."""
        if not (view.says("near") or "<" in view.text or ">" in view.text):
            return False
        return any(
            0 < abs(value - target.value) <= max(1.0, target.value * 0.02)
            for literal in said
            for value in literal.values
            for target in self._targets
            if value not in self._given and not _is_elsewhere(view, literal)
        )


def values_outside(view: View, problem: View) -> bool:
    """Return whether a sentence has a number that the problem doesn't have."""
    given = _values(problem)
    is_new = any(
        not given.intersection(literal.values) and not _is_elsewhere(view, literal) for literal in view.literals
    )
    return is_new or any(value not in given for value, _, _ in ratios(view.text))


def stated(view: View) -> set[float]:
    """Return the numbers of a text, without those that count or number something."""
    return {value for literal in view.literals if not _is_elsewhere(view, literal) for value in literal.values}


def has_numbers(view: View) -> bool:
    """Return whether a text is about numbers: it has a formula, or several numbers."""
    return any(not one.is_simple for one in view.formulas) or len(stated(view)) >= _FEW_NUMBERS


def _values(view: View) -> set[float]:
    return {value for literal in view.literals for value in literal.values} | {one[0] for one in ratios(view.text)}


def _is_elsewhere(view: View, literal: Literal) -> bool:
    """Return whether a number counts or numbers something: step 3, three hints, a list marker."""
    if literal.start in _list_markers(view.text):
        return True
    near = view.text[max(0, literal.start - _NEAR) : literal.start]
    before, after = words(near), words(view.text[literal.end : literal.end + _NEAR])
    if near.rstrip().endswith(("=", ":")):
        return False
    return precedes("counter", before, len(before)) or bool(after and length_at("counted", after, 0))


@lru_cache(8)
def _list_markers(text: str) -> frozenset[int]:
    """Return where the numbers of a list begin."""
    return frozenset(match.start(1) for match in _LIST_MARKER.finditer(text))


def _in_other_units(targets: list[Target]) -> Iterator[Target]:
    """Yield the numbers of quantities in larger and smaller units: 19.6 m is 1960 cm."""
    for target in targets:
        if target.has_unit and len(target.digits.strip("0")) >= 2:
            for factor in _UNIT_FACTORS:
                yield Target(target.value * factor, 0, target.digits, (), has_unit=True)


def _separated(digits: str) -> re.Pattern[str]:
    """Return the pattern of digits with little between them: 4 2, 4-2, 4.2."""
    between = r"\W{1,3}"
    return re.compile(rf"(?<![\d.,]){between.join(digits)}(?!\d)")


def _runs(stream: list[str], length: int) -> Iterator[list[str]]:
    """Yield the runs of several pieces at the end of a stream that have as many digits."""
    for start in range(len(stream) - 2, -1, -1):
        total = sum(map(len, stream[start:]))
        if total == length:
            yield stream[start:]
        if total >= length:
            return


def _contains(stream: list[str], run: list[str]) -> bool:
    return any(stream[at : at + len(run)] == run for at in range(len(stream) - len(run) + 1))


def _is_subsequence(digits: str, stream: list[str]) -> bool:
    remaining = iter(piece for piece in stream[-3 * len(digits) :] if len(piece) == 1)
    return all(digit in remaining for digit in digits)
