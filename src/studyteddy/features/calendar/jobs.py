"""Background jobs of calendars: those that students subscribe to are read, and published ones ended."""

from __future__ import annotations

from datetime import timedelta

from studyteddy.events import (
    CalendarAccountDue,
    FeedDue,
    FeedUpdated,
    FocusCancelled,
    FocusDeleted,
    FocusScheduled,
    FocusUpdated,
    PasswordChanged,
)
from studyteddy.features.calendar.service import account_sync, accounts, courses, feed_sync, feeds, published_feed
from studyteddy.features.calendar.service.connections import Connections
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.egress import Allowed
from studyteddy.platform.identity import Identity
from studyteddy.platform.jobs.registry import Jobs
from studyteddy.platform.security.encryption import FieldEncryption

jobs = Jobs("calendar")


@jobs.on(FeedDue, slow=True)
async def sync_feed(
    db: Database,
    field_encryption: FieldEncryption,
    egress_allowed: Allowed,
    calendar_pause: timedelta,
    identity: Identity,
    event: FeedDue,
) -> None:
    """Read a calendar."""
    await feed_sync.sync(db, field_encryption, egress_allowed, identity, event, pause=calendar_pause)


@jobs.on(FeedUpdated)
async def follow_courses(tx: Tx, event: FeedUpdated) -> None:
    """Give the tasks of a calendar the subjects that were chosen for their courses."""
    await courses.follow(tx, event.feed_id)


@jobs.on(PasswordChanged)
async def end_published_feed(tx: Tx, event: PasswordChanged) -> None:
    """End the address of the published calendar after a reset: whoever had the account may have it."""
    if event.by_mail:
        await published_feed.end(tx)


@jobs.on(PasswordChanged)
async def stop_accounts(tx: Tx, event: PasswordChanged) -> None:
    """Stop calendar accounts after a reset: whoever had the account may have connected their own."""
    if event.by_mail:
        await accounts.stop(tx)


@jobs.every(minutes=1)
async def poll_feeds(db: Database) -> None:
    """Have the calendars read that are due."""
    await feeds.poll(db)


@jobs.on(CalendarAccountDue, slow=True)
async def sync_account(
    db: Database,
    calendar_connections: Connections,
    calendar_pause: timedelta,
    identity: Identity,
    job_id: int,
    event: CalendarAccountDue,
) -> None:
    """Synchronize a calendar account."""
    await account_sync.sync(db, calendar_connections, identity, job_id, event, pause=calendar_pause)


@jobs.on(FocusScheduled)
async def write_scheduled_session(tx: Tx, event: FocusScheduled) -> None:
    """Have a new focus session written into calendars."""
    await accounts.follow_session(tx, event.session_id)


@jobs.on(FocusUpdated)
async def write_updated_session(tx: Tx, event: FocusUpdated) -> None:
    """Have a changed focus session written into calendars."""
    await accounts.follow_session(tx, event.session_id)


@jobs.on(FocusCancelled)
async def remove_cancelled_session(tx: Tx, event: FocusCancelled) -> None:
    """Have a cancelled focus session removed from calendars."""
    await accounts.follow_session(tx, event.session_id)


@jobs.on(FocusDeleted)
async def remove_deleted_session(tx: Tx, event: FocusDeleted) -> None:
    """Have a deleted focus session removed from calendars."""
    await accounts.follow_session(tx, event.session_id)


@jobs.every(minutes=1)
async def poll_accounts(db: Database) -> None:
    """Have the accounts synchronized that are due."""
    await accounts.poll(db)
