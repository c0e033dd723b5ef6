"""Recurrence rules: the examples of RFC 5545, clock changes, and endless rules."""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from types import FrameType
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studyteddy.platform.local_time.recurrence import (
    MOST_STEPS,
    BadRule,
    TooFar,
    _Counted,
    date_time,
    expand,
    first,
    instant,
    later,
    parse,
    wall,
)

START = "1997-09-02T09:00"


def moments(rule: str, start: str, most: int = 40, *, zone: str = "UTC", all_day: bool = False) -> list[datetime]:
    found: list[datetime] = []
    with suppress(TooFar):
        for moment in expand(parse(rule, all_day=all_day), datetime.fromisoformat(start), time_zone=zone):
            found.append(moment)
            if len(found) == most:
                break
    return found


def days(text: str, at: str = "T09:00") -> list[datetime]:
    """Parse `1997-09-02 05 10-01`: each date continues from the previous one and may omit year and month."""
    year, month, found = "", "", []
    for one in text.split():
        *above, day = one.split("-")
        if above:
            month = above.pop()
        if above:
            year = above.pop()
        found.append(datetime.fromisoformat(f"{year}-{month}-{day}{at}"))
    return found


# RFC 5545 §3.8.5.3, all at 09:00 in New York: the start of the example, its rule, its first dates.
EXAMPLES = [
    ("1997-09-02", "FREQ=DAILY;COUNT=10", "1997-09-02 03 04 05 06 07 08 09 10 11"),
    ("1997-09-02", "FREQ=DAILY;INTERVAL=2", "1997-09-02 04 06 08 10 12 14 16 18 20 22 24 26 28 30 10-02"),
    ("1997-09-02", "FREQ=DAILY;INTERVAL=10;COUNT=5", "1997-09-02 12 22 10-02 12"),
    ("1998-01-01", "FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA", "1998-01-01 02 03 04"),
    ("1998-01-01", "FREQ=DAILY;UNTIL=20000131T140000Z;BYMONTH=1", "1998-01-01 02 03 04"),
    ("1997-09-02", "FREQ=WEEKLY;COUNT=10", "1997-09-02 09 16 23 30 10-07 14 21 28 11-04"),
    ("1997-09-02", "FREQ=WEEKLY;INTERVAL=2;WKST=SU", "1997-09-02 16 30 10-14 28 11-11 25 12-09 23 1998-01-06 20 02-03"),
    (
        "1997-09-02",
        "FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH",
        "1997-09-02 04 09 11 16 18 23 25 30 10-02",
    ),
    ("1997-09-02", "FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH", "1997-09-02 04 09 11 16 18 23 25 30 10-02"),
    (
        "1997-09-01",
        "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR",
        "1997-09-01 03 05 15 17 19 29 10-01 03 13 15 17 27 29 31 11-10 12 14 24 26 28 12-08 10 12 22",
    ),
    ("1997-09-02", "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH", "1997-09-02 04 16 18 30 10-02 14 16"),
    (
        "1997-09-05",
        "FREQ=MONTHLY;COUNT=10;BYDAY=1FR",
        "1997-09-05 10-03 11-07 12-05 1998-01-02 02-06 03-06 04-03 05-01 06-05",
    ),
    ("1997-09-05", "FREQ=MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR", "1997-09-05 10-03 11-07 12-05"),
    (
        "1997-09-07",
        "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU",
        "1997-09-07 28 11-02 30 1998-01-04 25 03-01 29 05-03 31",
    ),
    ("1997-09-22", "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO", "1997-09-22 10-20 11-17 12-22 1998-01-19 02-16"),
    ("1997-09-28", "FREQ=MONTHLY;BYMONTHDAY=-3", "1997-09-28 10-29 11-28 12-29 1998-01-29 02-26"),
    ("1997-09-02", "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15", "1997-09-02 15 10-02 15 11-02 15 12-02 15 1998-01-02 15"),
    (
        "1997-09-30",
        "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1",
        "1997-09-30 10-01 31 11-01 30 12-01 31 1998-01-01 31 02-01",
    ),
    (
        "1997-09-10",
        "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15",
        "1997-09-10 11 12 13 14 15 1999-03-10 11 12 13",
    ),
    (
        "1997-09-02",
        "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU",
        "1997-09-02 09 16 23 30 11-04 11 18 25 1998-01-06 13 20 27 03-03 10 17 24 31",
    ),
    (
        "1997-06-10",
        "FREQ=YEARLY;COUNT=10;BYMONTH=6,7",
        "1997-06-10 07-10 1998-06-10 07-10 1999-06-10 07-10 2000-06-10 07-10 2001-06-10 07-10",
    ),
    (
        "1997-03-10",
        "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3",
        "1997-03-10 1999-01-10 02-10 03-10 2001-01-10 02-10 03-10 2003-01-10 02-10 03-10",
    ),
    (
        "1997-01-01",
        "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200",
        "1997-01-01 04-10 07-19 2000-01-01 04-09 07-18 2003-01-01 04-10 07-19 2006-01-01",
    ),
    ("1997-05-19", "FREQ=YEARLY;BYDAY=20MO", "1997-05-19 1998-05-18 1999-05-17"),
    ("1997-05-12", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "1997-05-12 1998-05-11 1999-05-17"),
    ("1997-03-13", "FREQ=YEARLY;BYMONTH=3;BYDAY=TH", "1997-03-13 20 27 1998-03-05 12 19 26 1999-03-04 11 18 25"),
    (
        "1997-06-05",
        "FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8",
        "1997-06-05 12 19 26 07-03 10 17 24 31 08-07 14 21 28 1998-06-04",
    ),
    ("1997-09-02", "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "1998-02-13 03-13 11-13 1999-08-13 2000-10-13"),
    (
        "1997-09-13",
        "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13",
        "1997-09-13 10-11 11-08 12-13 1998-01-10 02-07 03-07 04-11 05-09 06-13",
    ),
    (
        "1996-11-05",
        "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
        "1996-11-05 2000-11-07 2004-11-02",
    ),
    ("1997-09-04", "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", "1997-09-04 10-07 11-06"),
    (
        "1997-09-29",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
        "1997-09-29 10-30 11-27 12-30 1998-01-29 02-26 03-30",
    ),
    ("1997-08-05", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "1997-08-05 10 19 24"),
    ("1997-08-05", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "1997-08-05 17 19 31"),
    ("2007-01-15", "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5", "2007-01-15 30 02-15 03-15 30"),
]


@pytest.mark.parametrize(("start", "rule", "expected"), EXAMPLES, ids=[rule for _, rule, _ in EXAMPLES])
def test_the_examples_of_rfc_5545(start: str, rule: str, expected: str) -> None:
    wanted = days(expected)
    more = "COUNT" in rule or "UNTIL=1997" in rule
    assert moments(rule, f"{start}T09:00", len(wanted) + more, zone="America/New_York") == wanted


def test_the_hourly_example_of_rfc_5545() -> None:
    rule = "FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T170000"
    assert moments(rule, START) == [datetime(1997, 9, 2, hour) for hour in (9, 12, 15)]


OTHERS = [
    ("2024-02-29", "FREQ=YEARLY", "2024-02-29 2028-02-29 2032-02-29"),
    ("2096-02-29", "FREQ=YEARLY", "2096-02-29 2104-02-29"),
    ("2026-01-31", "FREQ=MONTHLY", "2026-01-31 03-31 05-31 07-31 08-31"),
    ("2026-01-01", "FREQ=MONTHLY;BYMONTHDAY=31", "2026-01-31 03-31 05-31"),
    ("2027-12-31", "FREQ=MONTHLY;BYMONTHDAY=-1", "2027-12-31 2028-01-31 02-29 03-31"),
    ("2026-01-01", "FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1", "2026-01-31 02-28 03-31"),
    ("2026-01-01", "FREQ=MONTHLY;BYDAY=5MO", "2026-03-30 06-29 08-31"),
    ("2026-01-01", "FREQ=MONTHLY;BYDAY=WE,1FR", "2026-01-02 07 14 21 28 02-04 06 11 18 25"),
    ("2026-01-01", "FREQ=YEARLY;BYMONTH=2;BYDAY=MO,-1FR", "2026-02-02 09 16 23 27 2027-02-01"),
    ("2026-12-01", "FREQ=YEARLY;BYDAY=TU,1FR", "2026-12-01 08 15 22 29 2027-01-01 05"),
    ("2020-01-01", "FREQ=YEARLY;BYWEEKNO=53", "2020-12-30 2026-12-30"),
    ("2026-01-01", "FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO", "2027-01-04 2028-01-03 2029-01-01 12-31"),
    ("2026-01-01", "FREQ=YEARLY;BYYEARDAY=-1", "2026-12-31 2027-12-31"),
    ("2026-01-01", "FREQ=YEARLY;BYYEARDAY=366", "2028-12-31 2032-12-31"),
    # Positions in a week count from its beginning, even in the first week.
    ("2026-01-07", "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=2", "2026-01-07 14 21"),
    ("2026-01-08", "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=2", "2026-01-14 21 28"),
    ("2026-01-08", "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=-1;COUNT=2", "2026-01-09 16"),
    ("2026-01-08", "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=SU,MO;BYSETPOS=1", "2026-01-18 02-01"),
]


@pytest.mark.parametrize(("start", "rule", "expected"), OTHERS, ids=[rule for _, rule, _ in OTHERS])
def test_month_ends_leap_days_and_positions(start: str, rule: str, expected: str) -> None:
    wanted = days(expected, at="T00:00")
    assert moments(rule, f"{start}T00:00", len(wanted) + ("COUNT" in rule), all_day=True) == wanted


@pytest.mark.parametrize(
    ("until", "zone", "last"),
    [
        ("20260105", "UTC", "2026-01-05T09:00"),
        ("20260105T090000", "Asia/Kolkata", "2026-01-05T09:00"),
        ("20260105T085959", "UTC", "2026-01-04T09:00"),
        ("20260105T080000Z", "Europe/Berlin", "2026-01-05T09:00"),
        ("20260105T075959Z", "Europe/Berlin", "2026-01-04T09:00"),
        ("20260104T200000Z", "Pacific/Auckland", "2026-01-05T09:00"),
    ],
)
def test_until_is_inclusive(until: str, zone: str, last: str) -> None:
    assert moments(f"FREQ=DAILY;UNTIL={until}", "2026-01-01T09:00", zone=zone)[-1] == datetime.fromisoformat(last)


@pytest.mark.parametrize(
    ("until", "zone"), [("20260105", "UTC"), ("20260105T225959Z", "Europe/Berlin"), ("20260105T235959", "UTC")]
)
def test_until_of_all_day_rules_includes_its_day(until: str, zone: str) -> None:
    found = moments(f"FREQ=DAILY;UNTIL={until}", "2026-01-01T00:00", zone=zone, all_day=True)
    assert found[-1] == datetime(2026, 1, 5)


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/New_York"])
def test_the_ends_of_the_calendar_are_handled(zone: str) -> None:
    assert len(moments("FREQ=DAILY;UNTIL=99991231T235959Z", "2026-01-01T09:00", 5, zone=zone)) == 5
    assert moments("FREQ=DAILY;UNTIL=00010101T000000Z", "2026-01-01T09:00", zone=zone) == []
    assert moments("FREQ=YEARLY;INTERVAL=1000", "9000-01-01T09:00", zone=zone) == [datetime(9000, 1, 1, 9)]


@pytest.mark.parametrize(
    ("rule", "code", "all_day"),
    [
        ("FREQ=SECONDLY", "too_frequent", False),
        ("FREQ=MINUTELY;INTERVAL=30", "too_frequent", False),
        ("FREQ=DAILY;BYHOUR=9;BYMINUTE=0,20,40", "too_frequent", False),
        ("FREQ=HOURLY;BYSECOND=0,30", "too_frequent", False),
        ("FREQ=FORTNIGHTLY", "bad_rule", False),
        ("INTERVAL=2", "bad_rule", False),
        ("FREQ=HOURLY", "rule_of_times", True),
        ("FREQ=DAILY;BYHOUR=9", "rule_of_times", True),
        ("FREQ=DAILY;BYMINUTE=9", "rule_of_times", True),
        ("FREQ=DAILY;BYSECOND=9", "rule_of_times", True),
        ("FREQ=DAILY;COUNT=3;UNTIL=20300101", "bad_rule", True),
        ("FREQ=DAILY;COUNT=0", "bad_rule", True),
        ("FREQ=DAILY;COUNT=1001", "bad_rule", True),
        ("FREQ=DAILY;COUNT=+5", "bad_rule", True),
        ("FREQ=DAILY;COUNT=-5", "bad_rule", True),
        ("FREQ=DAILY;COUNT=99999999999999999999", "bad_rule", True),
        ("FREQ=DAILY;INTERVAL=0", "bad_rule", True),
        ("FREQ=DAILY;INTERVAL=1001", "bad_rule", True),
        ("FREQ=DAILY;INTERVAL=two", "bad_rule", True),
        ("FREQ=DAILY;INTERVAL=٢", "bad_rule", True),
        ("FREQ=DAILY;UNTIL=20260230", "bad_rule", True),
        ("FREQ=DAILY;UNTIL=2026-02-03", "bad_rule", True),
        ("FREQ=DAILY;UNTIL=20260203T250000Z", "bad_rule", True),
        ("FREQ=DAILY;UNTIL=00000101", "bad_rule", True),
        ("FREQ=WEEKLY;WKST=XX", "bad_rule", True),
        ("FREQ=WEEKLY;BYDAY=XX", "bad_rule", True),
        ("FREQ=WEEKLY;BYDAY=MO,,TU", "bad_rule", True),
        ("FREQ=WEEKLY;BYDAY=1MO", "bad_rule", True),
        ("FREQ=MONTHLY;BYDAY=0MO", "bad_rule", True),
        ("FREQ=MONTHLY;BYDAY=6MO", "bad_rule", True),
        ("FREQ=MONTHLY;BYDAY=-53MO", "bad_rule", True),
        ("FREQ=YEARLY;BYMONTH=12;BYDAY=53MO", "bad_rule", True),
        ("FREQ=YEARLY;BYDAY=54MO", "bad_rule", True),
        ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=1MO", "bad_rule", True),
        ("FREQ=MONTHLY;BYWEEKNO=20", "bad_rule", True),
        ("FREQ=MONTHLY;BYYEARDAY=20", "bad_rule", True),
        ("FREQ=WEEKLY;BYMONTHDAY=20", "bad_rule", True),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "bad_rule", True),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "bad_rule", True),
        ("FREQ=MONTHLY;BYMONTHDAY=", "bad_rule", True),
        ("FREQ=YEARLY;BYMONTH=13", "bad_rule", True),
        ("FREQ=YEARLY;BYMONTH=-1", "bad_rule", True),
        ("FREQ=DAILY;BYHOUR=24", "bad_rule", False),
        ("FREQ=MONTHLY;BYSETPOS=1", "bad_rule", True),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=367", "bad_rule", True),
        ("FREQ=YEARLY;BYEASTER=0", "bad_rule", True),
        ("FREQ=DAILY;FREQ=WEEKLY", "bad_rule", True),
        ("FREQ=DAILY;;COUNT=2", "bad_rule", True),
        ("FREQ", "bad_rule", True),
        ("", "bad_rule", True),
    ],
)
def test_invalid_rules_are_rejected(rule: str, code: str, all_day: bool) -> None:
    with pytest.raises(BadRule) as refused:
        parse(rule, all_day=all_day)
    assert refused.value.code == code
    assert refused.value.detail


