"""Develops the web app: Vite's server in front of the API, and the checks of the source."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from studyteddy.embedded import web_build
from studyteddy.embedded.folder import CHECKOUT, Trouble
from studyteddy.embedded.services import say
from studyteddy.embedded.web_build import SOURCE, Tools

SCRIPTS = ("check", "lint", "test")
"""The scripts of the app that have to pass, in the order in which they run."""

BESIDE = ("docs/openapi.json", ".editorconfig")
"""What the checks read beside the app: the description of the API, from which its types are made, and the style."""


def serve(folder: Path, environ: Mapping[str, str], *, host: str, port: int, api: str) -> None:
    """Become Vite's server: it serves the app from its source, and passes the requests of the API on to `api`."""
    require_source()
    with web_build.building(folder):
        tools = web_build.get_node(folder, Tools(folder / web_build.LOG, web_build.tool_environment(environ)), environ)
        say("installing the packages of the web app, unless they are up to date")
        web_build.install_packages(SOURCE, tools, development=True)
    vite = SOURCE / "node_modules" / "vite" / "bin" / "vite.js"
    command = web_build.program(["node", vite, f"--host={host}", f"--port={port}", "--strictPort"], tools.environment)
    os.chdir(SOURCE)
    os.execve(command[0], command, {**tools.environment, "TEDDY_API": api})  # noqa: S606 - its supervisor watches it


def check(folder: Path, environ: Mapping[str, str]) -> None:
    """Run the checks of the app in a copy of the source, and build it twice; raise `Trouble`.

    Two builds of one source, in two places, have to be equal: otherwise the key of a build says nothing about it.
    """
    require_source()
    work = folder / "check" / "web"
    with web_build.building(folder):
        tools = web_build.get_node(folder, Tools(folder / web_build.LOG, web_build.tool_environment(environ)), environ)
        web_build.copy_source(SOURCE, work)
        # The linter leaves out what a repository around it ignores, as ours does this folder: let it find another one.
        (work.parent / ".git").mkdir(exist_ok=True)
        for name in BESIDE:
            (work.parent / name).parent.mkdir(exist_ok=True)
            shutil.copy(CHECKOUT / name, work.parent / name)
        web_build.install_packages(work, tools, development=True)
        for script in SCRIPTS:
            say(f"web app: npm run {script}")
            tools.run(["npm", "run", script], work)
    say("web app: building twice")
    require_equal_builds(folder, environ, SOURCE)


def require_equal_builds(folder: Path, environ: Mapping[str, str], source: Path) -> None:
    """Build the source in two new places; raise `Trouble` unless all files are equal."""
    digests: list[dict[str, str]] = []
    for name in ("first", "second"):
        place = folder / "check" / f"{name} build"
        shutil.rmtree(place, ignore_errors=True)
        key = web_build.build(place, environ, source=source)
        digests.append(digest(place / key))
    different = sorted(name for name, _ in digests[0].items() ^ digests[1].items())
    if different:
        raise Trouble(f"two builds of the web app differ: {', '.join(dict.fromkeys(different))}")


def digest(folder: Path) -> dict[str, str]:
    """Return the hash of each file, by name."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def require_source() -> None:
    if not web_build.has_source():
        raise Trouble(f"{SOURCE} has no web app")
