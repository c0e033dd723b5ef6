"""Child processes that cannot outlive this one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

LAUNCH = Path(__file__).with_name("launch.py")
SAME = "same"


def command_of(
    program: Sequence[str | Path], *, account: str = SAME, orphaned: signal.Signals = signal.SIGKILL
) -> list[str]:
    """The command that runs `program` under `account` and sends it `orphaned` when this process dies."""
    launch = [sys.executable, "-I", "-S", str(LAUNCH), str(os.getpid()), str(int(orphaned)), account]
    return launch + [str(part) for part in program]


class Child:
    """A running program, started from a thread that stays, since its life is tied to that thread.

    It has a session of its own, so Ctrl-C reaches us first and we end it in order.
    """

    def __init__(
        self,
        program: Sequence[str | Path],
        *,
        environment: Mapping[str, str],
        account: str = SAME,
        orphaned: signal.Signals = signal.SIGKILL,
        output: IO[bytes] | None = None,
        given: bytes = b"",
        keep: Sequence[int] = (),
    ) -> None:
        """`given` is its standard input, `keep` are file descriptors it shall hold as long as it lives."""
        self._process = subprocess.Popen(
            command_of(program, account=account, orphaned=orphaned),
            stdin=subprocess.PIPE if given else subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            env=dict(environment),
            pass_fds=keep,
            start_new_session=True,
        )
        if self._process.stdin is not None:
            with suppress(BrokenPipeError), self._process.stdin as pipe:
                pipe.write(given)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    @property
    def ending(self) -> str:
        """How it ended, in words."""
        code = self._process.poll()
        if code is None:
            return "still running"
        return f"ended with code {code}" if code >= 0 else f"was ended by {signal.Signals(-code).name}"

    def ask_to_stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Signal it, unless it is gone already."""
        self._process.send_signal(how)

    def wait(self) -> int:
        """Its exit code, once it has ended by itself."""
        return self._process.wait()

    def kill(self) -> None:
        """End it without asking."""
        self._process.kill()
        self._process.wait()

    def stop(self, how: signal.Signals = signal.SIGTERM, *, patience: float) -> None:
        """Ask it to end, and after `patience` seconds see to it."""
        self.ask_to_stop(how)
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
