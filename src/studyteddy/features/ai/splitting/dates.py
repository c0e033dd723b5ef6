"""Days of steps: the minutes are spread evenly over the days from today to the due date."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import accumulate

from studyteddy.features.ai.splitting.minutes import LONGEST


def spread(shares: Sequence[int], today: date, due: date | None) -> Iterator[date | None]:
    """Yield the day on which each step is done, the last one on the due date; none if that is none or has passed."""
    if due is None or due < today:
        yield from [None] * len(shares)
    else:
        days, total = (due - today).days + 1, sum(shares)
        # Rounded up: a step is done on the day on which its last minute is.
        yield from (today + timedelta(-(-days * done // total) - 1) for done in accumulate(shares))


def crowded_hours(total: int, today: date, due: date | None) -> int | None:
    """Return the hours a day that a total takes until the due date, rounded up, if they are more than eight."""
    days = (due - today).days + 1 if due else 0
    return -(-total // (60 * days)) if days > 0 and total > LONGEST * days else None
