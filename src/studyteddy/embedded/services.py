"""Keeping things alive: whatever dies is started again, soon at first and a little later each time."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Protocol

from studyteddy.embedded.folder import Trouble
from studyteddy.embedded.process import Child

DRAINING = 45.0
"""Seconds the API and the worker have to finish what they began."""
SHORT = 5.0
"""Seconds for what nobody waits for: a change of source, a command that was interrupted."""
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 4.0
STEADY = 30.0
"""Seconds after which something that runs is no longer held to have just crashed."""
BEAT = 0.1


def say(text: str) -> None:
    """One line of our own between those of the children."""
    with suppress(BrokenPipeError):  # nobody may be reading any more, and there is still work to do
        print(f"teddy: {text}", flush=True)


class KeptAlive(Protocol):
    """An engine or a service."""

    @property
    def name(self) -> str: ...
    @property
    def alive(self) -> bool: ...
    def how_it_ended(self) -> str: ...
    def restart(self) -> None: ...


class Service:
    """One of our own processes: `python -m studyteddy serve`, say."""

    def __init__(self, name: str, command: str, environment: Mapping[str, str]) -> None:
        self.name, self._command, self._environment = name, command, environment
        self._child: Child | None = None

    @property
    def alive(self) -> bool:
        return self._child is not None and self._child.alive

    def how_it_ended(self) -> str:
        return self._child.ending if self._child else "was never started"

    def restart(self) -> None:
        """Start it; the one before is gone or goes now."""
        stop_together([self], patience=DRAINING)
        self._child = own_process(self._command, self._environment)

    def ask_to_stop(self) -> None:
        if self._child:
            self._child.ask_to_stop()

    def kill(self) -> None:
        if self._child:
            self._child.kill()


def own_process(command: str, environment: Mapping[str, str]) -> Child:
    """This program again, with another command."""
    return Child([sys.executable, "-m", "studyteddy", command], environment=environment)


def run(command: str, environment: Mapping[str, str]) -> None:
    """This program's command, to its end."""
    child = own_process(command, environment)
    try:
        code = child.wait()
    except BaseException:
        child.stop(patience=SHORT)
        raise
    if code != 0:
        raise Trouble(f"`teddy {command}` {child.ending}; `teddy doctor` may know why")


def stop_together(services: Sequence[Service], *, patience: float, hurried: Callable[[], bool] = lambda: False) -> None:
    """Ask all of them to stop at once, and end those that have not after `patience` seconds or in a hurry."""
    for service in services:
        service.ask_to_stop()
    deadline = time.monotonic() + patience
    while any(service.alive for service in services) and time.monotonic() < deadline and not hurried():
        time.sleep(BEAT / 2)
    for service in services:
        service.kill()


class Watch:
    """Watches one thing. `falls` counts how often it died without a steady time in between."""

    def __init__(self, thing: KeptAlive) -> None:
        self._thing = thing
        self.falls = 0
        self._due: float | None = None
        self._started = time.monotonic()

    def look(self) -> None:
        """Notice a death, and start it again when its pause is over."""
        now = time.monotonic()
        if self._due is None:
            self._notice(now)
        elif now >= self._due:
            self._revive()

    def _notice(self, now: float) -> None:
        if self._thing.alive:
            return
        self.falls = 1 if now - self._started > STEADY else self.falls + 1
        pause = 0.0 if self.falls == 1 else min(FIRST_PAUSE * 2**self.falls, LONGEST_PAUSE)
        self._due = now + pause
        when = f"in {pause:.0f} s" if pause else "now"
        say(f"{self._thing.name} {self._thing.how_it_ended()}; starting it again {when}")

    def _revive(self) -> None:
        try:
            if not self._thing.alive:
                self._thing.restart()
        except Trouble as trouble:
            say(str(trouble))
        self._started, self._due = time.monotonic(), None
