"""Structured logs and metrics. Neither contains secrets; a test searches both for canary values."""

from __future__ import annotations

import logging
import sys
from typing import TextIO

import structlog
from prometheus_client import REGISTRY, Counter, Gauge, Histogram, generate_latest

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

REQUESTS = Counter("studyteddy_requests", "Requests by route and status.", ["route", "status"])
RESPONSE_TIME = Histogram("studyteddy_response_seconds", "Response time by route.", ["route"], buckets=_FAST)
QUERY_TIME = Histogram(
    "studyteddy_query_seconds", "Duration of a database statement by kind of access.", ["access"], buckets=_FAST
)
JOB_WAITED = Histogram(
    "studyteddy_job_waiting_seconds", "Time between when a job is due and when it is claimed.", ["kind"]
)
JOB_RAN = Histogram("studyteddy_job_running_seconds", "Duration of a job's handler.", ["kind"])
JOBS_DONE = Counter("studyteddy_jobs", "Job attempts by outcome.", ["kind", "outcome"])
JOBS_WAITING = Gauge("studyteddy_jobs_waiting", "Due jobs by lane.", ["lane"])
JOBS_DEAD = Gauge("studyteddy_jobs_dead", "Number of dead letters.")
CONNECTIONS = Gauge("studyteddy_connections", "Open connections of clients, WebSocket connections included.")
CONNECTIONS_REFUSED = Counter(
    "studyteddy_connections_refused",
    "Connections refused because there were too many, in all or from one address.",
    ["limit"],
)
REQUESTS_REFUSED = Counter(
    "studyteddy_requests_refused", "Requests refused by the HTTP server before they were routed, by status.", ["status"]
)
SOCKETS = Gauge("studyteddy_sockets", "Open WebSocket connections.")
SOCKETS_DROPPED = Counter("studyteddy_sockets_cut", "WebSocket connections closed because the client was too slow.")
AI_TOKENS = Counter(
    "studyteddy_ai_tokens", "Tokens that language models used, by feature and outcome.", ["feature", "outcome"]
)
AI_FAILURES = Counter("studyteddy_ai_failures", "Calls of language models that failed, by reason.", ["reason"])
AI_TIME = Histogram("studyteddy_ai_seconds", "Duration of calls of language models.", ["feature"])
AI_EMBEDDING_TIME = Histogram(
    "studyteddy_ai_embedding_seconds", "Time to embed a question or a passage of own material."
)
AI_STEPS = Counter(
    "studyteddy_ai_steps",
    "Steps of proposals by source (model, template) and outcome: proposed, and once students accepted a proposal"
    " unchanged, edited, dropped.",
    ["source", "outcome"],
)
CALENDAR_SYNCS = Counter(
    "studyteddy_calendar_syncs",
    "Synchronizations of calendar accounts by provider and outcome: ok, failing, reconnect.",
    ["provider", "outcome"],
)
CALENDAR_TIME = Histogram("studyteddy_calendar_seconds", "Duration of synchronizing a calendar account.", ["provider"])
CALENDARS_STALE = Gauge(
    "studyteddy_calendars_stale",
    "Calendar accounts that weren't synchronized for a day, those to connect again excluded.",
)
REDIS_FAILURES = Counter("studyteddy_redis_failures", "Redis commands that failed or timed out.")


def metrics() -> bytes:
    """Return all metrics in the Prometheus text format."""
    return generate_latest(REGISTRY)


def page() -> str:
    """Return docs/metrics.md: every metric of the application, named as in `/metrics`."""
    lines = [
        "# Metrics",
        "",
        "Generated from `src/studyteddy/platform/telemetry.py`. `/metrics` also includes metrics of the process and",
        "the interpreter, whose names start with `process_` and `python_`.",
        "",
        "| metric | type | labels | description |",
        "|---|---|---|---|",
    ]
    for metric in (value for value in globals().values() if isinstance(value, Counter | Gauge | Histogram)):
        (family,) = metric.describe()
        name = family.name + ("_total" if family.type == "counter" else "")
        labels = ", ".join(f"`{label}`" for label in metric._labelnames) or "none"
        lines.append(f"| `{name}` | {family.type} | {labels} | {family.documentation} |")
    return "\n".join(lines) + "\n"


def configure_logs(level: str = "info", stream: TextIO | None = None) -> None:
    """Write logs to standard error as JSON, one event per line."""
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
