"""The data folder: what is remembered between two starts, and the locks that keep two starts apart."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

POLL = 0.05
ANOTHER_FOLDER = "name another folder with --data-dir"
CHECKOUT = Path(__file__).resolve().parents[3]


class Trouble(Exception):
    """Something that keeps the system from running, told with what to do about it."""


class InUse(Trouble):
    """Somebody else is at work in this folder."""


@dataclass(frozen=True)
class DataFolder:
    """A folder of our own. Its files are written whole or not at all, and readable by their owner only."""

    path: Path

    @classmethod
    def at(cls, path: Path) -> DataFolder:
        """The folder, made if it is missing; `Trouble` when it cannot be used."""
        path = path.absolute()
        try:
            # Not 0700 for root: its engines run as `nobody` and pass through. Secrets have their own mode.
            path.mkdir(parents=True, exist_ok=True, mode=0o711 if os.geteuid() == 0 else 0o700)
        except (FileExistsError, NotADirectoryError) as fault:
            raise Trouble(f"{path} is not a folder: {ANOTHER_FOLDER}") from fault
        except OSError as fault:
            raise Trouble(f"{path} cannot be made ({fault.strerror}): {ANOTHER_FOLDER}") from fault
        if not writable(path):
            raise Trouble(f"{path} is not writable for this user: change its owner, or {ANOTHER_FOLDER}")
        return cls(path.resolve())

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else is at work in here. Children do not inherit the lock: it ends when we do."""
        try:
            lock = hold(self.path / "lock", patience=0)
        except InUse as fault:
            raise InUse(f"{self.path} is in use by another `teddy up`: stop it, or {ANOTHER_FOLDER}") from fault
        try:
            yield
        finally:
            os.close(lock)

    def read(self, name: str) -> dict[str, str]:
        """What was remembered under `name`; empty when nothing was."""
        try:
            return dict(json.loads((self.path / name).read_text()))
        except FileNotFoundError:
            return {}
        except (ValueError, TypeError) as fault:
            raise Trouble(f"{self.path / name} is damaged: put it back from a copy") from fault

    def write(self, name: str, values: dict[str, str]) -> None:
        """Remember, so that a crash leaves the old file or the new one and never half of it."""
        target = self.path / name
        fresh = target.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(values, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(target)
        sync_folder(self.path)


def writable(path: Path) -> bool:
    """Tried, not asked: permission bits say nothing about a read-only file system."""
    probe = path / f".probe-{os.getpid()}"
    try:
        probe.touch()
        probe.unlink()
    except OSError:
        return False
    return True


def sync_folder(path: Path) -> None:
    """Make a rename last."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def hold(path: Path, *, patience: float) -> int:
    """Lock a file, waiting `patience` seconds. The lock ends with the last process that has it open."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
        except BlockingIOError as fault:
            if time.monotonic() >= deadline:
                os.close(descriptor)
                raise InUse(f"{path} is held by another process") from fault
        time.sleep(POLL)


def new_key() -> str:
    """32 random bytes, base64url without padding."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()


SECRETS = "secrets.json"
KEYS = ("SIGNING_KEY", "REFRESH_KEY", "CURSOR_KEY", "PASSWORD_PEPPER")


def make_secrets(folder: DataFolder) -> dict[str, str]:
    """The installation's secrets, made once. A damaged file is refused: new keys would lock everybody out."""
    known = folder.read(SECRETS)
    complete = {name: new_key() for name in KEYS} | {"SEALING_KEYS": f"k1:{new_key()}"} | known
    if complete != known:
        folder.write(SECRETS, complete)
    return complete
