"""One time that a calendar account is synchronized: its calendars are listed, and read as far as they changed.

Parts of a calendar are kept as they come. The token that says how far it was read comes with the last one, so whatever
ends a job, the next one reads what is missing, again and harmlessly. What a full round doesn't contain is removed,
unless the calendar is suddenly empty: that is believed the second time.
"""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import Final
from uuid import UUID

import msgspec

from studyteddy import events
from studyteddy.features.calendar.formats import feed_texts
from studyteddy.features.calendar.formats.feeds import Feed, FeedEvent, read_feeds
from studyteddy.features.calendar.formats.ics import escaped
from studyteddy.features.calendar.providers.provider import (
    Changes,
    Failing,
    Gone,
    Provider,
    RemoteCalendar,
    Resource,
    Window,
)
from studyteddy.features.calendar.schemas.accounts import ListedCalendar, StoredAccount, StoredCalendar
from studyteddy.features.calendar.schemas.feeds import ResourceEvent
from studyteddy.features.calendar.service.connections import Connections, OAuthCredential
from studyteddy.features.calendar.service.feed_sync import FUTURE, OWN_UID, PAST
from studyteddy.features.calendar.store import accounts as store
from studyteddy.features.calendar.store import events as event_store
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.identity import Identity
from studyteddy.platform.ids import new_id
from studyteddy.platform.local_time.dates import DayBoundary

LEASE: Final = timedelta(minutes=3)
"""For how long an account is held after a sign of life: a request takes half a minute at most."""
LISTED: Final = timedelta(hours=6)
"""After which the list of calendars is read again."""
FRESH: Final = timedelta(minutes=1)
"""For how long a calendar isn't read again, since every change of a focus session synchronizes the account."""
FULL: Final = timedelta(days=7)
"""After which a calendar is read in full, since the window has moved on."""
MAX_REF, MAX_TAG, MAX_TOKEN, MAX_NAME = 2000, 300, 8000, 200
"""Characters that are kept."""
MAX_EVENTS: Final = 20_000
"""Events that are kept of a calendar."""
OURS: Final = "Study Teddy"
"""The name of the calendar that focus sessions are written into."""
PROBLEMS: Final = {
    "calendar_deleted": f"The calendar “{OURS}” was deleted there, so focus sessions aren't written there any more.",
    "calendar_empty": "A calendar is suddenly empty. Its events are kept until it is read again.",
    "too_many_events": f"A calendar has more than {MAX_EVENTS} events; some of them aren't shown.",
    "too_many_sessions": "You have more than 500 scheduled focus sessions; the latest ones aren't written.",
    "session_rejected": "The calendar server rejected a focus session as invalid.",
}
"""What a student should know of an account that was synchronized, each with its sentence."""


_SESSION: Final = re.compile(r"focus-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})" + re.escape(OWN_UID))
"""The UID of a focus session that we wrote."""


class Lost(Exception):
    """The account was disconnected, or another job holds it."""


