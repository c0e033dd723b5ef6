"""Programs that others wrote and that subscribe to a calendar: vdirsyncer keeps a folder with it, and khal lists that.

They are programs of their own, with packages that the tests don't have (requirements/calendar_clients.txt).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

from tests.peers.locked import installed

LOCK = Path(__file__).parents[2] / "requirements/calendar_clients.txt"
FIELDS = ("title", "start", "end", "description")
_VDIRSYNCER = """
[general]
status_path = "{home}/status"
[pair teddy]
a = "server"
b = "folder"
collections = null
[storage server]
type = "http"
url = "{url}"
[storage folder]
type = "filesystem"
path = "{home}/calendar"
fileext = ".ics"
"""
_KHAL = """
[calendars]
[[teddy]]
path = {home}/calendar
readonly = True
[sqlite]
path = {home}/khal.db
[locale]
local_timezone = {zone}
default_timezone = {zone}
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
timeformat = %H:%M
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
"""


class Subscription:
    """A subscription to the calendar at `url`, kept in the folder `home`."""

    def __init__(self, url: str, home: Path, *, zone: str) -> None:
        self._home = home
        (home / "calendar").mkdir()
        (home / "vdirsyncer").write_text(_VDIRSYNCER.format(home=home, url=url))
        (home / "khal").write_text(_KHAL.format(home=home, zone=zone))
        self._run("vdirsyncer", "-c", str(home / "vdirsyncer"), "discover")

    def pull(self) -> list[str]:
        """Read the calendar, and return what was done to the folder, a line for each event."""
        said = self._run("vdirsyncer", "-c", str(self._home / "vdirsyncer"), "sync").stderr
        return [line for line in said.splitlines() if line.startswith(("Copying", "Deleting"))]

    def files(self) -> dict[str, bytes]:
        """Return the folder: a file for each event."""
        return {path.name: path.read_bytes() for path in (self._home / "calendar").iterdir()}

    def listed(self, begin: date, days: int) -> list[dict[str, Any]]:
        """Return the `FIELDS` of the events that khal lists, day by day."""
        options = [option for name in FIELDS for option in ("--json", name)]
        said = self._run("khal", "-c", str(self._home / "khal"), "list", *options, str(begin), f"{days}d").stdout
        return [one for line in said.splitlines() if line for one in json.loads(line)]

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-S", "-P", "-m", program, *arguments]
        environment = {
            "PYTHONPATH": str(installed(LOCK, "calendar-clients")),
            "PATH": os.environ["PATH"],
            "HOME": str(self._home),
            "LC_ALL": "C.UTF-8",
        }
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
        return done
