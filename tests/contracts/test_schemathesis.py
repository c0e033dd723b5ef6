"""No input causes a 5xx or an undocumented response: thousands of requests generated from the OpenAPI document."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest
from tests.cast import Person
from tests.conftest import System

HERE = Path(__file__).parent
SOAK = os.environ.get("SOAK") == "1"
ENDINGS = ("logout", "logout_all")
"""Operations that invalidate the token of the run; they have a separate run."""
OUTSIDE = ("begin_google", "connect_google", "connect_outlook")
"""They only lead to an external provider and return 503 without one, as here; others test them."""


@pytest.mark.slow
async def test_no_input_causes_an_undocumented_response(system: System, alice: Person, tmp_path: Path) -> None:
    """All phases run: examples, limits of every field, random data, and sequences of requests."""
    options = [f"--exclude-operation-id={name}" for name in (*ENDINGS, *OUTSIDE)]
    report = await _run(system, alice, tmp_path, *options, f"--max-examples={250 if SOAK else 25}")
    (cases,) = re.findall(r"(\d+) generated, \1 passed", report)
    assert int(cases) >= (5_000 if SOAK else 2_000)


@pytest.mark.slow
async def test_ending_a_session_causes_no_undocumented_response(system: System, alice: Person, tmp_path: Path) -> None:
    options = [f"--include-operation-id={name}" for name in ENDINGS]
    report = await _run(system, alice, tmp_path, *options, "--max-examples=10")
    assert re.search(r"(\d+) generated, \1 passed", report)


async def _run(system: System, person: Person, folder: Path, *options: str) -> str:
    """Run Schemathesis in a separate process and fail with its first failures."""
    config = (HERE / "schemathesis.toml").resolve()
    paths = os.pathsep.join(str(HERE.parents[1] / name) for name in ("", "src"))
    surroundings = {"SCHEMATHESIS_HOOKS": "tests.contracts.schemathesis_checks", "PYTHONPATH": paths}
    surroundings |= {"URL": system.url, "TOKEN": person.access_token}
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("schemathesis"),
        f"--config-file={config}",
        "run",
        f"{system.url}/api/openapi.json",
        f"--header=Authorization: Bearer {person.access_token}",
        "--seed=7",
        "--continue-on-failure",
        "--request-timeout=15",
        *options,
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=os.environ | surroundings,
    )
    output, _ = await asyncio.wait_for(process.communicate(), 2400 if SOAK else 900)
    text = output.decode()
    assert process.returncode == 0, text[max(text.find("= FAILURES"), 0) :][:20_000]
    return text
