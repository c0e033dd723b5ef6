"""`teddy up`: runs the whole system as one process tree that starts and stops together."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from studyteddy.embedded import web_build
from studyteddy.embedded.engine import Engine, free_port, is_free
from studyteddy.embedded.folder import CHECKOUT, POLL, DataFolder, InUse, Trouble, make_secrets
from studyteddy.embedded.place import DEFAULT, WEB, choose_folder, folder_environment, is_set
from studyteddy.embedded.postgres import Postgres
from studyteddy.embedded.services import (
    DRAIN_TIMEOUT,
    POLL_INTERVAL,
    SHORT_TIMEOUT,
    Monitor,
    Service,
    Supervised,
    run,
    say,
    stop_all,
)
from studyteddy.embedded.valkey import Valkey

PORT_TIMEOUT = 3.0
"""Seconds to wait for a killed predecessor to release the port."""
MAX_CRASHES = 4
"""Crashes of the API before its first response, after which it isn't restarted."""
SERVING = "serving.json"
SOURCES = CHECKOUT / "src"
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SOURCE_CHECK_INTERVAL = 0.5
"""Seconds between two checks of the sources."""


@dataclass(frozen=True)
class Options:
    """The options of the command line."""

    host: str = "127.0.0.1"
    port: int = 8000
    data_dir: Path | None = None
    dev: bool = False
    seed: bool = False
    language: str = "en"
    """The language of the sample data."""


class Stop(BaseException):
    """A signal to stop was received."""


class Signals:
    """The first signal stops the program in order; a second one forces it."""

    def __init__(self) -> None:
        self.stopping = self.forced = False

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        self.forced = self.stopping
        if not self.stopping:
            self.stopping = True
            raise Stop

    @contextmanager
    def handled(self) -> Iterator[None]:
        # If SIGHUP is ignored, as under `nohup`, keep ignoring it.
        ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        handled = [number for number in STOP_SIGNALS if not (ignored and number is signal.SIGHUP)]
        before = {number: signal.signal(number, self) for number in handled}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def up(options: Options, environ: Mapping[str, str]) -> None:
    """Start everything and keep it running until a signal arrives; raise `Trouble` if that fails."""
    signals = Signals()
    with signals.handled(), suppress(Stop):
        folder = choose_folder(options.data_dir, engines=not is_set(environ, "DATABASE_URL"))
        if not options.data_dir and folder.path != DEFAULT:
            say(f"root's engines can't run in {DEFAULT}: the data is in {folder.path}")
        with folder.locked(), ExitStack() as running:
            wait_for_port(options.host, options.port)
            make_secrets(folder)
            folder.write(SERVING, {"host": options.host, "port": str(options.port)})
            say("starting the database and the cache")
            engines = start_engines(folder, environ, running)
            port = free_port() if options.dev and has_web_app(environ) else options.port
            environment = folder_environment(folder, environ) | {"HOST": options.host, "PORT": str(port)}
            if port != options.port:
                environment.setdefault("PUBLIC_URL", url_of(options))
            say("migrating the schema")
            run("migrate", environment)
            if options.seed:
                run("seed", environment, "--language", options.language)
            system = System(options, environment, engines, web_service(options, folder, environ, api_port=port))
            running.callback(system.stop, signals)
            system.start()
            say(greeting(options, folder))
            system.run_until_stopped()


def wait_for_port(host: str, port: int) -> None:
    """Wait until the port is free, in case a predecessor was just killed; raise `InUse`."""
    deadline = time.monotonic() + PORT_TIMEOUT
    while not is_free(host, port):
        if time.monotonic() > deadline:
            raise InUse(f"port {port} is in use by another program: stop it, or choose another with --port {port + 1}")
        time.sleep(POLL)


def start_engines(folder: DataFolder, environ: Mapping[str, str], running: ExitStack) -> list[Engine]:
    """Start the engines that the environment doesn't replace."""
    kinds: dict[str, type[Engine]] = {"DATABASE_URL": Postgres, "REDIS_URL": Valkey}
    engines = [kind(folder) for variable, kind in kinds.items() if not is_set(environ, variable)]
    for engine in engines:
        running.callback(engine.stop)
        engine.start()
    return engines


def has_web_app(environ: Mapping[str, str]) -> bool:
    """Return whether this program builds the web app itself."""
    return environ.get("WEB") != "off" and not is_set(environ, "WEB_DIR") and web_build.has_source()