class Round:
    """One time that an account is synchronized."""

    provider: Provider

    def __init__(self, db: Database, identity: Identity, account: StoredAccount, runner: int) -> None:
        self.db = db
        self.identity = identity
        self.account = account
        self.problem: str | None = None
        """A key of `PROBLEMS`."""
        self.is_rest = False
        """Whether something is left for the next time, soon."""
        self.push_url = ""
        """Where providers can send notifications; "" if they can't."""
        self._runner = runner
        self._events_read = 0
        self._told = time.monotonic()

    @property
    def user_id(self) -> UUID:
        return self.identity.user_id

    async def open(self, connections: Connections) -> None:
        """Sign in with the account's credential; raise `SignInRequired`."""
        calendars = await store.calendars(self.db.reading(self.identity), self.user_id, self.account.id)
        own = [one.ref for one in calendars if one.ours]
        vault, self.push_url = Vault(self, connections), connections.push_url
        self.provider = connections.open(self.account, vault, user_id=self.user_id, own=own)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        """Open a transaction that holds the account; raise `Lost`."""
        async with self.db.transaction(self.identity) as tx:
            await tx.lock_user()
            is_held = await store.beat(
                tx,
                tx.user_id,
                self.account.id,
                runner=self._runner,
                until=tx.now + LEASE,
                leaving=self.account.state == "leaving",
            )
            if not is_held:
                raise Lost
            yield tx

    async def calendars(self) -> list[StoredCalendar]:
        """Return the calendars of the account, from its provider if they weren't listed lately."""
        listed_at = self.account.listed_at
        if listed_at is None or self.db.clock() >= listed_at + LISTED:
            await self.relist()
        reader = self.db.reading(self.identity)
        return await store.calendars(reader, self.user_id, self.account.id)

    async def relist(self, gone: str = "") -> None:
        """Ask the provider which calendars there are.

        One that two lists lack was deleted there, and so was one that a list lacks and whose ref is `gone`. If that is
        listed, it is a problem.
        """
        found = await self.provider.calendars()
        async with self.transaction() as tx:
            before = await store.calendars(tx, self.user_id, self.account.id)
            if before and not found:
                raise Failing("no_calendars")
            refs = {one.ref for one in found}
            if gone in refs:
                self.problem = Gone.code
            if any(one.ours and (one.missing or one.ref == gone) and one.ref not in refs for one in before):
                self.problem = "calendar_deleted"
                self.account = msgspec.structs.replace(self.account, writes=False)
                await store.set_writes(tx, self.user_id, self.account.id, writes=False)
            await store.put_calendars(tx, self.user_id, self.account.id, _listed(found), gone=gone)
            await publish(tx, self.account.id)

    async def our_calendar(self, calendars: Sequence[StoredCalendar]) -> StoredCalendar:
        """Return the calendar that focus sessions are written into; make it if there is none."""
        found = next((one for one in calendars if one.ours), None)
        if found is not None:
            return found
        made = await self.provider.make_calendar(OURS, slug=f"study-teddy-{self.user_id.hex}")
        if not is_text(made.ref, MAX_REF):
            raise Failing("invalid_response")
        async with self.transaction() as tx:
            values = {"ref": made.ref, "name": name_of(made), "color": made.color}
            await store.put_ours(tx, self.user_id, self.account.id, new_id(), **values)
            kept = await store.calendars(tx, self.user_id, self.account.id)
            await publish(tx, self.account.id)
        return next(one for one in kept if one.ours)

    async def read(self, calendar: StoredCalendar, boundary: DayBoundary) -> None:
        """Read what changed in a calendar that isn't ours."""
        today = boundary.date_of(self.db.clock())
        token = token_of(calendar, today)
        seen, is_full, room = set[str](), False, await self.room(calendar)
        known = await self.tags(calendar, token)
        async for part in self.changes(calendar, token, known, window(boundary, today)):
            if part.is_full and not is_full:
                seen, is_full, room = set(), True, MAX_EVENTS
            seen |= {one.ref for one in part.changed}
            refs, rows = await self.events_of(part.changed, boundary, today)
            rows, room = self.limited(rows, room)
            async with self.transaction() as tx:
                if not await store.is_read(tx, self.user_id, calendar.id):
                    return
                await event_store.replace(tx, self.user_id, calendar.id, [*refs, *part.removed], rows)
                if part.is_last:
                    await self._end(tx, calendar, part, seen if is_full else None, start=today - PAST)
            await self.tell(part, len(rows))

    async def room(self, calendar: StoredCalendar) -> int:
        """Return how many more events of a calendar can be kept."""
        reader = self.db.reading(self.identity)
        return MAX_EVENTS - await event_store.count_of_calendar(reader, self.user_id, calendar.id)

    def limited(self, rows: list[ResourceEvent], room: int) -> tuple[list[ResourceEvent], int]:
        """Return the events that can be kept, and how much room is left then."""
        if len(rows) > max(room, 0):
            rows, self.problem = rows[: max(room, 0)], "too_many_events"
        return rows, room - len(rows)

    async def tags(self, calendar: StoredCalendar, token: str) -> dict[str, str]:
        """Return the entity tags by ref, if the provider needs them."""
        if not self.provider.needs_tags(token):
            return {}
        return await event_store.tags(self.db.reading(self.identity), self.user_id, calendar.id)

    async def changes(
        self, calendar: StoredCalendar, token: str, known: Mapping[str, str], span: Window
    ) -> AsyncIterator[Changes]:
        """Yield what changed in a calendar, without what can't be kept: such a ref, etag or token is the provider's."""
        async for part in self.provider.changes(calendar.ref, token, known, span):
            kept = {one.ref: one for one in part.changed if is_text(one.ref, MAX_REF)}
            changed = [
                one if is_text(one.etag, MAX_TAG) else msgspec.structs.replace(one, etag="") for one in kept.values()
            ]
            removed = [ref for ref in part.removed if is_text(ref, MAX_REF)]
            end = part.token if is_text(part.token, MAX_TOKEN) else ""
            yield msgspec.structs.replace(part, changed=changed, removed=removed, token=end)

    async def events_of(
        self,
        resources: Sequence[Resource],
        boundary: DayBoundary,
        today: date,
        *,
        strays: dict[UUID, tuple[Resource, Feed]] | None = None,
    ) -> tuple[list[str], list[ResourceEvent]]:
        """Return the refs of the resources that can be read, and their events.

        Those that our server wrote are passed over. Focus sessions among them are added to `strays`, by their ids.
        """
        refs, rows = list[str](), list[ResourceEvent]()
        for resource, feed in zip(resources, await self.feeds_of(resources, boundary, today), strict=True):
            if feed.is_complete or feed.events:
                refs.append(resource.ref)
            for event in {one.recurrence_id: one for one in feed.events}.values():
                session = _SESSION.fullmatch(event.uid)
                if not event.uid.endswith(OWN_UID):
                    rows.append(_row(resource, event))
                elif session and strays is not None and not event.recurrence_id:
                    strays[UUID(session[1])] = resource, feed
        return refs, rows

    async def feeds_of(self, resources: Sequence[Resource], boundary: DayBoundary, today: date) -> list[Feed]:
        """Return what resources contain, read in a process of its own."""
        if not resources:
            return []
        bodies = [one.body for one in resources]
        return await read_feeds(bodies, zone=boundary.time_zone, since=today - PAST, until=today + FUTURE)

    async def tell(self, part: Changes, events_read: int) -> None:
        """Show the student how far the first time has come."""
        self._events_read += events_read
        if self.account.last_sync_at is None and not part.is_last and time.monotonic() - self._told >= 1:
            self._told = time.monotonic()
            async with self.transaction() as tx:
                await store.progress(tx, tx.user_id, self.account.id, events_read=self._events_read)
                await publish(tx, self.account.id)

    async def _end(
        self, tx: Tx, calendar: StoredCalendar, part: Changes, seen: set[str] | None, *, start: date
    ) -> None:
        """Keep the token of a calendar, and remove what a full round hasn't `seen`."""
        was_empty, token = False, part.token
        if seen is not None:
            had_events = not seen and await event_store.count_of_calendar(tx, self.user_id, calendar.id) > 0
            if had_events and not calendar.was_empty:
                was_empty, token, self.problem = True, "", "calendar_empty"
            else:
                await event_store.sweep(tx, self.user_id, calendar.id, list(seen))
        window_start = start if seen is not None else None
        await store.end_round(
            tx, self.user_id, calendar.id, token=token, window_start=window_start, was_empty=was_empty
        )


