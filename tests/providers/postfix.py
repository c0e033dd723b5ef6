"""A real Postfix with a private folder and port, which delivers all mail to one file."""

from __future__ import annotations

import mailbox
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from tests.providers.certificates import Certificates, certificates

from studyteddy.embedded.engine import free_port

_MAIN = """
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = {home}/log
maillog_file_prefixes = {home}
myhostname = mail.example.org
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mydestination =
alias_maps =
local_recipient_maps =
virtual_mailbox_domains = example.org
virtual_mailbox_maps = static:all
virtual_mailbox_base = {home}/mail
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
smtpd_tls_security_level = may
smtpd_tls_cert_file = {tls.certificate}
smtpd_tls_key_file = {tls.key}
smtpd_recipient_restrictions = check_recipient_access texthash:{home}/recipients, permit_mynetworks, reject
message_size_limit = 100000
"""

_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""

_RECIPIENTS = """
full@example.org 452 4.2.2 mailbox full
unknown@example.org 550 5.1.1 no such person
greylisted@example.org 451 4.7.1 try again later
"""


@dataclass
class Postfix:
    """A running server. `tls.authority` verifies its certificate."""

    home: Path
    port: int
    tls: Certificates

    def delivered(self) -> list[EmailMessage]:
        """Return every delivered mail, oldest first."""
        path = self.home / "mail" / "all"
        if not path.exists():
            return []
        with closing(mailbox.mbox(path, create=False)) as box:
            return [message_from_bytes(_as_sent(box.get_bytes(key)), policy=default) for key in box.iterkeys()]


def _as_sent(raw: bytes) -> bytes:
    # In an mbox file, `From ` starts the next mail; within a mail, it is quoted.
    return raw.replace(b"\n>From ", b"\nFrom ")


@contextmanager
def postfix() -> Iterator[Postfix]:
    """Start Postfix; skip the test if it isn't installed, except in CI."""
    _require()
    home = Path(tempfile.mkdtemp(prefix="teddy-postfix-"))
    try:
        found = _prepare(home)
        _command(home, "start")
        try:
            _wait(home)
            yield found
        finally:
            _command(home, "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _require() -> None:
    reason = ""
    if not shutil.which("postfix", path=f"{os.environ.get('PATH', '')}:/usr/sbin"):
        reason = "Postfix is not installed: apt-get install postfix"
    elif os.getuid() != 0:
        reason = "Postfix starts as root only"
    if reason and os.environ.get("CI") == "true":
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)


def _prepare(home: Path) -> Postfix:
    home.chmod(0o755)  # Postfix's own account must have access
    nobody, port = pwd.getpwnam("nobody"), free_port()
    for name in ("queue", "data", "mail", "etc"):
        (home / name).mkdir()
    shutil.chown(home / "data", "postfix")
    shutil.chown(home / "mail", nobody.pw_uid, nobody.pw_gid)
    tls = certificates(home)
    (home / "recipients").write_text(_RECIPIENTS)
    (home / "etc/main.cf").write_text(_MAIN.format(home=home, uid=nobody.pw_uid, gid=nobody.pw_gid, tls=tls))
    (home / "etc/master.cf").write_text(_MASTER.format(port=port))
    return Postfix(home, port, tls)


def _command(home: Path, word: str) -> None:
    done = subprocess.run(
        ["/usr/sbin/postfix", "-c", home / "etc", word], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr


def _wait(home: Path) -> None:
    """Wait for the log: `start` returns before the port is open."""
    giving_up = time.monotonic() + 20
    while not (home / "log").exists() or "daemon started" not in (home / "log").read_text():
        assert time.monotonic() < giving_up, "Postfix did not start"
        time.sleep(0.05)