def web_service(options: Options, folder: DataFolder, environ: Mapping[str, str], *, api_port: int) -> Service | None:
    """Return what builds the web app; with `--dev`, what serves it from its source in front of the API."""
    if not has_web_app(environ):
        return None
    words = ["web", "build", f"--data-dir={folder.path}"]
    if options.dev:
        api = f"http://{url_host(options.host)}:{api_port}"
        words = [
            "web",
            "dev",
            f"--data-dir={folder.path}",
            f"--host={options.host}",
            f"--port={options.port}",
            f"--api={api}",
        ]
    elif web_build.is_current(folder.path / WEB):
        return None
    return Service("web app", words, environ, parent_death_signal=signal.SIGTERM)


class System:
    """The API, the worker and the engines, supervised; `web` builds the web app beside them.

    With `--dev`, `web` is supervised too: it serves the app and passes requests for the API on.
    """

    def __init__(
        self, options: Options, environment: Mapping[str, str], engines: list[Engine], web: Service | None
    ) -> None:
        environment = {"PYTHONUNBUFFERED": "1", **environment}
        self._options = options
        self._port = int(environment["PORT"])
        self._services = [Service("API", ["serve"], environment), Service("worker", ["work"], environment)]
        self._web = [web] if web else []
        supervised: list[Supervised] = [*engines, *self._services]
        self._monitors = [Monitor(process) for process in supervised]
        self._sources = Sources()

    def start(self) -> None:
        """Start the services and wait until the API responds; raise `Trouble` if it keeps crashing."""
        for service in self._services:
            service.restart()
        while not self._responds():
            self._check()
            if self._monitors[-2].crashes >= MAX_CRASHES:
                raise Trouble("the API can't start; see its output above, or run `teddy doctor`")
            time.sleep(POLL_INTERVAL)
        for web in self._web:
            web.restart()
            if self._options.dev:
                self._monitors.append(Monitor(web))

    def run_until_stopped(self) -> None:
        """Supervise the system until a signal arrives."""
        while True:
            self._check()
            if self._options.dev and self._sources.changed():
                self._reload()
            time.sleep(POLL_INTERVAL)

    def stop(self, signals: Signals) -> None:
        """Let the API and the worker finish; the engines stop after them."""
        say("stopping")
        stop_all([*self._services, *self._web], timeout=DRAIN_TIMEOUT, forced=lambda: signals.forced)

    def _check(self) -> None:
        for monitor in self._monitors:
            monitor.check()

    def _reload(self) -> None:
        say("the source has changed; restarting the API and the worker")
        stop_all(self._services, timeout=SHORT_TIMEOUT)
        for service in self._services:
            service.restart()

    def _responds(self) -> bool:
        where = reachable_host(self._options.host), self._port
        with suppress(OSError), socket.create_connection(where, timeout=1):
            return True
        return False


SIGN_UP = """\
Study Teddy is running at {url} (data in {folder}). Press Ctrl-C to stop.
  Register an account and use the `accessToken` of the response as a bearer token:
    curl {url}/api/auth/register -H 'content-type: application/json' \\
      -d '{{"email": "you@example.org", "password": "a long password of your own", "name": "You"}}'
"""
OR_SEED = "  Or start with --seed to add an account with sample data."
SEEDED = "  Or sign in with the account shown above."


class Sources:
    """The program's source files, watched with `--dev`."""

    def __init__(self) -> None:
        self._seen = self._modification_times()
        self._checked_at = time.monotonic()

    def changed(self) -> bool:
        """Return whether they have changed since the last check."""
        if time.monotonic() - self._checked_at < SOURCE_CHECK_INTERVAL:
            return False
        before, self._seen, self._checked_at = self._seen, self._modification_times(), time.monotonic()
        return self._seen != before

    @staticmethod
    def _modification_times() -> dict[Path, int]:
        times: dict[Path, int] = {}
        for path in SOURCES.rglob("*.py"):
            with suppress(FileNotFoundError):  # editors may replace files meanwhile
                times[path] = path.stat().st_mtime_ns
        return times


def reachable_host(host: str) -> str:
    """Return an address at which a server that listens on `host` can be reached."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound


def url_host(host: str) -> str:
    """Return the host of a URL at which a server that listens on `host` can be reached."""
    reachable = reachable_host(host)
    return f"[{reachable}]" if ":" in reachable else reachable


def url_of(options: Options) -> str:
    return f"http://{url_host(options.host)}:{options.port}"


def greeting(options: Options, folder: DataFolder) -> str:
    """Return the message that shows the URL and how to sign in."""
    return SIGN_UP.format(url=url_of(options), folder=folder.path) + (SEEDED if options.seed else OR_SEED)
