"""What the program consists of: every feature's routes and jobs, and every event."""

from __future__ import annotations

import inspect
from typing import Any

from msgspec import Struct

from studyteddy import __version__, events
from studyteddy.features.analytics import api as analytics_api
from studyteddy.features.analytics import jobs as analytics_jobs
from studyteddy.features.analytics import store as analytics_store
from studyteddy.features.auth import api as auth_api
from studyteddy.features.auth import jobs as auth_jobs
from studyteddy.features.auth import store as auth_store
from studyteddy.features.focus import api as focus_api
from studyteddy.features.focus import jobs as focus_jobs
from studyteddy.features.focus import store as focus_store
from studyteddy.features.gamification import api as gamification_api
from studyteddy.features.gamification import jobs as gamification_jobs
from studyteddy.features.gamification import store as gamification_store
from studyteddy.features.gamification.schemas import PointsChanged
from studyteddy.features.notifications import api as notifications_api
from studyteddy.features.notifications import jobs as notifications_jobs
from studyteddy.features.notifications import store as notifications_store
from studyteddy.features.subjects import api as subjects_api
from studyteddy.features.subjects import store as subjects_store
from studyteddy.features.tasks import api as tasks_api
from studyteddy.features.tasks import jobs as tasks_jobs
from studyteddy.features.tasks import store as tasks_store
from studyteddy.platform import audit, health, holdings, realtime, tidy
from studyteddy.platform.event import Event, Gone
from studyteddy.platform.jobs import Registry
from studyteddy.platform.web import Route, describe
from studyteddy.platform.web import docs as docs_page

ROUTERS = [
    auth_api.router,
    auth_api.users,
    auth_api.support,
    subjects_api.router,
    tasks_api.router,
    focus_api.router,
    focus_api.presets,
    tasks_api.searching,
    notifications_api.router,
    analytics_api.router,
    gamification_api.router,
    realtime.router,
    health.router,
    docs_page.router,
]
JOBS = [
    auth_jobs.jobs,
    tasks_jobs.jobs,
    focus_jobs.jobs,
    notifications_jobs.jobs,
    analytics_jobs.jobs,
    gamification_jobs.jobs,
    tidy.jobs,
    audit.jobs,
]


SEALED = [*auth_store.SEALED]
"""Every column that keeps sealed secrets."""

HOLDINGS = [
    *auth_store.HOLDINGS,
    *subjects_store.HOLDINGS,
    *tasks_store.HOLDINGS,
    *focus_store.HOLDINGS,
    *notifications_store.HOLDINGS,
    *analytics_store.HOLDINGS,
    *gamification_store.HOLDINGS,
    *holdings.HOLDINGS,
]

SHOWN: list[type[Struct]] = [Gone, PointsChanged]
"""What only events show, and no route."""


def routes() -> list[Route]:
    """Every operation of the program."""
    return [route for router in ROUTERS for route in router.routes]


def openapi() -> dict[str, Any]:
    """The OpenAPI document."""
    return describe([route for route in routes() if route.tag != "docs"], version=__version__, shown=SHOWN)


def catalogue() -> list[type[Event]]:
    """Every event, by name."""
    found = [
        kind for _, kind in inspect.getmembers(events, inspect.isclass) if issubclass(kind, Event) and kind is not Event
    ]
    return sorted(found, key=lambda kind: kind.tag)


def events_page() -> str:
    """docs/events.md: what can happen, what the clients are shown, and who reacts."""
    reactions = Registry(JOBS).reactions()
    lines = [
        "# Events",
        "",
        "Generated from `src/studyteddy/events.py`. A public event reaches every live connection of its user as",
        '`{"seq", "type", "at", "data"}` and stays in `GET /api/changes` for 30 days; `data` is the named schema of',
        "the OpenAPI document. Internal events never leave the server.",
        "",
        "Whoever keeps a copy follows these rules, and then old copy + events = fresh read. A test replays them all.",
        "",
        "- An object replaces the one with its id; a deletion removes it, and a task's deletion its steps and",
        "  attachments.",
        "- A subject's own events say what it is called: show its tasks under that name, and without one once it is",
        "  deleted. Its focus sessions lose its id then, and a deleted task's focus sessions lose the task's.",
        "- `notifications.read` names what was read; count the unread ones yourself.",
        "- `subtasks.reordered` lists every step of one task.",
        "",
        "| event | meaning | `data` | jobs it starts |",
        "|---|---|---|---|",
    ]
    for kind in catalogue():
        meaning = " ".join((inspect.getdoc(kind) or "").split())
        shows = f"`{kind.shows}`" if kind.shows else "internal"
        jobs = ", ".join(f"`{reaction.kind}`" for reaction in reactions.get(kind, ())) or "none"
        lines.append(f"| `{kind.tag}` | {meaning} | {shows} | {jobs} |")
    return "\n".join(lines) + "\n"
