"""ETags: one for what GET would show, however it is compressed."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyteddy.platform import versions
from studyteddy.platform.errors import StaleVersion


class Thing(msgspec.Struct, frozen=True):
    """Something with a version."""

    name: str


TAG = versions.etag(b"{}")


@given(st.binary(), st.binary())
def test_equal_bytes_have_equal_tags_and_others_do_not(one: bytes, other: bytes) -> None:
    assert (versions.etag(one) == versions.etag(other)) == (one == other)


@pytest.mark.parametrize(
    "header",
    [
        f'"{TAG}"', TAG, f' "{TAG}" ', f'"{TAG}-br"', f'"{TAG}-zstd"', f'"{TAG}-gzip"', "*", f'"other", "{TAG}"',
        f'"other","{TAG}-br"', 'W/"x", *',
    ],
)  # fmt: skip
def test_a_header_names_the_version(header: str) -> None:
    assert versions.matches(header, TAG)


@pytest.mark.parametrize(
    "header", ["", '""', '"other"', f'"{TAG}-deflate"', f'"{TAG}x"', f'W/"{TAG}"', f'"{TAG[:-1]}"']
)
def test_a_header_names_another_version(header: str) -> None:
    assert not versions.matches(header, TAG)


@given(st.text())
def test_any_header_can_be_read(header: str) -> None:
    assert versions.matches(header, TAG) in (True, False)


def test_a_stale_version_is_refused() -> None:
    current = Thing("new")
    versions.check(None, current)
    versions.check(f'"{versions.etag(msgspec.json.encode(current))}"', current)
    with pytest.raises(StaleVersion):
        versions.check(f'"{versions.etag(msgspec.json.encode(Thing("old")))}"', current)
