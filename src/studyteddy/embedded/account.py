"""The user account that the engines run as. PostgreSQL refuses to run as root, so root uses another account.

An ordinary user runs the engines directly. Root runs them as `nobody` if `nobody` can access the data and the
programs; otherwise in a user namespace, where root is mapped to `nobody` and files stay where they are.
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
    """The account that must run the engines can't access the data folder."""


@dataclass(frozen=True)
class Account:
    """An account for the engines: the owner of their files, and how the launch script switches to it."""

    uid: int
    gid: int
    argument: str = SAME

    def can_access(self, *paths: Path) -> bool:
        """Return whether the account can traverse all folders down to these paths without root's rights."""
        return all(self._can_enter(folder) for path in paths for folder in (path, *path.parents))

    def _can_enter(self, folder: Path) -> bool:
        info = folder.stat()
        if info.st_uid == self.uid:
            return bool(info.st_mode & stat.S_IXUSR)
        return bool(info.st_mode & (stat.S_IXGRP if info.st_gid == self.gid else stat.S_IXOTH))

    def take_ownership(self, folder: Path) -> None:
        """Make this account the owner of the folder and its contents; the folder last, since its owner is checked."""
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.stat().st_uid == self.uid:
            return
        for inside, folders, files in os.walk(folder, topdown=False):
            for name in files + folders:
                os.chown(os.path.join(inside, name), self.uid, self.gid, follow_symlinks=False)
        os.chown(folder, self.uid, self.gid)


@dataclass(frozen=True)
class Programs:
    """The folder of an engine's programs, and the folders that must stay side by side when copied."""

    folder: Path
    together: tuple[Path, ...]

    def __truediv__(self, name: str) -> Path:
        return self.folder / name

    def copied_below(self, parent: Path) -> Programs:
        """Return a copy of the programs in a folder that everyone can access; copied once per version."""
        root = self.together[0].parent
        info = self.together[0].stat()
        target = parent / f"{self.together[0].name}-{info.st_ino:x}-{info.st_mtime_ns:x}"
        if not target.exists():
            copy = target.with_suffix(f".{os.getpid()}")
            for folder in self.together:
                shutil.copytree(folder, copy / folder.name, symlinks=True)
            copy.chmod(0o755)
            copy.replace(target)
        return Programs(target / self.folder.relative_to(root), tuple(target.iterdir()))


def choose_account(folder: Path, programs: Programs, *, namespaces: bool | None = None) -> tuple[Account, Programs]:
    """Return an account and programs that can run engines in `folder`; raise `Unreachable`.

    `namespaces` says whether user namespaces are allowed; detected by default.
    """
    uid, gid = os.geteuid(), os.getegid()
    if uid != 0:
        return Account(uid, gid, SAME if has_user_name(uid) else "namespace"), programs
    nobody = pwd.getpwnam("nobody")
    dropped = Account(nobody.pw_uid, nobody.pw_gid, f"{nobody.pw_uid}:{nobody.pw_gid}")
    if dropped.can_access(folder, programs.folder):
        return dropped, programs
    namespaced = Account(uid, gid, "namespace")
    allowed = namespace_allowed() if namespaces is None else namespaces
    if allowed and namespaced.can_access(folder, programs.folder):
        return namespaced, programs
    if dropped.can_access(folder):
        return dropped, programs.copied_below(folder / "programs")
    raise Unreachable(
        f"PostgreSQL doesn't run as root, and `nobody` can't access {folder}: run as an ordinary user, "
        "or use --data-dir to choose a folder that other users can access, such as /var/lib/study-teddy"
    )


def has_user_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def namespace_allowed() -> bool:
    """Return whether the system allows user namespaces; containers often don't."""
    probe = command_of([shutil.which("true") or "/bin/true"], account="namespace")
    return subprocess.run(probe, stdin=subprocess.DEVNULL, capture_output=True, timeout=10).returncode == 0
