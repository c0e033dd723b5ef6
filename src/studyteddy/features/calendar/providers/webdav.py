"""Requests to a WebDAV server in the name of a student, and what its answers mean when they aren't successful."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

from studyteddy.features.calendar.providers import hrefs, webdav_xml
from studyteddy.features.calendar.providers.provider import (
    Failing,
    Gone,
    ProviderError,
    Resource,
    SignInRequired,
    Stale,
)
from studyteddy.features.calendar.providers.webdav_xml import CALDAV, Item, Multistatus
from studyteddy.platform import egress
from studyteddy.platform.egress import Allowed, Fetched, Refused, TooLarge
from studyteddy.platform.http import Unreachable

SECONDS: Final = 30.0
"""How long a request may take: servers list large calendars slowly."""
MAX_BYTES: Final = 20 << 20
"""The largest answer that is read."""
MAX_RETRY_SECONDS: Final = 86_400.0
_INSECURE: Final = frozenset({"insecure", "downgrade"})
_XML: Final = "application/xml; charset=utf-8"
_AGENT: Final = "Study Teddy (CalDAV)"
_REJECTED: Final = frozenset({400, 413, 415, 422})
_HOST: Final = re.compile(r"[a-z0-9.-]{1,253}")
_ETAG: Final = re.compile(r'(?:W/)?"([!#-~]{0,250}?)(?:--?(?:gzip|br|deflate|zstd))?"')


class WebDav:
    """A server, and how to sign in to it: with Basic authentication (RFC 7617)."""

    def __init__(self, username: str, password: str, allow: Allowed) -> None:
        self._authorization = f"Basic {b64encode(f'{username}:{password}'.encode()).decode()}"
        self._allow = allow

    async def send(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Fetched:
        """Return a response with a status of 2xx or 4xx; raise what all other responses mean, and 401 and 429."""
        sent = {"authorization": self._authorization, "user-agent": _AGENT, **(headers or {})}
        try:
            fetched = await egress.request(
                method, url, allow=self._allow, headers=sent, body=body, max_bytes=MAX_BYTES, seconds=SECONDS
            )
        except Refused as fault:
            raise Failing("insecure" if fault.code in _INSECURE else "refused") from None
        except TooLarge:
            raise Failing("too_large") from None
        except Unreachable:
            raise Failing("unreachable") from None
        failure = _failure(fetched)
        if failure is not None:
            raise failure
        return fetched

    async def propfind(self, url: str, names: Iterable[str], *, depth: int) -> tuple[str, Multistatus]:
        """Return the URL that answered, and properties of the resource, and with a depth of 1 of those in it."""
        return await self._ask("PROPFIND", url, webdav_xml.propfind(names), depth)

    async def report(self, url: str, body: bytes) -> tuple[str, Multistatus]:
        """Return the URL that answered, and what a report contains; raise `DeadToken` if it says so."""
        return await self._ask("REPORT", url, body, 0)

    async def _ask(self, method: str, url: str, body: bytes, depth: int) -> tuple[str, Multistatus]:
        headers = {"content-type": _XML, "accept": "application/xml, text/xml", "depth": str(depth)}
        fetched = await self.send(method, url, headers=headers, body=body)
        if fetched.status != 207:
            raise DeadToken if method == "REPORT" and await _is_dead_token(fetched) else _ask_failure(fetched.status)
        answer = await webdav_xml.multistatus(fetched.body)
        if method == "PROPFIND" and len(answer.items) == 1 and answer.items[0].status != 200:
            raise _ask_failure(answer.items[0].status)
        return hrefs.resolved(fetched.url, ""), answer

    async def read(self, ref: str) -> Resource:
        """Return an iCalendar resource; raise `Gone`, or `Failing` if it is something else."""
        fetched = await self.send("GET", ref, headers={"accept": "text/calendar"})
        if fetched.status != 200:
            raise _read_failure(fetched.status)
        if b"BEGIN:VCALENDAR" not in fetched.body[:1000].upper():
            raise Failing("invalid_response")
        return Resource(ref, etag(fetched.headers.get("etag", "")), fetched.body)


class DeadToken(Failing):
    """The server doesn't know a sync token any more: everything must be read again."""

    def __init__(self) -> None:
        super().__init__("invalid_response")


