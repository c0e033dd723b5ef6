"""The launcher: it creates a private environment once, in a folder of any name."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from studyteddy.embedded.folder import CHECKOUT

LOCKS = ("uv", "lock", "embeddings", "dev")
LINKED = ("src", "migrations", "pyproject.toml")


@pytest.fixture
def checkout(open_folder: Path) -> Path:
    """A separate checkout, in a folder with a space in its name."""
    folder = open_folder / "my study teddy"
    (folder / "requirements").mkdir(parents=True)
    for name in LOCKS:
        shutil.copy(CHECKOUT / f"requirements/{name}.txt", folder / "requirements")
    shutil.copy(CHECKOUT / "teddy", folder)
    for name in LINKED:
        (folder / name).symlink_to(CHECKOUT / name)
    return folder


def launch(program: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    rest = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "TEDDY_ENV")}
    return subprocess.run([program, *words], env=rest | environment, capture_output=True, text=True, timeout=300)


def create_environment(environment: Path, checkout: Path, purpose: str) -> None:
    """Create an environment that is marked as ready, with a Python that only prints its arguments."""
    (environment / "bin").mkdir(parents=True)
    (environment / "pyvenv.cfg").touch()
    python = environment / "bin" / "python"
    packages = environment / "packages"
    packages.mkdir()
    python.write_text(
        f'#!/bin/sh\ncase ${{2:-}} in *purelib*) echo "{packages}"; exit ;; esac\n'
        f'[ "$1" = -c ] && exec {sys.executable} "$@"\necho "arguments: $*"\n'
    )
    python.chmod(0o755)
    texts = [(checkout / f"requirements/{name}.txt").read_bytes() for name in LOCKS]
    sums = subprocess.run(["cksum"], input=b"".join(texts), capture_output=True, check=True).stdout.decode().strip()
    (environment / ".teddy").write_text(f"{purpose} {sums} {checkout}\n")


def fake_uv(environment: Path, log: Path) -> None:
    """A uv that installs nothing and logs which lock file it received."""
    uv = environment / ".uv" / "bin" / "uv"
    uv.parent.mkdir(parents=True)
    uv.write_text(f'#!/bin/sh\nfor last; do :; done\nbasename "$last" >>"{log}"\n')
    uv.chmod(0o755)


@pytest.fixture(autouse=True)
def own_environment() -> Iterator[None]:
    """The environment that runs the tests stays as it is."""
    path = Path(sysconfig.get_path("purelib")) / "study_teddy.pth"
    before = path.read_text() if path.exists() else None
    yield
    assert (path.read_text() if path.exists() else None) == before


@pytest.mark.slow
def test_first_start_creates_the_environment_and_reports_it(checkout: Path) -> None:
    first = launch(checkout / "teddy", "version")
    assert first.returncode == 0, first.stderr
    assert "setting up" in first.stderr
    second = launch(checkout / "teddy", "version")
    assert (second.stdout, second.stderr) == (first.stdout, "")


@pytest.mark.slow
def test_concurrent_first_starts_share_one_setup(checkout: Path) -> None:
    started = [
        subprocess.Popen([checkout / "teddy", "version"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    results = [process.communicate(timeout=300) for process in started]
    assert [process.returncode for process in started] == [0, 0]
    assert sum("setting up" in output for _, output in results) == 1


@pytest.mark.slow
def test_pip_is_used_when_uv_fails(checkout: Path) -> None:
    environment = checkout / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    (environment / ".uv" / "bin").mkdir(parents=True)
    broken = environment / ".uv" / "bin" / "uv"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    done = launch(checkout / "teddy", "version")
    assert done.returncode == 0, done.stderr
    assert "uv is unavailable" in done.stderr


def test_arguments_are_passed_unchanged(checkout: Path) -> None:
    create_environment(checkout / ".venv", checkout, "lock")
    done = launch(checkout / "teddy", "up", "--data-dir", "two words")
    assert done.stdout == "arguments: -m studyteddy up --data-dir two words\n"
    assert done.stderr == ""


def test_symlinks_to_the_launcher_are_resolved(checkout: Path, tmp_path: Path) -> None:
    create_environment(checkout / ".venv", checkout, "lock")
    (tmp_path / "first").symlink_to(checkout / "teddy")
    (tmp_path / "second").symlink_to("first")
    assert launch(tmp_path / "second", "version").stdout == "arguments: -m studyteddy version\n"


def test_teddy_env_selects_another_environment(checkout: Path, tmp_path: Path) -> None:
    create_environment(tmp_path / "elsewhere", checkout, "lock")
    done = launch(checkout / "teddy", "version", TEDDY_ENV=str(tmp_path / "elsewhere"))
    assert done.stdout == "arguments: -m studyteddy version\n"
    assert not (checkout / ".venv").exists()


@pytest.mark.parametrize(
    ("has", "asked", "installs"),
    [
        ("lock", "up", ""),
        ("lock", "test", "dev.txt\n"),
        ("lock", "check", "dev.txt\n"),
        ("dev", "test", ""),
        ("dev", "up", ""),
        ("embeddings", "up", ""),
        ("embeddings", "test", "dev.txt\n"),
    ],
)
def test_an_environment_is_never_downgraded(
    checkout: Path, tmp_path: Path, has: str, asked: str, installs: str
) -> None:
    create_environment(checkout / ".venv", checkout, has)
    fake_uv(checkout / ".venv", tmp_path / "log")
    assert launch(checkout / "teddy", asked).returncode == 0
    log = tmp_path / "log"
    assert (log.read_text() if log.exists() else "") == installs


@pytest.mark.parametrize(("has", "installs"), [("lock", "embeddings.txt\n"), ("embeddings", ""), ("dev", "")])
def test_an_extra_is_added_once(checkout: Path, tmp_path: Path, has: str, installs: str) -> None:
    create_environment(checkout / ".venv", checkout, has)
    fake_uv(checkout / ".venv", tmp_path / "log")
    log = tmp_path / "log"
    for _ in range(2):
        assert launch(checkout / "teddy", "up", TEDDY_EXTRA="embeddings").returncode == 0
    assert launch(checkout / "teddy", "up").returncode == 0
    assert (log.read_text() if log.exists() else "") == installs


def test_an_unknown_extra_is_refused(checkout: Path) -> None:
    create_environment(checkout / ".venv", checkout, "lock")
    done = launch(checkout / "teddy", "up", TEDDY_EXTRA="everything")
    assert done.returncode == 2
    assert "TEDDY_EXTRA=everything isn't known" in done.stderr
    assert done.stdout == ""


def test_a_changed_lock_is_installed_and_an_interrupted_setup_repeated(checkout: Path, tmp_path: Path) -> None:
    create_environment(checkout / ".venv", checkout, "dev")
    fake_uv(checkout / ".venv", tmp_path / "log")
    with (checkout / "requirements/lock.txt").open("a") as lock:
        lock.write("# changed\n")
    launch(checkout / "teddy", "up")
    (checkout / ".venv" / ".teddy").write_text("dev unfinished\n")
    launch(checkout / "teddy", "up")
    launch(checkout / "teddy", "up")
    assert (tmp_path / "log").read_text() == "dev.txt\ndev.txt\n"


def test_an_unsuitable_python_is_rejected_by_name(checkout: Path) -> None:
    done = launch(checkout / "teddy", "version", TEDDY_PYTHON="/nonexistent/python")
    assert done.returncode == 2
    assert "/nonexistent/python" in done.stderr
    assert "3.11" in done.stderr


def test_a_missing_python_is_reported(checkout: Path, tmp_path: Path) -> None:
    for tool in ("sh", "dirname", "cat", "cksum", "readlink", "ls"):
        (tmp_path / tool).symlink_to(shutil.which(tool) or "")
    done = launch(checkout / "teddy", "version", PATH=str(tmp_path))
    assert done.returncode == 2
    assert "Python 3.11 or later not found" in done.stderr


def test_a_folder_that_is_not_an_environment_is_not_touched(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "precious").touch()
    done = launch(checkout / "teddy", "version", TEDDY_ENV=str(tmp_path))
    assert done.returncode == 2
    assert "isn't a Python environment" in done.stderr
    assert (tmp_path / "precious").exists()
