"""Requests to Microsoft Graph, what its answers mean, and the refs of calendars and events there."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any, Final, TypeGuard, TypeVar
from urllib.parse import quote

import httpx2
import msgspec

from studyteddy.features.calendar.providers.provider import Failing, Gone, ProviderError, Stale
from studyteddy.features.calendar.providers.rest import RETRIES, AccessTokens, Answer, Rest

BASE: Final = "https://graph.microsoft.com/v1.0"
PAGE: Final = 50
"""Events on a page of an answer; Microsoft may send fewer."""
PREFER: Final = f'IdType="ImmutableId", outlook.timezone="UTC", odata.maxpagesize={PAGE}'
"""Sent with every request: ids of two kinds don't match, and other ones change when an event is moved."""
AT_ONCE: Final = 4
"""Requests that Microsoft handles at the same time for an app and a mailbox."""
MAX_LINK: Final = 4096
_ID: Final = re.compile(r"(?!\.{1,2}$)[!-~]{1,512}")
_ETAG: Final = re.compile(r'(?:W/)?"[!#-~]{0,200}"')
_FORGOTTEN: Final = frozenset({"syncstatenotfound", "syncstateinvalid", "resyncrequired"})
_NO_MAILBOX: Final = frozenset({"mailboxnotenabledforrestapi", "mailboxnotsupportedforrestapi"})

T = TypeVar("T")


class _Error(msgspec.Struct):
    code: str = ""


class _Failed(msgspec.Struct):
    error: _Error


class Api:
    """The interface in the name of a student; at most `AT_ONCE` requests of it are sent at a time."""

    def __init__(self, http: httpx2.AsyncClient, tokens: AccessTokens, base: str) -> None:
        self._prefix = f"{base.rstrip('/')}/"
        self._rest = Rest(http, base, tokens)
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        etag: str = "",
        body: Any = None,
        retries: int = RETRIES,
    ) -> Answer:
        """Send a request to a path, or to a link that `is_link` accepts; with `etag`, only for that version."""
        headers = {"prefer": PREFER} | ({"if-match": etag} if etag else {})
        async with self._turns:
            return await self._rest.send(method, path, query=query, headers=headers, body=body, retries=retries)

    def is_link(self, text: str) -> bool:
        """Return whether a text is a link that may be followed: into this interface."""
        return text.startswith(self._prefix) and len(text) <= MAX_LINK


def failure(answer: Answer) -> ProviderError:
    """Return what an answer means that isn't a success."""
    if code(answer) in _NO_MAILBOX:
        return Failing("unsupported")
    if answer.status in (404, 410):
        return Gone()
    if answer.status in (409, 412):
        return Stale()
    if answer.status == 403:
        return Failing("forbidden")
    if answer.status == 423:
        return Failing("unavailable")
    return Failing("rejected" if answer.status in (400, 413, 422) else "invalid_response")


def code(answer: Answer) -> str:
    """Return the code of an error in lower case, or "": Microsoft writes the same one in several ways."""
    try:
        return msgspec.convert(answer.data, _Failed).error.code.lower()
    except msgspec.ValidationError:
        return ""


def has_forgotten(answer: Answer) -> bool:
    """Return whether the answer to a link says that everything must be read again."""
    return answer.status == 410 or (answer.status >= 400 and code(answer) in _FORGOTTEN)


def parsed(data: Any, kind: type[T]) -> T:
    """Return the JSON of an answer as a struct; raise `Failing`."""
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError:
        raise Failing("invalid_response") from None


def is_id(text: object) -> TypeGuard[str]:
    """Return whether something is an id that can be part of a path."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None


def segment(text: str) -> str:
    """Return an id as a segment of a path; raise `Failing` for what can't be one."""
    if not is_id(text):
        raise Failing("invalid_response")
    return quote(text, safe="")


def events_path(calendar: str) -> str:
    return f"me/calendars/{calendar}/events"


def event_path(ref: str) -> str:
    """Return the path of an event in its calendar: without the calendar, events of shared ones aren't found."""
    calendar, _, event = ref.partition("/")
    return f"{events_path(calendar)}/{event}"


def etag(text: str | None) -> str:
    """Return an entity tag as it was sent, or "" if it can't be one."""
    return text if text and _ETAG.fullmatch(text) else ""
