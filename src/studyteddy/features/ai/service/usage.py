"""What AI may cost: reserved before a call, settled after it, exact for any number of processes.

A day is a day in UTC, since a student can choose the time zone. What a call used counts for the day of its reservation.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import UTC, date, datetime, timedelta
from typing import get_args
from uuid import UUID

import msgspec
from msgspec.structs import replace

from studyteddy.features.ai.providers.embeddings import Embeddings
from studyteddy.features.ai.providers.model import (
    LanguageModel,
    Message,
    Meter,
    ModelFailed,
    Prompt,
    Reply,
    answered_tokens,
    likely_tokens,
)
from studyteddy.features.ai.schemas.usage import (
    AiFeature,
    AiUnavailable,
    CallsUsedUp,
    Estimate,
    SentCall,
    SentMessage,
    SentQuery,
    TokensUsedUp,
    Usage,
)
from studyteddy.features.ai.service import own_keys
from studyteddy.features.ai.service.own_keys import OwnKeys
from studyteddy.features.ai.store import usage as store
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.statements import Reader
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.identity import Identity
from studyteddy.platform.ids import new_id
from studyteddy.platform.telemetry import AI_TIME, AI_TOKENS
from studyteddy.platform.web.pagination import Cursors, Page, rows_of

LOST = "lost"
"""The outcome of a call whose process ended before it was settled. It is charged in full: it may have been answered."""
MAX_CALLS = 500
"""Calls of a student and day: those with an own key too, and those that failed."""
REJECTED = "[a draft that was not shown]"
CORRECTIONS = "[what was to be corrected in it]"
_SWEEP_LIMIT = 500


class Budget(msgspec.Struct, frozen=True):
    """The tokens per day (UTC)."""

    student: int
    all: int


class Ai(msgspec.Struct, frozen=True):
    """The language model of this server, if it has one, and what it may cost and take."""

    model: LanguageModel | None
    budget: Budget
    deadline: float
    """Seconds for all calls of one request."""
    own_keys: OwnKeys | None = None
    """None if students may not bring their own keys."""
    embeddings: Embeddings | None = None
    """By which passages are found for questions in other words, if the extra is installed."""

    def calls(self, db: Database, identity: Identity, feature: AiFeature) -> Calls:
        """Return the calls of one request; raise 503 `ai_unavailable` if there is no model."""
        if self.model is None:
            raise AiUnavailable()
        until = asyncio.get_running_loop().time() + self.deadline
        return Calls(db, self, self.model, identity, feature=feature, until=until)


async def today(reader: Reader, user_id: UUID, now: datetime, budget: Budget) -> Usage:
    """Return the tokens of today."""
    day = _day(now)
    used = await store.of_day(reader, user_id, day)
    features = await store.by_feature(reader, user_id, day)
    by_feature = {name: sum(one.tokens for one in features if one.feature == name) for name in get_args(AiFeature)}
    own_key = sum(one.own_key for one in features)
    return Usage(used.used, used.reserved, budget.student, _end(day), by_feature, own_key)


async def estimate(tx: Tx, ai: Ai, prompts: Sequence[Prompt] | None) -> Estimate:
    """Return what calls with these prompts may cost, of which only the first is sure; None for a template.

    The figures are those of a reservation: a first call that fits is made, unless others use the tokens before it.
    """
    asked = (prompts or []) if ai.model else []
    day, budget = _day(tx.now), ai.budget
    taken = await store.taken(tx, tx.user_id, day)
    left, left_of_all = budget.student - taken.own, budget.all - taken.total
    own = await own_keys.model(tx, ai.own_keys) is not None
    first = asked[0].estimate if asked else 0
    return Estimate(
        most=sum(one.estimate for one in asked),
        likely=likely_tokens(asked[0]) if asked else 0,
        left=max(left, 0),
        limit=budget.student,
        fits=ai.model is not None and prompts is not None and (own or first <= min(left, left_of_all)),
        own_key=own,
    )


async def sent(reader: Reader, user_id: UUID, query: SentQuery, cursors: Cursors) -> Page[SentCall]:
    """Return what was sent to providers, the latest first."""
    after = cursors.read(query.cursor, "ai:sent", query)
    found = await store.sent_page(reader, user_id, after=after, limit=rows_of(query))
    return cursors.page(found, query, "ai:sent")


class _Call(msgspec.Struct, frozen=True):
    """A call that was begun: with the server's key, or the student's own."""

    id: UUID
    model: LanguageModel
    own_key: bool

    def check(self, fault: ModelFailed) -> None:
        """Raise 409 if the student's own key is the reason of a failure."""
        if self.own_key:
            own_keys.check(fault)


