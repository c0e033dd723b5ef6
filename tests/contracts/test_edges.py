"""No value at the edge of its type causes a 5xx or an undocumented response, in any field of any request.

Every date-time, date, text and number of the OpenAPI document is set to each of its edges, in a request that is
otherwise valid: the first and last instants, offsets that leave the calendar, texts of every boundary length in
letters that grow when their case or form changes, texts with nothing to see, and numbers around every limit.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import httpx2
import msgspec
import pytest
from tests.cast import PASSWORD, Person
from tests.conftest import System
from tests.contracts import operations
from tests.contracts.operations import Operation
from tests.contracts.test_matrix import BODIES, MAKERS

from studyteddy.platform.fields import Instant
from studyteddy.platform.local_time.dates import range_faults

INSTANTS = (
    *(f"0001-01-01T00:00:00{offset}" for offset in ("Z", "+14:00", "-12:00", "+23:59", "-23:59")),
    *(f"9999-12-31T23:59:59.999999{offset}" for offset in ("Z", "+14:00", "-12:00", "+23:59", "-23:59")),
    *("1970-01-01T00:00:00+14:00", "1970-01-01T00:00:00Z", "1969-12-31T23:59:59.999999-12:00"),
    *("2999-12-31T23:59:59-12:00", "2999-12-31T23:59:59.999999Z", "3000-01-01T00:00:00+14:00"),
    *(f"2026-11-23T09:00:00.{'9' * digits}Z" for digits in (6, 7, 4_000, 100_000)),
    *("2026-06-30T23:59:60Z", "2026-11-23T24:00:00Z", "0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z"),
    *("2026-11-23T09:00:00", "2026-11-23T09:00:00+24:00", ""),
)
DAYS = (
    *("0000-01-01", "0001-01-01", "1969-12-31", "1970-01-01", "2999-12-31", "3000-01-01", "9999-12-31"),
    *("10000-01-01", "-0001-01-01", "2026-02-29", ""),
)
LETTERS = {
    "longer in lower case": "İ",
    "longer in upper case": "ΐ",
    "longer in NFC": "\U0001d160",
    "longest in NFKD": "ﷺ",
    "last of Unicode": "\U0010ffff",
    "combining": "\u0301",
    "zero-width": "\u200b",
    "blank": "\u2800",
    "a letter with nothing to see": "\u3164",
    "control": "\x00",
    "plain": "a",
}
ZONES = ("Pacific/Kiritimati", "Etc/GMT+12", "posixrules", "../../etc/passwd", "Factory", "/", "a//b")
TEXTS = {
    "rule": (
        *("FREQ=DAILY;UNTIL=99991231T235959Z", "FREQ=DAILY;UNTIL=00010101", "FREQ=DAILY;UNTIL=00010101T000000Z"),
        *("FREQ=YEARLY;INTERVAL=1000", "FREQ=DAILY;COUNT=1000", "FREQ=DAILY;COUNT=1001", "FREQ=DAILY;INTERVAL=0"),
        *("FREQ=MONTHLY;BYMONTHDAY=-31", "FREQ=YEARLY;BYWEEKNO=53", "FREQ=YEARLY;BYYEARDAY=-366"),
        "FREQ=DAILY;INTERVAL=" + "9" * 400,
    ),
    "timeZone": ZONES,
    "dueZone": ZONES,
    "start": ("0001-01-01", "9999-12-31", "0001-01-01T00:00:00", "9999-12-31T23:59:59", "2026-02-30"),
    "exdates": ("0001-01-01", "9999-12-31", "0000-00-00", "2026-02-30"),
    "email": ("İ" + "a" * 249 + "@x.y", "a" * 65 + "@x.y", "ü" * 40 + "@x.y", "a@" + "b" * 64 + ".org", "a..b@x.y"),
    "url": ("http://" + "a" * 1993, "https://[::1", "http://ß.org", "http://a:99999/"),
    "cursor": ("a" * 2000, "____", "AAAA", "e30"),
    "text": (
        *("31.12.9999", "in 9999 years", "every 9999 days until 31.12.9999", "31/12/2999 23:59", "in 9999 weeks"),
        *("@\u0301", "@\u3164 a", "#\u3164", "\u2800 tomorrow", "\u2800" * 300 + " tomorrow at 9", "¨ ¨"),
    ),
    "name": ("a" * 196 + ".txt", "İ" * 196 + ".txt", "\u0301.txt", "\u200b.txt", ".txt"),
}
"""More edges of a text, by the name of its field."""
_MAX_QUERY = 60_000
"""The client of the tests sends no longer query; the server takes 8 KiB."""
RAW = "\x01raw\x01"
"""Marks a number that is sent as it is written, since a Python number could not."""
NUMBERS = ("1e400", "-1e400", "NaN", "Infinity", "9" * 4000, "-0", "1.0", "1e0", "1e-400")
LEFT_OUT = {"delete_account": "ends the account of the test", "finish_google": "leads to an external provider"}
BASES: dict[str, dict[str, Any]] = {
    "accept_proposal": {"steps": [{"index": 0}], "task": {"title": "Mine"}},
    "add_past_session": BODIES["add_past_session"],
    "begin_second_factor": {"password": "wrong password"},
    "create_attachment": BODIES["create_attachment"],
    "create_occurrence": BODIES["create_occurrence"],
    "login": {"email": "nobody@example.org", "password": PASSWORD},
    "order_subtasks": {"ids": []},
}
"""Bodies that the examples of the document don't give."""
NESTED = {"recurrence": {"rule": "FREQ=DAILY"}, "resources": [{"title": "Notes", "url": "https://example.org/notes"}]}
"""Objects around an edge."""


