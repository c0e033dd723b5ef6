"""Cookies of this host only, out of reach of scripts.

They have the prefix `__Host-` and are sent over TLS only. On plain http and loopback they have neither: Safari drops
such cookies there, unlike other browsers, and would sign its users out at every reload.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

from starlette.responses import Response

from studyteddy.platform.web.binding import Request

_PREFIX = "__Host-"


class Cookies:
    """The cookies of a server with this public URL; the names of the other setting are never accepted."""

    def __init__(self, public_url: str) -> None:
        self._secure = not _is_plain_loopback(public_url)

    def set(
        self, name: str, value: str, *, seconds: int, same_site: Literal["strict", "lax"] = "strict"
    ) -> tuple[bytes, bytes]:
        """Return the `Set-Cookie` header of a cookie."""
        response = Response()
        full_name = self._full(name)
        response.set_cookie(full_name, value, max_age=seconds, secure=self._secure, httponly=True, samesite=same_site)
        return response.raw_headers[-1]

    def read(self, request: Request, name: str) -> str | None:
        """Return the value of a cookie of the request."""
        return request.cookie(self._full(name))

    def _full(self, name: str) -> str:
        return f"{_PREFIX}{name}" if self._secure else name


def _is_plain_loopback(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        loopback = host == "localhost" or host.endswith(".localhost") or ip_address(host).is_loopback
    except ValueError:  # another name, or not a URL
        return False
    return parts.scheme == "http" and loopback
