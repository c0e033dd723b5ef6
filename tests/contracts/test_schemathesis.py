"""No input makes a 5xx or an undocumented answer: thousands of requests made from the API's own document."""

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
"""Operations after which the token of the run is worthless; they have a run of their own."""
OUTSIDE = ("begin_google",)
"""It only leads to a provider outside, and says 503 where none is configured, as here; test_google.py tries it."""


@pytest.mark.slow
async def test_no_input_makes_an_answer_that_is_not_documented(system: System, alice: Person, tmp_path: Path) -> None:
    """All phases: examples, limits of every field, random data, and sequences of requests."""
    options = [f"--exclude-operation-id={name}" for name in (*ENDINGS, *OUTSIDE)]
    report = await _run(system, alice, tmp_path, *options, f"--max-examples={250 if SOAK else 25}")
    (cases,) = re.findall(r"(\d+) generated, \1 passed", report)
    assert int(cases) >= (5_000 if SOAK else 2_000)


@pytest.mark.slow
async def test_nor_does_the_end_of_a_session(system: System, alice: Person, tmp_path: Path) -> None:
    options = [f"--include-operation-id={name}" for name in ENDINGS]
    report = await _run(system, alice, tmp_path, *options, "--max-examples=10")
    assert re.search(r"(\d+) generated, \1 passed", report)


async def _run(system: System, person: Person, folder: Path, *options: str) -> str:
    """What Schemathesis says, in a process of its own; it fails with the first failures."""
    config = (HERE / "schemathesis.toml").resolve()
    surroundings = {"SCHEMATHESIS_HOOKS": "tests.contracts.schemathesis_checks", "PYTHONPATH": str(HERE.parents[1])}
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("schemathesis"), f"--config-file={config}", "run",
        f"{system.url}/api/openapi.json", f"--header=Authorization: Bearer {person.access_token}",
        "--seed=7", "--continue-on-failure", "--request-timeout=15", *options,
        cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env=os.environ | surroundings,
    )  # fmt: skip
    output, _ = await asyncio.wait_for(process.communicate(), 1500 if SOAK else 300)
    text = output.decode()
    assert process.returncode == 0, text[max(text.find("= FAILURES"), 0) :][:20_000]
    return text
