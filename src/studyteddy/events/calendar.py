"""Events of calendars: those that students subscribe to, accounts that they connect, and the published one."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from studyteddy.platform.event import Event, SecurityEvent, internal, public


@internal("calendar.published")
class CalendarPublished(SecurityEvent, frozen=True):
    """The student's calendar was published at a secret address, which replaces an earlier one."""

    user_id: UUID


@internal("calendar_account.due")
class CalendarAccountDue(Event, frozen=True):
    """A calendar account is to be synchronized."""

    account_id: UUID
    asked_at: datetime


@internal("calendar_account.connected")
class CalendarAccountConnected(SecurityEvent, frozen=True):
    """A calendar account was connected, or got another credential."""

    user_id: UUID
    address: str


@public("calendar_account.updated", shows="CalendarAccount")
class CalendarAccountUpdated(Event, frozen=True):
    """A calendar account was connected, changed or synchronized."""

    account_id: UUID


@public("calendar_account.deleted", shows="Deleted")
class CalendarAccountDeleted(Event, frozen=True):
    """A calendar account was disconnected."""

    account_id: UUID


@internal("calendar_account.stopped")
class CalendarAccountStopped(Event, frozen=True):
    """A calendar account wasn't synchronized for about a day, or can't be until the student connects it again."""

    account_id: UUID
    address: str
    reconnect: bool = True


@public("calendar_conflict.found", shows="CalendarConflict")
class CalendarConflictFound(Event, frozen=True):
    """A focus session was changed here and in a calendar, or such a conflict was reversed."""

    conflict_id: UUID
    reversed: bool = False


@internal("feed.due")
class FeedDue(Event, frozen=True):
    """A calendar that the student subscribes to is to be read."""

    feed_id: UUID
    asked_at: datetime


@public("feed.updated", shows="Feed")
class FeedUpdated(Event, frozen=True):
    """The student subscribed to a calendar, or changed it, or it was read."""

    feed_id: UUID


@public("feed.deleted", shows="Deleted")
class FeedDeleted(Event, frozen=True):
    """The student ended the subscription of a calendar."""

    feed_id: UUID
