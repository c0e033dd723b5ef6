"""Run another program that ends when its parent process ends.

A separate script, run by path with only the standard library, because its work (changing the account, entering a
namespace) must happen in the child after the fork, where running Python code of a multithreaded process isn't safe:
    python -I -S launch.py PARENT SIGNAL ACCOUNT PROGRAM [ARGUMENT...]

When the process PARENT ends, SIGNAL is sent to the program. ACCOUNT is `same`, `UID:GID` to switch to another
account, or `namespace` to run as `nobody` inside a user namespace while files stay owned by the caller: PostgreSQL
refuses to run as root or as a user without a name.
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


def main(parent: str, stop_signal: str, account: str, *command: str) -> None:
    """Set up the process, then replace it with the program."""
    switch_account(account)
    die_with_parent(int(parent), int(stop_signal))
    # Python ignores these signals, and an ignored signal stays ignored across exec.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    os.execv(command[0], command)  # noqa: S606 - starting a process is the purpose of this script


def switch_account(account: str) -> None:
    """Switch to the account; groups first, since dropping the user drops the right to change them."""
    if account == "namespace":
        enter_namespace()
    elif account != "same":
        uid, _, gid = account.partition(":")
        os.setgroups([])
        os.setgid(int(gid))
        os.setuid(int(uid))


def enter_namespace() -> None:
    """Enter a user namespace in which the caller is mapped to `nobody`."""
    uid, gid = os.geteuid(), os.getegid()
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "user namespaces are not allowed here")
    Path("/proc/self/setgroups").write_text("deny")  # required before an ordinary user can map a group
    Path("/proc/self/uid_map").write_text(f"{NOBODY} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{NOBODY} {gid} 1")


def die_with_parent(parent: int, stop_signal: int) -> None:
    """Have the kernel send the signal when the parent dies; called last, because changing the account resets it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, stop_signal)
    if os.getppid() != parent:  # it died before prctl was called
        sys.exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
