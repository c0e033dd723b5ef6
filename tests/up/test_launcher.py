"""The launcher: a private environment from nothing, once, whatever the place is called."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from studyteddy.embedded.folder import CHECKOUT

LINKED = ("src", "migrations", "pyproject.toml")


@pytest.fixture
def checkout(open_folder: Path) -> Path:
    """A checkout of its own, in a folder with a space in its name."""
    folder = open_folder / "my study teddy"
    (folder / "requirements").mkdir(parents=True)
    for name in ("uv", "lock", "dev"):
        shutil.copy(CHECKOUT / f"requirements/{name}.txt", folder / "requirements")
    shutil.copy(CHECKOUT / "teddy", folder)
    for name in LINKED:
        (folder / name).symlink_to(CHECKOUT / name)
    return folder


def launch(program: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    rest = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "TEDDY_ENV")}
    return subprocess.run([program, *words], env=rest | environment, capture_output=True, text=True, timeout=300)


def furnish(environment: Path, checkout: Path, purpose: str) -> None:
    """An environment that says it is ready, whose Python only tells what it was asked to do."""
    (environment / "bin").mkdir(parents=True)
    (environment / "pyvenv.cfg").touch()
    python = environment / "bin" / "python"
    python.write_text(f'#!/bin/sh\n[ "$1" = -c ] && exec {sys.executable} "$@"\necho "asked: $*"\n')
    python.chmod(0o755)
    texts = [(checkout / f"requirements/{name}.txt").read_bytes() for name in ("uv", "lock", "dev")]
    sums = subprocess.run(["cksum"], input=b"".join(texts), capture_output=True, check=True).stdout.decode().strip()
    (environment / ".teddy").write_text(f"{purpose} {sums} {checkout}\n")


def fake_uv(environment: Path, log: Path) -> None:
    """A uv that installs nothing and writes down which lock it was given."""
    uv = environment / ".uv" / "bin" / "uv"
    uv.parent.mkdir(parents=True)
    uv.write_text(f'#!/bin/sh\nfor last; do :; done\nbasename "$last" >>"{log}"\n')
    uv.chmod(0o755)


@pytest.mark.slow
def test_a_first_start_makes_what_it_needs_and_says_so(checkout: Path) -> None:
    first = launch(checkout / "teddy", "version")
    assert first.returncode == 0, first.stderr
    assert "setting up" in first.stderr
    second = launch(checkout / "teddy", "version")
    assert (second.stdout, second.stderr) == (first.stdout, "")


@pytest.mark.slow
def test_two_first_starts_at_once_share_one_set_up(checkout: Path) -> None:
    started = [
        subprocess.Popen([checkout / "teddy", "version"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    ended = [process.communicate(timeout=300) for process in started]
    assert [process.returncode for process in started] == [0, 0]
    assert sum("setting up" in said for _, said in ended) == 1


@pytest.mark.slow
def test_pip_does_when_uv_cannot_be_used(checkout: Path) -> None:
    environment = checkout / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    (environment / ".uv" / "bin").mkdir(parents=True)
    broken = environment / ".uv" / "bin" / "uv"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    done = launch(checkout / "teddy", "version")
    assert done.returncode == 0, done.stderr
    assert "uv cannot be used here" in done.stderr


def test_it_runs_the_program_with_the_words_as_they_are(checkout: Path) -> None:
    furnish(checkout / ".venv", checkout, "lock")
    done = launch(checkout / "teddy", "up", "--data-dir", "two words")
    assert done.stdout == "asked: -m studyteddy up --data-dir two words\n"
    assert done.stderr == ""


def test_it_finds_its_home_through_links(checkout: Path, tmp_path: Path) -> None:
    furnish(checkout / ".venv", checkout, "lock")
    (tmp_path / "first").symlink_to(checkout / "teddy")
    (tmp_path / "second").symlink_to("first")
    assert launch(tmp_path / "second", "version").stdout == "asked: -m studyteddy version\n"


def test_an_environment_elsewhere_is_used_when_asked_for(checkout: Path, tmp_path: Path) -> None:
    furnish(tmp_path / "elsewhere", checkout, "lock")
    done = launch(checkout / "teddy", "version", TEDDY_ENV=str(tmp_path / "elsewhere"))
    assert done.stdout == "asked: -m studyteddy version\n"
    assert not (checkout / ".venv").exists()


@pytest.mark.parametrize(
    ("has", "asked", "installs"),
    [
        ("lock", "up", ""),
        ("lock", "test", "dev.txt\n"),
        ("lock", "check", "dev.txt\n"),
        ("dev", "test", ""),
        ("dev", "up", ""),
    ],
)
def test_an_environment_only_ever_grows(checkout: Path, tmp_path: Path, has: str, asked: str, installs: str) -> None:
    furnish(checkout / ".venv", checkout, has)
    fake_uv(checkout / ".venv", tmp_path / "log")
    assert launch(checkout / "teddy", asked).returncode == 0
    log = tmp_path / "log"
    assert (log.read_text() if log.exists() else "") == installs


def test_a_changed_lock_is_installed_and_an_interrupted_set_up_done_again(checkout: Path, tmp_path: Path) -> None:
    furnish(checkout / ".venv", checkout, "dev")
    fake_uv(checkout / ".venv", tmp_path / "log")
    with (checkout / "requirements/lock.txt").open("a") as lock:
        lock.write("# changed\n")
    launch(checkout / "teddy", "up")
    (checkout / ".venv" / ".teddy").write_text("dev unfinished\n")
    launch(checkout / "teddy", "up")
    launch(checkout / "teddy", "up")
    assert (tmp_path / "log").read_text() == "dev.txt\ndev.txt\n"


def test_a_python_that_will_not_do_is_refused_by_name(checkout: Path) -> None:
    done = launch(checkout / "teddy", "version", TEDDY_PYTHON="/nonexistent/python")
    assert done.returncode == 2
    assert "/nonexistent/python" in done.stderr
    assert "3.11" in done.stderr


def test_without_any_python_it_says_what_to_install(checkout: Path, tmp_path: Path) -> None:
    for tool in ("sh", "dirname", "cat", "cksum", "readlink", "ls"):
        (tmp_path / tool).symlink_to(shutil.which(tool) or "")
    done = launch(checkout / "teddy", "version", PATH=str(tmp_path))
    assert done.returncode == 2
    assert "Python 3.11 or newer was not found" in done.stderr


def test_a_folder_that_is_no_environment_is_left_alone(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "precious").touch()
    done = launch(checkout / "teddy", "version", TEDDY_ENV=str(tmp_path))
    assert done.returncode == 2
    assert "is in the way" in done.stderr
    assert (tmp_path / "precious").exists()
