"""Series of foreign calendars: rules, added and excluded dates, changed occurrences, and rules without bounds."""

from __future__ import annotations

import time
from datetime import date

import pytest
from tests.rules.calendar.feeds import feed, starts

from studyteddy.features.calendar.formats.feeds import MAX_EVENTS_OF_A_SERIES

WEEKLY = "UID:a\nSUMMARY:Lecture\nDTSTART;TZID=Europe/Berlin:20261005T100000\nDTEND;TZID=Europe/Berlin:20261005T113000"
WEEKLY += "\nRRULE:FREQ=WEEKLY;COUNT=5"


def test_occurrences_keep_their_time_of_day_when_the_clocks_change() -> None:
    found = feed(WEEKLY)
    assert starts(found) == [
        "2026-10-05T08:00Z",
        "2026-10-12T08:00Z",
        "2026-10-19T08:00Z",
        "2026-10-26T09:00Z",
        "2026-11-02T09:00Z",
    ]
    assert [one.recurrence_id for one in found.events][::4] == ["2026-10-05T08:00:00Z", "2026-11-02T09:00:00Z"]
    assert {one.uid for one in found.events} == {"a"}
    assert {one.title for one in found.events} == {"Lecture"}


def test_a_series_that_began_long_before_is_not_lost() -> None:
    old = "UID:a\nDTSTART;TZID=Europe/Berlin:19900101T100000\nRRULE:FREQ=WEEKLY"
    found = feed(old, since=date(2026, 12, 1), until=date(2026, 12, 14))
    assert starts(found) == ["2026-12-07T09:00Z", "2026-12-14T09:00Z"]
    counted = old.replace("FREQ=WEEKLY", "FREQ=WEEKLY;COUNT=3000")
    assert starts(feed(counted, since=date(2026, 12, 1), until=date(2026, 12, 14))) == starts(found)
    assert starts(feed(counted.replace("3000", "1500"), since=date(2026, 12, 1), until=date(2026, 12, 14))) == []


def test_an_occurrence_that_lasts_into_the_days_is_not_lost() -> None:
    trip = "UID:a\nDTSTART:20260101T100000Z\nDURATION:P5D\nRRULE:FREQ=MONTHLY"
    assert starts(feed(trip, since=date(2026, 12, 5), until=date(2026, 12, 31))) == ["2026-12-01T10:00Z"]
    assert starts(feed(trip, since=date(2026, 12, 7), until=date(2026, 12, 31))) == []
    daily = "UID:a\nDTSTART;TZID=Pacific/Honolulu:20260101T130000\nRRULE:FREQ=DAILY"
    first = feed(daily, zone="Pacific/Kiritimati", since=date(2026, 12, 5), until=date(2026, 12, 5))
    assert starts(first) == ["2026-12-04T23:00Z"]  # 13:00 on 4 December in Honolulu, and on 5 December for the student
    moved = (
        "UID:a\nRECURRENCE-ID;RANGE=THISANDFUTURE:20261001T100000Z\nDTSTART:20261011T100000Z",
        "UID:a\nDTSTART:20260101T100000Z\nRRULE:FREQ=MONTHLY",
    )
    assert starts(feed(*moved, since=date(2026, 12, 10), until=date(2026, 12, 12))) == ["2026-12-11T10:00Z"]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=DAILY;UNTIL=20261203T090000Z", 3),
        ("FREQ=DAILY;UNTIL=20261203T085959Z", 2),
        ("FREQ=DAILY;UNTIL=20261203T100000", 3),
        ("FREQ=DAILY;UNTIL=20261203", 3),
        ("FREQ=DAILY;UNTIL=20261203;COUNT=9", 3),
        ("FREQ=DAILY;UNTIL=20261203;COUNT=2", 2),
        ("FREQ=DAILY;COUNT=4;X-OTHER=1", 4),
        ("freq=daily;count=4", 4),
        ("FREQ=MONTHLY;BYDAY=1TU;COUNT=3", 3),
        ("FREQ=WEEKLY;BYDAY=MO;COUNT=3", 4),  # the start is an occurrence, though it is a Tuesday
    ],
)
def test_rules_end(rule: str, expected: int) -> None:
    found = feed(f"UID:a\nDTSTART;TZID=Europe/Berlin:20261201T100000\nRRULE:{rule}")
    assert (len(found.events), found.problems) == (expected, [])


@pytest.mark.parametrize("until", ["20261203", "20261203T225959Z", "20261203T235959"])
def test_the_last_day_of_an_all_day_series_is_in_the_zone_of_the_student(until: str) -> None:
    found = feed(f"UID:a\nDTSTART;VALUE=DATE:20261201\nRRULE:FREQ=DAILY;UNTIL={until}")
    assert starts(found) == ["2026-12-01", "2026-12-02", "2026-12-03"]
    assert [one.recurrence_id for one in found.events] == ["2026-12-01", "2026-12-02", "2026-12-03"]


@pytest.mark.parametrize(
    "excluded",
    [
        "EXDATE;TZID=Europe/Berlin:20261012T100000,20261026T100000",
        "EXDATE:20261012T080000Z\nEXDATE:20261026T090000Z",
        "EXDATE:20261012T100000,20261026T100000",
        "EXDATE;VALUE=DATE:20261012,20261026",
        "EXDATE:20261012T080000Z,nonsense,20261026T090000Z,",
    ],
)
def test_excluded_dates_are_left_out(excluded: str) -> None:
    assert starts(feed(f"{WEEKLY}\n{excluded}")) == ["2026-10-05T08:00Z", "2026-10-19T08:00Z", "2026-11-02T09:00Z"]


