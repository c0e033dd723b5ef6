"""When a calendar account is synchronized, by whom, and what follows from how that ended.

An account has one writer at a time: a job holds it under a lease, which each of its transactions checks and extends. A
job that finds it held leaves its wish, and the one that holds it has it done again at its end.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import timedelta
from typing import Final

import structlog

from studyteddy import events
from studyteddy.events import CalendarAccountDue
from studyteddy.features.auth.service import profile
from studyteddy.features.calendar.providers.provider import REASONS, Failing, Gone, ProviderError, SignInRequired
from studyteddy.features.calendar.schemas.accounts import StoredAccount, StoredCalendar
from studyteddy.features.calendar.service import channels
from studyteddy.features.calendar.service.account_round import FRESH, LEASE, PROBLEMS, Lost, Round, publish
from studyteddy.features.calendar.service.accounts import PAUSE, ask
from studyteddy.features.calendar.service.connections import Connections
from studyteddy.features.calendar.service.feed_sync import FIRST_PAUSE, LONGEST_PAUSE
from studyteddy.features.calendar.service.own_calendar import EVERYWHERE, own_calendar
from studyteddy.features.calendar.store import accounts as store
from studyteddy.features.calendar.store import channels as channel_store
from studyteddy.platform.db.database import Database
from studyteddy.platform.identity import Identity
from studyteddy.platform.local_time.dates import DayBoundary
from studyteddy.platform.telemetry import CALENDAR_SYNCS, CALENDAR_TIME

TOLD: Final = 9
"""Failures, about a day of them, after which the student is told."""
SENTENCES: Final = {**REASONS, **PROBLEMS, Gone.code: str(Gone())}
"""What a student should know of a round that ended well, by its code."""
GIVES_UP: Final = 5
"""Failures after which what was written into an account that is leaving stays there."""

log = structlog.get_logger("studyteddy.calendar")


async def sync(
    db: Database, connections: Connections, identity: Identity, job: int, due: CalendarAccountDue, *, pause: timedelta
) -> None:
    """Synchronize an account; do nothing if it was disconnected, is being synchronized, or will be by a later job.

    `job` is the same for each attempt. One takes the account from an earlier one, which then writes nothing more.
    """
    runner = secrets.randbits(63)
    account = await _begin(db, identity, runner, job, due)
    if account is None:
        return
    round = Round(db, identity, account, runner)
    fault: ProviderError | None = None
    try:
        with CALENDAR_TIME.labels(account.provider).time():
            await round.open(connections)
            await (_leave(round) if account.state == "leaving" else _all(round))
    except ProviderError as raised:
        fault = raised
    except Lost:
        await _release(db, identity, account, runner)
        return
    with suppress(Lost):
        await _end(round, due, fault, pause=pause)


async def _release(db: Database, identity: Identity, account: StoredAccount, runner: int) -> None:
    """Give back an account that is something else now than when it was taken, and have that done."""
    async with db.transaction(identity) as tx:
        if await store.release(tx, tx.user_id, account.id, runner=runner):
            await ask(tx, account.id)


async def _begin(
    db: Database, identity: Identity, runner: int, job: int, due: CalendarAccountDue
) -> StoredAccount | None:
    """Take the account, unless another job holds it or comes later, or the student must connect it again first."""
    async with db.transaction(identity) as tx:
        account = await store.lock(tx, tx.user_id, due.account_id)
        if account is None or account.state == "reconnect":
            return None
        is_mine = account.job == job
        is_held = account.runs_until is not None and account.runs_until > tx.now
        if not is_mine and (is_held or account.asked_at > due.asked_at):
            return None
        await store.begin(tx, tx.user_id, account.id, runner=runner, job=job, until=tx.now + LEASE)
        return account


async def _all(round: Round) -> None:
    """Read the calendars of an account, and write focus sessions into ours."""
    boundary = await profile.day_boundary(round.db.reading(round.identity), round.user_id)
    calendars = await round.calendars()
    for calendar in calendars:
        if not (round.account.writes if calendar.ours else calendar.busy):
            await channels.stop(round, calendar)
        elif not calendar.ours and (await channels.watch(round, calendar) or _is_due(round, calendar)):
            await _take_notice(round, calendar)
            await _read(round, calendar, boundary)
    if round.account.writes:
        calendar = await round.our_calendar(calendars)
        await channels.watch(round, calendar)
        await _take_notice(round, calendar)
        own = await own_calendar(round, calendar, boundary)
        try:
            await own.pull()
            await own.push()
        except Gone:
            await round.relist(calendar.ref)


async def _read(round: Round, calendar: StoredCalendar, boundary: DayBoundary) -> None:
    """Read a calendar; a fault that is of this one only doesn't stop the others."""
    try:
        await round.read(calendar, boundary)
    except Gone:
        await round.relist(calendar.ref)
    except Failing as fault:
        if fault.reason in EVERYWHERE:
            raise
        round.problem = fault.reason


