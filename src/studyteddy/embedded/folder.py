"""The data folder: persistent state, and the locks that prevent concurrent starts."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from studyteddy.platform import base64url

POLL = 0.05
ANOTHER_FOLDER = "choose another folder with --data-dir"
CHECKOUT = Path(__file__).resolve().parents[3]


class Trouble(Exception):
    """A problem that prevents the system from running; the message says how to fix it."""


class InUse(Trouble):
    """Another process is using this folder."""


@dataclass(frozen=True)
class DataFolder:
    """A private folder. Its files are written atomically and readable only by their owner."""

    path: Path

    @classmethod
    def at(cls, path: Path) -> DataFolder:
        """Return the folder, creating it if needed; raise `Trouble` if it can't be used."""
        path = path.absolute()
        try:
            # Not 0700 for root: its engines run as `nobody` and must traverse it. Secrets have their own mode.
            path.mkdir(parents=True, exist_ok=True, mode=0o711 if os.geteuid() == 0 else 0o700)
        except (FileExistsError, NotADirectoryError) as fault:
            raise Trouble(f"{path} isn't a folder: {ANOTHER_FOLDER}") from fault
        except OSError as fault:
            raise Trouble(f"{path} can't be created ({fault.strerror}): {ANOTHER_FOLDER}") from fault
        if not writable(path):
            raise Trouble(f"{path} isn't writable by this user: change its owner, or {ANOTHER_FOLDER}")
        return cls(path.resolve())

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the folder; raise `InUse`. Children don't inherit the lock, so it is released when this process ends."""
        try:
            lock = lock_file(self.path / "lock", timeout=0)
        except InUse as fault:
            raise InUse(f"{self.path} is in use by another `teddy up`: stop it, or {ANOTHER_FOLDER}") from fault
        try:
            yield
        finally:
            os.close(lock)

    def read(self, name: str) -> dict[str, str]:
        """Return the values stored in the file `name`; empty if it doesn't exist."""
        try:
            return dict(json.loads((self.path / name).read_text()))
        except FileNotFoundError:
            return {}
        except (ValueError, TypeError) as fault:
            raise Trouble(f"{self.path / name} is damaged: restore it from a backup") from fault

    def write(self, name: str, values: dict[str, str]) -> None:
        """Write the values atomically: a crash leaves the old file or the new one, never a partial one."""
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
    """Return whether files can be created; tested by creating one, since a file system can be read-only."""
    probe = path / f".probe-{os.getpid()}"
    try:
        probe.touch()
        probe.unlink()
    except OSError:
        return False
    return True


def sync_folder(path: Path) -> None:
    """Make a rename durable."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def lock_file(path: Path, *, timeout: float) -> int:
    """Lock a file and return its descriptor; raise `InUse` after `timeout` seconds.

    The lock is released when the last process that has the file open ends.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + timeout
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
        except BlockingIOError as fault:
            if time.monotonic() >= deadline:
                os.close(descriptor)
                raise InUse(f"{path} is locked by another process") from fault
        time.sleep(POLL)


def new_key() -> str:
    """Return 32 random bytes, base64url-encoded without padding."""
    return base64url.encode(secrets.token_bytes(32))


SECRETS = "secrets.json"
KEYS = ("SIGNING_KEY", "REFRESH_KEY", "CURSOR_KEY", "PASSWORD_PEPPER")


def make_secrets(folder: DataFolder) -> dict[str, str]:
    """Return the installation's secrets, generated once. A damaged file is an error: new keys lock everyone out."""
    known = folder.read(SECRETS)
    complete = {name: new_key() for name in KEYS} | {"SEALING_KEYS": f"k1:{new_key()}"} | known
    if complete != known:
        folder.write(SECRETS, complete)
    return complete
