"""What the whole program needs: seconds for a first and a later start, and memory and CPU while idle."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.load import exchange, request
from benchmarks.measure import cpu_ns, median, pss_mib, spread, tree
from benchmarks.report import Headline, Report
from benchmarks.world import Server
from studyteddy.embedded.engine import free_port

SETTLE = 3.0
COLD_AIM, WARM_AIM, MEMORY_AIM, IDLE_AIM = 10.0, 4.0, 250.0, 3.0


def steps(bench: Bench) -> int:
    return 2 * starts(bench) + 1


def starts(bench: Bench) -> int:
    return min(bench.rounds, 3)


def run(bench: Bench) -> Report:
    cold, warm = [], []
    for number in range(starts(bench)):
        with tempfile.TemporaryDirectory(prefix="study-up-", dir=bench.folder) as name:
            folder = Path(name)
            bench.step(f"start {number + 1}, empty folder")
            with up(folder) as (_, seconds):
                cold.append(seconds)
            bench.step(f"start {number + 1}, existing data")
            with up(folder) as (server, seconds):
                warm.append(seconds)
                if number == starts(bench) - 1:
                    bench.step("idle")
                    rows, idle = resting(server, max(bench.seconds * 3, 6.0))
    return report(cold, warm, rows, idle)


@contextmanager
def up(folder: Path, **settings: str) -> Iterator[tuple[Server, float]]:
    """Runs `teddy up` in a folder; yields it with the seconds until it was ready for requests.

    Without other settings it builds no web app, since that isn't what is measured.
    """
    port, place = free_port(), str(folder / "data")
    command = [sys.executable, "-m", "studyteddy", "up", "--port", str(port), "--data-dir", place]
    began = time.perf_counter()
    environment = {"LANG": "C.UTF-8", "HOME": str(folder), **(settings or {"WEB": "off"})}
    server = Server("up", command, environment, folder, port=port, core=None, patience=120)
    try:
        while exchange(server.port, request("GET", "/health/ready"))[0] != 200:
            time.sleep(0.02)
        yield server, time.perf_counter() - began
    finally:
        server.stop(patience=60)


def resting(server: Server, seconds: float) -> tuple[list[list[str]], float]:
    """Memory and CPU by process, and the total CPU in percent of a core."""
    time.sleep(SETTLE)
    pids = tree(server.pid)
    before, began, total = {pid: cpu_ns(pid) for pid in pids}, time.perf_counter(), cpu_ns(server.pid)
    time.sleep(seconds)
    elapsed = time.perf_counter() - began
    spent = {pid: (cpu_ns(pid) - before[pid]) / 1e7 / elapsed for pid in pids}
    parts: dict[str, list[float]] = {}
    for pid in pids:
        part = parts.setdefault(role(pid), [0.0, 0.0, 0.0])
        own = spent[pid] - sum(spent.get(child, 0.0) for child in set(tree(pid)[1:]) & spent.keys())
        for place, value in enumerate((1, pss_mib([pid]), max(own, 0.0))):
            part[place] += value
    rows = [[name, f"{count:.0f}", f"{mib:.0f}", f"{cpu:.1f}"] for name, (count, mib, cpu) in sorted(parts.items())]
    everything = [sum(part[place] for part in parts.values()) for place in range(3)]
    idle = (cpu_ns(server.pid) - total) / 1e7 / elapsed
    return [*rows, ["**all**", f"{everything[0]:.0f}", f"{everything[1]:.0f}", f"{idle:.1f}"]], idle


def role(pid: int) -> str:
    """The name of the part of the program that a process runs."""
    words = [os.fsdecode(word) for word in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0") if word]
    known = {"serve": "API", "work": "worker", "up": "supervisor"}
    if "studyteddy" in words:
        return known.get(words[words.index("studyteddy") + 1], "other")
    first = Path(words[0]).name if words else ""
    return "PostgreSQL" if first.startswith("postgres") else "Valkey" if "server" in first else first


def report(cold: list[float], warm: list[float], rows: list[list[str]], idle: float) -> Report:
    page = Report("Start and idle", "How fast does the program start, and what does it use while idle?")
    memory = float(rows[-1][2])
    page.headlines += [
        aimed("`./teddy up`, first start", cold, COLD_AIM),
        aimed("`./teddy up`, later starts", warm, WARM_AIM),
        Headline("memory of all processes, idle", f"{memory:.0f} MiB", f"≤ {MEMORY_AIM:.0f} MiB", memory <= MEMORY_AIM),
        Headline("CPU of all processes, idle", f"{idle:.1f} % of a core", f"≤ {IDLE_AIM:.0f} %", idle <= IDLE_AIM),
    ]
    page.add("Idle, by part", ["", "processes", "PSS MiB", "CPU %"], rows)
    return page


def aimed(what: str, seconds: list[float], aim: float) -> Headline:
    return Headline(what, f"{spread(seconds, 1)} s", f"≤ {aim:.0f} s", median(seconds) <= aim)