class Edge(NamedTuple):
    """One value at one place of a request."""

    operation: Operation
    path: tuple[str | int, ...]
    """The name of a query parameter, or the way to a value in the body."""
    is_query: bool
    value: Any

    def __str__(self) -> str:
        return f"{self.operation.id} {'/'.join(map(str, self.path))} = {self.value!r:.80}"


def _values(name: str, schema: dict[str, Any]) -> Iterator[Any]:
    """Yield the edges of one type."""
    match schema:
        case {"format": "date-time"}:
            yield from INSTANTS
        case {"format": "date"}:
            yield from DAYS
        case {"type": "integer" | "number"}:
            low, high = schema.get("minimum", 0), schema.get("maximum", 0)
            yield from {low - 1, low, high, high + 1, -(2**31) - 1, 2**31, -(2**63) - 1, 2**63, 2**64}
            yield from (RAW + number for number in NUMBERS)
        case {"type": "string", "enum": _} | {"format": _}:
            return
        case {"type": "string"}:
            most = min(schema.get("maxLength", 1000), 10_000)
            lengths = {1, schema.get("minLength", 0), most, most + 1} - {0}
            yield from (letter * length for letter in LETTERS.values() for length in sorted(lengths))
            yield from ("", *TEXTS.get(name, ()))