def test_added_dates_are_occurrences() -> None:
    found = feed(
        "UID:a\nDTSTART:20261201T100000Z\nDURATION:PT1H\nRDATE:20261203T100000Z,20261201T100000Z"
        "\nRDATE;VALUE=PERIOD:20261205T100000Z/PT3H"
    )
    assert starts(found) == ["2026-12-01T10:00Z", "2026-12-03T10:00Z", "2026-12-05T10:00Z"]


def test_a_changed_occurrence_replaces_its_original() -> None:
    change = "UID:a\nSUMMARY:Moved\nRECURRENCE-ID;TZID=Europe/Berlin:20261012T100000\nDTSTART:20261013T120000Z"
    for events in ((WEEKLY, change), (change, WEEKLY)):
        found = feed(*events)
        assert starts(found)[:3] == ["2026-10-05T08:00Z", "2026-10-13T12:00Z", "2026-10-19T08:00Z"]
        assert (found.events[1].title, found.events[1].recurrence_id) == ("Moved", "2026-10-12T08:00:00Z")
        assert len(found.events) == 5


def test_a_cancelled_occurrence_is_left_out() -> None:
    change = "UID:a\nRECURRENCE-ID:20261012T080000Z\nDTSTART:20261012T080000Z\nSTATUS:CANCELLED"
    assert len(feed(WEEKLY, change).events) == 4
    by_day = change.replace("RECURRENCE-ID:20261012T080000Z", "RECURRENCE-ID;VALUE=DATE:20261012")
    assert len(feed(WEEKLY, by_day).events) == 4
    change = "UID:a\nRECURRENCE-ID:20261012T080000Z\nDTSTART:20261013T080000Z"
    assert feed(f"{WEEKLY}\nSTATUS:CANCELLED", change).events == []


def test_an_occurrence_that_is_moved_into_or_out_of_the_days_counts_where_it_is() -> None:
    change = "UID:a\nRECURRENCE-ID:20261012T080000Z\nDTSTART:20261215T080000Z"
    assert starts(feed(WEEKLY, change, since=date(2026, 12, 1))) == ["2026-12-15T08:00Z"]
    assert len(feed(WEEKLY, change, until=date(2026, 11, 30)).events) == 4


def test_changed_occurrences_without_their_series_are_events() -> None:
    found = feed("UID:a\nRECURRENCE-ID:20261012T080000Z\nDTSTART:20261013T080000Z")
    assert [(one.uid, one.recurrence_id) for one in found.events] == [("a", "2026-10-12T08:00:00Z")]


def test_a_change_of_all_following_occurrences_applies_to_them() -> None:
    following = (
        "UID:a\nSUMMARY:Later\nRECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20261019T100000"
        "\nDTSTART;TZID=Europe/Berlin:20261020T140000\nDURATION:PT2H"
    )
    single = "UID:a\nSUMMARY:Once\nRECURRENCE-ID:20261026T090000Z\nDTSTART:20261027T070000Z"
    found = feed(WEEKLY, following, single)
    assert [(start, one.title) for start, one in zip(starts(found), found.events, strict=True)] == [
        ("2026-10-05T08:00Z", "Lecture"),
        ("2026-10-12T08:00Z", "Lecture"),
        ("2026-10-20T12:00Z", "Later"),
        ("2026-10-27T07:00Z", "Once"),
        ("2026-11-03T13:00Z", "Later"),
    ]
    ended = feed(WEEKLY, f"{following}\nSTATUS:CANCELLED")
    assert len(ended.events) == 2


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY",
        "FREQ=SECONDLY;INTERVAL=86400",
        "FREQ=DAILY;BYSECOND=" + ",".join(map(str, range(60))),
        "FREQ=HOURLY;BYMINUTE=0,1",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=99999999",
        "FREQ=DAILY;COUNT=many",
        "FREQ=DAILY;UNTIL=someday",
        "FREQ=YEARLY;BYMONTHDAY=40",
        "FREQ=WEEKLY;BYDAY=XX",
        "nonsense",
    ],
)
def test_a_rule_that_can_not_be_read_leaves_the_first_date(rule: str) -> None:
    found = feed(f"UID:a\nSUMMARY:Odd\nDTSTART:20261201T100000Z\nRRULE:{rule}", "UID:b\nDTSTART:20261202T100000Z")
    assert starts(found) == ["2026-12-01T10:00Z", "2026-12-02T10:00Z"]
    assert found.problems == ["“Odd” repeats in a way that can't be read; only its first date is shown."]


@pytest.mark.parametrize(
    ("rule", "events"),
    [
        ("FREQ=HOURLY", MAX_EVENTS_OF_A_SERIES),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", 1),
        ("FREQ=HOURLY;INTERVAL=24;BYHOUR=3", 1),
        ("FREQ=DAILY;BYHOUR=" + ",".join(map(str, range(24))), MAX_EVENTS_OF_A_SERIES),
        ("FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR=1,2,3;BYSETPOS=366,365,-1", 2),
    ],
)
def test_no_rule_runs_away(rule: str, events: int) -> None:
    began = time.process_time()
    found = feed(f"UID:a\nDTSTART:20261001T100000Z\nRRULE:{rule}", "UID:b\nDTSTART:20270101T100000Z")
    assert time.process_time() - began < 5
    assert len([one for one in found.events if one.uid == "a"]) == events
    assert len([one for one in found.events if one.uid == "b"]) == 1


def test_what_is_cut_off_is_the_end_of_a_series() -> None:
    found = feed("UID:a\nSUMMARY:Busy\nDTSTART:20261001T100000Z\nRRULE:FREQ=HOURLY")
    assert starts(found)[0] == "2026-10-01T10:00Z"
    assert found.problems == ["“Busy” repeats too often; its first 1000 dates are shown."]
    assert not found.is_complete
