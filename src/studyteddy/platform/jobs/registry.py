"""The registry of jobs: which functions are jobs, and what starts them."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, Literal, get_args, get_type_hints

import msgspec

from studyteddy.platform.db.outbox import Reaction
from studyteddy.platform.event import Event

Handler = Callable[..., Awaitable[None]]
Lane = Literal["local", "outside", "slow"]
LANES: tuple[Lane, ...] = get_args(Lane)
"""The lanes of the queue. A job of one lane never waits for those of another."""


class Job(msgspec.Struct, frozen=True):
    """A registered job: how to call it, and its queue lane."""

    kind: str
    handler: Handler
    local: bool
    """Whether it takes `tx`: its effects commit together with its completion."""
    payload: type[Any] | None
    payload_name: str
    resources: tuple[str, ...]
    takes_identity: bool = False
    takes_id: bool = False
    """Whether it takes the job's id, which is the same for every attempt: an idempotency key for external services."""
    event: type[Event] | None = None
    every: timedelta | None = None
    is_slow: bool = False
    """Whether it waits for servers that users chose: few of a user run at a time."""

    @property
    def lane(self) -> Lane:
        return "local" if self.local else "slow" if self.is_slow else "outside"


class Jobs:
    """The jobs of a feature, registered with decorators."""

    def __init__(self, feature: str) -> None:
        self.feature = feature
        self.registered: list[Job] = []

    def on(self, event: type[Event], *, slow: bool = False) -> Callable[[Handler], Handler]:
        """Run the job once for each `event`, passed as the parameter `event`; `slow` if it waits for users' servers."""
        return lambda handler: self._add(handler, event=event, slow=slow)

    def every(self, **period: float) -> Callable[[Handler], Handler]:
        """Run the job once per period (`minutes=5`) since the epoch, regardless of the number of workers."""
        return lambda handler: self._add(handler, every=timedelta(**period))

    def _add(
        self, handler: Handler, *, event: type[Event] | None = None, every: timedelta | None = None, slow: bool = False
    ) -> Handler:
        hints = get_type_hints(handler)
        names = list(inspect.signature(handler).parameters)
        payload_name = next((name for name in names if name in ("event", "payload")), "")
        if ("tx" in names) is ("db" in names):
            raise TypeError(f"{handler.__qualname__} must take either `tx` or `db`")
        if event is not None and hints.get(payload_name) is not event:
            raise TypeError(
                f"{handler.__qualname__} reacts to {event.__name__} and must take `event: {event.__name__}`"
            )
        self.registered.append(
            Job(
                kind=kind_of(handler),
                handler=handler,
                local="tx" in names,
                payload=hints[payload_name] if payload_name else None,
                payload_name=payload_name,
                resources=tuple(name for name in names if name not in (payload_name, "tx", "identity", "job_id")),
                takes_identity="identity" in names,
                takes_id="job_id" in names,
                event=event,
                every=every,
                is_slow=slow,
            )
        )
        return handler


class Registry:
    """Every job of the program by kind."""

    def __init__(self, features: Iterable[Jobs]) -> None:
        self.jobs: dict[str, Job] = {}
        for job in (job for feature in features for job in feature.registered):
            if job.kind in self.jobs:
                raise ValueError(f"duplicate job {job.kind}")
            self.jobs[job.kind] = job

    def reactions(self) -> dict[type[Event], tuple[Reaction, ...]]:
        """Return the jobs that each event starts."""
        found: dict[type[Event], tuple[Reaction, ...]] = {}
        for job in self.jobs.values():
            if job.event:
                found[job.event] = (*found.get(job.event, ()), Reaction(job.kind, job.lane))
        return found

    def check(self, resources: Mapping[str, object]) -> None:
        """Raise `LookupError` if a job takes a resource that isn't provided."""
        for job in self.jobs.values():
            for name in job.resources:
                if name not in resources:
                    raise LookupError(f"the job {job.kind} takes {name!r}, which isn't provided")


def kind_of(handler: Handler) -> str:
    """Return the kind: `gamification.award_points` for `studyteddy.features.gamification.jobs.award_points`."""
    module = handler.__module__.removesuffix(".jobs").rpartition(".")[2]
    return f"{module}.{handler.__name__}"
