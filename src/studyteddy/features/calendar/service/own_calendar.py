"""The calendar of ours in a student's account: focus sessions are written into it, and changes there come back.

What was last known to be there is the base of a three-way merge. A time that was changed there wins; a title that was
changed there doesn't, since it is that of the task. What was deleted there is cancelled here, unless it was changed
here meanwhile. When both sides changed, or a change can't be made here, the student finds that in a list, and can
reverse it.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
from msgspec.structs import replace

from studyteddy import events
from studyteddy.features.auth.service import profile
from studyteddy.features.calendar.formats import feed_texts
from studyteddy.features.calendar.formats.feeds import MAX_TITLE, Feed
from studyteddy.features.calendar.providers.provider import Failing, Gone, OwnEvent, Resource, Stale
from studyteddy.features.calendar.schemas.accounts import StoredCalendar
from studyteddy.features.calendar.schemas.conflicts import CalendarConflict, Copy, Kind, Planned, Side
from studyteddy.features.calendar.service.account_round import MAX_REF, MAX_TAG, Round, is_text, token_of, window
from studyteddy.features.calendar.service.accounts import LONGEST, SHORTEST
from studyteddy.features.calendar.service.feed_sync import FUTURE, PAST
from studyteddy.features.calendar.service.published_feed import TEXTS
from studyteddy.features.calendar.store import accounts as account_store
from studyteddy.features.calendar.store import copies as store
from studyteddy.features.calendar.store import events as event_store
from studyteddy.features.focus.schemas.commands import Command
from studyteddy.features.focus.schemas.sessions import SessionChanges
from studyteddy.features.focus.service import commands, sessions
from studyteddy.platform.db.statements import Reader
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.errors import Problem
from studyteddy.platform.ids import new_id
from studyteddy.platform.local_time.dates import DayBoundary

MAX_SESSIONS: Final = 500
FEW: Final = 3
"""Sessions that may all be deleted at once there."""
EVERYWHERE: Final = frozenset({"unreachable", "unavailable", "too_many_requests", "refused", "insecure", "redirected"})
"""Why a provider fails whatever is asked of it."""
_CANCELLED: Final = re.compile(rb"^STATUS:CANCELLED[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)

Time = tuple[datetime, datetime]


class There(msgspec.Struct, frozen=True):
    """An event of ours as it is in the calendar now, as far as it can be read; a time is between two instants."""

    ref: str
    etag: str
    title: str | None
    time: Time | None


class Here(msgspec.Struct, frozen=True):
    """A scheduled session as it should be in the calendar."""

    session: Planned
    title: str
    time: Time


class OwnCalendar:
    """The calendar during one round. `untitled` is what a session without a task is called."""

    def __init__(self, round: Round, calendar: StoredCalendar, boundary: DayBoundary, untitled: str) -> None:
        self._round = round
        self._calendar = calendar
        self._boundary = boundary
        self._untitled = untitled
        self._today = boundary.date_of(round.db.clock())
        self._strays = dict[UUID, tuple[Resource, Feed]]()
        """Events of sessions that aren't known by their refs: moved there, or written by an earlier connection."""

    async def pull(self) -> None:
        """Read what changed in the calendar, and carry it over."""
        known = {one.ref: one for one in await self._copies()}
        seen, is_full = set[str](), False
        lacking, gone = list[Copy](), list[Copy]()
        span = window(self._boundary, self._today)
        token = token_of(self._calendar, self._today)
        tags = await self._round.tags(self._calendar, token)
        tags |= {one.ref: one.etag for one in known.values()}
        room = await self._round.room(self._calendar)
        async for part in self._round.changes(self._calendar, token, tags, span):
            is_full = is_full or part.is_full
            seen |= {one.ref for one in part.changed}
            lacking += [known[ref] for ref in part.removed if ref in known]
            ours = [one for one in part.changed if _is_changed(one, known)]
            lacking += [known[one.ref] for one in ours if _CANCELLED.search(one.body)]
            changed = [one for one in ours if not _CANCELLED.search(one.body)]
            if part.is_last:
                if is_full:
                    lacking += [copy for ref, copy in known.items() if ref not in seen]
                found = {copy.ref: await self._find(copy) for copy in lacking}
                changed += [one for one in found.values() if one is not None and _is_changed(one, known)]
                gone = [copy for copy in lacking if found[copy.ref] is None]
            there = await self._there(changed)
            others = [one for one in part.changed if one.ref not in known]
            refs, rows = await self._round.events_of(others, self._boundary, self._today, strays=self._strays)
            rows, room = self._round.limited(rows, room)
            async with self._round.transaction() as tx:
                await event_store.replace(tx, tx.user_id, self._calendar.id, [*refs, *part.removed], rows)
                for one in there:
                    await self._merge(tx, known[one.ref], one)
                if part.is_last:
                    await self._end(tx, part.token, seen if is_full else None, gone, known)

    async def push(self) -> None:
        """Write into the calendar what it lacks, and remove what was cancelled or deleted here."""
        reader, user_id = self._round.db.reading(self._round.identity), self._round.user_id
        copies = {one.session_id: one for one in await self._copies()}
        for copy in copies.values():
            if copy.status in (None, "cancelled"):
                await self._remove(copy)
        now = self._round.db.clock()
        span = {"start": now - timedelta(days=1), "end": now + FUTURE}
        planned = await store.planned(reader, user_id, **span, limit=MAX_SESSIONS + 1)
        if len(planned) > MAX_SESSIONS:
            self._round.problem = "too_many_sessions"
        for session in planned[:MAX_SESSIONS]:
            await self._write(session, copies.get(session.id))
        written = {one.session_id for one in await self._copies()} | {one.id for one in planned}
        for id, (resource, feed) in self._strays.items():
            if id not in written and _is_to_come(feed, now):
                await self._delete(resource.ref)
        async with self._round.transaction() as tx:
            await store.forget(tx, user_id, self._calendar.id, before=tx.now - PAST)

    async def remove_all(self) -> None:
        """Remove from the calendar what was written into it, unless another account writes there too."""
        reader = self._round.db.reading(self._round.identity)
        shared = await store.elsewhere(reader, self._round.user_id, self._calendar.id)
        for copy in await self._copies():
            if copy.ref not in shared:
                await self._remove(copy)

    async def _copies(self) -> list[Copy]:
        reader = self._round.db.reading(self._round.identity)
        return await store.of_calendar(reader, self._round.user_id, self._calendar.id)

    async def _there(self, resources: list[Resource]) -> list[There]:
        feeds = await self._round.feeds_of(resources, self._boundary, self._today)
        return [_there(one, feed) for one, feed in zip(resources, feeds, strict=True)]

    async def _find(self, copy: Copy) -> Resource | None:
        """Return an event that a list lacks, which isn't enough to cancel a session; None if it doesn't exist."""
        try:
            found = await self._round.provider.get(copy.ref)
        except Gone:
            return None
        return None if _CANCELLED.search(found.body) else found

    async def _merge(self, tx: Tx, base: Copy, there: There) -> None:
        """Carry over what was changed in the calendar, and keep how it is there now as the new base."""
        here = await self._here(tx, base)
        if here is not None:
            base_time = (base.starts_at, base.ends_at)
            if there.time is None or there.time not in (base_time, here.time):
                is_moved = await _move(tx, here, there.time)
                if not is_moved or here.time != base_time:
                    kept: Side = "there" if is_moved else "here"
                    await self._conflict(tx, here, "time", _words(here.time), _words(there.time), kept)
            if there.title not in (None, base.title, here.title):
                await self._restore_title(tx, here, there.title)
        # Without a time, one that no session has, so that it is written again.
        starts_at, ends_at = there.time or (base.starts_at, base.starts_at)
        title = base.title if there.title is None else there.title
        now = replace(base, ref=there.ref, etag=there.etag, title=title, starts_at=starts_at, ends_at=ends_at)
        await store.put(tx, tx.user_id, self._calendar.id, now)

    async def _restore_title(self, tx: Tx, here: Here, title: str) -> None:
        """Note another title, which is written over; if that was so before, it is accepted: the server insists."""
        id = here.session.id
        if await store.had_conflict(tx, tx.user_id, id, "title", here.title, title):
            await store.accept_title(tx, tx.user_id, self._calendar.id, id, title)
        else:
            await self._conflict(tx, here, "title", here.title, title, "here")

    async def _end(self, tx: Tx, token: str, seen: set[str] | None, gone: list[Copy], known: dict[str, Copy]) -> None:
        """Keep the token, and skip what is gone; if that is most of it, only if it is so the second time."""
        adopted = [copy for copy in gone if copy.session_id in self._strays]
        for copy in adopted:
            resource, feed = self._strays.pop(copy.session_id)
            await self._merge(tx, copy, _there(resource, feed))
        skipped = [copy for copy in gone if copy not in adopted]
        is_doubtful = len(skipped) > FEW and len(skipped) * 2 > len(known) and not self._calendar.was_empty
        if is_doubtful:
            self._round.problem = "calendar_empty"
        else:
            for copy in skipped:
                await self._skip(tx, copy)
        if seen is not None:
            await event_store.sweep(tx, tx.user_id, self._calendar.id, list(seen))
        await account_store.end_round(
            tx,
            tx.user_id,
            self._calendar.id,
            token="" if is_doubtful else token,
            window_start=self._today - PAST if seen is not None else None,
            was_empty=is_doubtful,
        )

    async def _skip(self, tx: Tx, base: Copy) -> None:
        """Cancel a session that was deleted in the calendar, unless it was changed here: then it is written again."""
        here = await self._here(tx, base)
        await store.delete(tx, tx.user_id, self._calendar.id, base.session_id)
        if here is None:
            return
        if here.time != (base.starts_at, base.ends_at) or here.title != base.title:
            await self._conflict(tx, here, "deleted", _words(here.time), "", "here")
            return
        with suppress(Problem):  # it was deleted here a moment ago
            await commands.cancel(tx, base.session_id, Command())

    async def _write(self, session: Planned, copy: Copy | None) -> None:
        here = self._shown(session, copy)
        starts_at, ends_at = here.time
        if copy is not None and (copy.title, copy.starts_at, copy.ends_at) == (here.title, starts_at, ends_at):
            return
        event = OwnEvent(session.id, here.title, starts_at, ends_at)
        try:
            if copy is None:
                written = await self._round.provider.create(self._calendar.ref, event)
            else:
                written = await self._round.provider.update(copy.ref, copy.etag, event)
        except (Stale, Gone):
            self._round.is_rest = True
            if copy is not None:
                await self._reread(copy)
            return
        except Failing as fault:
            self._passed(fault)
            return
        if not is_text(written.ref, MAX_REF):
            self._passed(Failing("invalid_response"))
            return
        own_title = copy.own_title if copy else None
        etag = written.etag if is_text(written.etag, MAX_TAG) else ""
        now = Copy(session.id, written.ref, etag, here.title, starts_at, ends_at, own_title, None)
        async with self._round.transaction() as tx:
            await store.put(tx, tx.user_id, self._calendar.id, now)
            await event_store.replace(tx, tx.user_id, self._calendar.id, [written.ref], [])

    async def _reread(self, copy: Copy) -> None:
        """Carry over what was changed in the calendar a moment ago, of which its list may tell later, or never."""
        resource = await self._find(copy)
        if resource is not None:
            (there,) = await self._there([resource])
            async with self._round.transaction() as tx:
                await self._merge(tx, copy, there)

    async def _remove(self, copy: Copy) -> None:
        if await self._delete(copy.ref):
            async with self._round.transaction() as tx:
                await store.delete(tx, tx.user_id, self._calendar.id, copy.session_id)

    async def _delete(self, ref: str) -> bool:
        """Delete an event, and return whether it is gone."""
        try:
            await self._round.provider.delete(ref, "")
        except Failing as fault:
            self._passed(fault)
            return False
        return True

    def _passed(self, fault: Failing) -> None:
        """Go on after a fault that is of one event only; raise others."""
        if fault.reason in EVERYWHERE:
            raise fault
        self._round.problem = "session_rejected"

    async def _here(self, tx: Tx, copy: Copy) -> Here | None:
        """Return a session that is still scheduled."""
        found = await store.planned_session(tx, tx.user_id, copy.session_id)
        if found is None:
            return None
        title = await store.own_title(tx, tx.user_id, self._calendar.id, copy.session_id)
        return self._shown(found, replace(copy, own_title=title))

    def _shown(self, session: Planned, copy: Copy | None) -> Here:
        title = (copy.own_title if copy else None) or session.title or ""
        start = session.starts_at.astimezone(UTC).replace(microsecond=0)
        shown = feed_texts.stable(title, MAX_TITLE) or self._untitled
        return Here(session, shown, (start, start + timedelta(minutes=session.minutes)))

    async def _conflict(self, tx: Tx, here: Here, kind: Kind, ours: str, theirs: str, kept: Side) -> None:
        account_id = self._round.account.id
        found = CalendarConflict(
            new_id(), account_id, here.session.id, kind, here.title, ours, theirs, kept, tx.now, None
        )
        tx.publish(events.CalendarConflictFound(found.id), await store.add_conflict(tx, tx.user_id, found))