def test_the_canonical_form_is_upper_case_without_property_name() -> None:
    assert parse("rrule:freq=weekly;byday=mo,th;", all_day=True).text == "FREQ=WEEKLY;BYDAY=MO,TH"
    assert parse("FREQ=DAILY;COUNT=10", all_day=True).with_count(3) == "FREQ=DAILY;COUNT=3"


# A zone; a date and a skipped time; a date and an ambiguous time; the size of the change in minutes.
CLOCKS = [
    ("Europe/Berlin", "2026-03-29", "02:30", "2026-10-25", "02:30", 60),
    ("America/New_York", "2026-03-08", "02:30", "2026-11-01", "01:30", 60),
    ("Australia/Sydney", "2026-10-04", "02:30", "2026-04-05", "02:30", 60),
    ("America/Santiago", "2026-09-06", "00:30", "2026-04-04", "23:30", 60),
    ("Australia/Lord_Howe", "2026-10-04", "02:15", "2026-04-05", "01:45", 30),
]


@pytest.mark.parametrize(("zone", "gap", "skipped", "fold", "twice", "minutes"), CLOCKS)
def test_the_wall_time_never_drifts(zone: str, gap: str, skipped: str, fold: str, twice: str, minutes: int) -> None:
    for change in (gap, fold):
        start = datetime.combine(date.fromisoformat(change) - timedelta(days=2), time(9))
        found = moments("FREQ=DAILY;COUNT=5", start.isoformat(), zone=zone)
        instants = [instant(moment, zone) for moment in found]
        assert [at.astimezone(ZoneInfo(zone)).time() for at in instants] == [time(9)] * 5
        steps = {after - before for before, after in pairwise(instants)}
        moved = timedelta(minutes=-minutes if change == gap else minutes)
        assert steps == {timedelta(days=1), timedelta(days=1) + moved}


