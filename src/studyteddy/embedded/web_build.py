"""Builds the web app where it runs: Node.js, the packages of `web/`, Vite, compression (docs/web-app.md).

The build runs in a copy of the source below the data folder, so that the checkout can be read-only, and with the lowest
priority. Its key is a hash of the source: what is built already isn't built again. `platform.web.web_builds` describes
the folder that the API serves it from.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import brotli  # type: ignore[import-untyped]  # no stubs

from studyteddy.embedded import node
from studyteddy.embedded.folder import CHECKOUT, Trouble, lock_file
from studyteddy.embedded.process import Child
from studyteddy.embedded.services import say
from studyteddy.platform.web import web_builds
from studyteddy.platform.web.web_builds import Current, Fault, Progress, Step

SOURCE = CHECKOUT / "web"
FORMAT = 1
"""Part of the key; changed when the same source is built differently."""
LOG = "build.log"
STEP_TIMEOUT = 900.0
LOCK_TIMEOUT = 1800.0
TAIL = 25
"""Lines of the log that are shown when a step fails."""
COMPRESSED = frozenset({".html", ".js", ".css", ".svg", ".json", ".webmanifest", ".txt"})
INHERITED = re.compile(
    r"PATH|HOME|USER|TERM|TMPDIR|(https?|no|all)_proxy|SSL_CERT_(FILE|DIR)|NODE_EXTRA_CA_CERTS|(npm_config|PIP|UV)_\w+",
    re.IGNORECASE,
)
"""Variables that the tools get. They run code of others: the secrets and URLs of the server aren't among them."""
NO_NETWORK = re.compile(
    r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ERR_SOCKET_TIMEOUT"
    r"|dns error|error sending request|Failed to fetch|Connection refused|Network is unreachable"
    r"|Temporary failure in name resolution|NewConnectionError|\(from versions: none\)"
)
"""What npm, uv and pip say when they can't reach a registry."""
TITLES = {
    Step.node: "getting Node.js",
    Step.packages: "installing packages",
    Step.build: "building",
    Step.compress: "compressing",
}


class BuildFailed(Trouble):
    """A step of the build failed."""

    def __init__(self, message: str, fault: Fault = Fault.failed) -> None:
        super().__init__(message)
        self.fault = fault


@dataclass
class Tools:
    """Runs the tools of a build: their output goes to `log`, and none of them outlives this process."""

    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self, command: Sequence[str | Path], cwd: Path | None = None) -> None:
        """Run a command; raise `BuildFailed` with the end of its output."""
        with self.log.open("ab") as output:
            start = output.tell()
            child = Child(program(command, self.environment), environment=self.environment, output=output, cwd=cwd)
            try:
                code = child.wait(STEP_TIMEOUT)
            except subprocess.TimeoutExpired:
                raise BuildFailed(f"{command[0]} took longer than {STEP_TIMEOUT:.0f} s") from None
            finally:
                child.kill_group()
        if code != 0:
            said = self.log.read_bytes()[start:].decode(errors="replace")
            fault = Fault.no_network if NO_NETWORK.search(said) else Fault.failed
            end = "\n".join(f"  {line}" for line in said.splitlines()[-TAIL:])
            raise BuildFailed(f"{Path(command[0]).name} {child.exit_reason}\n{end}", fault)


def program(command: Sequence[str | Path], environment: Mapping[str, str]) -> list[str]:
    """Return the command with the full path of its program."""
    found = shutil.which(command[0], path=environment.get("PATH"))
    if found is None:
        raise BuildFailed(f"{command[0]} not found")
    return [found, *map(str, command[1:])]


