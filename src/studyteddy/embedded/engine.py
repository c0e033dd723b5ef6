"""The common base of PostgreSQL and Valkey: a folder, a permanent port, retried starts, a clean stop."""

from __future__ import annotations

import errno
import os
import secrets
import signal
import socket
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from studyteddy.embedded.account import Account, Programs, choose_account
from studyteddy.embedded.folder import ANOTHER_FOLDER, POLL, DataFolder, InUse, Trouble, lock_file
from studyteddy.embedded.process import Child

HOST = "127.0.0.1"
ANOTHER_PORT = "choose another with --host and --port"
MAX_LOG_BYTES = 8 * 1024 * 1024
LOG_TAIL_LINES = 15

PREDECESSOR_TIMEOUT = 30.0
"""Seconds to wait for an earlier run of the same engine to end: a busy backend outlives its postmaster."""
RETRY_TIMEOUT = 5.0
"""Seconds during which a start that fails immediately is retried: the port may be about to become free."""
START_TIMEOUT = 120.0
"""Seconds a start may take: after a crash the log is replayed first."""
STOP_TIMEOUT = 20.0


class Engine(ABC):
    """A private server in a data folder. `start`, `stop` and `restart` wait until they are done."""

    name: ClassVar[str]
    stop_signal: ClassVar[signal.Signals]
    """The signal for a fast, clean shutdown; sent by us, or by the kernel when our process dies."""

    def __init__(self, folder: DataFolder, *, durable: bool = True) -> None:
        self.durable = durable
        self.account, self.programs = choose_account(folder.path, self.find())
        self.home = folder.path / self.name
        self.log = folder.path / f"{self.name}.log"
        self.state = EngineState(folder, f"{self.name}.json")
        self._child: Child | None = None
        self._port = 0

    @staticmethod
    @abstractmethod
    def find() -> Programs:
        """Return its programs; raise `Trouble` if there are none."""

    @abstractmethod
    def command(self) -> Sequence[str | Path]:
        """Return the command that runs the server in the foreground on `self.port`."""

    @abstractmethod
    def ready(self) -> bool:
        """Return whether the running child accepts connections."""

    @abstractmethod
    def configuration(self) -> bytes:
        """Return the configuration that the server reads from standard input, where `ps` can't show it."""

    @abstractmethod
    def prepare(self) -> None:
        """Create what the first start needs."""

    @property
    def port(self) -> int:
        """The port, chosen once, so that URLs stay valid across restarts."""
        if not self._port:
            self._port = self.state.port()
        return self._port

    @property
    def pid(self) -> int:
        return self._child.pid if self._child else 0

    @property
    def alive(self) -> bool:
        return self._child is not None and self._child.alive

    def exit_reason(self) -> str:
        return self._child.exit_reason if self._child else "was never started"

    def start(self) -> None:
        """Start the server; raise `Trouble` with the last lines of its log if that fails."""
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        lock = self._lock_home()
        try:
            self.prepare()
            deadline = time.monotonic() + RETRY_TIMEOUT
            while not self._launch(lock):
                if time.monotonic() > deadline:
                    raise Trouble(f"{self.name} can't start: it {self.exit_reason()}\n{self.log_tail()}")
                time.sleep(4 * POLL)
        finally:
            os.close(lock)  # the server and all its children hold it now

    def _lock_home(self) -> int:
        """Lock the engine's folder; an earlier server holds the lock until its last process has ended."""
        take_ownership(self.account, self.home)
        try:
            return lock_file(self.log.with_suffix(".lock"), timeout=PREDECESSOR_TIMEOUT)
        except InUse as fault:
            raise InUse(f"another {self.name} is still running in {self.home}") from fault

    def _launch(self, lock: int) -> bool:
        with rotated(self.log).open("ab") as output:
            self._child = Child(
                self.command(),
                environment=minimal_environment(),
                account=self.account.argument,
                parent_death_signal=self.stop_signal,
                output=output,
                stdin=self.configuration(),
                keep=(lock,),
            )
        deadline = time.monotonic() + START_TIMEOUT
        while self.alive and time.monotonic() < deadline:
            if self.ready():
                return True
            time.sleep(POLL / 2)
        self.stop()
        return False

    def stop(self) -> None:
        """Stop the server cleanly. Do nothing if it isn't running."""
        if self._child and self._child.alive:
            self._child.stop(self.stop_signal, timeout=STOP_TIMEOUT)

    def restart(self) -> None:
        """Restart the server on the same port with the same password."""
        self.stop()
        self.start()

    def log_tail(self) -> str:
        """Return the last lines of its log."""
        try:
            lines = self.log.read_text(errors="replace").splitlines()
        except FileNotFoundError:
            return ""
        return "\n".join(lines[-LOG_TAIL_LINES:])


class EngineState:
    """The persistent state of an engine: its port and its passwords."""

    def __init__(self, folder: DataFolder, name: str) -> None:
        self._folder, self._name = folder, name

    def password(self, owner: str) -> str:
        """Return the password of a role, generated on first use."""
        known = self._folder.read(self._name)
        if owner not in known:
            known[owner] = secrets.token_urlsafe(24)
            self._folder.write(self._name, known)
        return known[owner]

    def port(self) -> int:
        """Return the port of the last run, or a new one if it is taken."""
        port = self.last_port()
        if not port or not is_free(HOST, port):
            port = free_port()
            self._folder.write(self._name, self._folder.read(self._name) | {"port": str(port)})
        return port

    def last_port(self) -> int:
        """Return the port of the last run; 0 before the first run."""
        return int(self._folder.read(self._name).get("port", 0))


def take_ownership(account: Account, home: Path) -> None:
    try:
        account.take_ownership(home)
    except PermissionError as fault:
        raise Trouble(f"{home} belongs to another user: run as that user, or {ANOTHER_FOLDER}") from fault


def minimal_environment() -> dict[str, str]:
    """Return a minimal environment: servers must not depend on the shell they were started from or see our secrets."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def rotated(log: Path) -> Path:
    """Return the path of the log after moving a log that is too large aside."""
    if log.exists() and log.stat().st_size > MAX_LOG_BYTES:
        log.replace(log.with_suffix(".old.log"))
    return log


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def is_free(host: str, port: int) -> bool:
    """Return whether a server can listen on the port; raise `Trouble` if the address is unusable.

    Closing connections of an earlier server are ignored.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as fault:
            if fault.errno == errno.EADDRINUSE:
                return False
            raise Trouble(f"can't listen on {host} port {port} ({fault.strerror}): {ANOTHER_PORT}") from fault
    return True
