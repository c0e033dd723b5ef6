"""The calendar accounts that a student connects: which calendars are read, and when."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from msgspec import UNSET

from studyteddy import events
from studyteddy.features.calendar.providers.caldav_account import CalDavCredential
from studyteddy.features.calendar.providers.provider import REASONS, Owner, ProviderError, SignInRequired
from studyteddy.features.calendar.schemas.accounts import (
    Access,
    AccountChanges,
    AccountSyncedJustNow,
    CalDavSignIn,
    CalendarAccount,
    CalendarAccounts,
    CalendarChoice,
    ConnectionFailed,
    NoSuchAccount,
    NoSuchCalendar,
    ProviderName,
    StoredAccount,
    TooManyAccounts,
)
from studyteddy.features.calendar.service.connections import Connections, Credential
from studyteddy.features.calendar.store import accounts as store
from studyteddy.features.calendar.store import channels as channel_store
from studyteddy.features.calendar.store import copies as copy_store
from studyteddy.features.calendar.store import events as event_store
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.statements import Reader
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.errors import invalid
from studyteddy.platform.event import Deleted
from studyteddy.platform.identity import Identity
from studyteddy.platform.ids import new_id
from studyteddy.platform.security import audit_log
from studyteddy.platform.telemetry import CALENDARS_STALE

MAX_ACCOUNTS: Final = 10
PAUSE: Final = timedelta(minutes=1)
"""Between two times that a student has an account synchronized."""
CLAIM: Final = timedelta(minutes=10)
"""Within which an account that is due is synchronized; after that, it is due again."""
SHORTEST, LONGEST = timedelta(minutes=5), timedelta(minutes=240)
"""Of a focus session."""
STOPPED: Final = {"password_reset": "Your password was reset. Connect this calendar account again if it is yours."}
"""Why accounts are stopped here, by code."""
STALE: Final = timedelta(days=1)
_DUE: Final = 500


async def all_of(reader: Reader, user_id: UUID, connections: Connections) -> CalendarAccounts:
    """Return the student's accounts, and what can be connected."""
    return CalendarAccounts(await store.all_of(reader, user_id), connections.providers)


async def get(reader: Reader, user_id: UUID, account_id: UUID) -> CalendarAccount:
    """Return an account; raise 404."""
    found = await store.get(reader, user_id, account_id)
    if found is None:
        raise NoSuchAccount()
    return found


async def connect_caldav(
    db: Database, identity: Identity, sign_in: CalDavSignIn, connections: Connections
) -> CalendarAccount:
    """Connect an account on a CalDAV server, or give it a new password; raise 409 `too_many_accounts`, 422."""
    account = connections.caldav(CalDavCredential(sign_in.url, sign_in.username, sign_in.password))
    try:
        owner, credential = await account.owner(), await account.found()
        await account.calendars()
    except SignInRequired:
        words = "The server rejected the user name or password."
        raise invalid("/password", "connection_failed", words, ConnectionFailed) from None
    except ProviderError as fault:
        raise invalid("/url", fault.code, str(fault), ConnectionFailed) from None
    async with db.transaction(identity) as tx:
        return tx.reply(await connect(tx, "caldav", owner, credential, "events", connections))


async def connect(
    tx: Tx, provider: ProviderName, owner: Owner, credential: Credential, access: Access, connections: Connections
) -> CalendarAccount:
    """Add an account, or replace the credential of the one that this owner has; raise 409 `too_many_accounts`."""
    if not owner.key.isprintable() or not owner.address.isprintable():
        raise invalid("/url", "invalid_response", REASONS["invalid_response"], ConnectionFailed)
    await tx.lock_user()
    known = await store.of_owner(tx, tx.user_id, provider, owner.key)
    if known is None and await store.count(tx, tx.user_id) >= MAX_ACCOUNTS:
        raise TooManyAccounts()
    account_id = known.id if known else new_id()
    await store.put(
        tx,
        tx.user_id,
        account_id,
        provider=provider,
        owner_key=owner.key,
        address=owner.address,
        credential=connections.sealed(credential, account_id=account_id, user_id=tx.user_id),
        access=access,
        writes=not await store.has_writer(tx, tx.user_id),
        next_sync=tx.now,
    )
    await audit_log.record(tx, "calendar.connected", provider=provider, address=owner.address)
    tx.publish(events.CalendarAccountConnected(user_id=tx.user_id, address=owner.address))
    tx.publish(events.CalendarAccountDue(account_id, tx.now))
    return await _updated(tx, account_id)


