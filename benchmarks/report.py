"""What a benchmark has to say: a Markdown page, and a few lines of it for the summary."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
BEGIN, END = "<!-- in short -->", "<!-- /in short -->"


@dataclass(frozen=True)
class Headline:
    """One line of the summary: `reached` is nothing where there is no aim."""

    what: str
    measured: str
    aim: str = ""
    reached: bool | None = None

    def row(self) -> list[str]:
        verdict = {True: "yes", False: "**no**", None: ""}[self.reached]
        return [self.what, self.measured, self.aim, verdict]


@dataclass
class Report:
    """One question answered."""

    title: str
    question: str
    headlines: list[Headline] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)

    def add(self, heading: str, header: Sequence[str], rows: Sequence[Sequence[str]], note: str = "") -> None:
        """A table with a heading and perhaps a remark."""
        self.parts.append("\n\n".join(part for part in (f"## {heading}", table(header, rows), note) if part))

    def page(self, how: str) -> str:
        short = "\n".join(
            [BEGIN, table(["", "measured", "aim", "reached"], [one.row() for one in self.headlines]), END]
        )
        return "\n\n".join([f"# {self.title}", self.question, short, how, *self.parts]) + "\n"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def write(name: str, report: Report, how: str) -> None:
    """Stores the page and puts the summary together anew from all pages."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.md").write_text(report.page(how))
    (RESULTS / "summary.md").write_text(summary(RESULTS))


def summary(folder: Path) -> str:
    """The short tables of every page, as the README shows them."""
    parts = ["# Measured", "Each line is the short form of a page beside this one, which says how it was measured."]
    for page in sorted(folder.glob("*.md")):
        text = page.read_text()
        if page.stem != "summary" and BEGIN in text:
            title = text.partition("\n")[0].removeprefix("# ")
            parts.append(f"## [{title}]({page.name})")
            parts.append(text.partition(BEGIN)[2].partition(END)[0].strip())
    return "\n\n".join(parts) + "\n"


def machine() -> str:
    """What it ran on, in words."""
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
