"""The calendars that a student subscribes to: their addresses, and when they are read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from msgspec import UNSET

from studyteddy import events
from studyteddy.features.calendar.schemas.feeds import (
    AddressRefused,
    AlreadySubscribed,
    ChangeQuery,
    Feed,
    FeedChange,
    FeedChanges,
    Feeds,
    NewFeed,
    NoSuchFeed,
    StoredFeed,
    SyncedJustNow,
    TooManyFeeds,
)
from studyteddy.features.calendar.store import feeds as store
from studyteddy.features.subjects import service as subjects
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.statements import Reader
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.errors import invalid
from studyteddy.platform.event import Deleted
from studyteddy.platform.identity import Identity
from studyteddy.platform.ids import new_id
from studyteddy.platform.security.encryption import FieldEncryption
from studyteddy.platform.web.pagination import Cursors, Page, rows_of

MAX_FEEDS: Final = 20
PAUSE: Final = timedelta(minutes=1)
"""Between two times that a student has a calendar read."""
CLAIM: Final = timedelta(minutes=10)
"""Within which a calendar that is due is read; after that, it is due again."""
_DUE: Final = 500
_MAX_HOST: Final = 253
_SEALED_AT: Final = {"table": "calendar_feeds", "column": "address"}


async def all_of(reader: Reader, user_id: UUID) -> Feeds:
    """Return the student's calendars."""
    return Feeds(await store.all_of(reader, user_id))


async def get(reader: Reader, user_id: UUID, feed_id: UUID) -> Feed:
    """Return a calendar; raise 404."""
    return _found(await store.get(reader, user_id, feed_id))


async def add(tx: Tx, new: NewFeed, field_encryption: FieldEncryption) -> Feed:
    """Subscribe to a calendar, which is read at once; raise 409 `already_subscribed`, `too_many_feeds`, 422."""
    address = _address(new.url)
    if new.subject_id is not None:
        await subjects.require(tx, new.subject_id)
    await tx.lock_user()
    known = await store.stored_of(tx, tx.user_id)
    if len(known) >= MAX_FEEDS:
        raise TooManyFeeds()
    feed_id = new_id()
    host, sealed = _sealed(tx, address, feed_id, known, field_encryption)
    added = await store.add(
        tx, tx.user_id, feed_id, host=host, address=sealed, subject_id=new.subject_id, next_run=tx.now + CLAIM
    )
    tx.publish(events.FeedUpdated(feed_id), added)
    tx.publish(events.FeedDue(feed_id, tx.now))
    return added


async def update(tx: Tx, feed_id: UUID, changes: FeedChanges, field_encryption: FieldEncryption) -> Feed:
    """Change the subject of a calendar, or its address, which is read at once; raise 404, 409, 422, 429."""
    await tx.lock_user()
    current = await store.lock(tx, tx.user_id, feed_id)
    if current is None:
        raise NoSuchFeed()
    if changes.url is not UNSET:
        address = _address(changes.url)
        others = [one for one in await store.stored_of(tx, tx.user_id) if one.id != feed_id]
        host, sealed = _sealed(tx, address, feed_id, others, field_encryption)
        if address != address_of(current, field_encryption, user_id=tx.user_id):
            await store.move(tx, tx.user_id, feed_id, host=host, address=sealed, next_run=tx.now + CLAIM)
            tx.publish(events.FeedDue(feed_id, tx.now))
    if changes.subject_id is not UNSET:
        if changes.subject_id is not None:
            await subjects.require(tx, changes.subject_id)
        await store.set_subject(tx, tx.user_id, feed_id, changes.subject_id)
    feed = await get(tx, tx.user_id, feed_id)
    tx.publish(events.FeedUpdated(feed_id), feed)
    return feed


async def sync(tx: Tx, feed_id: UUID) -> Feed:
    """Have a calendar read now, unless that is about to happen; raise 404, 429 `synced_just_now`."""
    stored = await store.lock(tx, tx.user_id, feed_id)
    if stored is None:
        raise NoSuchFeed()
    again_at = stored.asked_at + PAUSE
    if tx.now >= again_at:
        await store.ask(tx, tx.user_id, feed_id, next_run=tx.now + CLAIM, only_due=False)
        tx.publish(events.FeedDue(feed_id, tx.now))
    elif stored.last_run is not None and stored.last_run >= stored.asked_at:
        raise SyncedJustNow(retry_after=(again_at - tx.now).total_seconds())
    return await get(tx, tx.user_id, feed_id)


async def delete(tx: Tx, feed_id: UUID) -> None:
    """End a subscription and delete its events; tasks stay. Raise 404."""
    await tx.lock_user()
    if not await store.delete(tx, tx.user_id, feed_id):
        raise NoSuchFeed()
    tx.publish(events.FeedDeleted(feed_id), Deleted(feed_id))


async def changes(
    reader: Reader, user_id: UUID, feed_id: UUID, query: ChangeQuery, cursors: Cursors
) -> Page[FeedChange]:
    """Return what changed in a calendar, the latest first; raise 404."""
    await get(reader, user_id, feed_id)
    name = f"calendar:changes:{feed_id}"
    after = cursors.read(query.cursor, name, query)
    return cursors.page(await store.changes(reader, user_id, feed_id, after=after, limit=rows_of(query)), query, name)


async def poll(db: Database) -> None:
    """Have the calendars read that are due."""
    async with db.system("tidy") as tx:
        due = await store.due(tx, at=tx.now, limit=_DUE)
    for one in due:
        async with db.transaction(Identity(one.user_id, one.user_id)) as tx:
            if await store.ask(tx, one.user_id, one.id, next_run=tx.now + CLAIM, only_due=True):
                tx.publish(events.FeedDue(one.id, tx.now))


def address_of(feed: StoredFeed, field_encryption: FieldEncryption, *, user_id: UUID) -> str:
    """Return the address of a calendar."""
    return field_encryption.open(feed.address, **_SEALED_AT, row=feed.id, user=user_id).decode()


def _address(typed: str) -> str:
    """Return the address that is read: `webcal:` stands for `https:`. Raise 422 for what can't be one."""
    scheme, found, rest = typed.strip().partition("://")
    scheme = scheme.lower()
    scheme = {"webcal": "https", "webcals": "https"}.get(scheme, scheme)
    try:
        parts = urlsplit(f"{scheme}://{rest}")
        host, port, netloc = parts.hostname or "", parts.port, parts.netloc
    except ValueError:
        host, port, netloc = "", 0, ""
    is_allowed = found and scheme in ("http", "https") and port != 0 and "@" not in netloc
    if not is_allowed or not 0 < len(host) <= _MAX_HOST:
        raise invalid("/url", "address_refused", AddressRefused.title, AddressRefused)
    return parts.geturl()


def _sealed(
    tx: Tx, address: str, feed_id: UUID, others: Sequence[StoredFeed], field_encryption: FieldEncryption
) -> tuple[str, bytes]:
    """Return the host of an address, and the address sealed; raise 409 if another calendar has it."""
    if any(address_of(one, field_encryption, user_id=tx.user_id) == address for one in others):
        raise AlreadySubscribed()
    sealed = field_encryption.seal(address.encode(), **_SEALED_AT, row=feed_id, user=tx.user_id)
    return urlsplit(address).hostname or "", sealed


def _found(feed: Feed | None) -> Feed:
    if feed is None:
        raise NoSuchFeed()
    return feed
