"""The results of a benchmark: a Markdown page, its rows in the summary, and the rows in the README."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- in short -->", "<!-- /in short -->"
README_BEGIN, README_END = "<!-- benchmarks: begin -->", "<!-- benchmarks: end -->"
HEADER = ("", "measured", "target", "met")
MISSED = "**no**"
README_ROWS = (
    "list 20 tasks: server CPU relative to minimal ASGI app",
    "list 20 tasks: server CPU relative to FastAPI + ORM",
    "list 20 tasks: server CPU relative to tuned NestJS",
    "create: server CPU relative to tuned NestJS",
    "complete: server CPU relative to tuned NestJS",
    "server CPU per message relative to socket.io, 4,000 per second",
    "client CPU per job relative to BullMQ",
    "list 20 tasks: CPU with 5,000,000 tasks relative to 250,000",
    "`./teddy up`, first start",
    "memory of all processes, idle",
)
"""The rows that the README shows, by their first cell."""


@dataclass(frozen=True)
class Headline:
    """One row of the summary; `reached` is None if there is no target."""

    what: str
    measured: str
    aim: str = ""
    reached: bool | None = None

    def row(self) -> list[str]:
        verdict = {True: "yes", False: MISSED, None: ""}[self.reached]
        return [self.what, self.measured, self.aim, verdict]


@dataclass
class Report:
    """The page of one benchmark: its question, headlines and tables."""

    title: str
    question: str
    headlines: list[Headline] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)

    def add(self, heading: str, header: Sequence[str], rows: Sequence[Sequence[str]], note: str = "") -> None:
        """Adds a table with a heading and an optional note."""
        self.parts.append("\n\n".join(part for part in (f"## {heading}", table(header, rows), note) if part))

    def page(self, how: str) -> str:
        short = "\n".join([BEGIN, table(HEADER, [one.row() for one in self.headlines]), END])
        return "\n\n".join([f"# {self.title}", self.question, short, how, *self.parts]) + "\n"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def write(name: str, report: Report, how: str) -> None:
    """Writes the page, and updates the summary and the README from all pages."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.md").write_text(report.page(how))
    (RESULTS / "summary.md").write_text(summary(RESULTS))
    README.write_text(front_page(README.read_text(), RESULTS))


def summary(folder: Path) -> str:
    """The headline tables of all pages."""
    parts = ["# Benchmark results", "Each table summarises one page, which describes how it was measured."]
    for page in sorted(folder.glob("*.md")):
        text = page.read_text()
        if page.stem != "summary" and BEGIN in text:
            title = text.partition("\n")[0].removeprefix("# ")
            parts.append(f"## [{title}]({page.name})")
            parts.append(text.partition(BEGIN)[2].partition(END)[0].strip())
    return "\n\n".join(parts) + "\n"


def front_page(readme: str, folder: Path) -> str:
    """The README with the table between its markers rebuilt from the pages."""
    rows = {
        row[0]: row for page in sorted(folder.glob("*.md")) if page.stem != "summary" for row in headline_rows(page)
    }
    verdicts = [row[3] for row in rows.values() if row[3]]
    shown = table(HEADER, [rows[name] for name in README_ROWS if name in rows])
    met = len(verdicts) - verdicts.count(MISSED)
    count = (
        f"{met} of {len(verdicts)} targets are met; [all results](benchmarks/results/summary.md) include those missed."
    )
    before, _, rest = readme.partition(README_BEGIN)
    return "".join([before, README_BEGIN, "\n", shown, "\n\n", count, "\n", README_END, rest.partition(README_END)[2]])


def headline_rows(page: Path) -> list[list[str]]:
    """The cells of the headline table of a page."""
    lines = page.read_text().partition(BEGIN)[2].partition(END)[0].strip().splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def machine() -> str:
    """Processor, operating system and Python version."""
    model = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.machine(),
    )
    return f"{len(os.sched_getaffinity(0))} cores ({model}), {platform.system()}, Python {platform.python_version()}"


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []
