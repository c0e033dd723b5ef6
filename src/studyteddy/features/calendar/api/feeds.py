"""Routes of the calendars that a student subscribes to."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from studyteddy.features.calendar.schemas.courses import CourseChoice, Courses, TooManyCourses
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
    SyncedJustNow,
    TooManyFeeds,
)
from studyteddy.features.calendar.service import courses, feeds
from studyteddy.features.subjects.schemas import UnknownSubject
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.identity import Identity
from studyteddy.platform.security.encryption import FieldEncryption
from studyteddy.platform.web.pagination import Cursors, Page
from studyteddy.platform.web.rate_limits import Limit, Limiter, spend
from studyteddy.platform.web.routing import Router

router = Router("/api/calendar/feeds", tag="calendar")


@router.get()
async def get_calendar_feeds(db: Database, identity: Identity) -> Feeds:
    """Get the calendars that you subscribe to, the oldest first."""
    return await feeds.all_of(db.reading(identity), identity.user_id)


@router.post(status=201, errors=(AddressRefused, AlreadySubscribed, TooManyFeeds, UnknownSubject))
async def create_feed(
    db: Database,
    limiter: Limiter,
    limits: Mapping[str, Limit],
    field_encryption: FieldEncryption,
    identity: Identity,
    body: NewFeed,
) -> Feed:
    """Subscribe to a calendar (iCalendar), such as that of Canvas or Moodle. It is read in the background.

    Its deadlines become tasks, once. A task follows later changes of its deadline, except for what you have changed.
    """
    await spend(limiter, limits["feed_sync"], identity.user_id.hex)
    async with db.transaction(identity) as tx:
        return tx.reply(await feeds.add(tx, body, field_encryption))


@router.get("/{feed_id}", errors=(NoSuchFeed,))
async def get_calendar_feed(db: Database, identity: Identity, feed_id: UUID) -> Feed:
    """Get a calendar that you subscribe to, with how it was last read."""
    return await feeds.get(db.reading(identity), identity.user_id, feed_id)


@router.patch("/{feed_id}", errors=(AddressRefused, AlreadySubscribed, NoSuchFeed, UnknownSubject))
async def update_calendar_feed(
    db: Database,
    limiter: Limiter,
    limits: Mapping[str, Limit],
    field_encryption: FieldEncryption,
    identity: Identity,
    feed_id: UUID,
    body: FeedChanges,
) -> Feed:
    """Change the subject of a calendar, or its address, if the school has made a new one: its tasks stay.

    The subject is that of tasks to come. A calendar with a new address is read in the background.
    """
    await spend(limiter, limits["feed_sync"], identity.user_id.hex)
    async with db.transaction(identity) as tx:
        return tx.reply(await feeds.update(tx, feed_id, body, field_encryption))


@router.get("/{feed_id}/courses", errors=(NoSuchFeed,))
async def get_feed_courses(db: Database, identity: Identity, feed_id: UUID) -> Courses:
    """Get the courses that a calendar names, each with its subject or a proposal; at most 100."""
    return await courses.of_feed(db.reading(identity), identity.user_id, feed_id)


@router.put("/{feed_id}/courses", errors=(NoSuchFeed, TooManyCourses, UnknownSubject))
async def choose_course_subject(tx: Tx, feed_id: UUID, body: CourseChoice) -> Courses:
    """Choose the subject of a course. Its tasks follow, unless you gave them another subject.

    A choice is kept by the name of the course, also for other calendars and after the subscription has ended.
    """
    return await courses.choose(tx, feed_id, body)


@router.post("/{feed_id}/sync", status=202, errors=(NoSuchFeed, SyncedJustNow))
async def sync_feed(
    db: Database, limiter: Limiter, limits: Mapping[str, Limit], identity: Identity, feed_id: UUID
) -> Feed:
    """Read a calendar now, in the background. `feed.updated` tells when that has ended."""
    await spend(limiter, limits["feed_sync"], identity.user_id.hex)
    async with db.transaction(identity) as tx:
        return tx.reply(await feeds.sync(tx, feed_id))


@router.get("/{feed_id}/changes", errors=(NoSuchFeed,))
async def list_feed_changes(
    db: Database, identity: Identity, cursors: Cursors, feed_id: UUID, query: ChangeQuery
) -> Page[FeedChange]:
    """List what changed in a calendar since you subscribed, the latest first. Changes are kept for 90 days."""
    return await feeds.changes(db.reading(identity), identity.user_id, feed_id, query, cursors)


@router.delete("/{feed_id}", errors=(NoSuchFeed,))
async def delete_calendar_feed(tx: Tx, feed_id: UUID) -> None:
    """End a subscription. Its events are deleted; the tasks that were made of its deadlines stay."""
    await feeds.delete(tx, feed_id)
