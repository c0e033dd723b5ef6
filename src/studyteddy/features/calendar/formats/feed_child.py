"""The program that reads a calendar; `feeds` runs it in a process of its own.

It takes the time zone and the two days as its arguments, calendars on standard input (a MessagePack array of bytes),
and writes a JSON array to standard output. It limits itself before it reads anything: what a calendar could make of it
stays inside.
"""

from __future__ import annotations

import resource
import sys
from datetime import date
from pathlib import Path
from types import ModuleType

_FEATURE = "studyteddy.features.calendar"
_MEMORY = 640 << 20
_CPU_SECONDS = 6
_OUTPUT = 64 << 20


def main(zone: str, since: str, until: str) -> None:
    for limit, value in (
        (resource.RLIMIT_AS, _MEMORY),
        (resource.RLIMIT_CPU, _CPU_SECONDS),
        (resource.RLIMIT_FSIZE, _OUTPUT),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (value, value))
    _find_modules()
    import msgspec

    from studyteddy.features.calendar.formats.feed_reader import read

    days = {"since": date.fromisoformat(since), "until": date.fromisoformat(until)}
    bodies = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=list[bytes])
    sys.stdout.buffer.write(msgspec.json.encode([read(body, zone=zone, **days) for body in bodies]))


def _find_modules() -> None:
    """Make the modules of this package importable without the feature's routes, which take a second to import."""
    here = Path(__file__).resolve()
    sys.path.insert(0, str(here.parents[4]))
    feature = ModuleType(_FEATURE)
    feature.__path__ = [str(here.parents[1])]
    sys.modules[_FEATURE] = feature


if __name__ == "__main__":
    main(*sys.argv[1:])
