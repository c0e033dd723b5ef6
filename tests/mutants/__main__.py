"""Mutation testing: draws small changes of the program and shows that the tests notice them.

`./teddy mutants --seed 7 --count 100` copies the checkout, measures which test runs which line, draws the mutants, the
same number in each area, and runs for each the tests that can notice it, the narrowest first. The result is written to
docs/mutants.md. A mutant that survives is either a missing test or a change without an effect; the page lists them all.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.progress import Progress

from tests.mutants import coverage_map
from tests.mutants.mutations import Mutation, mutations

ROOT = Path(__file__).parents[2]
AREAS = ("platform/security", "platform/db", "features/auth", "features/tasks")
SUITES = (
    "tests/operating",
    "tests/rules",
    "tests/platform",
    "tests/web",
    "tests/features/auth",
    "tests/features/tasks",
    "tests/features/notifications",
    "tests/contracts/test_row_level_security.py",
    "tests/contracts/test_idempotency_contract.py",
)
"""The tests whose coverage is measured; slow tests of the whole program add nothing but time."""
STATIC = (
    "tests/contracts/test_constant_time.py",
    "tests/contracts/test_owner_in_statements.py",
    "tests/contracts/test_statements.py",
    "tests/contracts/test_openapi.py",
    "tests/contracts/test_limits.py",
)
"""Tests that read the source or what is generated from it; every mutant meets them."""
MOST_TESTS = 60
"""The narrowest tests of a line: most lines of the pool are run by every test, and noticed by those about it."""
MORE_TESTS = 400
"""The tests that a mutant still meets if those let it pass."""
MOST_FAILING = 3
"""Tests that may fail without mutants, such as those that measure, under coverage; they are left out."""
TIMEOUT = 180.0
"""Seconds for the tests of a mutant; without it, they must take less than half of that for it to be what hangs."""
MOST_UNREPEATED = 3
"""Failures of single tests that may not be repeated before a mutant counts as not caught."""


class Result(NamedTuple):
    """What became of a mutant: `caught`, `survived`, or `not run` by any test; and the test that failed."""

    mutation: Mutation
    outcome: str
    by: str


def main() -> None:
    parser = argparse.ArgumentParser(prog="./teddy mutants", description="Run mutation tests.")
    parser.add_argument("--seed", type=int, default=1, help="seed of the draw (default: 1)")
    parser.add_argument("--count", type=int, default=100, help="mutants to draw (default: 100)")
    parser.add_argument("--folder", type=Path, default=ROOT / ".mutants", help="where the copies are kept")
    parser.add_argument("--area", choices=AREAS, help="draw in this area only; the page isn't written then")
    parser.add_argument("--measured", action="store_true", help="use the folder's last measurement")
    given = parser.parse_args()
    checkouts = [_copy(given.folder / f"checkout-{number}") for number in range(2)]
    if not given.measured or not (given.folder / "coverage.db").exists():
        _measure(checkouts[0], given.folder)
    tests, breadth = _measured(checkouts[0], given.folder)
    drawn = draw(checkouts[0] / "src/studyteddy", given.seed, given.count, [given.area] if given.area else AREAS)
    results: list[Result] = []
    with Progress(console=Console(stderr=True)) as progress, ThreadPoolExecutor(len(checkouts)) as threads:
        bar = progress.add_task("mutants", total=len(drawn))
        free = list(checkouts)

        def run(mutation: Mutation) -> None:
            checkout = free.pop()
            try:
                result = _run(checkout, mutation, tests, breadth)
            finally:
                free.append(checkout)
            results.append(result)
            if result.outcome != "caught":
                progress.console.print(_row(mutation, result.outcome), markup=False, highlight=False, soft_wrap=True)
            progress.advance(bar)

        list(threads.map(run, drawn))
    results.sort(key=lambda one: drawn.index(one.mutation))
    if not given.area:
        (ROOT / "docs/mutants.md").write_text(page(results, given.seed))
    caught = sum(one.outcome == "caught" for one in results)
    print(f"{caught} of {len(results)} mutants caught" + ("" if given.area else "; see docs/mutants.md"))
    raise SystemExit(0 if caught >= 0.95 * len(results) else 1)


def draw(package: Path, seed: int, count: int, areas: Sequence[str] = AREAS) -> list[Mutation]:
    """Draw the same number of mutants in each area; their order and choice depend only on the seed and the source."""
    drawn: list[Mutation] = []
    for number, area in enumerate(areas):
        files = sorted(path.relative_to(package).as_posix() for path in (package / area).rglob("*.py"))
        possible = [one for file in files for one in mutations(package, file)]
        share = count // len(areas) + (number < count % len(areas))
        drawn += random.Random(f"{seed} {area}").sample(possible, share)
    return drawn


def _copy(folder: Path) -> Path:
    """Copy the checkout, without what git ignores."""
    shutil.rmtree(folder, ignore_errors=True)
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def _measure(checkout: Path, folder: Path) -> None:
    """Run the tests once with coverage, which records in the folder which run a line, and how long each takes."""
    print("measuring which tests run which lines", file=sys.stderr)
    (folder / "coverage.db").unlink(missing_ok=True)
    done = _pytest(checkout, ["-p", "tests.mutants.recorder", *SUITES], timeout=1800, MUTANTS_FOLDER=str(folder))
    failing = _failing(done.stdout) if done else []
    if done is None or (done.returncode and not 0 < len(failing) <= MOST_FAILING):
        raise SystemExit(f"the tests fail without mutants:\n{done.stdout[-3000:] if done else 'timed out'}")
    for test in failing:
        print(f"left out, since it fails without mutants: {test}", file=sys.stderr)
    seconds = json.loads((folder / "seconds.json").read_text())
    usable = {test: taken for test, taken in seconds.items() if test not in failing}
    (folder / "seconds.json").write_text(json.dumps(usable))


def _measured(checkout: Path, folder: Path) -> tuple[coverage_map.Tests, Counter[str]]:
    """Return which tests run a line, and how many lines each test runs."""
    seconds: dict[str, float] = json.loads((folder / "seconds.json").read_text())
    found = coverage_map.read(folder / "coverage.db", checkout / "src/studyteddy")
    usable = {line: tests & seconds.keys() for line, tests in found.items()}
    return usable, Counter(test for tests in usable.values() for test in tests)


def _run(checkout: Path, mutation: Mutation, tests: coverage_map.Tests, breadth: Counter[str]) -> Result:
    file = checkout / "src/studyteddy" / mutation.file
    source = file.read_text()
    lines = (
        coverage_map.users(source, mutation.defines)
        if mutation.defines
        else [coverage_map.running(source, mutation.line)]
    )
    noticing = set().union(*(tests.get((mutation.file, number), set()) for number in lines))
    ordered = sorted(noticing, key=lambda test: (breadth[test], test))
    for chosen in ([*STATIC, *ordered[:MOST_TESTS]], ordered[MOST_TESTS:MORE_TESTS]):
        try:
            file.write_text(mutation.applied(source))
            by = _noticing(checkout, chosen) if chosen else ""
        finally:
            file.write_text(source)
        if by and (by != "time limit" or _is_fast(checkout, chosen)):
            return Result(mutation, "caught", by)
    return Result(mutation, "survived" if ordered else "not run", "")


def _noticing(checkout: Path, tests: list[str]) -> str:
    """Return the first test that fails, and fails again, alone or after the same tests; an empty string if none does.

    On a busy machine tests may fail by themselves: what isn't repeated isn't the mutant's doing.
    """
    unrepeated: list[str] = []
    while len(unrepeated) < MOST_UNREPEATED:
        without = [f"--deselect={test}" for test in unrepeated]
        done = _pytest(checkout, ["-x", *without, *tests], timeout=TIMEOUT)
        if done is None:
            return "time limit"
        if not done.returncode:
            return ""
        failing = next(iter(_failing(done.stdout)), "")
        if not failing:
            return "import"
        again = _pytest(checkout, [failing], timeout=TIMEOUT)
        if again is None or again.returncode:
            return failing
        again = _pytest(checkout, ["-x", *without, *tests], timeout=TIMEOUT)  # it may need what others leave behind
        if again is None or failing in _failing(again.stdout):
            return failing
        unrepeated.append(failing)
    return ""


def _is_fast(checkout: Path, tests: list[str]) -> bool:
    """Return whether the tests pass well within the time limit, so that it is the mutant that hangs."""
    done = _pytest(checkout, tests, timeout=TIMEOUT / 2)
    return done is not None and not done.returncode


def _failing(output: str) -> list[str]:
    """Return the ids of the tests that pytest reports as failed."""
    lines = (line for line in output.splitlines() if line.startswith(("FAILED ", "ERROR ")))
    return [line.partition(" ")[2].partition(" - ")[0] for line in lines]


def _pytest(
    checkout: Path, arguments: list[str], *, timeout: float, **more: str
) -> subprocess.CompletedProcess[str] | None:
    """Run pytest in a checkout; return None if it takes longer than `timeout` seconds."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    # No bytecode: two mutants of a file within a second would share it.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": f"{checkout / 'src'}:{checkout}", **more}
    with subprocess.Popen(
        command, cwd=checkout, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            output, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.terminate()  # pytest then stops the servers that it started
            process.communicate()
            return None
    return subprocess.CompletedProcess(command, process.returncode, output)


def page(results: list[Result], seed: int) -> str:
    """Return docs/mutants.md."""
    by_area = Counter((_area(one.mutation), one.outcome) for one in results)
    caught = sum(one.outcome == "caught" for one in results)
    lines = [
        "# Mutants",
        "",
        f"Small changes of the program, drawn by `./teddy mutants --seed {seed} --count {len(results)}`. The tests",
        f"noticed {caught} of {len(results)}.",
        "",
        "| area | drawn | caught |",
        "|---|---|---|",
    ]
    for area in AREAS:
        drawn = sum(count for (name, _), count in by_area.items() if name == area)
        lines.append(f"| `{area}` | {drawn} | {by_area[area, 'caught']} |")
    if left := [one for one in results if one.outcome != "caught"]:
        lines += ["", "## Not caught", "", "| place | before | after | outcome |", "|---|---|---|---|"]
        lines += [_row(one.mutation, one.outcome) for one in left]
    lines += ["", "## Caught", "", "| place | before | after | by |", "|---|---|---|---|"]
    lines += [_row(one.mutation, one.by.rpartition("/")[2]) for one in results if one.outcome == "caught"]
    return "\n".join(lines) + "\n"


def _row(mutation: Mutation, last: str) -> str:
    place = f"`{mutation.file}:{mutation.line}`"
    return f"| {place} | {_cell(mutation.before)} | {_cell(mutation.after)} | {last} |"


def _area(mutation: Mutation) -> str:
    return next(area for area in AREAS if mutation.file.startswith(f"{area}/"))


def _cell(text: str) -> str:
    short = " ".join(text.split())
    short = short if len(short) <= 70 else f"{short[:67]}..."
    return f"`{short.replace('|', chr(92) + '|')}`" if short else "(removed)"


if __name__ == "__main__":
    started = time.monotonic()
    try:
        main()
    finally:
        print(f"{time.monotonic() - started:.0f} s", file=sys.stderr)
