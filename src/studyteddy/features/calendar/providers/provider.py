"""What every calendar provider speaks of: calendars, their resources, changes of them, and what can fail.

A *ref* identifies a calendar or a resource at its provider, and stays the same; its form is the provider's.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

import msgspec

MAX_CALENDARS: Final = 100
"""Calendars of an account that are listed."""


class Account(msgspec.Struct, frozen=True):
    """Where a student's calendars are, as URLs."""

    principal: str
    """The student, or "" if the server has no principals."""
    home: str
    """The collection that contains the calendars."""
    address: str
    """The one that answered, after redirects: not always the one that was typed."""


class Owner(msgspec.Struct, frozen=True):
    """Whose account it is at the provider."""

    key: str
    """Identifies the account for ever: two accounts with one key are the same. At most 500 characters."""
    address: str
    """What a student knows the account by, such as an e-mail address."""


class Window(msgspec.Struct, frozen=True):
    """The time whose events are read. CalDAV servers send the others too."""

    since: datetime
    until: datetime


class OwnEvent(msgspec.Struct, frozen=True):
    """An event of ours, as it is written into the calendar that we made."""

    id: UUID
    """The same for ever: a second try to create it finds what the first one made."""
    title: str
    starts_at: datetime
    ends_at: datetime


class Written(msgspec.Struct, frozen=True):
    """An event that was written."""

    ref: str
    etag: str


class RemoteCalendar(msgspec.Struct, frozen=True):
    """A calendar that can contain events."""

    ref: str
    name: str
    """One line, never empty."""
    writable: bool
    color: str = ""
    """`#rrggbb`, or ""."""


def listed(calendars: Iterable[RemoteCalendar], own: Collection[str]) -> list[RemoteCalendar]:
    """Return the calendars with those of ours, whose refs are `own`, first: they are never too many to be listed."""
    return sorted(calendars, key=lambda one: one.ref not in own)[:MAX_CALENDARS]


class Resource(msgspec.Struct, frozen=True):
    """An event: an iCalendar object with one UID, which holds a series together with its exceptions."""

    ref: str
    etag: str
    """Quoted, or "" if the provider gives none."""
    body: bytes


class Channel(msgspec.Struct, frozen=True):
    """A subscription to notifications that something in a calendar changed."""

    id: str
    """What the provider calls it; needed to end it."""
    expires_at: datetime
    """When the provider ends it, which may be earlier than asked for."""


class Changes(msgspec.Struct, frozen=True):
    """A part of what changed in a calendar since a token.

    Parts of a full round contain the whole calendar: what none of them contains was removed. A round can begin anew as
    a full one; then the earlier parts still hold, but only the full one says what was removed.
    """

    changed: list[Resource]
    """New or changed."""
    removed: list[str]
    """Refs. Some may never have been known."""
    token: str
    """What to ask with the next time. Only the last part has one: before, not all was delivered."""
    is_full: bool
    is_last: bool


class ProviderError(Exception):
    """A request to the provider failed; the text is a sentence for the student, without secrets."""

    code = "failed"
    """The same for programs."""


class SignInRequired(ProviderError):
    """The provider rejected the sign-in: the password is wrong or was revoked, or the student's consent has ended."""

    code = "sign_in_rejected"

    def __init__(self) -> None:
        super().__init__("The calendar server rejected the sign-in, or access was revoked. Connect again.")


class Gone(ProviderError):
    """The calendar or event doesn't exist any more."""

    code = "gone"

    def __init__(self) -> None:
        super().__init__("The calendar or event no longer exists on the server.")


class Stale(ProviderError):
    """The resource was changed or deleted meanwhile, or one with this ref or UID exists already."""

    code = "stale"

    def __init__(self) -> None:
        super().__init__("The event was changed on the server in the meantime, or exists there already.")


REASONS = {
    "unreachable": "The calendar server can't be reached. Try again later.",
    "unavailable": "The calendar server is temporarily unavailable. Try again later.",
    "too_many_requests": "The calendar server received too many requests. Try again later.",
    "refused": "The address isn't allowed: it must be a web address on the public Internet.",
    "insecure": "Your password would be sent without encryption. Enter an address that begins with https.",
    "redirected": "The calendar server redirects to another address. Enter that address instead.",
    "no_calendars": "No calendars were found at this address. Check the address of the calendar server.",
    "unsupported_sign_in": "The calendar server requires a kind of sign-in that isn't supported, such as Digest.",
    "unsupported": "The calendar server doesn't support this.",
    "forbidden": "You don't have permission to change this calendar.",
    "rejected": "The calendar server rejected the event as invalid.",
    "too_large": "The calendar server sent more data than can be read.",
    "invalid_response": "The calendar server returned an invalid response.",
}
"""Why a provider fails, each with its sentence."""


class Failing(ProviderError):
    """The provider can't be used now, or not in this way; `reason` is a key of `REASONS`.

    `retry_after` is after how many seconds the provider asks to try again, if it says so. `detail`, such as a host
    name, ends the sentence.
    """

    def __init__(self, reason: str, *, retry_after: float | None = None, detail: str = "") -> None:
        sentence = REASONS[reason]
        super().__init__(f"{sentence.removesuffix('.')}: {detail}" if detail else sentence)
        self.reason = self.code = reason
        self.retry_after = retry_after


class Provider(Protocol):
    """A student's account at a provider. Methods raise the errors above; each request has a deadline."""

    async def owner(self) -> Owner:
        """Return whose account it is."""

    async def calendars(self) -> list[RemoteCalendar]:
        """Return the calendars that can contain events, ours first, in the provider's order; at most 100."""

    async def make_calendar(self, name: str, *, slug: str) -> RemoteCalendar:
        """Create a calendar for our events; where the provider allows it, return the one that `slug` made before."""

    def needs_tags(self, token: str) -> bool:
        """Return whether `changes` since this token needs to know the entity tags."""

    def changes(self, ref: str, token: str, known: Mapping[str, str], window: Window) -> AsyncIterator[Changes]:
        """Yield what changed in a calendar since `token`, or everything in the window if it is "", in parts.

        The last part has the token for the next time. If the provider forgot the token, a full round follows. A token
        belongs to the window with which the full round began. `known` has the entity tags by ref, or nothing unless
        `needs_tags`. Raise `Gone` if the calendar doesn't exist any more.
        """

    async def get(self, ref: str) -> Resource:
        """Return a resource; raise `Gone`."""

    async def create(self, calendar: str, event: OwnEvent) -> Written:
        """Create an event in a calendar of ours, or bring the one that an earlier try made to this content.

        Raise `Gone` if the calendar doesn't exist.
        """

    async def update(self, ref: str, etag: str, event: OwnEvent) -> Written:
        """Change the title and time of an event of ours that has this entity tag, and nothing else of it.

        Raise `Stale` if it has another one, and `Gone`.
        """

    async def delete(self, ref: str, etag: str) -> None:
        """Delete an event that has this entity tag, or any if it is ""; do nothing if it's gone; raise `Stale`."""