class Calls:
    """Calls of a model for one request of a student, each within the budget and in the ledger.

    A student's own key is used instead of the server's, never together with it: then no call is limited, none falls
    back on the server's key, and what is wrong with the key is the student's to know.
    """

    def __init__(
        self, db: Database, ai: Ai, model: LanguageModel, identity: Identity, *, feature: AiFeature, until: float
    ) -> None:
        self._db = db
        self._ai = ai
        self._model = model
        # The response is recorded with what the request changes, not with what it costs.
        self._identity = replace(identity, idempotency=None)
        self._feature: AiFeature = feature
        self._until = until
        self.tokens = 0
        """What the calls have used so far."""

    async def complete(self, prompt: Prompt, *, kinds: Sequence[str]) -> Reply:
        """Return the answer; raise `ModelFailed`, 409 for an own key, and before the call 429.

        The codes of 429 are `tokens_used_up` and `calls_used_up`.
        """
        call = await self._begin(prompt, kinds)
        meter = Meter()
        tokens, outcome, reply = None, "cancelled", None
        try:
            with AI_TIME.labels(self._feature).time():
                reply = await call.model.complete(prompt, until=self._until, meter=meter)
            tokens, outcome = _used(prompt, meter, reply), _outcome(reply)
        except ModelFailed as fault:
            tokens, outcome = _used(prompt, meter), fault.reason
            call.check(fault)
            raise
        except asyncio.CancelledError:  # nobody waits for the answer; what the provider has received counts
            tokens = _used(prompt, meter)
            raise
        finally:
            await self._settle(call.id, tokens, outcome, reply)
        return reply

    async def stream(self, prompt: Prompt, *, kinds: Sequence[str]) -> AsyncGenerator[str | Reply]:
        """Yield the answer in pieces and then the reply; what came is charged, however it ends. Raise as `complete`."""
        call = await self._begin(prompt, kinds)
        meter, text, reply, outcome = Meter(), "", None, "stopped"
        try:
            with AI_TIME.labels(self._feature).time():
                async with aclosing(call.model.stream(prompt, until=self._until, meter=meter)) as pieces:
                    async for piece in pieces:
                        if isinstance(piece, Reply):
                            reply, outcome = piece, _outcome(piece)
                        else:
                            text += piece
                        yield piece
        except ModelFailed as fault:
            outcome = fault.reason
            call.check(fault)
            raise
        finally:
            await self._settle(call.id, _used(prompt, meter, reply, text), outcome, reply)

    async def _begin(self, prompt: Prompt, kinds: Sequence[str]) -> _Call:
        """Reserve what the call can cost at most and write it into the ledger; raise 429."""
        call_id, tokens = new_id(), prompt.estimate
        async with self._db.transaction(self._identity) as tx:
            await tx.lock_user()  # calls at the same time are counted one after the other
            day = _day(tx.now)
            if await store.calls(tx, tx.user_id, day, limit=MAX_CALLS) >= MAX_CALLS:
                raise CallsUsedUp(retry_after=(_end(day) - tx.now).total_seconds())
            own = await own_keys.model(tx, self._ai.own_keys)
            if own is None:
                await _reserve(tx, day, tokens, self._ai.budget)
            model = own or self._model
            await store.add_call(
                tx,
                tx.user_id,
                call_id,
                day=day,
                feature=self._feature,
                kinds=list(kinds),
                messages=[_listed(one) for one in prompt.messages],
                provider=model.provider,
                model=model.name,
                own_key=own is not None,
                reserved=tokens,
                at=tx.now,
            )
        return _Call(call_id, model, own is not None)

    async def _settle(self, call_id: UUID, tokens: int | None, outcome: str, reply: Reply | None) -> None:
        self.tokens += tokens or 0
        provider, model = (reply.provider, reply.model) if reply else (None, None)
        # Shielded: a request that is cancelled has cost what it has cost.
        await asyncio.shield(settle(self._db, self._identity, call_id, tokens, outcome, provider, model))


async def settle(
    db: Database,
    identity: Identity,
    call_id: UUID,
    tokens: int | None,
    outcome: str,
    provider: str | None = None,
    model: str | None = None,
) -> None:
    """Settle a call once; again, it has no effect. `tokens` is None if nobody knows, and all is charged."""
    async with db.transaction(identity) as tx:
        settled = await store.settle_call(
            tx, tx.user_id, call_id, tokens=tokens, outcome=outcome, provider=provider, model=model, at=tx.now
        )
        if settled is None:
            return
        if settled.own_key:
            return
        used = settled.reserved if tokens is None else tokens
        await store.settle(tx, tx.user_id, settled, used)
    AI_TOKENS.labels(settled.feature, outcome).inc(used)


async def settle_lost(db: Database) -> int:
    """Settle the calls whose process ended before it could; return how many."""
    async with db.system("tidy") as tx:
        lost = await store.open_calls(tx, limit=_SWEEP_LIMIT)
    for one in lost:
        await settle(db, Identity(one.user_id, one.user_id), one.id, None, LOST)
    return len(lost)


async def _reserve(tx: Tx, day: date, tokens: int, budget: Budget) -> None:
    """Reserve tokens of the student's day and of the day of all students; raise 429."""
    if not await store.reserve(tx, tx.user_id, day, tokens, limit=budget.student):
        raise _used_up(day, tx.now)
    if not await store.reserve_total(tx, day, tokens, limit=budget.all):
        raise _used_up(day, tx.now)


def _listed(message: Message) -> SentMessage:
    """Return a message as the ledger lists it: a rejected draft could give an answer away, and isn't the student's."""
    if not message.rejected:
        return SentMessage(message.role, message.content)
    return SentMessage(message.role, REJECTED if message.role == "assistant" else CORRECTIONS)


def _used(prompt: Prompt, meter: Meter, reply: Reply | None = None, text: str = "") -> int:
    """Return what a call used: its answer, or the text that came, and what attempts before it cost without one.

    It is never more than was reserved: a provider that counts otherwise doesn't break the budget.
    """
    came = reply.tokens if reply else answered_tokens(text)
    return min(meter.tokens + came, prompt.estimate)


def _outcome(reply: Reply) -> str:
    return "answered" if reply.finish == "stop" else reply.finish


def _used_up(day: date, now: datetime) -> TokensUsedUp:
    return TokensUsedUp(retry_after=(_end(day) - now).total_seconds())


def _day(now: datetime) -> date:
    return now.astimezone(UTC).date()


def _end(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), UTC)