class Vault:
    """Where the OAuth credential of an account is kept during a round."""

    def __init__(self, round: Round, connections: Connections) -> None:
        self._round = round
        self._connections = connections

    async def load(self) -> OAuthCredential:
        """Return the credential that is kept now; raise `Lost`."""
        async with self._round.transaction() as tx:
            return await self._kept(tx)

    async def replace(self, before: OAuthCredential, after: OAuthCredential) -> OAuthCredential:
        """Keep `after`, unless another one than `before` is kept meanwhile; return what is kept."""
        account_id, user_id = self._round.account.id, self._round.user_id
        async with self._round.transaction() as tx:
            kept = await self._kept(tx)
            if kept != before:
                return kept
            sealed = self._connections.sealed(after, account_id=account_id, user_id=user_id)
            await store.set_credential(tx, user_id, account_id, sealed)
        self._round.account = msgspec.structs.replace(self._round.account, credential=sealed)
        return after

    async def _kept(self, tx: Tx) -> OAuthCredential:
        account = await store.lock(tx, tx.user_id, self._round.account.id)
        if account is None:
            raise Lost
        credential = self._connections.credential(account, user_id=tx.user_id)
        assert isinstance(credential, OAuthCredential)
        return credential


def is_text(text: str, limit: int) -> bool:
    """Return whether a text can be kept: it isn't too long, and has no control characters or halves of others."""
    return len(text) <= limit and (not text or text.isprintable())


def name_of(calendar: RemoteCalendar) -> str:
    """Return the name of a calendar as one line of text."""
    return feed_texts.line(escaped(calendar.name), MAX_NAME) or "Calendar"


def token_of(calendar: StoredCalendar, today: date) -> str:
    """Return the token of what was read, or "" if the window has moved on so far that everything is read again."""
    is_old = calendar.window_start is None or today - PAST >= calendar.window_start + FULL
    return "" if is_old else calendar.token


def window(boundary: DayBoundary, today: date) -> Window:
    """Return the time whose events are read."""
    midnight = DayBoundary(boundary.time_zone, 0)
    return Window(midnight.begin_of(today - PAST), midnight.begin_of(today + FUTURE + timedelta(days=1)))


async def publish(tx: Tx, account_id: UUID) -> None:
    """Show the student an account as it is now, unless it is leaving."""
    shown = await store.get(tx, tx.user_id, account_id)
    if shown is not None:
        tx.publish(events.CalendarAccountUpdated(account_id), shown)


def _listed(found: Sequence[RemoteCalendar]) -> list[ListedCalendar]:
    """Return calendars as they are stored. Those that the student can't change, such as of holidays, take no time."""
    kept = [one for one in found if is_text(one.ref, MAX_REF)]
    return [
        ListedCalendar(one.ref, name_of(one), one.color, position, one.writable) for position, one in enumerate(kept)
    ]


def _row(resource: Resource, event: FeedEvent) -> ResourceEvent:
    return ResourceEvent(
        ref=resource.ref,
        etag=resource.etag,
        uid=event.uid,
        recurrence_id=event.recurrence_id,
        title=event.title,
        description=event.description,
        location=event.location,
        url=event.url,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        start_date=event.start_date,
        end_date=event.end_date,
        is_busy=event.is_busy,
    )
