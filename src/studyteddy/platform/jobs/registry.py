"""Which functions are jobs, and what starts them."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import timedelta
from functools import cache
from typing import Any, get_type_hints

import msgspec

from studyteddy.platform.db import JobOrder, Reaction
from studyteddy.platform.event import Event

Handler = Callable[..., Awaitable[None]]
_encode = msgspec.json.Encoder().encode


class Job(msgspec.Struct, frozen=True):
    """A registered job: how to call it, and in which lane it waits."""

    kind: str
    handler: Handler
    local: bool
    """Whether it asks for `tx`: its effects commit with its completion."""
    payload: type[Any] | None
    payload_name: str
    resources: tuple[str, ...]
    asks_identity: bool = False
    asks_id: bool = False
    """Whether it wants the job's id, which is the same for every attempt: an idempotency key for the outside."""
    event: type[Event] | None = None
    every: timedelta | None = None

    @property
    def lane(self) -> str:
        return "local" if self.local else "outside"


class Jobs:
    """The jobs of one feature, registered by decorating plain functions."""

    def __init__(self, feature: str) -> None:
        self.feature = feature
        self.registered: list[Job] = []

    def on(self, event: type[Event]) -> Callable[[Handler], Handler]:
        """Runs once for each `event`; the parameter `event` gets it."""
        return lambda handler: self._add(handler, event=event)

    def every(self, **period: float) -> Callable[[Handler], Handler]:
        """Runs once in each period (`minutes=5`) since the epoch, whatever the number of workers."""
        return lambda handler: self._add(handler, every=timedelta(**period))

    def task(self, handler: Handler) -> Handler:
        """Runs when asked for: `tx.enqueue(order(handler, payload))`; the parameter `payload` gets it."""
        return self._add(handler)

    def _add(self, handler: Handler, *, event: type[Event] | None = None, every: timedelta | None = None) -> Handler:
        hints = get_type_hints(handler)
        names = list(inspect.signature(handler).parameters)
        carrier = next((name for name in names if name in ("event", "payload")), "")
        if ("tx" in names) is ("db" in names):
            raise TypeError(f"{handler.__qualname__} asks either for tx or for db")
        if event is not None and hints.get(carrier) is not event:
            raise TypeError(
                f"{handler.__qualname__} reacts to {event.__name__} and must name it: `event: {event.__name__}`"
            )
        self.registered.append(
            Job(
                kind=kind_of(handler),
                handler=handler,
                local="tx" in names,
                payload=hints[carrier] if carrier else None,
                payload_name=carrier,
                resources=tuple(name for name in names if name not in (carrier, "tx", "identity", "job_id")),
                asks_identity="identity" in names,
                asks_id="job_id" in names,
                event=event,
                every=every,
            )
        )
        return handler


class Registry:
    """Every job of the program, by kind; refuses to start when a job names an unknown resource."""

    def __init__(self, features: Iterable[Jobs]) -> None:
        self.jobs: dict[str, Job] = {}
        for job in (job for feature in features for job in feature.registered):
            if job.kind in self.jobs:
                raise ValueError(f"two jobs are called {job.kind}")
            self.jobs[job.kind] = job

    def reactions(self) -> dict[type[Event], tuple[Reaction, ...]]:
        """The jobs that each event starts."""
        found: dict[type[Event], tuple[Reaction, ...]] = {}
        for job in self.jobs.values():
            if job.event:
                found[job.event] = (*found.get(job.event, ()), Reaction(job.kind, job.lane))
        return found

    def check(self, resources: Mapping[str, object]) -> None:
        """Raises `LookupError` naming a job and the resource it asks for in vain."""
        for job in self.jobs.values():
            for name in job.resources:
                if name not in resources:
                    raise LookupError(f"the job {job.kind} asks for {name!r}, which bootstrap does not provide")


def kind_of(handler: Handler) -> str:
    """`gamification.award_points` of `studyteddy.features.gamification.jobs.award_points`."""
    module = handler.__module__.removesuffix(".jobs").rpartition(".")[2]
    return f"{module}.{handler.__name__}"


@cache
def _lane_of(handler: Handler) -> str:
    return "local" if "tx" in inspect.signature(handler).parameters else "outside"


def order(handler: Handler, payload: msgspec.Struct, *, delay: float = 0.0, unique_key: str | None = None) -> JobOrder:
    """The row that asks for `handler` in `delay` seconds; of several with a `unique_key` one waits at a time."""
    return JobOrder(kind_of(handler), _lane_of(handler), _encode(payload).decode(), delay, unique_key)
