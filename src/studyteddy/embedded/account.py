"""Whom the engines run as. PostgreSQL refuses root, so root hands them to somebody else.

An ordinary user runs them as is. Root runs them as `nobody`, if `nobody` can reach the data and the programs;
otherwise inside a user namespace, where root goes by the name of `nobody` and files stay where they are.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from studyteddy.embedded.folder import Trouble
from studyteddy.embedded.process import SAME, command_of


class Unreachable(Trouble):
    """The account that must run the engines cannot reach the data folder."""


@dataclass(frozen=True)
class Account:
    """An account of the engines: who owns their files, and how the launch script becomes it."""

    uid: int
    gid: int
    argument: str = SAME

    def reaches(self, *places: Path) -> bool:
        """Whether it may pass through every folder on the way to these without root's rights."""
        return all(self._passes(step) for place in places for step in (place, *place.parents))

    def _passes(self, folder: Path) -> bool:
        about = folder.stat()
        if about.st_uid == self.uid:
            return bool(about.st_mode & stat.S_IXUSR)
        return bool(about.st_mode & (stat.S_IXGRP if about.st_gid == self.gid else stat.S_IXOTH))

    def take(self, folder: Path) -> None:
        """Make the folder and all in it this account's own; the top last, or half of it would seem enough."""
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.stat().st_uid == self.uid:
            return
        for inside, folders, files in os.walk(folder, topdown=False):
            for name in files + folders:
                os.chown(os.path.join(inside, name), self.uid, self.gid, follow_symlinks=False)
        os.chown(folder, self.uid, self.gid)


@dataclass(frozen=True)
class Programs:
    """Where an engine's programs are, and which folders must stay side by side when they are copied."""

    folder: Path
    together: tuple[Path, ...]

    def __truediv__(self, name: str) -> Path:
        return self.folder / name

    def copied_below(self, place: Path) -> Programs:
        """The same programs in a folder that everybody can reach; copied once for each version of them."""
        root = self.together[0].parent
        seen = self.together[0].stat()
        target = place / f"{self.together[0].name}-{seen.st_ino:x}-{seen.st_mtime_ns:x}"
        if not target.exists():
            fresh = target.with_suffix(f".{os.getpid()}")
            for folder in self.together:
                shutil.copytree(folder, fresh / folder.name, symlinks=True)
            fresh.chmod(0o755)
            fresh.replace(target)
        return Programs(target / self.folder.relative_to(root), tuple(target.iterdir()))


def settle(folder: Path, programs: Programs, *, namespaces: bool | None = None) -> tuple[Account, Programs]:
    """Account and programs with which engines can work in `folder`.

    `namespaces` says whether user namespaces are allowed; by default it is found out.
    """
    uid, gid = os.geteuid(), os.getegid()
    if uid != 0:
        return Account(uid, gid, SAME if has_name(uid) else "namespace"), programs
    nobody = pwd.getpwnam("nobody")
    dropped = Account(nobody.pw_uid, nobody.pw_gid, f"{nobody.pw_uid}:{nobody.pw_gid}")
    if dropped.reaches(folder, programs.folder):
        return dropped, programs
    disguised = Account(uid, gid, "namespace")
    allowed = namespace_allowed() if namespaces is None else namespaces
    if allowed and disguised.reaches(folder, programs.folder):
        return disguised, programs
    if dropped.reaches(folder):
        return dropped, programs.copied_below(folder / "programs")
    raise Unreachable(
        f"PostgreSQL does not run as root, and `nobody` cannot reach {folder}: run as an ordinary user, "
        "or name a folder that others may pass through with --data-dir, such as /var/lib/study-teddy"
    )


def has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def namespace_allowed() -> bool:
    """Whether this system lets us make a user namespace; containers often do not."""
    probe = command_of([shutil.which("true") or "/bin/true"], account="namespace")
    return subprocess.run(probe, stdin=subprocess.DEVNULL, capture_output=True, timeout=10).returncode == 0
