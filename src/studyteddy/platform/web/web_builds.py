"""The folder of built web apps: one folder a build, which one is current, and how far the next one is.

    FOLDER/current.json    the builds that are served, the newest first
    FOLDER/progress.json   the step of the build that is running, or that failed
    FOLDER/KEY/            a build: index.html, assets/, and `.br` and `.gz` beside what they compress

`embedded.web_build` writes it, `web_app` serves it. Both files are replaced by a rename, so a reader sees either the
old or the new one.
"""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

import msgspec

CURRENT, PROGRESS = "current.json", "progress.json"
INDEX, API_DOCS = "/index.html", "/docs.html"
ASSETS = "assets"
"""The folder whose files have a hash of their content in their name."""
KEPT = 2
"""Builds that are kept: pages that are open load the parts of the build that they came from."""
KEY = re.compile(r"[0-9a-f]{16}")
CODINGS = {"br": ".br", "gzip": ".gz"}
"""The content codings of a file, preferred first, and the suffixes of the compressed files."""

File = TypeVar("File", bound=msgspec.Struct)


class Step(StrEnum):
    """The steps of a build, in order."""

    node = "node"
    packages = "packages"
    build = "build"
    compress = "compress"


class Fault(StrEnum):
    """Why there is no build."""

    no_network = "no_network"
    failed = "failed"


class Current(msgspec.Struct, frozen=True):
    """The keys of the builds that are served, the newest first."""

    builds: tuple[str, ...] = ()


class Progress(msgspec.Struct, frozen=True):
    """The step of the latest build, and why it failed, if it did."""

    step: Step = Step.node
    fault: Fault | None = None


def current(folder: Path) -> Current:
    """Return the builds that are served; none if the folder is empty or damaged."""
    found = _read(folder / CURRENT, Current())
    return Current(tuple(key for key in found.builds if KEY.fullmatch(key)))


def progress(folder: Path) -> Progress:
    """Return how far the latest build is; at its start if none has begun."""
    return _read(folder / PROGRESS, Progress())


def write(path: Path, value: msgspec.Struct) -> None:
    """Replace a file of the folder. It is readable by everyone, since the API can run as another account."""
    fresh = path.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(value))
    fresh.replace(path)


def _read(path: Path, default: File) -> File:
    try:
        return msgspec.json.decode(path.read_bytes(), type=type(default))
    except (OSError, msgspec.MsgspecError):
        return default
