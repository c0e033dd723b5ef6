"""Compression by `Accept-Encoding`: zstd, br, or gzip, as the client prefers."""

from __future__ import annotations

import gzip
from collections.abc import Sequence

import brotli  # type: ignore[import-untyped]  # no stubs
import zstandard

MIN_SIZE = 1024
MAX_SIZES = {"zstd": 4 << 20, "br": 1 << 20, "gzip": 1 << 20}
"""Larger bodies are sent as they are: compressing one would hold up all other requests for more than about 15 ms."""
_PREFERENCE = ("zstd", "br", "gzip")


def choose(accept: bytes, offered: Sequence[str] = _PREFERENCE) -> str | None:
    """Return the offered coding with the highest quality; among equals, the first, which should be the cheapest."""
    qualities: dict[str, float] = {}
    for part in accept.decode("latin-1").split(","):
        name, _, quality = part.strip().partition(";")
        try:
            qualities[name.strip().lower()] = float(quality.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
    candidates = [(qualities.get(name, qualities.get("*", 0.0)), -n, name) for n, name in enumerate(offered)]
    best = max(candidates)
    return best[2] if best[0] > 0 else None


def compress(body: bytes, coding: str) -> bytes:
    if coding == "zstd":
        return zstandard.ZstdCompressor(level=3).compress(body)
    if coding == "br":
        return bytes(brotli.compress(body, quality=4))
    return gzip.compress(body, compresslevel=5, mtime=0)
