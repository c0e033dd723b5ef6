"""Content codings of responses."""

from __future__ import annotations

import gzip

import brotli  # type: ignore[import-untyped]  # no stubs
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from studyteddy.platform.web.compression import choose, compress


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        (b"gzip", "gzip"),
        (b"gzip, deflate, br, zstd", "zstd"),
        (b"gzip, deflate, br", "br"),
        (b"gzip;q=1.0, br;q=0.5", "gzip"),
        (b"gzip; q=0.2 , br; q=0.3", "br"),
        (b"GZIP", "gzip"),
        (b"*", "zstd"),
        (b"*;q=0.1, gzip;q=0.5", "gzip"),
        (b"zstd;q=0, *", "br"),
        (b"gzip;q=0", None),
        (b"*;q=0", None),
        (b"identity", None),
        (b"deflate", None),
        (b"", None),
        (b"gzip;q=x", None),
        (b"gzip;level=9", None),
        (b",,;,", None),
    ],
)
def test_the_client_chooses(accept: bytes, coding: str | None) -> None:
    assert choose(accept) == coding


@given(st.binary(max_size=200) | st.text("gzipbrstd*;q=0.159,- naif", max_size=60).map(str.encode))
def test_any_accept_encoding_can_be_parsed(accept: bytes) -> None:
    assert choose(accept) in (None, "zstd", "br", "gzip")


@given(st.binary())
def test_compression_round_trips(body: bytes) -> None:
    assert gzip.decompress(compress(body, "gzip")) == body
    assert brotli.decompress(compress(body, "br")) == body
    assert zstandard.ZstdDecompressor().decompress(compress(body, "zstd")) == body


def test_compression_is_deterministic() -> None:
    """A strong ETag requires identical bytes for every compression."""
    body = b"study " * 500
    for coding in ("gzip", "br", "zstd"):
        assert compress(body, coding) == compress(body, coding)
        assert len(compress(body, coding)) < len(body) / 10
