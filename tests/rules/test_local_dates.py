"""Local dates by time zone and day start, including clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyteddy.platform.errors import Invalid
from studyteddy.platform.local_time.dates import DayBoundary, check_zone, zone

ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Asia/Tokyo",
    "Pacific/Apia",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "America/Santiago",
    "Africa/Casablanca",
    "Asia/Beirut",
]


INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2036, 12, 31), timezones=st.just(UTC))
NIGHTS = [
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2026, 3, 8, 7, tzinfo=UTC),
    datetime(2026, 11, 1, 6, tzinfo=UTC),
    datetime(2026, 3, 28, 22, tzinfo=UTC),
    datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
    datetime(2011, 12, 30, 10, tzinfo=UTC),  # Samoa skipped a whole day
]
"""Instants of clock changes."""
NEAR_THEM = st.builds(
    lambda night, minutes: night + timedelta(minutes=minutes), st.sampled_from(NIGHTS), st.integers(-200, 200)
)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "day_start", "at", "day"),
    [
        ("UTC", 0, "2026-06-01T00:00", date(2026, 6, 1)),
        ("UTC", 240, "2026-06-01T03:59:59.999", date(2026, 5, 31)),
        ("UTC", 240, "2026-06-01T04:00", date(2026, 6, 1)),
        ("Europe/Berlin", 240, "2026-06-01T01:59", date(2026, 5, 31)),
        ("Europe/Berlin", 240, "2026-06-01T02:00", date(2026, 6, 1)),
        ("Asia/Kathmandu", 0, "2026-05-31T18:15", date(2026, 6, 1)),
        ("America/New_York", 1439, "2026-06-02T03:58", date(2026, 5, 31)),
        ("Pacific/Apia", 240, "2026-05-31T15:00", date(2026, 6, 1)),
        # the nights in which clocks in Berlin change from 02:00 to 03:00, and back
        ("Europe/Berlin", 240, "2026-03-29T01:59", date(2026, 3, 28)),
        ("Europe/Berlin", 240, "2026-03-29T02:00", date(2026, 3, 29)),
        ("Europe/Berlin", 240, "2026-10-25T02:59", date(2026, 10, 24)),
        ("Europe/Berlin", 240, "2026-10-25T03:00", date(2026, 10, 25)),
    ],
)
def test_an_instant_has_a_local_date(name: str, day_start: int, at: str, day: date) -> None:
    assert DayBoundary(name, day_start).date_of(_at(at)) == day


@pytest.mark.parametrize(
    ("name", "day_start", "day", "begins"),
    [
        ("Europe/Berlin", 240, date(2026, 3, 29), "2026-03-29T02:00"),
        ("Europe/Berlin", 0, date(2026, 3, 29), "2026-03-28T23:00"),
        ("Europe/Berlin", 150, date(2026, 3, 29), "2026-03-29T01:00"),  # 02:30 is skipped: the day begins at 03:00
        ("Europe/Berlin", 150, date(2026, 10, 25), "2026-10-25T00:30"),  # 02:30 is ambiguous: the first one
        ("Asia/Beirut", 0, date(2026, 3, 29), "2026-03-28T22:00"),  # midnight itself is skipped
        ("Australia/Lord_Howe", 135, date(2026, 10, 4), "2026-10-03T15:30"),  # half an hour is skipped
    ],
)
def test_a_day_begins(name: str, day_start: int, day: date, begins: str) -> None:
    assert DayBoundary(name, day_start).begin_of(day) == _at(begins)


@given(name=st.sampled_from(ZONES), day_start=st.integers(0, 240) | st.integers(0, 1439), at=NEAR_THEM | INSTANTS)
def test_an_instant_is_within_its_local_day(name: str, day_start: int, at: datetime) -> None:
    if at.astimezone(zone(name)).fold:
        return  # in a repeated hour, a day start is repeated too
    boundary = DayBoundary(name, day_start)
    day = boundary.date_of(at)
    assert boundary.begin_of(day) <= at < boundary.end_of(day)


@given(name=st.sampled_from(ZONES), day_start=st.integers(0, 1439), day=st.dates(date(2012, 1, 2), date(2036, 12, 30)))
def test_days_are_contiguous(name: str, day_start: int, day: date) -> None:
    boundary = DayBoundary(name, day_start)
    assert boundary.end_of(day) == boundary.begin_of(day + timedelta(days=1))
    assert timedelta(hours=22) <= boundary.end_of(day) - boundary.begin_of(day) <= timedelta(hours=26)
    assert boundary.date_of(boundary.begin_of(day)) == day


@pytest.mark.parametrize(
    "name",
    [
        "Mars/Olympus",
        "",
        ".",
        "..",
        "/etc/passwd",
        "../../etc/passwd",
        "Europe",
        "a" * 64,
        "\0",
        "Europe/Berlin\0",
        "posixrules",
        "localtime",
        "Factory",
        "right/UTC",
        "posix/Europe/Berlin",
        "tzdata.zi",
    ],
)
def test_unknown_zones_are_rejected(name: str) -> None:
    with pytest.raises(Invalid) as fault:
        check_zone(name, "/timeZone")
    assert [(one.pointer, one.code) for one in fault.value.faults or []] == [("/timeZone", "no_such_zone")]


@pytest.mark.parametrize("name", ZONES)
def test_known_zones_are_accepted(name: str) -> None:
    assert check_zone(name, "/timeZone") == name
