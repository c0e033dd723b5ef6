"""Structured logs and metrics. Nothing secret enters either: a test looks for canaries in both."""

from __future__ import annotations

import logging
import sys
from typing import TextIO

import structlog
from prometheus_client import REGISTRY, Counter, Gauge, Histogram, generate_latest

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

REQUESTS = Counter("studyteddy_requests", "Requests by route and status.", ["route", "status"])
RESPONSE_TIME = Histogram("studyteddy_response_seconds", "Time to answer, by route.", ["route"], buckets=_FAST)
QUERY_TIME = Histogram(
    "studyteddy_query_seconds",
    "Time of one database statement, by kind of access.",
    ["access"],
    buckets=_FAST,
)
JOB_WAITED = Histogram("studyteddy_job_waiting_seconds", "Time between a job being due and being claimed.", ["kind"])
JOB_RAN = Histogram("studyteddy_job_running_seconds", "Time a job's handler took.", ["kind"])
JOBS_DONE = Counter("studyteddy_jobs", "Job attempts by outcome.", ["kind", "outcome"])
JOBS_WAITING = Gauge("studyteddy_jobs_waiting", "Due jobs by lane.", ["lane"])
JOBS_DEAD = Gauge("studyteddy_jobs_dead", "Dead letters.")
SOCKETS = Gauge("studyteddy_sockets", "Open live sockets.")
SOCKETS_CUT = Counter("studyteddy_sockets_cut", "Sockets closed because they read too slowly.")
CACHE_AWAY = Counter("studyteddy_redis_failures", "Commands that Redis did not answer in time.")


def metrics() -> bytes:
    """All metrics in Prometheus' text format."""
    return generate_latest(REGISTRY)


def page() -> str:
    """docs/metrics.md: every metric of ours by the names that `/metrics` gives its samples."""
    lines = [
        "# Metrics",
        "",
        "Generated from `src/studyteddy/platform/telemetry.py`. `/metrics` also tells of the process itself, under",
        "names that begin with `process_` and `python_`.",
        "",
        "| metric | kind | labels | meaning |",
        "|---|---|---|---|",
    ]
    for metric in (one for one in globals().values() if isinstance(one, Counter | Gauge | Histogram)):
        (about,) = metric.describe()
        name = about.name + ("_total" if about.type == "counter" else "")
        labels = ", ".join(f"`{label}`" for label in metric._labelnames) or "none"
        lines.append(f"| `{name}` | {about.type} | {labels} | {about.documentation} |")
    return "\n".join(lines) + "\n"


def configure_logs(level: str = "info", stream: TextIO | None = None) -> None:
    """JSON lines on standard error: one event a line, with its fields."""
    out = stream or sys.stderr
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(file=out),
        cache_logger_on_first_use=False,
    )
