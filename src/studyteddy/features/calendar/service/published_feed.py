"""The calendar that other programs subscribe to: planned focus sessions and due tasks, at a secret address.

The address contains the account and a random generation, signed: a forged one is refused without a look-up, and a new
generation ends the old address.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Final
from uuid import UUID

from studyteddy.events import CalendarPublished
from studyteddy.features.auth.service import accounts, profile
from studyteddy.features.calendar.formats.ics import CalendarEvent, written
from studyteddy.features.calendar.schemas.published_feed import (
    DueTask,
    EmailNotVerified,
    NewPublishedFeed,
    NoPublishedFeed,
    PlannedSession,
    PublishedFeed,
    StoredFeed,
)
from studyteddy.features.calendar.store import published_feed as store
from studyteddy.features.subjects import service as subjects
from studyteddy.platform.db.statements import Reader
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.security import audit_log
from studyteddy.platform.security.signed_tokens import SignedTokens

PATH: Final = "/api/calendar/feed.ics"
PAST, FUTURE = timedelta(days=60), timedelta(days=400)
MAX_EVENTS: Final = 500
"""Of sessions, and of tasks."""
REFRESH: Final = timedelta(hours=1)
MAX_DESCRIPTION: Final = 2000
_GENERATION = 8
TEXTS: Final[Mapping[str, tuple[str, str, str]]] = {
    "en": ("Focus session", "Task due", "Due: {}"),
    "de": ("Fokuszeit", "Aufgabe fällig", "Fällig: {}"),
    "ar": ("جلسة تركيز", "موعد مهمة", "موعد التسليم: {}"),
}
"""A session without a task, a task without its title, and a task with it."""


class FeedAddresses:
    """Writes and reads the secret addresses of published calendars."""

    def __init__(self, key: bytes, public_url: str) -> None:
        self._tokens = SignedTokens(key, b"feed", 16 + _GENERATION)
        self._base = f"{public_url.rstrip('/')}{PATH}?token="

    def write(self, user_id: UUID, generation: bytes) -> str:
        return self._base + self._tokens.write(user_id.bytes + generation)

    def read(self, token: str) -> tuple[UUID, bytes] | None:
        """Return the account and the generation of a token that was issued here, else None."""
        body = self._tokens.read(token)
        return (UUID(bytes=body[:16]), body[16:]) if body else None


async def publish(tx: Tx, new: NewPublishedFeed, addresses: FeedAddresses) -> PublishedFeed:
    """Publish the calendar at a new address, which ends the old one; raise 403 `email_not_verified`, 422."""
    if new.subject_id is not None:
        await subjects.require(tx, new.subject_id)
    account = await accounts.get(tx, tx.user_id)
    if not account.email_verified:
        raise EmailNotVerified()
    stored = await store.put(tx, tx.user_id, new, generation=secrets.token_bytes(_GENERATION), at=tx.now)
    await audit_log.record(tx, "calendar.published")
    tx.publish(CalendarPublished(tx.user_id))
    return _shown(stored, tx.user_id, addresses)


async def get(reader: Reader, user_id: UUID, addresses: FeedAddresses) -> PublishedFeed:
    """Return the published calendar; raise 404."""
    stored = await store.get(reader, user_id)
    if stored is None:
        raise NoPublishedFeed()
    return _shown(stored, user_id, addresses)


async def delete(tx: Tx) -> None:
    """End the address; raise 404."""
    if not await end(tx):
        raise NoPublishedFeed()


async def end(tx: Tx) -> bool:
    """End the address, and return whether there was one."""
    ended = await store.delete(tx, tx.user_id)
    if ended:
        await audit_log.record(tx, "calendar.unpublished")
    return ended


async def read(tx: Tx, generation: bytes, *, public_url: str) -> list[CalendarEvent]:
    """Return the events of the published calendar; raise 404 if its address has ended."""
    feed = await store.read(tx, tx.user_id, generation)
    if feed is None:
        raise NoPublishedFeed()
    window = {"start": tx.now - PAST, "end": tx.now + FUTURE}
    sessions = await store.sessions(tx, tx.user_id, **window, subject_id=feed.subject_id, limit=MAX_EVENTS)
    tasks = await store.tasks(tx, tx.user_id, **window, subject_id=feed.subject_id, limit=MAX_EVENTS)
    language = (await profile.language(tx, tx.user_id)).partition("-")[0]
    texts = TEXTS.get(language, TEXTS["en"])
    root = public_url.rstrip("/")
    return [*_of_sessions(sessions, feed, texts, root), *_of_tasks(tasks, feed, texts, root)]


def text(events: list[CalendarEvent]) -> str:
    """Return a published calendar as iCalendar text."""
    return written("Study Teddy", events, refresh=REFRESH)


def _of_sessions(
    found: list[PlannedSession], feed: StoredFeed, texts: tuple[str, str, str], root: str
) -> Iterator[CalendarEvent]:
    for one in found:
        shown = None if feed.titles_hidden else one.title
        yield CalendarEvent(
            uid=f"focus-{one.id}@studyteddy",
            title=f"{texts[0]}: {shown}" if shown else texts[0],
            start=one.starts_at,
            minutes=one.minutes,
            busy=True,
            changed_at=max(one.updated_at, feed.created_at),
            category="" if feed.titles_hidden else one.subject or "",
            url=f"{root}/week",
            alarm_minutes=feed.alarm_minutes,
        )


def _of_tasks(
    found: list[DueTask], feed: StoredFeed, texts: tuple[str, str, str], root: str
) -> Iterator[CalendarEvent]:
    for one in found:
        start = one.due_at or one.due_date
        assert start is not None
        yield CalendarEvent(
            uid=f"task-{one.id}@studyteddy",
            title=texts[1] if feed.titles_hidden else texts[2].format(one.title),
            start=start,
            minutes=0,
            busy=False,
            changed_at=max(one.updated_at, feed.created_at),
            description="" if feed.titles_hidden else one.description[:MAX_DESCRIPTION],
            category="" if feed.titles_hidden else one.subject or "",
            url=f"{root}/tasks/{one.id}",
            alarm_minutes=feed.alarm_minutes if one.due_at else None,
        )


def _shown(stored: StoredFeed, user_id: UUID, addresses: FeedAddresses) -> PublishedFeed:
    return PublishedFeed(
        addresses.write(user_id, stored.generation),
        stored.subject_id,
        stored.titles_hidden,
        stored.alarm_minutes,
        stored.created_at,
        stored.read_at,
    )
