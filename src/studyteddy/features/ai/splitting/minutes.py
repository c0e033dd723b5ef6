"""Minutes of steps: how a total is divided, and how estimates are corrected by the student's own ratio."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from studyteddy.features.ai.schemas.steps import MAX_STEP_MINUTES

UNIT = 5
LONGEST = 480
"""A step that takes more than a working day is no step; only a very large total exceeds this."""
_RATIOS = (0.5, 2.5)


def fitting(count: int, total: int, *, least: int, most: int) -> int:
    """Return the number of steps closest to `count` into which a total can be divided, five to 480 minutes each.

    If none can be, the total is too short for the least number of steps, or too long for the most.
    """
    return min(max(min(count, total // UNIT), -(-total // LONGEST), least), most)


def applied(ratio: float) -> float:
    """Return the ratio by which estimates are corrected: a student's own, within 0.5 and 2.5."""
    least, most = _RATIOS
    return min(max(ratio, least), most)


def corrected(minutes: int, ratio: float) -> int:
    """Return minutes times the ratio, as a multiple of five between 5 and 480."""
    units = round(minutes * applied(ratio) / UNIT)
    return min(max(UNIT * units, UNIT), LONGEST)


def estimated(minutes: Sequence[int], ratio: float, *, largest: int) -> list[int]:
    """Return corrected minutes, reduced in proportion if they sum to more than `largest`."""
    estimates = [corrected(each, ratio) for each in minutes]
    return estimates if sum(estimates) <= largest else shared(estimates, largest)


def shared(weights: Sequence[int], total: int) -> list[int]:
    """Divide a total in proportion to the weights, so that the shares sum to it.

    Shares are multiples of five, and what remains is added to one of them; a total of less than five minutes a share is
    divided by minutes. A share is at least one minute and at most 480; if the total is too large for that, 1,440.
    """
    count = len(weights)
    ceiling = LONGEST if total <= LONGEST * count else MAX_STEP_MINUTES
    total = min(max(total, count), ceiling * count)
    unit = UNIT if total >= UNIT * count else 1
    units, rest = divmod(total, unit)
    shares = [unit * each for each in _apportioned(weights, units, ceiling // unit)]
    largest = max(range(count), key=lambda place: shares[place] if shares[place] + rest <= ceiling else 0)
    shares[largest] += rest
    return shares


def _apportioned(weights: Sequence[int], units: int, most: int) -> list[int]:
    """Give every weight one unit, and each further unit to the one that is furthest below its share (Sainte-Laguë)."""
    given = [1] * len(weights)
    waiting = [(-weight / 3, place) for place, weight in enumerate(weights)]
    heapq.heapify(waiting)
    for _ in range(units - len(weights)):
        _, place = heapq.heappop(waiting)
        given[place] += 1
        if given[place] < most:
            heapq.heappush(waiting, (-weights[place] / (2 * given[place] + 1), place))
    return given
