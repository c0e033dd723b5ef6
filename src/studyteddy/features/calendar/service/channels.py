"""Notifications of changes in calendars at Google and Microsoft; without them, calendars are read every now and then.

Each calendar that is read has one channel, which is renewed before it ends. A notification says nothing but that the
calendar is to be read: anybody can send one, so it counts only with the secret of its channel.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import Final

import structlog

from studyteddy.features.calendar.providers.google import GoogleCalendar
from studyteddy.features.calendar.providers.outlook import Outlook
from studyteddy.features.calendar.providers.outlook_notices import Kind, Notice
from studyteddy.features.calendar.providers.provider import Channel, Failing, Gone, Provider, ProviderError
from studyteddy.features.calendar.schemas.accounts import StoredCalendar
from studyteddy.features.calendar.schemas.channels import FoundChannel, StoredChannel
from studyteddy.features.calendar.service import accounts
from studyteddy.features.calendar.service.account_round import Round
from studyteddy.features.calendar.service.connections import OAuthProvider
from studyteddy.features.calendar.store import accounts as account_store
from studyteddy.features.calendar.store import channels as store
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.ids import new_id

AHEAD: Final = timedelta(days=1)
"""For how long before its end a channel is renewed."""
LIFE: Final = timedelta(minutes=4200)
"""For how long Microsoft is asked: nearly as long as it allows for events."""
AGAIN: Final = timedelta(hours=1)
"""After which notifications are asked for again at the earliest."""
UNSUPPORTED: Final = timedelta(days=7)
"""After which they are asked for again if the provider has none for a calendar."""
MAX_NAME, MAX_RESOURCE = 100, 500

log = structlog.get_logger("studyteddy.calendar")


async def watch(round: Round, calendar: StoredCalendar) -> bool:
    """Have the provider notify us of changes in a calendar, if it doesn't or not for much longer.

    Return whether that begins now: what changed before has to be read. Failures don't concern the student.
    """
    provider, now = round.provider, round.db.clock()
    if not round.push_url or (calendar.watch_at is not None and now < calendar.watch_at):
        return False
    try:
        if isinstance(provider, GoogleCalendar):
            await _watch_google(round, provider, calendar)
            return True
        return isinstance(provider, Outlook) and await _watch_outlook(round, provider, calendar)
    except ProviderError as fault:
        asked = timedelta(seconds=(fault.retry_after if isinstance(fault, Failing) else None) or 0)
        is_unsupported = isinstance(fault, Failing) and fault.reason == "unsupported"
        async with round.transaction() as tx:
            pause = UNSUPPORTED if is_unsupported else max(AGAIN, asked)
            await store.watch_at(tx, tx.user_id, calendar.id, now + pause)
        log.info("calendar.not_watched", calendar=str(calendar.id), fault=type(fault).__name__)
        return False


async def _watch_google(round: Round, provider: GoogleCalendar, calendar: StoredCalendar) -> None:
    """Begin a channel, then end the one before: in between, both notify."""
    name, secret = str(new_id()), secrets.token_urlsafe(32)
    made = await provider.watch(calendar.ref, name, secret, f"{round.push_url}/api/calendar/google/notifications")
    if made is None:
        raise Failing("unsupported")
    before = await store.get(round.db.reading(round.identity), round.user_id, calendar.id)
    await _keep(round, calendar, "google", StoredChannel(name, made.id), secret, made.expires_at)
    if before is not None:
        await _end(provider, [before])


async def _watch_outlook(round: Round, provider: Outlook, calendar: StoredCalendar) -> bool:
    """Renew the subscription, or begin one; return whether one began."""
    expires_at, url = round.db.clock() + LIFE, f"{round.push_url}/api/calendar/outlook"
    before = await store.get(round.db.reading(round.identity), round.user_id, calendar.id)
    if before is not None and (renewed := await _renewed(provider, before, expires_at)):
        async with round.transaction() as tx:
            await store.extend(tx, tx.user_id, calendar.id, channel=before.channel, expires_at=renewed.expires_at)
            await store.watch_at(tx, tx.user_id, calendar.id, _renewal(tx.now, renewed.expires_at))
        return False
    secret = secrets.token_urlsafe(32)
    made = await provider.subscribe(calendar.ref, f"{url}/notifications", f"{url}/lifecycle", secret, expires_at)
    await _keep(round, calendar, "outlook", StoredChannel(made.id, ""), secret, made.expires_at)
    return True


async def _renewed(provider: Outlook, before: StoredChannel, expires_at: datetime) -> Channel | None:
    try:
        return await provider.renew(before.channel, expires_at)
    except Gone:
        return None


async def _keep(
    round: Round,
    calendar: StoredCalendar,
    provider: OAuthProvider,
    channel: StoredChannel,
    secret: str,
    expires_at: datetime,
) -> None:
    if len(channel.channel) > MAX_NAME or len(channel.resource) > MAX_RESOURCE:
        raise Failing("invalid_response")
    async with round.transaction() as tx:
        await store.put(
            tx,
            tx.user_id,
            calendar.id,
            provider=provider,
            channel=channel.channel,
            resource=channel.resource,
            secret_hash=_hash(secret),
            expires_at=expires_at,
        )
        await store.watch_at(tx, tx.user_id, calendar.id, _renewal(tx.now, expires_at))


def _renewal(now: datetime, expires_at: datetime) -> datetime:
    """Return when a channel is renewed: a day before its end, or after half of a short life."""
    left = expires_at - now
    return now + max(left - AHEAD, left / 2, AGAIN)


async def stop(round: Round, calendar: StoredCalendar) -> None:
    """End the notifications of a calendar that isn't read any more."""
    if calendar.watch_at is None:
        return
    channel = await store.get(round.db.reading(round.identity), round.user_id, calendar.id)
    async with round.transaction() as tx:
        await store.delete(tx, tx.user_id, calendar.id)
        await store.watch_at(tx, tx.user_id, calendar.id, None)
    if channel is not None:
        await _end(round.provider, [channel])