def _is_due(round: Round, calendar: StoredCalendar) -> bool:
    """Return whether a calendar is read now."""
    is_fresh = calendar.read_at is not None and round.db.clock() < calendar.read_at + FRESH
    return calendar.notified or not (is_fresh and calendar.token)


async def _take_notice(round: Round, calendar: StoredCalendar) -> None:
    if calendar.notified:
        async with round.transaction() as tx:
            await channel_store.take_notice(tx, tx.user_id, calendar.id)


async def _leave(round: Round) -> None:
    """End the notifications of an account, and remove what was written into it if the student wishes so."""
    await channels.stop_all(round)
    if not round.account.removes_events:
        return
    boundary = await profile.day_boundary(round.db.reading(round.identity), round.user_id)
    for calendar in await store.calendars(round.db.reading(round.identity), round.user_id, round.account.id):
        if calendar.ours:
            await (await own_calendar(round, calendar, boundary)).remove_all()


async def _end(round: Round, due: CalendarAccountDue, fault: ProviderError | None, *, pause: timedelta) -> None:
    """Record how it ended, and when the account is synchronized next."""
    before = round.account
    failures = before.failures + 1 if fault else 0
    state = "reconnect" if isinstance(fault, SignInRequired) else "failing" if fault else "ok"
    CALENDAR_SYNCS.labels(before.provider, state).inc()
    is_hopeless = isinstance(fault, SignInRequired) or failures > GIVES_UP or not before.removes_events
    async with round.transaction() as tx:
        if before.state == "leaving" and (fault is None or is_hopeless):
            await store.delete(tx, tx.user_id, before.id)
            return
        account = await store.lock(tx, tx.user_id, before.id)
        assert account is not None  # the transaction holds it
        is_outdated = fault is not None and account.credential != before.credential
        if is_outdated:  # the student connected it again meanwhile
            state, fault, failures = "ok", None, 0
        rests = before.rests + 1 if round.is_rest else 0
        await store.end(
            tx,
            tx.user_id,
            before.id,
            state=state,
            problem=str(fault)[:500] if fault else SENTENCES.get(round.problem or ""),
            problem_code=fault.code if fault else round.problem,
            failures=failures,
            next_sync=tx.now + _wait(fault, failures, min(pause, PAUSE * 2 ** min(rests, 12)) if rests else pause),
            synced=fault is None and not is_outdated,
            rests=rests,
        )
        if state == "reconnect" and before.state != "reconnect":
            tx.publish(events.CalendarAccountStopped(before.id, before.address))
        elif failures == TOLD and before.state != "leaving":
            tx.publish(events.CalendarAccountStopped(before.id, before.address, reconnect=False))
        if account.asked_at > due.asked_at and (fault is None or account.state == "leaving"):
            tx.publish(CalendarAccountDue(before.id, account.asked_at))
        await publish(tx, before.id)
    if fault is not None:
        log.info("calendar.account_failed", account=str(before.id), fault=type(fault).__name__, failures=failures)


def _wait(fault: ProviderError | None, failures: int, pause: timedelta) -> timedelta:
    """Return after how long an account is synchronized again: after failures, 5 minutes to 6 hours."""
    if fault is None:
        return pause
    asked = timedelta(seconds=(fault.retry_after if isinstance(fault, Failing) else None) or 0)
    wait: timedelta = min(FIRST_PAUSE * 2 ** min(failures - 1, 10), LONGEST_PAUSE)
    return max(wait, asked)