def tool_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the tools: the same locale and time zone everywhere, so that builds are equal."""
    inherited = {name: value for name, value in environ.items() if INHERITED.fullmatch(name)}
    quiet = {f"npm_config_{name}": "false" for name in ("audit", "fund", "update_notifier")}
    return {**inherited, **quiet, "LC_ALL": "C.UTF-8", "TZ": "UTC", "CI": "true", "NO_COLOR": "1"}


# --- the source ----------------------------------------------------------------------------------------


def source_files(source: Path) -> list[Path]:
    """Return the files of the source in order, relative to it, without those that its .gitignore names."""
    ignored = set((source / ".gitignore").read_text().split()) if (source / ".gitignore").exists() else set()
    ignored = {name.strip("/") for name in ignored} | {"node_modules", "dist"}
    found: list[Path] = []
    for folder, folders, names in os.walk(source):
        here = Path(folder).relative_to(source)
        folders[:] = [name for name in folders if not ignored & {name, str(here / name)}]
        found += [here / name for name in names if not ignored & {name, str(here / name)}]
    return sorted(found)


def source_key(source: Path) -> str:
    """Return the key of the build of this source."""
    digest = hashlib.sha256(f"{FORMAT}\n".encode())
    for name in source_files(source):
        content = hashlib.sha256((source / name).read_bytes()).hexdigest()
        digest.update(f"{name.as_posix()}\0{content}\n".encode())
    return digest.hexdigest()[:16]


def has_source(source: Path = SOURCE) -> bool:
    return (source / "package-lock.json").exists()


def copy_source(source: Path, work: Path) -> None:
    """Make `work` a copy of the source, keeping its installed packages."""
    work.mkdir(parents=True, exist_ok=True)
    for path in work.iterdir():
        if path.name == "node_modules":
            continue
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    for name in source_files(source):
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, work / name)


# --- the steps -----------------------------------------------------------------------------------------


def get_node(folder: Path, tools: Tools, environ: Mapping[str, str]) -> Tools:
    """Return the tools with Node.js and npm in their `PATH`, installing them below `folder` if needed."""
    found = node.find(environ) or node.install(folder, tools.run)
    path = f"{node.commands(folder / 'bin', found)}:{tools.environment.get('PATH', '')}"
    return Tools(tools.log, {**tools.environment, "PATH": path})


def install_packages(work: Path, tools: Tools, *, development: bool = False) -> None:
    """Install the locked packages, unless they are; `development` adds those that only checks need."""
    stamp = work / "node_modules" / ".installed"
    parts = [(work / name).read_bytes() for name in ("package.json", "package-lock.json")]
    wanted = hashlib.sha256(b"\0".join(parts)).hexdigest() + (" dev" if development else "")
    if stamp.exists() and stamp.read_text() == wanted:
        return
    tools.run(["npm", "ci", "--ignore-scripts", *([] if development else ["--omit=dev"])], work)
    stamp.parent.mkdir(exist_ok=True)  # npm makes none for an app without packages
    stamp.write_text(wanted)


def run_vite(work: Path, tools: Tools, key: str) -> Path:
    """Build the app and return the folder of the result."""
    # The app compares its own key with that of the server, to know when there is a newer one.
    tools = Tools(tools.log, {**tools.environment, "TEDDY_BUILD": key, "NODE_ENV": "production"})
    tools.run(["npm", "run", "build"], work)
    if not (work / "dist" / "index.html").exists():
        raise BuildFailed("the build made no index.html")
    return work / "dist"


def compress(folder: Path) -> None:
    """Write a brotli and a gzip copy beside each file that becomes smaller, as small as they can be."""
    for path in [path for path in folder.rglob("*") if path.suffix in COMPRESSED and path.is_file()]:
        body = path.read_bytes()
        small = {".br": brotli.compress(body, quality=11), ".gz": gzip.compress(body, compresslevel=9, mtime=0)}
        for suffix, content in small.items():
            if len(content) < len(body):
                Path(f"{path}{suffix}").write_bytes(content)


def publish(folder: Path, key: str, built: Path | None = None) -> None:
    """Make a build current, moving it from `built` unless the folder has it, and delete those no longer kept."""
    if built:
        shutil.rmtree(folder / key, ignore_errors=True)
        built.rename(folder / key)
    before = [one for one in web_builds.current(folder).builds if one != key and (folder / one).exists()]
    builds = (key, *before)[: web_builds.KEPT]
    web_builds.write(folder / web_builds.CURRENT, Current(builds))
    for path in folder.iterdir():
        if web_builds.KEY.fullmatch(path.name) and path.name not in builds:
            shutil.rmtree(path, ignore_errors=True)


# --- the build -----------------------------------------------------------------------------------------


def is_current(folder: Path, source: Path = SOURCE) -> bool:
    """Return whether the folder serves a build of this source."""
    return is_built(folder, source_key(source)) and web_builds.current(folder).builds[:1] == (source_key(source),)


def is_built(folder: Path, key: str) -> bool:
    return (folder / key / "index.html").exists()


def build(folder: Path, environ: Mapping[str, str], *, out: Path | None = None, source: Path = SOURCE) -> str:
    """Build the app and make it current in `out`, by default in `folder`, which holds the tools; return its key.

    Raises `BuildFailed`. Concurrent builds in one folder wait for each other.
    """
    if not has_source(source):
        raise Trouble(f"{source} has no web app")
    key, target, started = source_key(source), out or folder, time.monotonic()
    target.mkdir(parents=True, exist_ok=True)
    with building(folder):
        if is_built(target, key):
            publish(target, key)
        else:
            publish(target, key, make(folder, target, key, environ, source))
            say(f"web app built in {time.monotonic() - started:.0f} s")
        (folder / web_builds.PROGRESS).unlink(missing_ok=True)
    return key


def make(folder: Path, target: Path, key: str, environ: Mapping[str, str], source: Path) -> Path:
    """Run the steps; return the folder of the complete build, beside its final place."""
    work, fresh = folder / "work" / "web", target / f"{key}.new"
    tools = Tools(folder / LOG, tool_environment(environ))
    tools.log.write_bytes(b"")
    with step(folder, Step.node):
        tools = get_node(folder, tools, environ)
    with step(folder, Step.packages):
        copy_source(source, work)
        install_packages(work, tools)
    with step(folder, Step.build):
        built = run_vite(work, tools, key)
    with step(folder, Step.compress):
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(built, fresh)
        compress(fresh)
    return fresh


@contextmanager
def step(folder: Path, which: Step) -> Iterator[None]:
    """Name the step on the console and on the waiting page, and say there why it failed."""
    number = list(Step).index(which) + 1
    say(f"web app: {TITLES[which]} (step {number} of {len(Step)})")
    web_builds.write(folder / web_builds.PROGRESS, Progress(which))
    try:
        yield
    except (Trouble, OSError) as error:
        fault = error.fault if isinstance(error, BuildFailed) else Fault.failed
        web_builds.write(folder / web_builds.PROGRESS, Progress(which, fault))
        remedy = "connect to the internet and run" if fault is Fault.no_network else "try again with"
        raise BuildFailed(
            f"{TITLES[which]} failed for the web app: {remedy} `./teddy web build`.\n{error}", fault
        ) from error
    except BaseException:  # it is cancelled: the next build begins anew
        (folder / web_builds.PROGRESS).unlink(missing_ok=True)
        raise


@contextmanager
def building(folder: Path) -> Iterator[None]:
    """Hold the lock of the folder's builds, waiting for another build to end."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = lock_file(folder / "lock", timeout=LOCK_TIMEOUT)
    try:
        yield
    finally:
        os.close(lock)
