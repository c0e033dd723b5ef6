"""Versions: every change of what an object shows of its own row raises the number of its version, and says when."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlglot import exp
from tests.contracts import catalogue, operations, sql

from studyteddy.bootstrap.catalogue import catalogue as every_event

VERSIONED = {
    "subjects": "Subject",
    "tasks": "Task",
    "subtasks": "Subtask",
    "attachments": "Attachment",
    "focus_sessions": "FocusSession",
    "focus_presets": "Preset",
    "notifications": "Notification",
}
"""Tables whose rows have a version, and the schema that shows it."""

CHANGED_AT = {"notifications": "read_at"}
"""The column that says when a row changed, if it isn't `updated_at`."""

INVISIBLE = {
    "features.tasks.store.subtasks._UPDATE_TASK_WORDS": "only changes what a search finds",
    "features.tasks.store.series._CLEAR_FOLLOWS": "only keeps an occurrence from being withdrawn",
}
"""Changes that no field of the object shows."""

PASSIVE = {
    "User": "one object, replaced by each of its events",
    "Preferences": "one object, replaced by each of its events",
    "Feed": "what was read last, replaced by each of its events",
    "CalendarAccount": "how it was last synchronized, replaced by each of its events",
    "CalendarConflict": "changes once, when it is reversed",
    "Export": "its progress only increases",
    "DayProgress": "a sum that is replaced by each of its events",
    "PointsChanged": "a sum that is replaced by each of its events",
    "SubtaskList": "its subtasks have versions",
    "ReadNotifications": "raises the version of each notification in `ids` by one",
    "Deleted": "there is nothing left to compare",
}
"""Schemas of events without a version."""


def test_every_change_raises_the_version() -> None:
    faults = {one.place: found for one in catalogue.statements() if (found := list(_silent(one.statement.sql)))}
    assert {place: found for place, found in faults.items() if place not in INVISIBLE} == {}
    assert set(INVISIBLE) - set(faults) == set()


def test_every_object_of_an_event_shows_its_version() -> None:
    schemas = operations.document()["components"]["schemas"]
    shown = {kind.shows for kind in every_event() if kind.shows is not None}
    with_version = {name for name in shown if "version" in schemas[name]["required"]}
    assert with_version == set(VERSIONED.values())
    assert shown - with_version == set(PASSIVE)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("UPDATE tasks SET title = $2, updated_at = $3 WHERE user_id = $1", "tasks keeps its version"),
        ("UPDATE tasks SET version = $2, updated_at = $3 WHERE user_id = $1", "tasks keeps its version"),
        ("UPDATE tasks SET version = version + 1 WHERE user_id = $1", "tasks keeps its updated_at"),
        ("UPDATE notifications SET read = true, version = version + 1 WHERE user_id = $1", "notifications keeps its"),
        ("WITH a AS (UPDATE tasks SET title = '' RETURNING id) SELECT id FROM a", "tasks keeps its version"),
        (
            "UPDATE tasks AS t SET version = s.version + 1, updated_at = $2 FROM subjects AS s",
            "tasks keeps its version",
        ),
        (
            "INSERT INTO subjects (user_id) VALUES ($1) ON CONFLICT (user_id, id) DO UPDATE SET name = ''",
            "subjects keeps its version",
        ),
    ],
)
def test_a_silent_change_is_detected(text: str, fault: str) -> None:
    assert fault in " ".join(_silent(text))


@pytest.mark.parametrize(
    "text",
    [
        "UPDATE tasks AS t SET version = t.version + 1, updated_at = $3 WHERE t.user_id = $1",
        "UPDATE notifications SET read = true, read_at = $2, version = version + 1 WHERE user_id = $1",
        "UPDATE task_series SET rule = $2 WHERE user_id = $1",
        "SELECT id FROM tasks WHERE user_id = $1 FOR UPDATE",
        "INSERT INTO subjects (user_id) VALUES ($1) ON CONFLICT DO NOTHING",
    ],
)
def test_a_change_with_its_version_is_accepted(text: str) -> None:
    assert list(_silent(text)) == []


def _silent(text: str) -> Iterator[str]:
    """Yield changes of versioned rows that don't raise their version or don't say when they happened."""
    for table, alias, changes in _changes(sql.parse(text)):
        if table not in VERSIONED:
            continue
        if changes.get("version") not in ("version + 1", f"{alias}.version + 1"):
            yield f"{table} keeps its version"
        if CHANGED_AT.get(table, "updated_at") not in changes:
            yield f"{table} keeps its {CHANGED_AT.get(table, 'updated_at')}"


def _changes(query: exp.Expr) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield the table, its alias and the assignments of every change in a statement."""
    for one in query.find_all(exp.Update):
        yield one.this.name, one.this.alias_or_name, _assignments(one)
    for added in query.find_all(exp.Insert):
        conflict = added.args.get("conflict")
        table = added.this.this if isinstance(added.this, exp.Schema) else added.this
        if conflict is not None and conflict.expressions:
            yield table.name, table.alias_or_name, _assignments(conflict)


def _assignments(change: exp.Expr) -> dict[str, str]:
    return {one.this.name: one.expression.sql() for one in change.expressions if isinstance(one, exp.EQ)}
