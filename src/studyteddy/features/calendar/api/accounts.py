"""Routes of the calendar accounts that a student connects."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from studyteddy.features.calendar.schemas.accounts import (
    AccountChanges,
    AccountSyncedJustNow,
    CalDavSignIn,
    CalendarAccount,
    CalendarAccounts,
    CalendarChoice,
    ConnectionFailed,
    DisconnectQuery,
    NoSuchAccount,
    NoSuchCalendar,
    TooManyAccounts,
)
from studyteddy.features.calendar.schemas.conflicts import CalendarConflict, CantReverse, ConflictQuery, NoSuchConflict
from studyteddy.features.calendar.service import accounts, conflicts
from studyteddy.features.calendar.service.connections import Connections
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.identity import Identity
from studyteddy.platform.web.pagination import Cursors, Page
from studyteddy.platform.web.rate_limits import Limit, Limiter, spend
from studyteddy.platform.web.routing import Router

router = Router("/api/calendar", tag="calendar")


@router.get("/accounts")
async def get_calendar_accounts(
    db: Database, calendar_connections: Connections, identity: Identity
) -> CalendarAccounts:
    """Get the calendar accounts that you have connected, with their calendars and how they were last synchronized."""
    return await accounts.all_of(db.reading(identity), identity.user_id, calendar_connections)


@router.post("/caldav/connect", status=201, errors=(ConnectionFailed, TooManyAccounts))
async def connect_caldav(
    db: Database,
    limiter: Limiter,
    limits: Mapping[str, Limit],
    calendar_connections: Connections,
    identity: Identity,
    body: CalDavSignIn,
) -> CalendarAccount:
    """Connect an account on a CalDAV server, such as that of Nextcloud, iCloud or Fastmail.

    Its calendars that you may change are read, and take time. If no other account does so, focus sessions are written
    into a calendar of their own there. Connecting the same account again replaces its password.
    """
    await spend(limiter, limits["feed_sync"], identity.user_id.hex)
    return await accounts.connect_caldav(db, identity, body, calendar_connections)


@router.patch("/accounts/{account_id}", errors=(NoSuchAccount,))
async def update_calendar_account(tx: Tx, account_id: UUID, body: AccountChanges) -> CalendarAccount:
    """Choose whether focus sessions are written into an account. What was written stays, and isn't read any more."""
    return await accounts.update(tx, account_id, body)


@router.patch("/accounts/{account_id}/calendars/{calendar_id}", errors=(NoSuchAccount, NoSuchCalendar))
async def choose_account_calendar(tx: Tx, account_id: UUID, calendar_id: UUID, body: CalendarChoice) -> CalendarAccount:
    """Choose whether a calendar is read, and its events take time."""
    return await accounts.choose(tx, account_id, calendar_id, body)


@router.post("/accounts/{account_id}/sync", status=202, errors=(NoSuchAccount, AccountSyncedJustNow))
async def sync_calendar_account(
    db: Database, limiter: Limiter, limits: Mapping[str, Limit], identity: Identity, account_id: UUID
) -> CalendarAccount:
    """Synchronize an account now, in the background. `calendar_account.updated` tells when that has ended."""
    await spend(limiter, limits["feed_sync"], identity.user_id.hex)
    async with db.transaction(identity) as tx:
        return tx.reply(await accounts.sync(tx, account_id))


@router.delete("/accounts/{account_id}", errors=(NoSuchAccount,))
async def disconnect_calendar_account(tx: Tx, account_id: UUID, query: DisconnectQuery) -> None:
    """Disconnect an account. With `removeEvents`, the focus sessions in it are removed, in the background."""
    await accounts.disconnect(tx, account_id, remove_events=query.remove_events)


@router.get("/conflicts")
async def list_calendar_conflicts(
    db: Database, identity: Identity, cursors: Cursors, query: ConflictQuery
) -> Page[CalendarConflict]:
    """List what happened when a focus session was changed here and in a calendar, the latest first, for 90 days."""
    return await conflicts.page(db.reading(identity), identity.user_id, query, cursors)


@router.post("/conflicts/{conflict_id}/reverse", errors=(NoSuchConflict, CantReverse))
async def reverse_calendar_conflict(tx: Tx, conflict_id: UUID) -> CalendarConflict:
    """Choose the other change of a conflict, here and in the calendar. Once reversed, it stays so."""
    return await conflicts.reverse(tx, conflict_id)
