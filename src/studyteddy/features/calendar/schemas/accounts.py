"""Calendar accounts that a student connects, and their calendars."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from studyteddy.platform.errors import Conflict, Invalid, NotFound, TooManyRequests
from studyteddy.platform.fields import END, GAP, NO_CONTROLS, TEXT

ProviderName = Literal["google", "outlook", "caldav"]
State = Literal["ok", "reconnect", "failing"]
Access = Literal["busy", "events"]


class CalDavSignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to sign in to a calendar server."""

    url: Annotated[
        str,
        Meta(
            min_length=4,
            max_length=500,
            pattern=rf"^[^{GAP}]+{END}",
            extra={"form": "Must be the address of a calendar server, such as https://cloud.example."},
            examples=["https://cloud.example.org"],
            description="The server, or your calendars on it. Without a scheme, https.",
        ),
    ]
    username: Annotated[
        str, Meta(min_length=1, max_length=200, pattern=TEXT, extra=NO_CONTROLS, examples=["ada@example.org"])
    ]
    password: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=500,
            pattern=TEXT,
            extra=NO_CONTROLS,
            description="A password for this app only, if the provider has them. It is never shown again.",
        ),
    ]

    def __repr__(self) -> str:
        return "CalDavSignIn(...)"


class AccountCalendar(msgspec.Struct, frozen=True):
    """A calendar of an account."""

    id: UUID
    name: str
    color: Annotated[str, Meta(description="`#rrggbb`, or empty.")]
    busy: Annotated[bool, Meta(description="Whether it is read, and its events take time.")]
    ours: Annotated[bool, Meta(description="Whether your focus sessions are written into it.")]


class CalendarAccount(msgspec.Struct, frozen=True, rename="camel"):
    """A calendar account, and how it was last synchronized."""

    id: UUID
    provider: ProviderName
    address: Annotated[str, Meta(description="What you know the account by, such as an e-mail address.")]
    access: Annotated[Access, Meta(description="`busy`: only when you are busy is read, not with what.")]
    state: Annotated[State, Meta(description="`reconnect`: connect it again; until then, nothing is synchronized.")]
    problem: Annotated[str | None, Meta(description="Why it can't be synchronized, in words.")]
    problem_code: Annotated[str | None, Meta(description="The same for programs, such as `unreachable`.")]
    writes: Annotated[bool, Meta(description="Whether focus sessions are written into a calendar of their own.")]
    events_read: Annotated[int | None, Meta(description="Events read so far while it is synchronized; else null.")]
    last_sync_at: Annotated[datetime | None, Meta(description="When it was last synchronized; null if never.")]
    next_sync_at: datetime
    created_at: datetime
    calendars: list[AccountCalendar]


class CalendarAccounts(msgspec.Struct, frozen=True):
    """All calendar accounts, the oldest first."""

    items: list[CalendarAccount]
    providers: Annotated[list[ProviderName], Meta(description="What can be connected on this server.")]


class ConnectionRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much is read of the calendars: when you are busy, or also with what. `events` can be asked for later."""

    access: Access = "busy"


class Authorization(msgspec.Struct, frozen=True, rename="camel"):
    """Where to send the browser."""

    authorization_url: str


class AccountChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fields to change; absent fields are unchanged."""

    writes: bool | UnsetType = UNSET


class CalendarChoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether a calendar is read, and its events take time."""

    busy: bool


class DisconnectQuery(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Whether the events that were written into the account are removed from it."""

    remove_events: bool = False


class CalendarCallbackQuery(msgspec.Struct, frozen=True):
    """The query with which the vendor sends the browser back."""

    state: Annotated[str, Meta(max_length=200)] = ""
    code: Annotated[str, Meta(max_length=4000)] = ""
    error: Annotated[str, Meta(max_length=200)] = ""


class BegunConnection(msgspec.Struct, frozen=True):
    """Who began to connect an account, and the PKCE verifier."""

    user_id: UUID
    verifier: str


class StoredAccount(msgspec.Struct, frozen=True):
    """What synchronizing an account needs to know of it."""

    id: UUID
    provider: ProviderName
    address: str
    credential: bytes
    """Sealed."""
    state: str
    failures: int
    writes: bool
    removes_events: bool
    """Whether what was written into it is removed before it is forgotten."""
    asked_at: datetime
    taken_at: datetime | None
    """The `asked_at` that a job has begun with: if they differ, one will begin later."""
    listed_at: datetime | None
    last_sync_at: datetime | None
    job: int | None
    """The job that holds it."""
    rests: int
    """How many rounds in a row left something for the next one."""
    runs_until: datetime | None


class StoredCalendar(msgspec.Struct, frozen=True):
    """What synchronizing a calendar needs to know of it."""

    id: UUID
    ref: str
    name: str
    busy: bool
    ours: bool
    token: str
    window_start: date | None
    """The first day of the window of the last full round."""
    was_empty: bool
    """Whether the calendar, which had events, was suddenly empty at the last full round."""
    missing: bool
    """Whether the last list of calendars lacked it."""
    read_at: datetime | None
    notified: bool
    """Whether a notification of a change came since it was last read."""
    watch_at: datetime | None
    """When notifications are asked for again; None if there are none."""


class ListedCalendar(msgspec.Struct, frozen=True):
    """A calendar as its provider lists it."""

    ref: str
    name: str
    color: str
    position: int
    busy: bool
    """Whether it is read if the student hasn't chosen."""


class DueAccount(msgspec.Struct, frozen=True):
    """An account that is to be synchronized."""

    user_id: UUID
    id: UUID


class NoSuchAccount(NotFound):
    """Calendar account not found."""


class NoSuchCalendar(NotFound):
    """Calendar of the account not found."""


class TooManyAccounts(Conflict):
    """You have connected 10 calendar accounts already. Disconnect one first."""


class ConnectionFailed(Invalid):
    """The calendar server can't be used with these details."""


class AccountSyncedJustNow(TooManyRequests):
    """This account was synchronized less than a minute ago. Wait for the time in `Retry-After`."""
