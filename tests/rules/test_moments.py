"""Local days: by the student's zone and day start, also where the clocks skip or repeat an hour."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyteddy.platform.errors import Invalid
from studyteddy.platform.moments import Clockwork, check_zone, zone

ZONES = [
    "UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "Asia/Kathmandu", "Asia/Tokyo", "Pacific/Apia",
    "Australia/Lord_Howe", "Pacific/Chatham", "America/Santiago", "Africa/Casablanca", "Asia/Beirut",
]  # fmt: skip


INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2036, 12, 31), timezones=st.just(UTC))
NIGHTS = [
    datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC), datetime(2026, 3, 8, 7, tzinfo=UTC),
    datetime(2026, 11, 1, 6, tzinfo=UTC), datetime(2026, 3, 28, 22, tzinfo=UTC),
    datetime(2026, 10, 3, 15, 30, tzinfo=UTC), datetime(2011, 12, 30, 10, tzinfo=UTC),  # Samoa left out a whole day
]  # fmt: skip
"""Instants at which the clocks move somewhere."""
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
        # the night in which Berlin's clocks go from 02:00 to 03:00, and the one in which they go back
        ("Europe/Berlin", 240, "2026-03-29T01:59", date(2026, 3, 28)),
        ("Europe/Berlin", 240, "2026-03-29T02:00", date(2026, 3, 29)),
        ("Europe/Berlin", 240, "2026-10-25T02:59", date(2026, 10, 24)),
        ("Europe/Berlin", 240, "2026-10-25T03:00", date(2026, 10, 25)),
    ],
)
def test_an_instant_counts_to_a_day(name: str, day_start: int, at: str, day: date) -> None:
    assert Clockwork(name, day_start).date_of(_at(at)) == day


@pytest.mark.parametrize(
    ("name", "day_start", "day", "begins"),
    [
        ("Europe/Berlin", 240, date(2026, 3, 29), "2026-03-29T02:00"),
        ("Europe/Berlin", 0, date(2026, 3, 29), "2026-03-28T23:00"),
        ("Europe/Berlin", 150, date(2026, 3, 29), "2026-03-29T01:00"),  # 02:30 is skipped: it begins at 03:00
        ("Europe/Berlin", 150, date(2026, 10, 25), "2026-10-25T00:30"),  # 02:30 comes twice: the first one
        ("Asia/Beirut", 0, date(2026, 3, 29), "2026-03-28T22:00"),  # midnight itself is skipped
        ("Australia/Lord_Howe", 135, date(2026, 10, 4), "2026-10-03T15:30"),  # half an hour is skipped
    ],
)
def test_a_day_begins(name: str, day_start: int, day: date, begins: str) -> None:
    assert Clockwork(name, day_start).begin_of(day) == _at(begins)


@given(name=st.sampled_from(ZONES), day_start=st.integers(0, 240) | st.integers(0, 1439), at=NEAR_THEM | INSTANTS)
def test_an_instant_lies_within_the_day_it_counts_to(name: str, day_start: int, at: datetime) -> None:
    if at.astimezone(zone(name)).fold:
        return  # in the hour that comes twice, a day start inside it comes twice too
    clock = Clockwork(name, day_start)
    day = clock.date_of(at)
    assert clock.begin_of(day) <= at < clock.end_of(day)


@given(name=st.sampled_from(ZONES), day_start=st.integers(0, 1439), day=st.dates(date(2012, 1, 2), date(2036, 12, 30)))
def test_days_follow_each_other_without_holes(name: str, day_start: int, day: date) -> None:
    clock = Clockwork(name, day_start)
    assert clock.end_of(day) == clock.begin_of(day + timedelta(days=1))
    assert timedelta(hours=22) <= clock.end_of(day) - clock.begin_of(day) <= timedelta(hours=26)
    assert clock.date_of(clock.begin_of(day)) == day


@pytest.mark.parametrize(
    "name",
    [
        "Mars/Olympus", "", ".", "..", "/etc/passwd", "../../etc/passwd", "Europe", "a" * 64, "\0", "Europe/Berlin\0",
        "posixrules", "localtime", "Factory", "right/UTC", "posix/Europe/Berlin", "tzdata.zi",
    ],
)  # fmt: skip
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(Invalid) as fault:
        check_zone(name, "/timeZone")
    assert [(one.pointer, one.code) for one in fault.value.faults or []] == [("/timeZone", "no_such_zone")]


@pytest.mark.parametrize("name", ZONES)
def test_a_zone_is_one(name: str) -> None:
    assert check_zone(name, "/timeZone") == name
