"""The format of rate limits."""

from __future__ import annotations

import pytest

from studyteddy.platform.web.rate_limits import Limit, parse


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("600/60:120", Limit("x", 600, 60, 120)),
        ("10/900", Limit("x", 10, 900, 10)),
        ("10/900:", Limit("x", 10, 900, 10)),
        ("1/1:1", Limit("x", 1, 1, 1)),
    ],
)
def test_limits_are_parsed(text: str, limit: Limit) -> None:
    assert parse("x", text) == limit


@pytest.mark.parametrize(
    "text", ["", "10", "10/", "/60", "a/b", "0/60", "10/0", "10/60:0", "-1/60", "10/-60", "10/60:-1", "1.5/60", "1/2/3"]
)
def test_invalid_limits_are_rejected(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the message is from `int` or from us
        parse("x", text)


def test_a_limit_has_a_policy_and_a_step() -> None:
    limit = parse("general", "600/60:120")
    assert (limit.step, limit.policy) == (100_000, b'"general";q=600;w=60')
    assert parse("x", "5000000/1").step == 1
