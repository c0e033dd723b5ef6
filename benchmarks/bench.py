"""The options of a benchmark run and the environment it measures."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.report import machine
from benchmarks.world import World, world


@dataclass
class Bench:
    """The options of a run, and the environment, which is created when the first benchmark needs it."""

    rounds: int
    seconds: float
    tasks: int
    peer: Path | None
    quick: bool
    """Only checks that the benchmarks work; writes no results."""
    folder: Path
    ending: ExitStack
    step: Callable[[str], None] = field(default=lambda _: None)
    _world: World | None = None

    @property
    def world(self) -> World:
        if self._world is None:
            self.step(f"creating {self.tasks:,} tasks")
            self._world = self.ending.enter_context(world(self.folder, self.tasks))
        return self._world

    @property
    def how(self) -> str:
        """The description of the method in every page."""
        peer = ", next to a peer" if self.peer else ""
        return (
            f"{self.rounds} interleaved rounds of {self.seconds:g} s{peer}; {self.tasks:,} tasks; {machine()}. Values"
            " are median (minimum–maximum). Ratios compare values of the same round. “Other load” is the number of"
            " cores used by other programs; above about 0.3, only the ratios are meaningful."
        )