def _leaves(name: str, schema: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
    """Yield every value inside a schema, with the way to it."""
    for part in operations.parts(schema):
        for key, value in part.get("properties", {}).items():
            yield from (((key, *path), leaf) for path, leaf in _leaves(key, value))
        if part.get("type") == "array":
            yield from (((0, *path), leaf) for path, leaf in _leaves(name, part["items"]))
        if part.get("type") in ("string", "integer", "number"):
            yield (), part


def _edges(operation: Operation) -> Iterator[Edge]:
    for one in operation.parameters:
        if one["in"] == "query":
            leaves = [leaf for path, leaf in _leaves(one["name"], one["schema"])]
            for value in itertools.chain.from_iterable(_values(one["name"], leaf) for leaf in leaves):
                if len(str(value)) <= _MAX_QUERY:
                    yield Edge(operation, (one["name"],), True, value)
    if operation.body and operation.id != "batch_tasks":
        for path, leaf in _leaves("", operation.body):
            name = next((str(part) for part in reversed(path) if isinstance(part, str)), "")
            yield from (Edge(operation, path, False, value) for value in _values(name, leaf))


def _base(operation: Operation, person: Person) -> dict[str, Any]:
    """Return a valid body with the required fields only."""
    if operation.id in BASES:
        return dict(BASES[operation.id])
    if operation.id == "register":
        return {"email": f"edge{next(_numbers)}@example.org", "password": PASSWORD, "name": "Ada"}
    body = operation.body or {}
    return {name: _example(body["properties"][name]) for name in body.get("required", ())}


_numbers = itertools.count()


def _example(schema: dict[str, Any]) -> Any:
    part = operations.resolved(schema)
    if "examples" in part:
        return part["examples"][0]
    if part.get("type") == "array":
        return [_example(part["items"])]
    return part["enum"][0] if "enum" in part else part.get("minimum", "a" * 10)


def _with(document: Any, path: tuple[str | int, ...], value: Any) -> Any:
    """Return the document with a value at the end of a path, whose missing parents are created."""
    if not path:
        return value
    first, *rest = path
    if isinstance(first, int):
        inside = document[0] if document else {}
        return [_with(inside, tuple(rest), value)]
    inside = (document or {}).get(first, NESTED.get(first) if rest else None)
    return {**(document or {}), first: _with(inside, tuple(rest), value)}


async def _send(edge: Edge, person: Person, ids: dict[str, str]) -> httpx2.Response:
    path = edge.operation.path.format(**ids)
    if edge.is_query:
        value = str(edge.value).removeprefix(RAW)
        return await person.http.request(edge.operation.method, path, params={str(edge.path[0]): value})
    text = json.dumps(_with(_base(edge.operation, person), edge.path, edge.value))
    if isinstance(edge.value, str) and edge.value.startswith(RAW):
        text = text.replace(json.dumps(edge.value), edge.value.removeprefix(RAW))
    headers = {"content-type": "application/json"}
    return await person.http.request(edge.operation.method, path, content=text.encode(), headers=headers)


def _is_documented(answer: httpx2.Response, operation: Operation) -> bool:
    return answer.status_code < 500 and str(answer.status_code) in operation.spec["responses"]


def _edited() -> list[Operation]:
    found = [one for one in operations.operations() if one.id not in LEFT_OUT]
    return [one for one in found if next(_edges(one), None) is not None]


async def _objects(system: System, person: Person, operation: Operation) -> dict[str, str]:
    """Create an object for every id in the path."""
    ids: dict[str, str] = {}
    for one in operation.parameters:
        if one["in"] == "path" and one["name"] not in ids:
            ids |= await MAKERS[one["name"]].make(system, person, ids)
    return ids


async def _delete(person: Person, operation: Operation, ids: dict[str, str], created: dict[str, Any]) -> None:
    found = created.get("id") or next(one["id"] for one in created.values() if isinstance(one, dict))
    path = operation.path.format(**ids).removesuffix("/past").removesuffix("/quick-add")
    assert (await person.delete(f"{path}/{found}")).status_code == 204


@pytest.mark.parametrize("operation", _edited(), ids=lambda one: one.id)
async def test_no_value_at_the_edge_of_its_type_breaks_a_request(
    system: System, alice: Person, operation: Operation
) -> None:
    ids = await _objects(system, alice, operation)
    bad = []
    for edge in _edges(operation):
        answer = await _send(edge, alice, ids)
        if not _is_documented(answer, operation):
            bad.append(f"{answer.status_code} {edge}")
        if answer.status_code == 201 and operation.id == "accept_proposal":
            ids = await _objects(system, alice, operation)  # an accepted one answers before it looks at the task
        elif answer.status_code == 201 and operation.id != "register":
            await _delete(alice, operation, ids, answer.json())  # later ones must not meet a limit of their number
    assert bad == []


def test_every_kind_of_edge_is_reached() -> None:
    edges = [edge for one in _edited() for edge in _edges(one)]
    assert len(edges) > 3_000
    assert {edge.operation.id for edge in edges if edge.value == INSTANTS[0]} == {
        "accept_proposal",
        "create_task",
        "update_task",
        "create_focus_session",
        "update_focus_session",
        "start_focus_session",
        "pause_focus_session",
        "resume_focus_session",
        "extend_focus_session",
        "note_interruption",
        "complete_focus_session",
        "cancel_focus_session",
        "add_past_session",
        "create_api_key",
        "quick_add_task",
        "list_focus_sessions",
        "get_calendar_events",
        "get_availability",
        "list_notifications",
        "list_subjects",
        "list_tasks",
    }


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12", "UTC"])
async def test_the_first_and_last_accepted_dates_work_in_every_zone(system: System, alice: Person, zone: str) -> None:
    """Series, days and jobs compute with the dates that are accepted; none of it leaves the calendar."""
    await alice.patch("/api/users/me", {"timeZone": zone, "dayStart": "23:59"})
    dates = (
        *({"dueAt": at} for at in ("1970-01-01T00:00:00Z", "2999-12-31T23:59:59.999999Z")),
        *({"dueDate": day, "startDate": start} for day in _BOUNDS for start in _BOUNDS),
    )
    repeats = ({"rule": "FREQ=YEARLY;INTERVAL=1000"}, {"rule": "FREQ=DAILY", "mode": "after_completion"}, None)
    for one, recurrence, other in itertools.product(dates, repeats, ZONES[:2]):
        answer = await alice.post("/api/tasks", {"title": "Edge", **one, "recurrence": recurrence, "dueZone": other})
        assert answer.status_code in (201, 422), answer.text
        if answer.status_code == 201:
            path = f"/api/tasks/{answer.json()['id']}"
            later = [await alice.get(f"{path}/occurrences")] if recurrence else []
            later += [await alice.post(f"{path}/complete"), await alice.post(f"{path}/reopen")]
            assert {one.status_code for one in later} == {200}
    seen = [await alice.get(path) for path in ("/api/tasks/today", "/api/tasks/overdue", "/api/tasks/upcoming")]
    assert {one.status_code for one in seen} == {200}
    await system.work()
    admin = await system.admin()
    assert await admin.fetchval("SELECT count(*) FROM jobs_dead WHERE user_id = $1", alice.user["id"]) == 0
    assert await admin.fetchval("SELECT count(*) FROM jobs WHERE user_id = $1", alice.user["id"]) == 0
    await admin.close()


_BOUNDS = ("1970-01-01", "2999-12-31")


def test_an_accepted_instant_is_never_near_the_end_of_the_calendar() -> None:
    accepted = [at for text in INSTANTS if (at := _instant(text)) and not range_faults({"/at": at})]
    assert len(accepted) >= 4
    for at in accepted:
        for days in (-366, 366):
            assert at.astimezone(UTC) + timedelta(days=days)


def _instant(text: str) -> datetime | None:
    try:
        at: datetime = msgspec.convert(text, Instant)
    except msgspec.ValidationError:
        return None
    return at
