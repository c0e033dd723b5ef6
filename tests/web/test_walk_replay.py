"""The reducers of the web app on the walk of the API: an old copy and the events since equal a fresh read."""

from __future__ import annotations

import os
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from tests.cast import Person
from tests.conftest import System
from tests.contracts.calendar_accounts import add_account, planned
from tests.contracts.test_event_consistency import step
from tests.contracts.walk import Recording, Walk

from studyteddy.embedded import web_build
from studyteddy.embedded.web_build import Tools

STEPS = 60


@pytest.mark.slow
@pytest.mark.skipif(not web_build.has_source(), reason="this copy has no web app")
async def test_the_app_keeps_what_a_fresh_read_has(system: System, alice: Person, tmp_path: Path) -> None:
    path, walk = tmp_path / "walk.jsonl", Walk(alice, 8)
    recording = Recording(path)
    session_id = await planned(system, alice, (system.clock() + timedelta(days=1)).isoformat())
    for _ in range(2):
        await add_account(system, alice, session_id=session_id)
    await walk.begin()
    for number in range(STEPS):
        await step(system, walk, recording, jobs=number % 3 == 0)
    replay(path, tmp_path)


def replay(walk: Path, folder: Path) -> None:
    """Run the test of the app that replays a walk, in a copy of its source with its packages."""
    work = folder / "web"
    tools = web_build.get_node(folder, Tools(folder / "log", web_build.tool_environment(os.environ)), os.environ)
    web_build.copy_source(web_build.SOURCE, work)
    web_build.install_packages(work, tools, development=True)
    command = web_build.program(["node", work / "node_modules/vitest/vitest.mjs", "run", REPLAY], tools.environment)
    said = subprocess.run(
        command,
        cwd=work,
        env={**tools.environment, "WALK_REPLAY": str(walk)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert said.returncode == 0, said.stdout + said.stderr
    assert "2 passed" in said.stdout, said.stdout


REPLAY = "src/features/replay.test.ts"
