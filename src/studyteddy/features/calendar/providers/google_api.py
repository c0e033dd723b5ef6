"""Requests to Google Calendar: its lists in pages, and what its errors mean.

Sources: https://developers.google.com/workspace/calendar/api/guides/errors and .../guides/sync, and the discovery
document of the interface, version 3.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import quote

import msgspec
from msgspec import Meta

from studyteddy.features.calendar.providers.provider import Failing, Gone, ProviderError, SignInRequired, Stale
from studyteddy.features.calendar.providers.rest import Answer, Rest, retry_after

BASE: Final = "https://www.googleapis.com/calendar/v3"
MAX_PAGES: Final = 400
_QUOTAS: Final = frozenset(
    {"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "dailyLimitExceeded", "calendarUsageLimitsExceeded"}
)
"""Reasons with the status 403 that pass; the others stay."""

S = TypeVar("S")
_SEGMENT: Final = r"^[^/\s\x00-\x1f]*[A-Za-z0-9][^/\s\x00-\x1f]*\Z"
"""What can be a segment of a path: it isn't `..`."""
Id = Annotated[str, Meta(max_length=1100, pattern=_SEGMENT)]
CalendarId = Annotated[str, Meta(max_length=400, pattern=_SEGMENT)]
Etag = Annotated[str, Meta(max_length=200, pattern=r"^[\x20-\x7e]*\Z")]
_PageToken = Annotated[str, Meta(max_length=4000)]


class Page(msgspec.Struct, rename="camel"):
    """A page of a list. It may be empty and not the last one."""

    items: list[Any] = []
    next_page_token: _PageToken = ""
    next_sync_token: _PageToken = ""
    """Only the last page has one."""


class _Cause(msgspec.Struct):
    reason: str = ""


class _Causes(msgspec.Struct):
    errors: list[_Cause] = []


class _Error(msgspec.Struct):
    error: _Causes


class DeadToken(Exception):
    """Google doesn't know a sync token any more: everything has to be read again."""


def segment(id: str) -> str:
    """Return an id as a segment of a path."""
    return quote(id, safe="@")


async def pages(rest: Rest, path: str, query: Mapping[str, str]) -> AsyncIterator[Page]:
    """Yield the pages of a list; the other parameters stay the same for each of them, as Google asks.

    Raise `DeadToken` if the parameters contain a sync token that has expired, or isn't one.
    """
    token, seen = "", {""}
    for _ in range(MAX_PAGES):
        answer = await rest.send("GET", path, query={**query, "pageToken": token} if token else query)
        if "syncToken" in query and answer.status in (400, 410):
            raise DeadToken
        page = converted(succeeded(answer), Page)
        yield page
        token = page.next_page_token
        if not token:
            return
        if token in seen:
            raise Failing("invalid_response")
        seen.add(token)
    raise Failing("too_large")


def succeeded(answer: Answer, *, writes: bool = False) -> Any:
    """Return the data of an answer; raise what an error means. `writes` says that the request had an event of ours."""
    if answer.status >= 300:
        raise failure(answer, writes=writes)
    return answer.data


def converted(data: Any, kind: type[S]) -> S:
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError:
        raise Failing("invalid_response") from None


def reasons(answer: Answer) -> set[str]:
    """Return why a request failed, in Google's words; the status alone is ambiguous."""
    try:
        return {one.reason for one in msgspec.convert(answer.data, _Error).error.errors}
    except msgspec.ValidationError:
        return set()


def failure(answer: Answer, *, writes: bool = False) -> ProviderError:
    causes = reasons(answer)
    if answer.status == 403:
        if causes & _QUOTAS:
            return Failing("too_many_requests", retry_after=retry_after(answer))
        # A box that wasn't ticked: consent is needed again, not another calendar.
        return SignInRequired() if "insufficientPermissions" in causes else Failing("forbidden")
    if answer.status == 404 or (answer.status == 410 and "deleted" in causes):
        return Gone()
    if answer.status in (409, 412):
        return Stale()
    return Failing("rejected" if writes and answer.status == 400 else "invalid_response")