class Forbidden(Gone):
    """A collection that the student may not see, or that doesn't exist: servers such as Radicale don't say which."""


def located(base: str, answer: Multistatus) -> list[tuple[str, Item]]:
    """Return what an answer from `base` says, with URLs, without what has no address there that can be used.

    Raise `Failing` if everything is on other hosts: then the server, behind a proxy, knows itself by another name.
    """
    found, elsewhere = list[tuple[str, Item]](), False
    for item in answer.items:
        try:
            url = hrefs.resolved(base, item.href)
        except Failing:
            continue
        if hrefs.is_same_host(url, base):
            found.append((url, item))
        else:
            elsewhere = True
    if elsewhere and not found:
        raise Failing("invalid_response")
    return found


def etag(text: str) -> str:
    """Return an entity tag in quotes, or "", as it is without compression.

    Servers and proxies that compress an answer weaken its tag, or append how, such as Apache `-gzip`.
    """
    match = _ETAG.fullmatch(text if '"' in text else f'"{text}"')
    return f'"{match[1]}"' if match and text else ""


def _ask_failure(status: int) -> ProviderError:
    """Return what a response to a request about a collection means."""
    return Forbidden() if status == 403 else _read_failure(status)


def _read_failure(status: int) -> ProviderError:
    """Return what a response to a request that changes nothing means."""
    if status == 401:
        return SignInRequired()
    if status == 403:
        return Failing("forbidden")
    return Gone() if status in (404, 410) else Failing("invalid_response")


async def write_failure(fetched: Fetched) -> ProviderError:
    """Return what a response to a request that writes an event means.

    Servers use different statuses for one precondition, so its name decides where there is one.
    """
    named = await webdav_xml.preconditions(fetched.body)
    if f"{CALDAV}no-uid-conflict" in named:
        return Stale()
    if fetched.status in _REJECTED or any(name.startswith(CALDAV) for name in named):
        return Failing("rejected")
    if fetched.status == 412:
        return Stale()
    if fetched.status in (403, 405):
        return Failing("forbidden")
    # 409: the collection doesn't exist (RFC 4918, section 9.7.1).
    return Gone() if fetched.status in (404, 409, 410) else Failing("invalid_response")


def _failure(fetched: Fetched) -> ProviderError | None:
    """Return what a response means whatever was asked."""
    if fetched.status == 401:
        schemes = fetched.headers.get("www-authenticate", "").lower()
        return Failing("unsupported_sign_in") if schemes and "basic" not in schemes else SignInRequired()
    if fetched.status == 429:
        return Failing("too_many_requests", retry_after=_retry_after(fetched))
    if fetched.status == 501:
        return Failing("unsupported")
    if fetched.status >= 500 or fetched.status == 423:  # locked by another program
        return Failing("unavailable", retry_after=_retry_after(fetched))
    if 300 <= fetched.status < 400:
        return Failing("redirected", detail=_redirects_to(fetched))
    return None if fetched.status >= 200 else Failing("invalid_response")


def _redirects_to(fetched: Fetched) -> str:
    """Return the host that a redirect leads to, which the student may trust and enter, or ""."""
    try:
        host = urlsplit(fetched.headers.get("location", "")).hostname or ""
    except ValueError:
        return ""
    return host if _HOST.fullmatch(host) else ""


def _retry_after(fetched: Fetched) -> float | None:
    """Return the seconds of `Retry-After` (RFC 9110, section 10.2.3), of a date by the server's own clock."""
    text = fetched.headers.get("retry-after", "").strip()
    try:
        if text.isascii() and text.isdecimal():
            seconds = float(text)
        else:
            now = parsedate_to_datetime(fetched.headers.get("date", ""))
            seconds = (parsedate_to_datetime(text) - now).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(seconds, 0.0), MAX_RETRY_SECONDS)


async def _is_dead_token(fetched: Fetched) -> bool:
    """Return whether `valid-sync-token` is named (RFC 6578, section 3.2), with whichever status, or all is gone."""
    return fetched.status == 410 or f"{webdav_xml.DAV}valid-sync-token" in await webdav_xml.preconditions(fetched.body)
