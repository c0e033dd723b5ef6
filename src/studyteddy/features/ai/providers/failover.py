"""Asks the first model that works, within one deadline: retries, a fallback, and a circuit breaker for each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing

import structlog

from studyteddy.features.ai.providers.model import LanguageModel, Meter, ModelFailed, Prompt, Reply
from studyteddy.platform.telemetry import AI_FAILURES

log = structlog.get_logger("studyteddy.ai")
FAILURES = 3
"""Failures in a row after which a provider rests."""
REST_SECONDS = 30.0
NO_MONEY_SECONDS = 600.0
RETRY_SECONDS = 0.5
MAX_WAIT_SECONDS = 10.0
"""The longest `Retry-After` that is waited for."""
_MARGIN_SECONDS = 0.01
"""What is waited beyond the end of a rest, since clocks are rounded."""


class Breaker:
    """Whether a provider may be asked. After failures in a row it rests; then one call tries whether it works again."""

    def __init__(self, model: LanguageModel, rest: float = REST_SECONDS, *, reported: bool = True) -> None:
        self.model = model
        self._reported = reported
        self._rest = rest
        self._failures = 0
        self._rested_at = 0.0
        self.rests_until = 0.0

    def admits(self, now: float) -> bool:
        return now >= self.rests_until

    def begin(self, now: float) -> None:
        """Begin a call. A trial keeps the others out until it ends, or for another rest."""
        if self._failures >= FAILURES:
            self.rests_until = now + self._rest

    def worked(self, began: float) -> None:
        """Close again; a call that began before the rest says nothing about it."""
        if began >= self._rested_at:
            self._failures, self.rests_until = 0, 0.0

    def failed(self, fault: ModelFailed, now: float) -> None:
        if self._reported:
            AI_FAILURES.labels(fault.reason).inc()
            log.warning("ai.failed", provider=self.model.provider, reason=fault.reason)
        if fault.rejected:
            return
        self._failures += 1
        if fault.spent:
            self._pause(now, NO_MONEY_SECONDS)
        elif fault.retry_after is not None:
            self._pause(now, fault.retry_after)
        elif self._failures >= FAILURES:
            self._pause(now, self._rest)

    def _pause(self, now: float, seconds: float) -> None:
        self._rested_at, self.rests_until = now, now + seconds


class Failover:
    """Several models as one. Each is asked at most twice per prompt; a stream that has begun isn't begun again.

    With a student's own key, failures are not the operator's to see, and a denied key isn't tried again.
    """

    def __init__(
        self,
        models: Sequence[LanguageModel],
        *,
        rest: float = REST_SECONDS,
        retry: float = RETRY_SECONDS,
        own_key: bool = False,
    ) -> None:
        self._breakers = [Breaker(model, rest, reported=not own_key) for model in models]
        self._own_key = own_key
        self._retry = retry

    @property
    def provider(self) -> str:
        return self._first.model.provider

    @property
    def name(self) -> str:
        return self._first.model.name

    async def complete(self, prompt: Prompt, *, until: float, meter: Meter | None = None) -> Reply:
        fault = self._resting()
        for attempt in range(2):
            for breaker, end in self._usable(until):
                began = _now()
                breaker.begin(began)
                try:
                    reply = await breaker.model.complete(prompt, until=end, meter=meter)
                except ModelFailed as failure:
                    fault = failure
                    breaker.failed(failure, _now())
                else:
                    breaker.worked(began)
                    return reply
            if not (attempt == 0 and await self._wait(fault, until)):
                break
        raise fault

    async def stream(self, prompt: Prompt, *, until: float, meter: Meter | None = None) -> AsyncGenerator[str | Reply]:
        fault = self._resting()
        for attempt in range(2):
            for breaker, end in self._usable(until):
                begun, began = False, _now()
                breaker.begin(began)
                try:
                    async with aclosing(breaker.model.stream(prompt, until=until, meter=meter)) as pieces:
                        first = await _first(pieces, end)
                        begun = True
                        yield first
                        async for piece in pieces:
                            yield piece
                    breaker.worked(began)
                    return
                except (GeneratorExit, asyncio.CancelledError):  # nobody wants the rest
                    if begun:
                        breaker.worked(began)
                    raise
                except ModelFailed as failure:
                    fault = failure
                    breaker.failed(failure, _now())
                    if begun:
                        raise
            if not (attempt == 0 and await self._wait(fault, until)):
                break
        raise fault

    @property
    def _first(self) -> Breaker:
        return next((one for one in self._breakers if one.admits(_now())), self._breakers[0])

    def _usable(self, until: float) -> Iterator[tuple[Breaker, float]]:
        """Yield the models that may be asked, each with when it must have begun to answer.

        That is half of the time that is left, if another model can follow: one that hangs doesn't take all of it.
        """
        usable = [one for one in self._breakers if one.admits(_now())]
        for left, one in zip(range(len(usable) - 1, -1, -1), usable, strict=True):
            yield one, (_now() + until) / 2 if left else until

    def _resting(self) -> ModelFailed:
        """Return the failure if no model may be asked: with when the first one may be asked again."""
        return ModelFailed("resting", retry_after=max(1.0, min(one.rests_until for one in self._breakers) - _now()))

    async def _wait(self, fault: ModelFailed, until: float) -> bool:
        """Wait before the second attempt, and return whether it makes sense."""
        seconds = self._retry if fault.retry_after is None else fault.retry_after
        denied = fault.denied and self._own_key
        useless = fault.spent or fault.rejected or denied or fault.reason in ("timeout", "resting")
        if useless or seconds > min(MAX_WAIT_SECONDS, until - _now()):
            return False
        await asyncio.sleep(seconds + _MARGIN_SECONDS)
        return True


async def _first(pieces: AsyncGenerator[str | Reply], until: float) -> str | Reply:
    """Return the first piece of an answer; raise `ModelFailed` if it doesn't come in time."""
    try:
        async with asyncio.timeout_at(until):
            return await anext(pieces)
    except TimeoutError as fault:
        raise ModelFailed("timeout") from fault


def _now() -> float:
    return asyncio.get_running_loop().time()
