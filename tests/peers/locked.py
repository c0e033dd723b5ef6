"""Packages that only some tests need, installed on first use into a folder of their own, from a lock file."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import NoReturn

import pytest


def installed(lock: Path, name: str) -> Path:
    """Return a folder with the locked packages. They are installed once, in one process, while the others wait."""
    digest = sha256(lock.read_bytes()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"teddy-{name}-{os.getuid()}-{digest}"
    with lock.open() as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        if not folder.exists():
            _install(lock, name, folder)
    return folder


def _install(lock: Path, name: str, folder: Path) -> None:
    """Install the packages; the folder appears when it is complete."""
    uv = shutil.which("uv", path=f"{sys.prefix}/.uv/bin") or shutil.which("uv")
    if uv is None:
        unavailable(f"the {name} can't be installed without uv")
    partial = Path(tempfile.mkdtemp(prefix=f"teddy-{name}-"))
    options = ["--quiet", "--system-certs", "--no-deps", "--require-hashes", "--only-binary", ":all:"]
    command = [uv, "pip", "install", *options, "--target", str(partial), "-r", str(lock)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode:
        shutil.rmtree(partial)
        unavailable(f"the {name} can't be installed: {done.stderr.strip()[-300:]}")
    partial.rename(folder)


def unavailable(reason: str) -> NoReturn:
    """Skip the test, but fail it in CI."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
