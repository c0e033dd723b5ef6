"""The parts of the program: the platform, every feature, and every event."""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any

from msgspec import Struct

from studyteddy import __version__, events
from studyteddy.platform.event import Deleted, Event
from studyteddy.platform.feature import Feature
from studyteddy.platform.fields import PUBLISHED
from studyteddy.platform.jobs.registry import Registry
from studyteddy.platform.privacy import retention
from studyteddy.platform.privacy.data_export import withheld
from studyteddy.platform.privacy.retention import expiring
from studyteddy.platform.realtime import api as realtime_api
from studyteddy.platform.realtime import store as realtime_store
from studyteddy.platform.security import audit_log
from studyteddy.platform.web import docs, health, reads
from studyteddy.platform.web.openapi import describe
from studyteddy.platform.web.routing import Route

PLATFORM = Feature(
    routers=(realtime_api.router, reads.router, health.router, docs.router),
    jobs=(retention.jobs, audit_log.jobs),
    data_exports=(
        *audit_log.DATA_EXPORTS,
        *realtime_store.DATA_EXPORTS,
        withheld("idempotency_keys", "stored responses, deleted after 24 hours; the other tables contain the data"),
        withheld("jobs", "pending jobs; the other tables contain the data"),
        withheld("jobs_dead", "failed jobs; the other tables contain the data"),
    ),
    retention=(
        *realtime_store.RETENTION,
        expiring("idempotency_keys", "(user_id, scope, key)", "created_at < now() - interval '24 hours'"),
        expiring("jobs_dead", "id", "died_at < now() - interval '30 days'"),
    ),
    event_schemas=(Deleted,),
)

NAMES = (
    "auth",
    "subjects",
    "tasks",
    "quick_add",
    "attachments",
    "focus",
    "ai",
    "calendar",
    "notifications",
    "analytics",
    "gamification",
    "app",
)
"""The features: adding or removing one is its folder, its name here, and a migration."""

FEATURES: list[Feature] = [PLATFORM, *(import_module(f"studyteddy.features.{name}").FEATURE for name in NAMES)]

ROUTERS = [router for feature in FEATURES for router in feature.routers]
JOBS = [jobs for feature in FEATURES for jobs in feature.jobs]
DATA_EXPORTS = [table for feature in FEATURES for table in feature.data_exports]
RETENTION = [table for feature in FEATURES for table in feature.retention]
SEALED_COLUMNS = [column for feature in FEATURES for column in feature.sealed_columns]
EVENT_SCHEMAS: list[type[Struct]] = [kind for feature in FEATURES for kind in feature.event_schemas]


def routes() -> list[Route]:
    """Return every operation of the program."""
    return [route for router in ROUTERS for route in router.routes]


def openapi() -> dict[str, Any]:
    """Return the OpenAPI document."""
    shown = [route for route in routes() if route.tag != "docs"]
    document: dict[str, Any] = _published(describe(shown, version=__version__, extra=EVENT_SCHEMAS))
    return document


def _published(part: Any) -> Any:
    """Return a part of the document with the patterns of `fields.PUBLISHED`."""
    if isinstance(part, list):
        return [_published(one) for one in part]
    if not isinstance(part, dict):
        return part
    pattern = part.get("pattern")
    found = {name: _published(one) for name, one in part.items()}
    return found | {"pattern": PUBLISHED.get(pattern, pattern)} if isinstance(pattern, str) else found


def catalogue() -> list[type[Event]]:
    """Return every event, sorted by tag."""
    found = [
        kind
        for _, kind in inspect.getmembers(events, inspect.isclass)
        if issubclass(kind, Event) and hasattr(kind, "tag")
    ]
    return sorted(found, key=lambda kind: kind.tag)


def events_page() -> str:
    """Return docs/events.md: every event, its public data, and the jobs it starts."""
    reactions = Registry(JOBS).reactions()
    lines = [
        "# Events",
        "",
        "Generated from `src/studyteddy/events/`. A public event is sent to every live connection of its user as",
        '`{"seq", "type", "at", "data"}` and is available from `GET /api/changes` for 30 days. `data` has the named',
        "schema of the OpenAPI document. Internal events never leave the server.",
        "",
        "A client that keeps a local copy applies these rules. The copy then equals a fresh read; a test replays every",
        "event to check this.",
        "",
        "- An object replaces the one with the same id. A deletion removes the object; deleting a task also removes",
        "  its subtasks and attachments.",
        "- An object's `version` rises with every change of its own fields. Ignore an object that is older than yours,",
        "  such as a late answer. The name of a subject, and ids removed by a deletion, don't raise it.",
        "- The name of a subject is in the subject's own events only: update the subject name of its tasks, and remove",
        "  it when the subject is deleted. Deleting a subject or a task also removes its id from its focus sessions.",
        "- `notifications.read` lists the notifications that were read; count the unread ones yourself, and raise the",
        "  version of each that was read by one.",
        "- `subtasks.reordered` lists every subtask of one task.",
        "",
        'A live connection begins with `{"type": "hello", "lastSeq", "now", "build"}`: the last event number, the',
        "time of the server, and the build that serves (see `GET /api/app`). It is preceded by",
        '`{"type": "reset", "nextSeq"}` if the events after `resume` are no longer available: reload everything.',
        "",
        "A live connection that the server closes has one of these codes. After 1012 and 4408, reconnect with a new",
        "ticket and the last number you received; after 4409, when the student returns to the page; after 4403, once",
        "they have signed in again.",
        "",
        "| code | reason |",
        "|---|---|",
        "| 1008 | The client sent too much. |",
        "| 1012 | The server is shutting down. |",
        "| 4403 | The session was revoked or has expired. |",
        "| 4408 | The client was too slow. |",
        "| 4409 | The student opened a newer connection, and has more than 20. |",
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