@pytest.mark.parametrize(("zone", "gap", "skipped", "fold", "twice", "minutes"), CLOCKS)
def test_skipped_times_move_forward_and_ambiguous_times_are_the_first(
    zone: str, gap: str, skipped: str, fold: str, twice: str, minutes: int
) -> None:
    local = datetime.fromisoformat(f"{gap}T{skipped}")
    assert wall(instant(local, zone), zone) == local + timedelta(minutes=minutes)
    local = datetime.fromisoformat(f"{fold}T{twice}")
    assert wall(instant(local, zone), zone) == local
    assert instant(local, zone) + timedelta(minutes=minutes) == local.replace(tzinfo=ZoneInfo(zone), fold=1).astimezone(
        UTC
    )


def test_without_clock_changes_the_instant_is_unchanged() -> None:
    found = [instant(moment, "Asia/Kolkata") for moment in moments("FREQ=WEEKLY", "2026-01-01T09:00", 53)]
    assert {after - before for before, after in pairwise(found)} == {timedelta(weeks=1)}


@pytest.mark.parametrize(
    ("rule", "day", "expected"),
    [
        ("FREQ=DAILY;INTERVAL=3", "2026-02-27", "2026-03-02"),
        ("FREQ=WEEKLY", "2026-02-27", "2026-03-06"),
        ("FREQ=MONTHLY", "2026-01-31", "2026-02-28"),
        ("FREQ=YEARLY", "2024-02-29", "2025-02-28"),
    ],
)
def test_the_next_time_is_one_interval_after_completion(rule: str, day: str, expected: str) -> None:
    found = later(parse(rule, all_day=True), date.fromisoformat(day), time(8))
    assert found == datetime.fromisoformat(f"{expected}T08:00")


