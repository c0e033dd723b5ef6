"""ETags: the version of an object is the hash of what GET would show, joined fields included."""

from __future__ import annotations

from hashlib import blake2b

import msgspec

from studyteddy.platform.errors import StaleVersion

_encode = msgspec.json.Encoder().encode
CODINGS = ("br", "zstd", "gzip")


def etag(body: bytes) -> str:
    """The strong ETag of an encoded object, without quotes."""
    return blake2b(body, digest_size=12).hexdigest()


def plain(tag: str) -> str:
    """A tag as clients send it, without quotes and without the suffix of a content coding."""
    tag = tag.strip().strip('"')
    head, dash, coding = tag.rpartition("-")
    return head if dash and coding in CODINGS else tag


def matches(header: str, tag: str) -> bool:
    """Whether a list of tags (`"a", "b"`), or `*`, names `tag`."""
    return any(part.strip() == "*" or plain(part) == tag for part in header.split(","))


def check(if_match: str | None, current: msgspec.Struct) -> None:
    """Raises `StaleVersion` when the client's `If-Match` does not name the object as it is now."""
    if if_match is not None and not matches(if_match, etag(_encode(current))):
        raise StaleVersion()
