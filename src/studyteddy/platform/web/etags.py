"""ETags: the hash of an object's GET response, including joined fields.

Where an ETag is accepted as a precondition, so is the number of the object's own version, as `"v7"`.
"""

from __future__ import annotations

from hashlib import blake2b

import msgspec

from studyteddy.platform.errors import StaleVersion

_encode = msgspec.json.Encoder().encode
CODINGS = ("br", "zstd", "gzip")


def etag(body: bytes) -> str:
    """Return the strong ETag of an encoded object, without quotes."""
    return blake2b(body, digest_size=12).hexdigest()


def plain(tag: str) -> str:
    """Strip the quotes and the content-coding suffix from a tag as sent by a client."""
    tag = tag.strip().strip('"')
    head, dash, coding = tag.rpartition("-")
    return head if dash and coding in CODINGS else tag


def matches(header: str, tag: str) -> bool:
    """Return whether a list of tags (`"a", "b"`) or `*` matches `tag`."""
    return any(part.strip() == "*" or plain(part) == tag for part in header.split(","))


def check(if_match: str | None, current: msgspec.Struct, *longer: msgspec.Struct) -> None:
    """Raise `StaleVersion` if the client's `If-Match` names neither the version nor the ETag of the current object.

    `longer` are other responses with the object, as with `include`.
    """
    if if_match is None:
        return
    version = getattr(current, "version", None)
    known = version is not None and matches(if_match, f"v{version}")
    if not known and not any(matches(if_match, etag(_encode(one))) for one in (current, *longer)):
        raise StaleVersion()
