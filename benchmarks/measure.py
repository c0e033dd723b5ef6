"""CPU time from the scheduler, proportional memory (PSS), and the load of other programs."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

TICK = os.sysconf("SC_CLK_TCK")
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, OTHER_CORE = CORES[0], CORES[-1]
"""The server runs alone on the first core; databases and load generator run on the last."""
FAVOUR = -10


def tree(root: int) -> list[int]:
    """A process and all its descendants."""
    found = [root]
    for task in Path(f"/proc/{root}/task").glob("*/children"):
        with suppress(OSError):
            found += [pid for child in task.read_text().split() for pid in tree(int(child))]
    return found


def process_ns(pid: int) -> int:
    """CPU time of one process including ended threads: the sum of `schedstat` over its threads."""
    try:
        return time.clock_gettime_ns((~pid << 3) | 2)  # CPUCLOCK_SCHED, see clock_getcpuclockid(3)
    except OSError:
        return 0


def reaped_ns(pid: int) -> int:
    """CPU time of the children that a process has waited for."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return (int(fields[13]) + int(fields[14])) * 1_000_000_000 // TICK


def cpu_ns(root: int) -> int:
    """CPU time of a process tree; the difference of two readings includes processes that ended in between."""
    return sum(process_ns(pid) for pid in tree(root)) + reaped_ns(root)


def busy_ns() -> int:
    """CPU time spent by the whole machine."""
    total = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return (sum(total) - total[3] - total[4]) * 1_000_000_000 // TICK


def pss_mib(pids: Iterable[int]) -> float:
    """Memory of processes; shared pages count once."""
    return sum(_pss_kib(pid) for pid in pids) / 1024


def _pss_kib(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


def pin(root: int, core: int) -> None:
    """Pins a process tree to one core and raises its priority where permitted."""
    for pid in tree(root):
        for thread in Path(f"/proc/{pid}/task").glob("*"):
            with suppress(OSError):
                os.sched_setaffinity(int(thread.name), {core})
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, pid, FAVOUR)


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """Pins the current thread to one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@dataclass(frozen=True)
class Span:
    """The difference of two readings; CPU in nanoseconds by name."""

    seconds: float
    cpu: Mapping[str, int]
    busy: int

    def foreign(self, load_ns: int = 0) -> float:
        """Cores busy with other programs."""
        return max((self.busy - sum(self.cpu.values()) - load_ns) / 1e9 / self.seconds, 0.0)


class Meter:
    """Reads the CPU time of named process trees, including this process."""

    def __init__(self, **roots: int) -> None:
        self._roots = {"driver": 0, **roots}
        self.reset()

    def reset(self) -> None:
        self._before = self._read()

    def span(self) -> Span:
        """The difference since the last reset."""
        at, busy, cpu = self._read()
        was_at, was_busy, was_cpu = self._before
        return Span(at - was_at, {name: max(cpu[name] - was_cpu[name], 0) for name in cpu}, busy - was_busy)

    def _read(self) -> tuple[float, int, dict[str, int]]:
        cpu = {name: cpu_ns(root) if root else process_ns(os.getpid()) for name, root in self._roots.items()}
        return time.perf_counter(), busy_ns(), cpu


class JobCost(NamedTuple):
    """Client and database CPU of a job in µs, jobs per second, and cores busy with other work."""

    client: float
    database: float
    rate: float
    alien: float = 0.0


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that a `share` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Ratios within the same round: a disturbance affects both sides."""
    return [one / other for one, other in zip(ours, theirs, strict=True) if other]


def spread(values: Sequence[float], digits: int = 2) -> str:
    """`1.85 (1.80–1.92)`: median, minimum and maximum."""
    if not values:
        return "–"
    return f"{median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"