async def own_calendar(round: Round, calendar: StoredCalendar, boundary: DayBoundary) -> OwnCalendar:
    """Return the calendar of ours, in the student's language."""
    reader: Reader = round.db.reading(round.identity)
    language = (await profile.language(reader, round.user_id)).partition("-")[0]
    return OwnCalendar(round, calendar, boundary, TEXTS.get(language, TEXTS["en"])[0])


def _is_to_come(feed: Feed, now: datetime) -> bool:
    return any(one.starts_at is not None and one.starts_at > now for one in feed.events)


def _is_changed(resource: Resource, known: dict[str, Copy]) -> bool:
    """Return whether a resource is of ours, and not just as we wrote it."""
    copy = known.get(resource.ref)
    return copy is not None and (not resource.etag or resource.etag != copy.etag)


def _there(resource: Resource, feed: Feed) -> There:
    if not feed.events:  # beyond what is read, or broken
        return There(resource.ref, resource.etag, None, None)
    event = feed.events[0]
    time = (event.starts_at, event.ends_at) if event.starts_at and event.ends_at else None
    return There(resource.ref, resource.etag, event.title, time)


async def _move(tx: Tx, here: Here, time: Time | None) -> bool:
    """Give a session the time that it has in the calendar; return False if it can't have that."""
    if time is None or not SHORTEST <= time[1] - time[0] <= LONGEST:
        return False
    minutes = round((time[1] - time[0]).total_seconds() / 60)
    changes = SessionChanges(scheduled_at=time[0], planned_minutes=minutes)
    try:
        await sessions.update(tx, here.session.id, changes, if_match=None)
    except Problem:
        return False
    return True


def _words(time: Time | None) -> str:
    return "" if time is None else "/".join(f"{one.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" for one in time)
