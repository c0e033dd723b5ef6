"""ETags: independent of content coding."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyteddy.platform.errors import StaleVersion
from studyteddy.platform.web import etags


class Thing(msgspec.Struct, frozen=True):
    """An object with a version."""

    name: str


TAG = etags.etag(b"{}")


@given(st.binary(), st.binary())
def test_tags_are_equal_only_for_equal_bytes(one: bytes, other: bytes) -> None:
    assert (etags.etag(one) == etags.etag(other)) == (one == other)


@pytest.mark.parametrize(
    "header",
    [
        f'"{TAG}"',
        TAG,
        f' "{TAG}" ',
        f'"{TAG}-br"',
        f'"{TAG}-zstd"',
        f'"{TAG}-gzip"',
        "*",
        f'"other", "{TAG}"',
        f'"other","{TAG}-br"',
        'W/"x", *',
    ],
)
def test_a_header_matches_the_version(header: str) -> None:
    assert etags.matches(header, TAG)


@pytest.mark.parametrize(
    "header", ["", '""', '"other"', f'"{TAG}-deflate"', f'"{TAG}x"', f'W/"{TAG}"', f'"{TAG[:-1]}"']
)
def test_a_header_does_not_match_another_version(header: str) -> None:
    assert not etags.matches(header, TAG)


@given(st.text())
def test_any_header_can_be_parsed(header: str) -> None:
    assert etags.matches(header, TAG) in (True, False)


def test_a_stale_version_is_rejected() -> None:
    current = Thing("new")
    etags.check(None, current)
    etags.check(f'"{etags.etag(msgspec.json.encode(current))}"', current)
    with pytest.raises(StaleVersion):
        etags.check(f'"{etags.etag(msgspec.json.encode(Thing("old")))}"', current)


class Numbered(msgspec.Struct, frozen=True):
    """An object whose row has a version."""

    version: int


def test_the_number_of_a_version_is_as_good_as_its_etag() -> None:
    current = Numbered(7)
    for header in ('"v7"', "v7", '"v6", "v7"', f'"{etags.etag(msgspec.json.encode(current))}"', "*"):
        etags.check(header, current)
    for header in ('"v6"', '"v8"', '"v"', '"7"', '"v07"', 'W/"v7"', '"V7"'):
        with pytest.raises(StaleVersion):
            etags.check(header, current)


@pytest.mark.parametrize("header", ['"v"', '"vNone"', '"v0"', '"v1"'])
def test_an_object_without_a_number_has_only_its_etag(header: str) -> None:
    with pytest.raises(StaleVersion):
        etags.check(header, Thing("new"))
