"""Child processes that can't outlive this process."""

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
    program: Sequence[str | Path], *, account: str = SAME, parent_death_signal: signal.Signals = signal.SIGKILL
) -> list[str]:
    """Return the command that runs `program` as `account` and sends it `parent_death_signal` when this process dies."""
    launch = [sys.executable, "-I", "-S", str(LAUNCH), str(os.getpid()), str(int(parent_death_signal)), account]
    return launch + [str(part) for part in program]


class Child:
    """A running program. Start it from a thread that stays alive: the program ends with that thread.

    It has its own session, so that Ctrl-C reaches only this process, which then stops it in order.
    """

    def __init__(
        self,
        program: Sequence[str | Path],
        *,
        environment: Mapping[str, str],
        account: str = SAME,
        parent_death_signal: signal.Signals = signal.SIGKILL,
        output: IO[bytes] | None = None,
        stdin: bytes = b"",
        keep: Sequence[int] = (),
        cwd: Path | None = None,
    ) -> None:
        """Start the program in `cwd`. `stdin` is its standard input; `keep` are file descriptors that it inherits."""
        self._process = subprocess.Popen(
            command_of(program, account=account, parent_death_signal=parent_death_signal),
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            env=dict(environment),
            pass_fds=keep,
            cwd=cwd,
            start_new_session=True,
        )
        if self._process.stdin is not None:
            with suppress(BrokenPipeError), self._process.stdin as pipe:
                pipe.write(stdin)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    @property
    def exit_reason(self) -> str:
        """How the program ended, in words."""
        code = self._process.poll()
        if code is None:
            return "still running"
        return f"exited with code {code}" if code >= 0 else f"was killed by {signal.Signals(-code).name}"

    def ask_to_stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Send the signal, unless the program has already ended."""
        self._process.send_signal(how)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the program to end and return its exit code; raise `subprocess.TimeoutExpired`."""
        return self._process.wait(timeout)

    def kill_group(self) -> None:
        """Kill what remains of the program and of the processes that it has started."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()

    def kill(self) -> None:
        """Kill the program and wait for its end."""
        self._process.kill()
        self._process.wait()

    def stop(self, how: signal.Signals = signal.SIGTERM, *, timeout: float) -> None:
        """Ask the program to stop, and kill it after `timeout` seconds."""
        self.ask_to_stop(how)
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
