"""Fixtures: a running `teddy up`, and folders that `nobody` can or can't access."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from studyteddy.embedded.engine import HOST, free_port
from studyteddy.embedded.folder import CHECKOUT

PARTS = {"postgres": "bin/postgres", "valkey": "valkey-server", "API": "studyteddy serve", "worker": "studyteddy work"}
SETTLED = ("DATABASE_URL", "MIGRATION_DATABASE_URL", "REDIS_URL", "TEDDY_ENV", "PYTHONDONTWRITEBYTECODE")
COMPILED = Path(tempfile.gettempdir()) / f"teddy-compiled-{os.getuid()}"
"""The bytecode cache of the programs under test, since compiling everything makes a start slow."""


def own_environment(**more: str) -> dict[str, str]:
    """Return the environment of a command under test, without the variables of an existing database and cache.

    The web app is off unless a test is about it: a build takes time and the network.
    """
    rest = {name: value for name, value in os.environ.items() if name not in SETTLED}
    return rest | {"WEB": "off", "PYTHONPATH": str(CHECKOUT / "src"), "PYTHONPYCACHEPREFIX": str(COMPILED)} | more


def eventually(holds: Callable[[], bool], *, within: float) -> float:
    """Wait until `holds` is true and return the seconds it took; fail after `within` seconds."""
    started = time.monotonic()
    while not holds():
        assert time.monotonic() - started < within, f"not true within {within} s"
        time.sleep(0.02)
    return time.monotonic() - started


def is_running(pid: int) -> bool:
    """Return whether the process exists and isn't a zombie."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


class Running:
    """A running `teddy up` process."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path, port: int) -> None:
        self.process, self.log, self.port = process, log, port

    def output(self) -> str:
        return self.log.read_text()

    def answers(self) -> bool:
        if self.process.poll() is not None:
            pytest.fail(f"up ended with {self.process.returncode}:\n{self.output()}")
        with suppress(OSError), socket.create_connection((HOST, self.port), timeout=1):
            return True
        return False

    def parts(self) -> dict[str, int]:
        """Return the process ids of its children, by name."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        commands = {int(pid): command_line(int(pid)) for pid in children if is_running(int(pid))}
        return {name: pid for pid, command in commands.items() for name, mark in PARTS.items() if mark in command}

    def wait_until_up(self, *, within: float = 60) -> float:
        return eventually(lambda: self.answers() and len(self.parts()) == len(PARTS), within=within)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(90)


def command_line(pid: int) -> str:
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    return ""


class Teddy:
    """Runs the command line."""

    def __init__(self, tmp_path: Path, ending: ExitStack) -> None:
        self._logs, self._ending = tmp_path, ending

    def run(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "studyteddy", *words]
        return subprocess.run(command, env=own_environment(**environment), capture_output=True, text=True, timeout=120)

    def up(self, data_dir: Path, *words: str, port: int = 0, environment: Mapping[str, str] | None = None) -> Running:
        port = port or free_port()
        log = self._logs / f"up-{time.monotonic_ns()}.log"
        command = [sys.executable, "-m", "studyteddy", "up", f"--port={port}", f"--data-dir={data_dir}", *words]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, env=own_environment(**(environment or {})), stdout=output, stderr=subprocess.STDOUT
            )
        running = Running(process, log, port)
        self._ending.callback(running.stop)
        return running


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that all users can traverse, as a checkout usually is."""
    folder = Path(tempfile.mkdtemp(prefix="teddy-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def teddy(tmp_path: Path, open_folder: Path) -> Iterator[Teddy]:
    # Depends on the folder so that all processes end before the folder is deleted.
    with ExitStack() as ending:
        yield Teddy(tmp_path, ending)


@pytest.fixture
def private_folder(open_folder: Path) -> Path:
    """A folder inside one that only its owner can enter, like a home folder."""
    home = open_folder / "home"
    home.mkdir(mode=0o700)
    return home / "data"
