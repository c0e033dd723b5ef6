"""Become another program, tied to the life of the one that asked for it.

A script of its own, run by path with nothing but the standard library, because what it does (changing the
account, entering a namespace) must happen in the child, after the fork, where Python code of a process with
threads is not safe to run:

    python -I -S launch.py PARENT SIGNAL ACCOUNT PROGRAM [ARGUMENT...]

PARENT is the process whose end sends SIGNAL to the program. ACCOUNT is `same`, `UID:GID` to become somebody
else, or `namespace` to look like `nobody` from inside while the files stay the caller's own: PostgreSQL
refuses to run as root and as a user without a name, and so it sees neither.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

NOBODY = 65534
CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1


def main(parent: str, ending: str, account: str, *command: str) -> None:
    """Everything that must be true of the process, then the program in its place."""
    become(account)
    end_with(int(parent), int(ending))
    # Python ignores these and an ignored signal stays ignored across exec.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    os.execv(command[0], command)  # noqa: S606 - to start a process is what this is for


def become(account: str) -> None:
    """Change to the account; groups first, since the right to do so goes with the user."""
    if account == "namespace":
        enter_namespace()
    elif account != "same":
        uid, _, gid = account.partition(":")
        os.setgroups([])
        os.setgid(int(gid))
        os.setuid(int(uid))


def enter_namespace() -> None:
    """A user namespace in which the caller is called `nobody`."""
    uid, gid = os.geteuid(), os.getegid()
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "user namespaces are not allowed here")
    Path("/proc/self/setgroups").write_text("deny")  # without it an ordinary user may not map a group
    Path("/proc/self/uid_map").write_text(f"{NOBODY} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{NOBODY} {gid} 1")


def end_with(parent: int, ending: int) -> None:
    """Have the kernel send `ending` when the parent dies; last, because a change of account forgets it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, ending)
    if os.getppid() != parent:  # it died before the kernel was told
        sys.exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
