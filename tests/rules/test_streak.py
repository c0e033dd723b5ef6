"""Streaks: consecutive days, across calendar boundaries."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyteddy.features.analytics import service as analytics
from studyteddy.features.analytics.schemas import Streak, StreakDay
from studyteddy.platform.local_time.dates import DayBoundary

TODAY = date(2026, 3, 1)


UTC_DAYS = DayBoundary("UTC", 240)


def _ago(*days: int) -> list[StreakDay]:
    return [StreakDay(day, None) for day in sorted(TODAY - timedelta(days=one) for one in days)]


def _streak(days: list[StreakDay], today: date = TODAY) -> Streak:
    return analytics.streak(days, today, UTC_DAYS)


@pytest.mark.parametrize(
    ("days", "current", "longest"),
    [
        ((), 0, 0),
        ((0,), 1, 1),
        ((1,), 1, 1),  # today is not over: yesterday's streak is still current
        ((2,), 0, 1),
        ((0, 1, 2), 3, 3),  # over the end of February
        ((1, 2, 3), 3, 3),
        ((0, 2, 3, 4), 1, 3),
        ((5, 6, 7, 0, 1), 2, 3),
    ],
)
def test_days_make_a_streak(days: tuple[int, ...], current: int, longest: int) -> None:
    assert _streak(_ago(*days)) == Streak(current, longest)


@given(st.sets(st.integers(0, 60)))
def test_a_streak_matches_a_naive_count(days: set[int]) -> None:
    start = next((day for day in (0, 1) if day in days), None)
    current = 0
    while start is not None and start + current in days:
        current += 1
    runs = [n for n in range(1, 62) for day in range(61) if all(day + k in days for k in range(n))]
    assert _streak(_ago(*days)) == Streak(current, max(runs, default=0))


NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ZONES = ("Pacific/Kiritimati", "Etc/GMT+12", "UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo")
BOUNDARIES = st.builds(DayBoundary, st.sampled_from(ZONES), st.integers(0, 1439))


def _counted(moves: list[tuple[DayBoundary, datetime]]) -> list[StreakDay]:
    """Return the days of completions, each at an instant and with the boundary of that moment."""
    days: dict[date, datetime] = {}
    for boundary, at in moves:
        day = boundary.date_of(at)
        days.setdefault(day, analytics._beginning(boundary, day, at))
    return [StreakDay(day, began) for day, began in sorted(days.items())]


@given(st.lists(st.tuples(BOUNDARIES, st.integers(0, 24 * 20)), min_size=1, max_size=80))
def test_no_choice_of_zones_makes_a_streak_longer_than_time_passed(moves: list[tuple[DayBoundary, int]]) -> None:
    """At most one day begins per twenty hours, whatever the zone and the day start at each completion."""
    hours = sorted(moves, key=lambda move: move[1])
    made = [(boundary, NOON + timedelta(hours=hour)) for boundary, hour in hours]
    passed = hours[-1][1] - hours[0][1]
    for boundary in (UTC_DAYS, hours[-1][0]):
        found = analytics.streak(_counted(made), boundary.date_of(made[-1][1]), boundary)
        assert found.longest <= (passed + 25) // 20 + 1


@given(BOUNDARIES, st.lists(st.integers(0, 1439), min_size=1, max_size=40))
def test_who_stays_in_a_zone_gets_every_day(boundary: DayBoundary, minutes: list[int]) -> None:
    """At any minute of each day: late on one and early on the next, too."""
    first = boundary.date_of(NOON)
    days = [first + timedelta(days=number) for number in range(len(minutes))]
    begun = [(boundary.begin_of(day), boundary.end_of(day)) for day in days]
    made = [
        (boundary, min(begin + timedelta(minutes=one), end - timedelta(minutes=1)))
        for (begin, end), one in zip(begun, minutes, strict=True)
    ]
    assert analytics.streak(_counted(made), days[-1], boundary) == Streak(len(days), len(days))


@pytest.mark.parametrize(
    ("zones", "length"),
    [
        (("Europe/Berlin", "Asia/Tokyo", "Asia/Tokyo"), 2),  # the day of the flight begins eight hours early
        (("Asia/Tokyo", "Europe/Berlin", "Europe/Berlin"), 3),
        (("Europe/Berlin", "America/New_York", "America/New_York", "Europe/Berlin"), 3),
        (("Europe/Berlin", "Europe/London", "Europe/Berlin"), 3),
    ],
)
def test_a_journey_never_ends_a_streak(zones: tuple[str, ...], length: int) -> None:
    boundaries = [DayBoundary(zone, 240) for zone in zones]
    days = [TODAY + timedelta(days=number) for number in range(len(zones))]
    made = [(one, one.begin_of(day) + timedelta(hours=12)) for one, day in zip(boundaries, days, strict=True)]
    assert analytics.streak(_counted(made), days[-1], boundaries[-1]) == Streak(length, length)


def test_days_of_earlier_versions_begin_where_the_zone_says() -> None:
    tokyo = DayBoundary("Asia/Tokyo", 240)
    days = [*_ago(1, 2, 3), StreakDay(TODAY, tokyo.begin_of(TODAY))]
    assert analytics.streak(days, TODAY, tokyo) == Streak(4, 4)
