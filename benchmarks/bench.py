"""What was asked for, and the world it is measured in."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.report import machine
from benchmarks.world import World, world


@dataclass
class Bench:
    """What was asked for, and the world it is measured in, made when the first benchmark wants it."""

    rounds: int
    seconds: float
    tasks: int
    peer: Path | None
    quick: bool
    """Only to see whether it works: nothing is written."""
    folder: Path
    ending: ExitStack
    step: Callable[[str], None] = field(default=lambda _: None)
    _world: World | None = None

    @property
    def world(self) -> World:
        if self._world is None:
            self.step(f"making {self.tasks:,} tasks")
            self._world = self.ending.enter_context(world(self.folder, self.tasks))
        return self._world

    @property
    def how(self) -> str:
        """The line under every table."""
        peer = ", beside a foreign peer" if self.peer else ""
        return (
            f"{self.rounds} interleaved rounds of {self.seconds:g} s{peer}; {self.tasks:,} tasks; {machine()}. Values"
            " are median (least–greatest). Ratios are of the same round; “foreign cores” says how busy the machine was"
            " with other work: above about 0.3 only the ratios mean something."
        )
