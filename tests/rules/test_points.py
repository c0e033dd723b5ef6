"""The rules of points: the points of a completion, and levels."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyteddy.features.gamification import service as gamification
from studyteddy.features.gamification.schemas import Earned
from studyteddy.features.gamification.service import FOCUS_DAILY


@pytest.mark.parametrize(
    ("today", "last_hour", "points"),
    [
        (0, 0, 10),
        (9, 9, 10),
        (9, 99, 10),  # the first ten of a day always count
        (10, 9, 10),
        (10, 10, 0),
        (29, 9, 10),
        (29, 10, 0),  # then ten in an hour
        (30, 0, 0),
        (1000, 0, 0),  # and thirty in a day
    ],
)
def test_points_of_a_completion(today: int, last_hour: int, points: int) -> None:
    assert gamification.points_for_completion(Earned(today, last_hour)) == points


@given(st.integers(0, 100), st.integers(0, 100))
def test_more_completions_are_never_worth_more(today: int, last_hour: int) -> None:
    assert gamification.points_for_completion(Earned(today + 1, last_hour)) <= gamification.points_for_completion(
        Earned(today, last_hour)
    )
    assert gamification.points_for_completion(Earned(today, last_hour + 1)) <= gamification.points_for_completion(
        Earned(today, last_hour)
    )


@pytest.mark.parametrize(
    ("minutes", "given", "points"),
    [(0, 0, 0), (4, 0, 0), (5, 0, 1), (29, 0, 5), (240, 0, 48), (480, 0, 48), (60, 40, 8), (60, 48, 0), (60, 50, 0)],
)
def test_points_of_focused_minutes(minutes: int, given: int, points: int) -> None:
    assert gamification.points_for_focus(minutes, given) == points


@given(st.lists(st.integers(0, 500), max_size=20))
def test_points_of_a_day_of_focus_are_limited(sessions: list[int]) -> None:
    given = 0
    for minutes in sessions:
        given += gamification.points_for_focus(minutes, given)
    assert given == min(FOCUS_DAILY, sum(minutes // 5 for minutes in sessions))


def test_levels_begin_at_these_points() -> None:
    assert [gamification.threshold(level) for level in range(1, 7)] == [0, 100, 300, 600, 1000, 1500]


@pytest.mark.parametrize(("total", "level"), [(-10, 1), (0, 1), (99, 1), (100, 2), (299, 2), (300, 3), (1000, 5)])
def test_points_make_a_level(total: int, level: int) -> None:
    assert gamification.level_of(total) == level


@given(st.integers(0, 2_000_000))
def test_a_level_holds_its_points(total: int) -> None:
    level = gamification.level_of(total)
    assert gamification.threshold(level) <= total < gamification.threshold(level + 1)
