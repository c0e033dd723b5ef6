"""A real S3 server, SeaweedFS, which verifies signatures, parts, and permissions."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2

from studyteddy.embedded.engine import free_port

OWNER, READER = ("owner-key", "owner secret/+1"), ("reader-key", "reader-secret")
BUCKET = "teddy"


@dataclass
class Seaweed:
    """A server with a bucket and two identities: one with full access, one read-only."""

    home: Path
    master: int
    volume: int
    filer: int
    s3: int

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.s3}"

    def command(self) -> list[str]:
        return [
            str(Path(sys.executable).with_name("weed")),
            "-logtostderr=true",
            "server",
            f"-dir={self.home}",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            "-master.telemetry=false",
            f"-master.port={self.master}",
            f"-volume.port={self.volume}",
            "-filer",
            f"-filer.port={self.filer}",
            "-s3",
            f"-s3.port={self.s3}",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            f"-s3.config={self.home / 'identities.json'}",
            "-volume.max=10",
            "-master.volumeSizeLimitMB=64",
        ]

    def said(self) -> str:
        return (self.home / "log").read_text()[-3000:]


@contextmanager
def seaweed() -> Iterator[Seaweed]:
    """Run the server until the block ends; its program is a development dependency."""
    server = Seaweed(Path(tempfile.mkdtemp(prefix="teddy-seaweed-")), *_ports())
    identities = [_identity("owner", OWNER, ["Admin"]), _identity("reader", READER, ["Read", "List"])]
    (server.home / "identities.json").write_text(json.dumps({"identities": identities}))
    with (server.home / "log").open("wb") as log:
        process = subprocess.Popen(server.command(), stdout=log, stderr=subprocess.STDOUT, cwd=server.home)
    try:
        _make_bucket(server, process)
        yield server
    finally:
        process.kill()
        process.wait(10)
        shutil.rmtree(server.home, ignore_errors=True)


def _ports() -> list[int]:
    """Return four free ports below 55,536: SeaweedFS also uses each port plus 10,000."""
    ports: set[int] = set()
    while len(ports) < 4:
        ports |= {port for port in [free_port()] if port <= 55_000 and _is_free(port + 10_000)}
    return sorted(ports)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _identity(name: str, credentials: tuple[str, str], actions: list[str]) -> dict[str, object]:
    key, secret = credentials
    return {"name": name, "credentials": [{"accessKey": key, "secretKey": secret}], "actions": actions}


def _make_bucket(server: Seaweed, process: subprocess.Popen[bytes]) -> None:
    """Create the bucket once the server is ready."""
    deadline = time.monotonic() + 60
    with httpx2.Client(trust_env=False) as http:
        while True:
            assert process.poll() is None, server.said()
            assert time.monotonic() < deadline, server.said()
            with suppress(httpx2.TransportError):
                made = http.post(f"http://127.0.0.1:{server.filer}/buckets/{BUCKET}/")
                if made.status_code in (201, 409) and http.get(f"{server.endpoint}/healthz").is_success:
                    return
            time.sleep(0.1)
