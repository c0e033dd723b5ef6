"""Two real CalDAV servers that differ in much, Radicale and Xandikos, and a client that others wrote.

They are programs of their own, with packages that the tests don't have (requirements/caldav.txt).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from studyteddy.embedded.engine import free_port
from studyteddy.platform.egress import Allowed
from tests.peers.locked import installed

HERE = Path(__file__).parent
LOCK = HERE.parents[1] / "requirements/caldav.txt"
USER, PASSWORD = "alice", "app-password with spaces"
SERVERS = ("radicale", "xandikos")
_RADICALE = """
[server]
hosts = 127.0.0.1:{port}
[auth]
type = htpasswd
htpasswd_filename = {home}/users
htpasswd_encryption = plain
delay = 0
[storage]
filesystem_folder = {home}/data
[logging]
level = warning
"""


@dataclass(frozen=True)
class CalDavServer:
    """A running server with one account."""

    name: str
    port: int
    home: Path = field(repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    @property
    def calendars(self) -> str:
        """Where the calendars of the account are."""
        return f"{self.url}{USER}/{'calendars/' if self.name == 'xandikos' else ''}"

    @property
    def allow(self) -> Allowed:
        return Allowed(frozenset({("127.0.0.1", self.port)}))

    def make_calendar(self, name: str, shown: str) -> None:
        """Make a calendar as the student would."""
        body = (
            '<C:mkcalendar xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><set><prop>'
            f"<displayname>{shown}</displayname></prop></set></C:mkcalendar>"
        )
        with httpx2.Client(trust_env=False, auth=(USER, PASSWORD)) as http:
            headers = {"content-type": "application/xml"}
            answer = http.request("MKCALENDAR", f"{self.calendars}{name}/", content=body, headers=headers)
        assert answer.status_code == 201, answer.text

    def command(self) -> list[str]:
        if self.name == "radicale":
            (self.home / "users").write_text(f"{USER}:{PASSWORD}\n")
            (self.home / "config").write_text(_RADICALE.format(port=self.port, home=self.home))
            return ["radicale", "--config", str(self.home / "config")]
        where = ["-d", str(self.home / "data"), "-l", "127.0.0.1", "-p", str(self.port)]
        return ["xandikos", "serve", *where, "--current-user-principal", f"/{USER}/", "--autocreate", "--defaults"]


@contextmanager
def caldav_server(name: str) -> Iterator[CalDavServer]:
    """Run a server until the block ends; skip the test if it can't be installed, except in CI."""
    with tempfile.TemporaryDirectory(prefix=f"teddy-{name}-") as folder:
        server = CalDavServer(name, free_port(), Path(folder))
        with (server.home / "log").open("wb") as log:
            command = [*_python(), "-m", *server.command()]
            process = subprocess.Popen(command, env=_environment(), stdout=log, stderr=log, cwd=folder)
        try:
            _wait(server, process)
            yield server
        finally:
            process.kill()
            process.wait(10)


def run_client(*arguments: str) -> str:
    """Run the other client (`caldav_client.py`) and return what it prints."""
    command = [*_python(), str(HERE / "caldav_client.py"), *arguments]
    done = subprocess.run(command, env=_environment(), capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def _python() -> list[str]:
    return [sys.executable, "-S", "-P"]  # without the packages of the tests, and without the modules beside the script


def _environment() -> dict[str, str]:
    return {"PYTHONPATH": str(installed(LOCK, "caldav")), "PATH": os.environ["PATH"], "HOME": tempfile.gettempdir()}


def _wait(server: CalDavServer, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    with httpx2.Client(trust_env=False) as http:
        while True:
            said = (server.home / "log").read_text()[-3000:]
            assert process.poll() is None, said
            assert time.monotonic() < deadline, said
            with suppress(httpx2.TransportError):
                http.get(server.url)
                return
            time.sleep(0.1)
