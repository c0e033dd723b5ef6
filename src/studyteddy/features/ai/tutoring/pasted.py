"""Which formulas of a message belong to an exercise of its own, and not to work on one that is known.

Work goes on with the numbers of its problem: it repeats them, calculates with them, or has fewer of them in each line.
An equation that does none of this was brought in from elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import permutations

from studyteddy.features.ai.tutoring.formulas import chunks, equations, formulas, same_values, sampled, squeezed
from studyteddy.features.ai.tutoring.number_leaks import stated
from studyteddy.features.ai.tutoring.numbers import literals
from studyteddy.features.ai.tutoring.views import View

_RESULT = re.compile(r"[a-z]?=?-?[\d.,/]+[a-z]{0,3}")
_CALCULATED = re.compile(r"[^a-z=]+=-?[\d.,/]+")
_MAX_GIVEN = 12
"""Numbers of a problem that are calculated with."""
_MAX_LINES, _MAX_EQUATIONS = 40, 120
"""Formulas of a message that are compared, and readings of equations of the problems: what goes beyond was pasted."""


def lines(view: View, given: View) -> list[str]:
    """Return the formulas of a message that the known problems don't have, each without spaces and once."""
    own = dict.fromkeys(squeezed(one) for one in chunks(view.text) if any(not part.is_simple for part in formulas(one)))
    return [one for one in own if one not in given.squeezed]


def pasted(view: View, given: View) -> list[str]:
    """Return the formulas of a message that don't go on with those of the known problems."""
    found = lines(view, given)
    known = [one for one in chunks(given.text) if any(not part.is_simple for part in formulas(one))]
    if not known and not stated(given):
        return [one for one in found if not _CALCULATED.fullmatch(one)]
    problem = _Given(given, known)
    return [one for one in found[:_MAX_LINES] if not problem.leads_to(one)] + found[_MAX_LINES:]


class _Given:
    """What the lines of a message are compared with: the equations and numbers of the known problems."""

    def __init__(self, given: View, known: list[str]) -> None:
        self._equations = [sampled(one) for one in given.equations[:_MAX_EQUATIONS]]
        self._numbers = stated(given)
        self._reached = {*self._numbers, *_reached(self._numbers)}
        counts = (len(literals(one)) for one in known)
        self._longest = max((count for count in counts if count > 1), default=_MAX_GIVEN)  # 2 m is no formula

    def leads_to(self, line: str) -> bool:
        """Return whether a line can be a step from the given equations or numbers, right or wrong."""
        if _RESULT.fullmatch(line) or _CALCULATED.fullmatch(line):
            return True
        said = stated(View(line))
        if said <= self._numbers:
            return True
        if said & self._numbers and said <= self._reached and len(literals(line)) < self._longest:
            return True
        own = [sampled(one) for one in equations(line)]
        return bool(own) and all(any(same_values(one, known) for known in self._equations) for one in own)


def _reached(numbers: set[float]) -> Iterator[float]:
    """Yield what one operation with two of the numbers gives; signs are ignored."""
    for one, two in permutations(sorted(numbers)[:_MAX_GIVEN], 2):
        yield from (one + two, abs(one - two), one * two)
        if two:
            yield one / two