def test_an_occurrence_is_named_by_its_local_start() -> None:
    assert date_time(datetime(2026, 11, 26), all_day=True) == "2026-11-26"
    assert date_time(datetime(2026, 11, 26, 15), all_day=False) == "2026-11-26T15:00:00"


EVERY = ",".join(str(n) for n in range(60))
POSITIONS = ",".join(str(n) for n in range(2, 110))
HOSTILE = [
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6",
    "FREQ=WEEKLY;BYDAY=MO;BYSETPOS=9",
    "FREQ=WEEKLY;INTERVAL=1000;BYMONTH=2;BYDAY=MO;BYSETPOS=300",
    "FREQ=DAILY;INTERVAL=1000;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=HOURLY;INTERVAL=1000;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=HOURLY;INTERVAL=24;BYHOUR=8",
    "FREQ=HOURLY;INTERVAL=7;BYYEARDAY=366;BYMONTH=1",
    f"FREQ=HOURLY;BYHOUR=9;BYSETPOS={POSITIONS}",
    f"FREQ=YEARLY;BYDAY=MO;BYSETPOS={POSITIONS.replace(',', ',-').replace('2,', '-366,', 1)}",
    "FREQ=DAILY;BYHOUR=" + ",".join(str(n) for n in range(24)),
]


