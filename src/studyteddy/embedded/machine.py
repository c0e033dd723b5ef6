"""The language and the time zone of this machine, as far as they can be known."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import available_timezones

LOCALTIME = Path("/etc/localtime")
TIMEZONE = Path("/etc/timezone")


def language(environ: Mapping[str, str]) -> str:
    """Return the language of the environment as a code of two or three letters; empty if there is none, as in C."""
    locale = next((value for name in ("LC_ALL", "LANG") if (value := environ.get(name, ""))), "")
    found = re.match(r"([a-z]{2,3})(?![A-Za-z])", locale)
    return found[1] if found else ""


def time_zone(environ: Mapping[str, str], *, localtime: Path = LOCALTIME, timezone: Path = TIMEZONE) -> str | None:
    """Return the IANA name of the time zone, by `TZ`, the link /etc/localtime, or /etc/timezone; None if unknown."""
    known = available_timezones() - {"Factory", "localtime"}
    candidates = [environ.get("TZ", "").lstrip(":")] if environ.get("TZ") else _configured(localtime, timezone)
    return next((name for name in candidates if name in known), None)


def _configured(localtime: Path, timezone: Path) -> list[str]:
    link = os.readlink(localtime).partition("zoneinfo/")[2] if localtime.is_symlink() else ""
    return [link, timezone.read_text().strip() if timezone.is_file() else ""]
