"""Supervision: a process that dies is restarted immediately, or with increasing delays if it can't start."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Protocol

from studyteddy.embedded.folder import Trouble
from studyteddy.embedded.process import Child

DRAIN_TIMEOUT = 45.0
"""Seconds the API and the worker have to finish their current work."""
SHORT_TIMEOUT = 5.0
"""Seconds to stop after a source change or an interrupted command, where no work needs to be finished."""
FIRST_DELAY, MAX_DELAY = 0.25, 4.0
STARTED_AFTER = 2.0
"""Seconds of uptime after which a crash is no failed start: the process is restarted at once, however often."""
STABLE_AFTER = 30.0
"""Seconds of uptime after which earlier crashes no longer count."""
POLL_INTERVAL = 0.1


def say(text: str) -> None:
    """Print a message between the output of the children."""
    with suppress(BrokenPipeError):  # the reader may be gone, but the shutdown must continue
        print(f"teddy: {text}", flush=True)


class Supervised(Protocol):
    """An engine or a service."""

    @property
    def name(self) -> str: ...
    @property
    def alive(self) -> bool: ...
    def exit_reason(self) -> str: ...
    def restart(self) -> None: ...


class Service:
    """One of our own processes, such as `python -m studyteddy serve`; `words` are its command.

    `parent_death_signal` is sent to it when this process dies: SIGTERM if it has to stop processes of its own.
    """

    def __init__(
        self,
        name: str,
        words: Sequence[str],
        environment: Mapping[str, str],
        *,
        parent_death_signal: signal.Signals = signal.SIGKILL,
    ) -> None:
        self.name, self._words, self._environment = name, words, environment
        self._parent_death_signal = parent_death_signal
        self._child: Child | None = None

    @property
    def alive(self) -> bool:
        return self._child is not None and self._child.alive

    def exit_reason(self) -> str:
        return self._child.exit_reason if self._child else "was never started"

    def restart(self) -> None:
        """Start the process, stopping the previous one if it is still running."""
        stop_all([self], timeout=DRAIN_TIMEOUT)
        self._child = start_process(self._words, self._environment, parent_death_signal=self._parent_death_signal)

    def ask_to_stop(self) -> None:
        if self._child:
            self._child.ask_to_stop()

    def kill(self) -> None:
        if self._child:
            self._child.kill()


def start_process(
    words: Sequence[str], environment: Mapping[str, str], *, parent_death_signal: signal.Signals = signal.SIGKILL
) -> Child:
    """Start this program with another command."""
    command = [sys.executable, "-m", "studyteddy", *words]
    return Child(command, environment=environment, parent_death_signal=parent_death_signal)


def run(command: str, environment: Mapping[str, str], *arguments: str) -> None:
    """Run a command of this program and wait for its end; raise `Trouble` if it fails."""
    child = start_process([command, *arguments], environment)
    try:
        code = child.wait()
    except BaseException:
        child.stop(timeout=SHORT_TIMEOUT)
        raise
    if code != 0:
        raise Trouble(f"`teddy {command}` {child.exit_reason}; run `teddy doctor` to find the cause")


def stop_all(services: Sequence[Service], *, timeout: float, forced: Callable[[], bool] = lambda: False) -> None:
    """Ask all services to stop at the same time; kill those still running after `timeout` seconds or when `forced`."""
    for service in services:
        service.ask_to_stop()
    deadline = time.monotonic() + timeout
    while any(service.alive for service in services) and time.monotonic() < deadline and not forced():
        time.sleep(POLL_INTERVAL / 2)
    for service in services:
        service.kill()


class Monitor:
    """Monitors and restarts one process. `crashes` counts its crashes since it last ran stably."""

    def __init__(self, process: Supervised, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._process = process
        self._clock = clock
        self.crashes = 0
        self._failed_starts = 0
        self._due: float | None = None
        self._started = clock()

    def check(self) -> None:
        """Detect a crash, and restart the process when its delay has passed."""
        now = self._clock()
        if self._due is None:
            self._detect_crash(now)
        if self._due is not None and now >= self._due:
            self._restart()

    def _detect_crash(self, now: float) -> None:
        if self._process.alive:
            return
        uptime = now - self._started
        self.crashes = 1 if uptime > STABLE_AFTER else self.crashes + 1
        self._failed_starts = 0 if uptime > STARTED_AFTER else self._failed_starts + 1
        delay = 0.0 if self._failed_starts <= 1 else min(FIRST_DELAY * 2**self._failed_starts, MAX_DELAY)
        self._due = now + delay
        when = f"in {delay:.0f} s" if delay else "now"
        say(f"{self._process.name} {self._process.exit_reason()}; restarting {when}")

    def _restart(self) -> None:
        try:
            if not self._process.alive:
                self._process.restart()
        except Trouble as trouble:
            say(str(trouble))
        self._started, self._due = self._clock(), None
