"""Ids: UUIDv7, increasing with time."""

from __future__ import annotations

import itertools
import time

from studyteddy.platform.ids import new_id


def test_an_id_is_a_version_seven() -> None:
    made = [new_id() for _ in range(1000)]
    assert {one.version for one in made} == {7}
    assert {one.variant for one in made} == {"specified in RFC 4122"}
    assert len(set(made)) == 1000


def test_an_id_contains_the_time() -> None:
    before = time.time_ns() // 1_000_000
    milliseconds = new_id().int >> 80
    assert before <= milliseconds <= time.time_ns() // 1_000_000


def test_later_ids_are_greater_also_within_a_millisecond() -> None:
    made = [new_id() for _ in range(5000)]
    assert made == sorted(made)
    assert made[0].int >> 80 < made[-1].int >> 80 < (made[0].int >> 80) + 1000


def test_ids_are_not_consecutive() -> None:
    made = [new_id().int for _ in range(200)]
    assert min(later - sooner for sooner, later in itertools.pairwise(made)) > 1000
