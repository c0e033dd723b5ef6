"""`teddy up`: the whole system in one process tree that comes up with one command and goes down with it."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from studyteddy.embedded.engine import Engine, is_free
from studyteddy.embedded.folder import CHECKOUT, POLL, DataFolder, InUse, Trouble, make_secrets
from studyteddy.embedded.place import DEFAULT, environment_of, folder_for, is_set
from studyteddy.embedded.postgres import Postgres
from studyteddy.embedded.services import (
    BEAT,
    DRAINING,
    SHORT,
    KeptAlive,
    Service,
    Watch,
    run,
    say,
    stop_together,
)
from studyteddy.embedded.valkey import Valkey

PORT_PATIENCE = 3.0
"""Seconds a killed predecessor may take to leave the port."""
HOPELESS = 4
"""Deaths of the API before it ever answered, after which starting it again makes no sense."""
SERVING = "serving.json"
SOURCES = CHECKOUT / "src"
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GLANCE = 0.5
"""Seconds between two looks at the sources."""


@dataclass(frozen=True)
class Wish:
    """What was asked for on the command line."""

    host: str = "127.0.0.1"
    port: int = 8000
    data_dir: Path | None = None
    dev: bool = False
    seed: bool = False


class Stop(BaseException):
    """Somebody wants us to end."""


class Signals:
    """The first signal ends the program in order; another one is impatience."""

    def __init__(self) -> None:
        self.stopping = self.hurried = False

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        self.hurried = self.stopping
        if not self.stopping:
            self.stopping = True
            raise Stop

    @contextmanager
    def heard(self) -> Iterator[None]:
        # Who ignores the end of the terminal, as `nohup` does, goes on doing so.
        deaf = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        numbers = [number for number in ENDINGS if not (deaf and number is signal.SIGHUP)]
        before = {number: signal.signal(number, self) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def up(wish: Wish, environ: Mapping[str, str]) -> None:
    """Bring everything up and keep it so until a signal comes; `Trouble` when that cannot be."""
    signals = Signals()
    with signals.heard(), suppress(Stop):
        folder = folder_for(wish.data_dir, engines=not is_set(environ, "DATABASE_URL"))
        if not wish.data_dir and folder.path != DEFAULT:
            say(f"the engines of root cannot work in {DEFAULT}: the data is in {folder.path}")
        with folder.locked(), ExitStack() as running:
            await_port(wish.host, wish.port)
            make_secrets(folder)
            folder.write(SERVING, {"host": wish.host, "port": str(wish.port)})
            say("starting the database and the cache")
            engines = start_engines(folder, environ, running)
            environment = environment_of(folder, environ) | {"HOST": wish.host, "PORT": str(wish.port)}
            say("bringing the schema up to date")
            run("migrate", environment)
            if wish.seed:
                run("seed", environment)
            system = System(wish, environment, engines)
            running.callback(system.stop, signals)
            system.start()
            say(greeting(wish, folder))
            system.keep()


def await_port(host: str, port: int) -> None:
    """Make sure the API can listen, giving a predecessor that was just killed a moment to leave."""
    deadline = time.monotonic() + PORT_PATIENCE
    while not is_free(host, port):
        if time.monotonic() > deadline:
            raise InUse(f"port {port} is in use by another program: stop it, or choose another with --port {port + 1}")
        time.sleep(POLL)


def start_engines(folder: DataFolder, environ: Mapping[str, str], running: ExitStack) -> list[Engine]:
    """Those engines that the environment does not name, started."""
    kinds: dict[str, type[Engine]] = {"DATABASE_URL": Postgres, "REDIS_URL": Valkey}
    engines = [kind(folder) for variable, kind in kinds.items() if not is_set(environ, variable)]
    for engine in engines:
        running.callback(engine.stop)
        engine.start()
    return engines


class System:
    """The API, the worker and the engines, watched."""

    def __init__(self, wish: Wish, environment: Mapping[str, str], engines: list[Engine]) -> None:
        environment = {"PYTHONUNBUFFERED": "1", **environment}
        self._wish = wish
        self._services = [Service("API", "serve", environment), Service("worker", "work", environment)]
        kept: list[KeptAlive] = [*engines, *self._services]
        self._watches = [Watch(thing) for thing in kept]
        self._sources = Sources()

    def start(self) -> None:
        """Start the services and wait until the API answers."""
        for service in self._services:
            service.restart()
        while not self._answers():
            self._look()
            if self._watches[-2].falls >= HOPELESS:
                raise Trouble("the API does not start; what it said is above, `teddy doctor` may know more")
            time.sleep(BEAT)

    def keep(self) -> None:
        """Until a signal interrupts."""
        while True:
            self._look()
            if self._wish.dev and self._sources.changed():
                self._reload()
            time.sleep(BEAT)

    def stop(self, signals: Signals) -> None:
        """Let the API and the worker finish; the engines go after them."""
        say("stopping")
        stop_together(self._services, patience=DRAINING, hurried=lambda: signals.hurried)

    def _look(self) -> None:
        for watch in self._watches:
            watch.look()

    def _reload(self) -> None:
        say("the source has changed; starting the API and the worker again")
        stop_together(self._services, patience=SHORT)
        for service in self._services:
            service.restart()

    def _answers(self) -> bool:
        where = dialled(self._wish.host), self._wish.port
        with suppress(OSError), socket.create_connection(where, timeout=1):
            return True
        return False


SIGN_UP = """\
Study Teddy is up at {url} (data in {folder}); Ctrl-C stops it
  sign up, and use the `accessToken` of the answer as bearer token:
    curl {url}/api/auth/register -H 'content-type: application/json' \\
      -d '{{"email": "you@example.org", "password": "a long sentence of your own", "name": "You"}}'
"""
OR_SEED = "  or start with --seed for an account that has been studying for a while"
SEEDED = "  or sign in with the account named above"


class Sources:
    """The program's own files, as far as `--dev` cares."""

    def __init__(self) -> None:
        self._seen = self._ages()
        self._looked = time.monotonic()

    def changed(self) -> bool:
        """Whether they are others than at the last look."""
        if time.monotonic() - self._looked < GLANCE:
            return False
        before, self._seen, self._looked = self._seen, self._ages(), time.monotonic()
        return self._seen != before

    @staticmethod
    def _ages() -> dict[Path, int]:
        ages: dict[Path, int] = {}
        for path in SOURCES.rglob("*.py"):
            with suppress(FileNotFoundError):  # editors replace files
                ages[path] = path.stat().st_mtime_ns
        return ages


def dialled(host: str) -> str:
    """An address at which a server that listens on `host` answers."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - read, not bound


def greeting(wish: Wish, folder: DataFolder) -> str:
    """Where it is, and how to get in."""
    host = dialled(wish.host)
    url = f"http://{f'[{host}]' if ':' in host else host}:{wish.port}"
    return SIGN_UP.format(url=url, folder=folder.path) + (SEEDED if wish.seed else OR_SEED)
