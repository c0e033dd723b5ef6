"""Clients of Google Calendar that others wrote, in processes of their own with packages that the tests don't have."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.peers.google_contract import LOCK
from tests.peers.locked import installed

HERE = Path(__file__).parent
CLIENTS = ("google_api_client", "gcal_sync_client")
Ask = Callable[..., Awaitable[Any]]


@asynccontextmanager
async def foreign_client(name: str, api: str, token: str) -> AsyncIterator[Ask]:
    """Run a client until the block ends; it answers a command with its arguments."""
    packages = await asyncio.to_thread(installed, LOCK, "google")
    environment = {"PYTHONPATH": str(packages), "PATH": os.environ["PATH"], "HOME": tempfile.gettempdir()}
    command = [sys.executable, "-S", "-P", str(HERE / f"{name}.py"), api, token]
    process = await asyncio.create_subprocess_exec(*command, env=environment, stdin=PIPE, stdout=PIPE, stderr=PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    stdin, stdout = process.stdin, process.stdout

    async def ask(*command: Any) -> Any:
        stdin.write(json.dumps(command).encode() + b"\n")
        async with asyncio.timeout(60):
            line = await stdout.readline()
        if not line:
            _, said = await process.communicate()
            raise AssertionError(said.decode()[-3000:])
        return json.loads(line)

    try:
        yield ask
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