def calls(rule: str) -> tuple[int, int]:
    """Return the cost of a full search: uses of the interval, and function calls."""
    parsed = parse(rule, all_day=False)
    counted: Counter[str] = Counter()

    def watch(frame: FrameType, event: str, _: object) -> None:
        counted["calls"] += event in ("call", "c_call")
        counted["uses"] += event == "call" and frame.f_code is _Counted._use.__code__

    sys.setprofile(watch)
    try:
        with suppress(TooFar):
            for _ in expand(parsed, datetime(2026, 11, 23, 9), time_zone="UTC"):
                pass
    finally:
        sys.setprofile(None)
    return counted["uses"], counted["calls"]


@pytest.mark.parametrize("rule", HOSTILE)
def test_an_endless_search_stops_after_a_fixed_number_of_steps(rule: str) -> None:
    uses, every_call = calls(rule)
    assert 0 <= uses <= MOST_STEPS // 4 + 1
    assert every_call < 600_000


@pytest.mark.parametrize("rule", [rule for rule in HOSTILE if "BYHOUR=0," not in rule and "POS=-366" not in rule])
def test_a_rule_without_occurrences_has_no_first_one(rule: str) -> None:
    assert first(parse(rule, all_day=False), datetime(2026, 11, 23, 9), time_zone="UTC") is None