async def update(tx: Tx, account_id: UUID, changes: AccountChanges) -> CalendarAccount:
    """Change whether focus sessions are written into an account; raise 404."""
    account = await _lock(tx, account_id)
    if changes.writes is UNSET or changes.writes == account.writes:
        return await get(tx, tx.user_id, account_id)
    await store.set_writes(tx, tx.user_id, account_id, writes=changes.writes)
    await ask(tx, account_id)
    return await _updated(tx, account_id)


async def choose(tx: Tx, account_id: UUID, calendar_id: UUID, choice: CalendarChoice) -> CalendarAccount:
    """Choose whether a calendar is read, and its events take time; raise 404."""
    await _lock(tx, account_id)
    before = await get(tx, tx.user_id, account_id)
    if any(one.id == calendar_id and not one.ours and one.busy == choice.busy for one in before.calendars):
        return before
    if not await store.choose(tx, tx.user_id, account_id, calendar_id, busy=choice.busy):
        raise NoSuchCalendar()
    if not choice.busy:
        await event_store.sweep(tx, tx.user_id, calendar_id, [])
    await ask(tx, account_id)
    return await _updated(tx, account_id)


async def sync(tx: Tx, account_id: UUID) -> CalendarAccount:
    """Have an account synchronized now, with a new list of its calendars; raise 404, 429."""
    account = await _lock(tx, account_id)
    again_at = account.asked_at + PAUSE
    if tx.now >= again_at:
        await ask(tx, account_id, lists=True)
    elif account.last_sync_at is not None and account.last_sync_at >= account.asked_at:
        raise AccountSyncedJustNow(retry_after=(again_at - tx.now).total_seconds())
    return await get(tx, tx.user_id, account_id)


async def disconnect(tx: Tx, account_id: UUID, *, remove_events: bool) -> None:
    """Forget an account and its events; raise 404. With `remove_events`, what was written there is removed first.

    If there is something to do at the provider, a job does it, and then forgets the account.
    """
    await tx.lock_user()
    await _lock(tx, account_id)
    if remove_events or await channel_store.of_account(tx, tx.user_id, account_id):
        await store.leave(tx, tx.user_id, account_id, removes_events=remove_events)
        for calendar in await store.calendars(tx, tx.user_id, account_id):
            await event_store.sweep(tx, tx.user_id, calendar.id, [])
        await copy_store.forget_conflicts(tx, tx.user_id, account_id)
        await ask(tx, account_id)
    else:
        await store.delete(tx, tx.user_id, account_id)
    await audit_log.record(tx, "calendar.disconnected")
    tx.publish(events.CalendarAccountDeleted(account_id), Deleted(account_id))


async def follow_session(tx: Tx, session_id: UUID) -> None:
    """Have the accounts synchronized into which focus sessions are written, if one changed that is written there."""
    if not await copy_store.is_shown(tx, tx.user_id, session_id):
        return
    for account_id in await store.writing(tx, tx.user_id):
        await ask(tx, account_id)


async def stop(tx: Tx) -> None:
    """Let no account be synchronized until the student connects it again, and end connections that were begun."""
    code = "password_reset"
    for account_id in await store.stop(tx, tx.user_id, problem=STOPPED[code], code=code):
        await _updated(tx, account_id)


async def poll(db: Database) -> None:
    """Have the accounts synchronized that are due."""
    async with db.system("tidy") as tx:
        due = await store.due(tx, at=tx.now, within=CLAIM, limit=_DUE)
        CALENDARS_STALE.set(await store.stale(tx, before=tx.now - STALE))
    for one in due:
        async with db.transaction(Identity(one.user_id, one.user_id)) as tx:
            if await store.claim(tx, one.user_id, one.id, within=CLAIM):
                tx.publish(events.CalendarAccountDue(one.id, tx.now))


async def _lock(tx: Tx, account_id: UUID) -> StoredAccount:
    account = await store.lock(tx, tx.user_id, account_id)
    if account is None or account.state == "leaving":
        raise NoSuchAccount()
    return account


async def ask(tx: Tx, account_id: UUID, *, lists: bool = False) -> None:
    """Have an account synchronized now; `lists` whether its calendars are listed again."""
    await store.ask(tx, tx.user_id, account_id, lists=lists)
    tx.publish(events.CalendarAccountDue(account_id, tx.now))


async def _updated(tx: Tx, account_id: UUID) -> CalendarAccount:
    account = await get(tx, tx.user_id, account_id)
    tx.publish(events.CalendarAccountUpdated(account_id), account)
    return account