async def stop_all(round: Round) -> None:
    """End the notifications of all calendars of an account."""
    await _end(
        round.provider, await store.of_account(round.db.reading(round.identity), round.user_id, round.account.id)
    )


async def _end(provider: Provider, channels: Sequence[StoredChannel]) -> None:
    """End channels at the provider. What can't be ended now ends by itself, and isn't known here any more."""
    try:
        for one in channels:
            if isinstance(provider, GoogleCalendar):
                await provider.stop(one.channel, one.resource)
            elif isinstance(provider, Outlook):
                await provider.unsubscribe(one.channel)
    except ProviderError as fault:
        log.info("calendar.channel_not_ended", fault=type(fault).__name__)


async def receive(db: Database, turns: asyncio.Semaphore, provider: OAuthProvider, notices: Sequence[Notice]) -> None:
    """Have the calendars read that notifications are about; nothing follows from those with a wrong secret."""
    if not notices:
        return
    async with turns, db.system("sign_in") as tx:
        found = defaultdict[str, list[FoundChannel]](list)
        for channel in await store.find(tx, provider, [one.subscription for one in notices]):
            found[channel.channel].append(channel)
        known = [(to, one) for one in notices for to in found.get(one.subscription, [])]
        valid = [(to, one.kind) for to, one in known if compare_digest(to.secret_hash, _hash(one.secret))]
        for to, kind in sorted(valid, key=lambda one: (one[0].user_id, one[0].calendar_id)):
            await tx.act_as(to.user_id)
            await _carry_out(tx, to, kind)


async def _carry_out(tx: Tx, channel: FoundChannel, kind: Kind) -> None:
    """Do what a notification asks for, unless a job will do that anyway."""
    since = tx.now - accounts.CLAIM
    calendar = await store.notified(tx, tx.user_id, channel.calendar_id, since=since)
    if calendar is None or (calendar.is_asked and kind == "changed"):
        return
    account = await account_store.lock(tx, tx.user_id, calendar.account_id)
    if account is None or account.state in ("leaving", "reconnect"):
        return
    if kind == "removed":
        await store.delete(tx, tx.user_id, channel.calendar_id)
    is_anew, is_ended = kind in ("removed", "missed"), kind in ("removed", "reauthorize")
    await store.notify(tx, tx.user_id, channel.calendar_id, anew=is_anew, watch=is_ended)
    # A job that was asked for longer ago, and hasn't begun, was lost. After a failure, the next try has its time.
    is_asked = account.asked_at != account.taken_at and account.asked_at > since
    if account.state == "ok" and not is_asked:
        await accounts.ask(tx, account.id)


def _hash(secret: str) -> bytes:
    return sha256(b"calendar channel\0" + secret.encode()).digest()
