"""What PostgreSQL and Valkey share: a folder, a port that stays, a start that is tried again, a clean end."""

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

from studyteddy.embedded.account import Account, Programs, settle
from studyteddy.embedded.folder import ANOTHER_FOLDER, POLL, DataFolder, InUse, Trouble, hold
from studyteddy.embedded.process import Child

HOST = "127.0.0.1"
ANOTHER_PORT = "choose another with --host and --port"
LOG_KEPT = 8 * 1024 * 1024
LOG_SHOWN = 15

PREDECESSOR = 30.0
"""Seconds an earlier run of the same engine may take to end: a busy backend outlives its postmaster."""
RETRIES = 5.0
"""Seconds in which a start that fails at once is tried again: the port may just be changing hands."""
RECOVERY = 120.0
"""Seconds a start may take that does not fail: after a crash the log is replayed first."""
STOPPING = 20.0


class Engine(ABC):
    """One private server in a data folder. `start`, `stop` and `restart` wait until it is so."""

    name: ClassVar[str]
    ending: ClassVar[signal.Signals]
    """What makes it end cleanly at once; sent by us, or by the kernel when we are gone."""

    def __init__(self, folder: DataFolder, *, durable: bool = True) -> None:
        self.durable = durable
        self.account, self.programs = settle(folder.path, self.find())
        self.home = folder.path / self.name
        self.log = folder.path / f"{self.name}.log"
        self.memory = Memory(folder, f"{self.name}.json")
        self._child: Child | None = None
        self._port = 0

    @staticmethod
    @abstractmethod
    def find() -> Programs:
        """Its programs; `Trouble` when there are none."""

    @abstractmethod
    def command(self) -> Sequence[str | Path]:
        """The server in the foreground, on `self.port`."""

    @abstractmethod
    def ready(self) -> bool:
        """Whether the running child takes connections."""

    @abstractmethod
    def configuration(self) -> bytes:
        """What the server reads from its standard input, where `ps` cannot show it."""

    @abstractmethod
    def prepare(self) -> None:
        """Make what must be there before the first start."""

    @property
    def port(self) -> int:
        """Chosen once: whoever was told it keeps a valid address through every restart."""
        if not self._port:
            self._port = self.memory.port()
        return self._port

    @property
    def pid(self) -> int:
        return self._child.pid if self._child else 0

    @property
    def alive(self) -> bool:
        return self._child is not None and self._child.alive

    def how_it_ended(self) -> str:
        return self._child.ending if self._child else "was never started"

    def start(self) -> None:
        """Start it; `Trouble` with the last lines of its log when that fails."""
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        lock = self._wait_for_predecessor()
        try:
            self.prepare()
            giving_up = time.monotonic() + RETRIES
            while not self._launch(lock):
                if time.monotonic() > giving_up:
                    how = self.how_it_ended()
                    raise Trouble(f"{self.name} does not start: it {how}\n{self.last_words()}")
                time.sleep(4 * POLL)
        finally:
            os.close(lock)  # the server holds it now, and all its children with it

    def _wait_for_predecessor(self) -> int:
        """The lock on the engine's folder, which an earlier server holds until its last process is gone."""
        take(self.account, self.home)
        try:
            return hold(self.log.with_suffix(".lock"), patience=PREDECESSOR)
        except InUse as fault:
            raise InUse(f"another {self.name} is still at work in {self.home}") from fault

    def _launch(self, lock: int) -> bool:
        with rotated(self.log).open("ab") as output:
            self._child = Child(
                self.command(),
                environment=bare_environment(),
                account=self.account.argument,
                orphaned=self.ending,
                output=output,
                given=self.configuration(),
                keep=(lock,),
            )
        giving_up = time.monotonic() + RECOVERY
        while self.alive and time.monotonic() < giving_up:
            if self.ready():
                return True
            time.sleep(POLL / 2)
        self.stop()
        return False

    def stop(self) -> None:
        """End it cleanly. Does nothing to one that is not running."""
        if self._child and self._child.alive:
            self._child.stop(self.ending, patience=STOPPING)

    def restart(self) -> None:
        """Bring it back on the same port with the same password."""
        self.stop()
        self.start()

    def last_words(self) -> str:
        """The end of its log."""
        try:
            lines = self.log.read_text(errors="replace").splitlines()
        except FileNotFoundError:
            return ""
        return "\n".join(lines[-LOG_SHOWN:])


class Memory:
    """What an engine remembers between two starts: its port and its passwords."""

    def __init__(self, folder: DataFolder, name: str) -> None:
        self._folder, self._name = folder, name

    def password(self, owner: str) -> str:
        """The password of one role, made at the first question."""
        known = self._folder.read(self._name)
        if owner not in known:
            known[owner] = secrets.token_urlsafe(24)
            self._folder.write(self._name, known)
        return known[owner]

    def port(self) -> int:
        """The port of the last time, or a new one when somebody else has taken it."""
        port = self.last_port()
        if not port or not is_free(HOST, port):
            port = free_port()
            self._folder.write(self._name, self._folder.read(self._name) | {"port": str(port)})
        return port

    def last_port(self) -> int:
        """The port of the last time; 0 before the first."""
        return int(self._folder.read(self._name).get("port", 0))


def take(account: Account, home: Path) -> None:
    try:
        account.take(home)
    except PermissionError as fault:
        raise Trouble(f"{home} belongs to another user: run as that user, or {ANOTHER_FOLDER}") from fault


def bare_environment() -> dict[str, str]:
    """Nothing of ours: a server must not change with the shell it was started from, nor see our secrets."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def rotated(log: Path) -> Path:
    """The log, with what has grown too long moved aside."""
    if log.exists() and log.stat().st_size > LOG_KEPT:
        log.replace(log.with_suffix(".old.log"))
    return log


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now; `Trouble` when it never could.

    Connections of an earlier server that are only winding down do not count.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as fault:
            if fault.errno == errno.EADDRINUSE:
                return False
            raise Trouble(f"nobody may listen on {host} port {port} ({fault.strerror}): {ANOTHER_PORT}") from fault
    return True
