"""Streaks: runs of days that count, whatever the calendar does."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyteddy.features.analytics.schemas import Streak
from studyteddy.features.analytics.service import streak

TODAY = date(2026, 3, 1)


def _ago(*days: int) -> list[date]:
    return sorted(TODAY - timedelta(days=one) for one in days)


@pytest.mark.parametrize(
    ("days", "current", "longest"),
    [
        ((), 0, 0),
        ((0,), 1, 1),
        ((1,), 1, 1),  # today is not over: yesterday's streak stands
        ((2,), 0, 1),
        ((0, 1, 2), 3, 3),  # over the end of February
        ((1, 2, 3), 3, 3),
        ((0, 2, 3, 4), 1, 3),
        ((5, 6, 7, 0, 1), 2, 3),
    ],
)
def test_days_make_a_streak(days: tuple[int, ...], current: int, longest: int) -> None:
    assert streak(_ago(*days), TODAY) == Streak(current, longest)


@given(st.sets(st.integers(0, 60)))
def test_it_is_what_one_counts_by_hand(days: set[int]) -> None:
    start = next((day for day in (0, 1) if day in days), None)
    current = 0
    while start is not None and start + current in days:
        current += 1
    runs = [n for n in range(1, 62) for day in range(61) if all(day + k in days for k in range(n))]
    assert streak(_ago(*days), TODAY) == Streak(current, max(runs, default=0))
