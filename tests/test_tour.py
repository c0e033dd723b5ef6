"""The commands of docs/tour.md run as printed."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from pathlib import Path

import pytest

from studyteddy.bootstrap import runtime
from tests.conftest import System

TOUR = Path(__file__).parents[1] / "docs/tour.md"
_STEP = re.compile(r"```sh tour\n(.*?)```(?:\n```text\n(.*?)```)?", re.S)


@pytest.mark.skipif(
    shutil.which("curl") is None and "CI" not in os.environ, reason="the tour needs curl, which is not installed"
)
async def test_the_tour_runs_as_printed(system: System) -> None:
    steps = _STEP.findall(TOUR.read_text())
    assert len(steps) >= 5
    script = "\necho --step--\n".join(commands for commands, _ in steps)
    worker = runtime.worker(system.running)
    system.running.hub.listen_for_jobs(worker.wake)
    working = asyncio.ensure_future(worker.run())
    try:
        process = await asyncio.create_subprocess_exec(
            "bash",
            "-e",
            "-c",
            script.replace("http://127.0.0.1:8000", system.url),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        said, complaints = await asyncio.wait_for(process.communicate(), 60)
    finally:
        worker.stop()
        await working
    assert process.returncode == 0, complaints.decode()
    for (commands, expected), output in zip(steps, said.decode().replace("\r", "").split("--step--\n"), strict=True):
        missing = [line for line in expected.splitlines() if line not in output.splitlines()]
        assert not missing, f"after\n{commands}\nexpected\n{expected}\nbut got\n{output}"
