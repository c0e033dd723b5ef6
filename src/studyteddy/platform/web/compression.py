"""Compression by `Accept-Encoding`: zstd, br or gzip, whichever the client likes best."""

from __future__ import annotations

import gzip

import brotli  # type: ignore[import-untyped]  # it has no stubs
import zstandard

LEAST = 1024
_PREFERENCE = ("zstd", "br", "gzip")


def choose(accept: bytes) -> str | None:
    """The coding to use; equal wishes go to the cheapest."""
    wishes: dict[str, float] = {}
    for part in accept.decode("latin-1").split(","):
        name, _, quality = part.strip().partition(";")
        try:
            wishes[name.strip().lower()] = float(quality.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
    liked = [(wishes.get(name, wishes.get("*", 0.0)), -n, name) for n, name in enumerate(_PREFERENCE)]
    best = max(liked)
    return best[2] if best[0] > 0 else None


def compress(body: bytes, coding: str) -> bytes:
    if coding == "zstd":
        return zstandard.ZstdCompressor(level=3).compress(body)
    if coding == "br":
        return bytes(brotli.compress(body, quality=4))
    return gzip.compress(body, compresslevel=5, mtime=0)
