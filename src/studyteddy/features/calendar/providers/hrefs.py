"""Addresses of resources in one form: a server may write the same one absolute or relative, and encode it variously."""

from __future__ import annotations

from typing import Final
from urllib.parse import SplitResult, quote, unquote_to_bytes, urljoin, urlsplit

from studyteddy.features.calendar.providers.provider import Failing

MAX_URL: Final = 2000
_IN_SEGMENT: Final = "!$&'()*+,;=:@~"
"""What a segment of a path may contain beside letters, digits and `-._` (RFC 3986, section 3.3)."""
_PORTS: Final = {"http": 80, "https": 443}


def resolved(base: str, href: str) -> str:
    """Return the URL of `href` in an answer from `base`, without a fragment; raise `Failing` if it isn't a web address.

    On the same host, the URL gets the origin of `base`: behind a proxy, servers often don't know their own.
    """
    origin, parts = _split(base), _split(base, href)
    if parts.hostname == origin.hostname:
        parts = parts._replace(scheme=origin.scheme, netloc=origin.netloc)
    url = parts._replace(path=_path(parts.path) or "/", fragment="").geturl()
    if len(url) > MAX_URL:
        raise Failing("invalid_response")
    return url


def is_same_host(one: str, other: str) -> bool:
    """Return whether two URLs are on the same host."""
    return _split(one).hostname == _split(other).hostname


def collection(url: str) -> str:
    """Return the URL of a collection with the slash at its end, which some servers leave out."""
    return f"{url.removesuffix('/')}/"


def child(collection: str, name: str) -> str:
    """Return the URL of what has this name in a collection."""
    return f"{collection.removesuffix('/')}/{quote(name, safe=_IN_SEGMENT)}"


def path_of(url: str) -> str:
    """Return a URL without its origin, as servers expect it in requests."""
    return urlsplit(url)._replace(scheme="", netloc="").geturl()


def is_same(one: str, other: str) -> bool:
    """Return whether two URLs are of the same collection, which may end with a slash."""
    return one.removesuffix("/") == other.removesuffix("/")


def last_segment(url: str) -> str:
    """Return the name of a resource in its collection."""
    segment = urlsplit(url).path.removesuffix("/").rpartition("/")[2]
    return unquote_to_bytes(segment).decode(errors="replace")


def _split(base: str, href: str = "") -> SplitResult:
    try:
        parts = urlsplit(urljoin(base, href))
        port = parts.port
    except ValueError:
        raise Failing("invalid_response") from None
    if parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc:
        raise Failing("invalid_response")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return parts._replace(netloc=host if port in (None, _PORTS[parts.scheme]) else f"{host}:{port}")


def _path(path: str) -> str:
    segments = [unquote_to_bytes(segment) for segment in path.split("/")]
    if b"." in segments or b".." in segments:  # encoded, since `urljoin` removed the others
        raise Failing("invalid_response")
    return "/".join(quote(segment, safe=_IN_SEGMENT) for segment in segments)
