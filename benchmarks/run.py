"""Runs the benchmarks: `./teddy bench [names] [--rounds N] [--seconds S] [--tasks N] [--peer DIR] [--quick]`."""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[1]
if TYPE_CHECKING:
    from rich.progress import Progress

    from benchmarks.bench import Bench

if __name__ == "__main__":  # the script's folder comes first and `requests` would shadow a library
    sys.path[0:1] = [str(ROOT), str(ROOT / "src")]

NAMES = (
    "requests",
    "framework",
    "row_security",
    "sockets",
    "jobs",
    "memory",
    "logins",
    "ai_streams",
    "quick_add",
    "calendars",
    "scale",
    "redis_clients",
    "web_app",
)


def known(name: str) -> str:
    if name not in NAMES:
        raise argparse.ArgumentTypeError(f"unknown benchmark {name}; choose from {', '.join(NAMES)}")
    return name


def arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="teddy bench", description="Run the benchmarks and write the results to benchmarks/results."
    )
    parser.add_argument("names", nargs="*", type=known, metavar="NAME", help=f"{', '.join(NAMES)}; all if omitted")
    parser.add_argument("--rounds", type=int, default=5, help="number of interleaved rounds")
    parser.add_argument("--seconds", type=float, default=3.0, help="duration of one measurement")
    parser.add_argument("--tasks", type=int, default=250_000, help="number of tasks in the database")
    parser.add_argument("--peer", type=Path, help="folder of a peer to compare with (NestJS, socket.io, BullMQ)")
    parser.add_argument("--quick", action="store_true", help="2 rounds of 1 s with 25,000 tasks; writes no results")
    asked = parser.parse_args(given)
    if asked.quick:
        asked.rounds, asked.seconds, asked.tasks = 2, 1.0, min(asked.tasks, 25_000)
    return asked


def main(given: Sequence[str]) -> None:
    """Runs the named benchmarks and writes their pages."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from benchmarks.bench import Bench

    asked = arguments(given)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 16_384)), hard))  # thousands of sockets
    columns = TextColumn("{task.fields[name]:<10}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory(prefix="study-bench-")))
        progress = ending.enter_context(Progress(*columns, TextColumn("{task.description}"), refresh_per_second=2))
        bench = Bench(asked.rounds, asked.seconds, asked.tasks, asked.peer, asked.quick, folder, ending)
        for name in asked.names or NAMES:
            one(name, bench, progress)


def one(name: str, bench: Bench, progress: Progress) -> None:
    """Runs one benchmark with its own progress bar."""
    from benchmarks.report import write

    module = import_module(f"benchmarks.{name}")
    task = progress.add_task("", name=name, total=module.steps(bench) + 1)

    def step(what: str) -> None:
        progress.update(task, advance=1, description=what)

    bench.step = step
    report = module.run(bench)
    if not bench.quick:
        write(name, report, bench.how)
    progress.update(task, completed=module.steps(bench) + 1, description="done")
    for line in report.headlines:
        progress.console.print(" · ".join(cell for cell in line.row() if cell), markup=False)


if __name__ == "__main__":
    main(sys.argv[1:])