def test_multiple_minutes_are_rejected_before_expansion() -> None:
    with pytest.raises(BadRule, match="more often than hourly"):
        parse(f"FREQ=HOURLY;BYMINUTE={EVERY};BYSECOND={EVERY};BYMONTH=2;BYMONTHDAY=30", all_day=False)


def some(numbers: st.SearchStrategy[int]) -> st.SearchStrategy[str]:
    return st.lists(numbers, min_size=1, max_size=6).map(lambda found: ",".join(map(str, found)))


def signed(most: int) -> st.SearchStrategy[int]:
    return st.integers(-most, most).filter(bool)


WEEKDAYS = st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"])
PARTS = {
    "INTERVAL": st.one_of(st.integers(1, 5), st.integers(1, 1000)).map(str),
    "WKST": WEEKDAYS,
    "BYDAY": st.lists(
        st.tuples(st.sampled_from(["", "", "1", "-1", "5", "53"]), WEEKDAYS).map("".join), min_size=1, max_size=7
    ).map(",".join),
    "BYMONTH": some(st.integers(1, 12)),
    "BYMONTHDAY": some(signed(31)),
    "BYYEARDAY": some(signed(366)),
    "BYWEEKNO": some(signed(53)),
    "BYHOUR": some(st.integers(0, 23)),
    "BYMINUTE": st.integers(0, 59).map(str),
    "BYSECOND": st.integers(0, 59).map(str),
    "BYSETPOS": some(st.one_of(signed(4), signed(366))),
}
ENDS = st.sampled_from(["", "", ";COUNT=7", ";UNTIL=20301231", ";UNTIL=20271231T235959Z"])
STARTS = st.datetimes(datetime(2019, 12, 25), datetime(2032, 1, 5)).map(lambda at: at.replace(microsecond=0))


@st.composite
def rules(draw: st.DrawFn) -> str:
    """Draw any rule of the grammar; many are meaningless."""
    frequency = draw(st.sampled_from(["HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    names = draw(st.sets(st.sampled_from(sorted(PARTS)), max_size=5))
    return f"FREQ={frequency}" + "".join(f";{name}={draw(PARTS[name])}" for name in sorted(names)) + draw(ENDS)


def understood(rule: str) -> bool:
    try:
        parse(rule, all_day=False)
    except BadRule:
        return False
    return True


GOOD = rules().filter(understood)


@settings(max_examples=150, deadline=None)
@given(rule=GOOD, start=STARTS)
def test_every_expansion_ends_and_is_sorted(rule: str, start: datetime) -> None:
    found = moments(rule, start.isoformat(), 100_000)
    assert len(found) <= MOST_STEPS
    assert all(before < after for before, after in pairwise(found))
    assert all(moment >= start for moment in found[:1])


@settings(max_examples=150, deadline=None)
@given(rule=GOOD.filter(lambda rule: "COUNT" not in rule), start=STARTS, nth=st.integers(0, 12))
def test_a_rule_continues_from_any_occurrence_as_from_the_first(rule: str, start: datetime, nth: int) -> None:
    found = moments(rule, start.isoformat(), nth + 10)
    if len(found) < nth + 10:
        return
    assert moments(rule, found[nth].isoformat(), 10) == found[nth:]
    since = found[nth] - timedelta(seconds=1)
    near = expand(parse(rule, all_day=False), start, time_zone="UTC", since=since)
    assert list(islice(near, 10)) == found[nth:]


def test_an_occurrence_many_years_later_is_found() -> None:
    since = datetime(2126, 1, 1)
    for rule in ("FREQ=HOURLY;INTERVAL=5", "FREQ=DAILY", "FREQ=WEEKLY;INTERVAL=3"):
        found = next(expand(parse(rule, all_day=False), datetime(2026, 1, 1, 9), time_zone="UTC", since=since))
        assert since <= found < since + timedelta(weeks=3)
