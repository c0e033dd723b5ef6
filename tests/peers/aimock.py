"""Starts aimock, a mock of OpenAI's API that others wrote, with the answers in `tests/peers/aimock/fixtures.json`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from studyteddy.embedded.engine import free_port
from tests.peers.node import NODE, install

HERE = Path(__file__).parent / "aimock"


@dataclass(frozen=True)
class Mock:
    """A running mock."""

    address: str

    @property
    def url(self) -> str:
        return f"{self.address}/v1"

    async def fail(self, **rates: float) -> None:
        """Set how often it fails: `malformedRate`, `disconnectRate`, `dropRate`, `rateLimitRate`."""
        async with httpx2.AsyncClient(trust_env=False) as http:
            answer = await http.post(f"{self.address}/__aimock/chaos", json=rates)
            answer.raise_for_status()


@asynccontextmanager
async def aimock() -> AsyncIterator[Mock]:
    """Run the mock on a free loopback port."""
    await asyncio.to_thread(install, HERE)
    port = free_port()
    script = HERE / "node_modules/@copilotkit/aimock/dist/cli.js"
    options = ["--strict", "--port", str(port), "--fixtures", str(HERE / "fixtures.json"), "--log-level", "silent"]
    process = await asyncio.create_subprocess_exec(
        NODE, script, *options, cwd=HERE, env={"PATH": os.environ["PATH"]}, stdin=asyncio.subprocess.DEVNULL
    )
    mock = Mock(f"http://127.0.0.1:{port}")
    try:
        await _ready(mock, process)
        yield mock
    finally:
        process.terminate()
        await process.wait()


async def _ready(mock: Mock, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(30), httpx2.AsyncClient(trust_env=False) as http:
        while True:
            assert process.returncode is None, "aimock didn't start"
            try:
                await http.get(f"{mock.address}/v1/models")
            except httpx2.TransportError:
                await asyncio.sleep(0.05)
            else:
                return
