"""The vendor's own client of Microsoft Graph gets along with our emulator, and the contract is its models."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Any

from tests.peers import outlook_client, outlook_contract
from tests.providers.outlook_setup import MONDAY, WEEK, setup


async def ask(*arguments: str) -> Any:
    """Run the vendor's client as a program of its own, and return what it prints."""
    environment = {"PYTHONPATH": str(outlook_contract.packages()), "PATH": os.environ["PATH"]}
    command = [sys.executable, "-S", "-P", str(outlook_client.__file__), *arguments]
    process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=-1, stderr=-1)
    out, errors = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode == 0, errors.decode()[-3000:]
    return json.loads(out)


async def test_the_vendors_client_follows_the_emulator() -> None:
    async with setup() as at:
        store, calendar = at.graph.store, at.calendar
        one, other = store.add(calendar, MONDAY, subject="One"), store.add(calendar, MONDAY, subject="Other")
        series = store.add_series(calendar, [MONDAY + n * WEEK for n in range(3)], subject="Lecture")
        first, second, third = (member.id for member in store.occurrences(series))
        full = await ask("sync", at.graph.base, "", "")
        stubs = dict.fromkeys([first, second, third], "occurrence")
        assert full["events"] == {one: "One", other: "Other", series: "Lecture"} | stubs
        assert full["pages"] > 3
        assert (await ask("sync", at.graph.base, full["link"], ""))["events"] == {}

        store.edit(one, subject="Moved", start=MONDAY + WEEK)
        store.remove(other)
        store.remove(second)
        outside = store.add(calendar, MONDAY + 52 * WEEK, subject="Outside")
        changed = await ask("sync", at.graph.base, full["link"], calendar)
        del stubs[second]
        assert changed["events"] == {one: "Moved", series: "Lecture", other: None, outside: None} | stubs
        assert at.graph.objections == []


async def test_the_vendors_client_writes_to_the_emulator() -> None:
    async with setup() as at:
        wrote = await ask("write", at.graph.base, at.calendar)
        assert len(set(wrote["ids"])) == 1
        assert (wrote["subject"], wrote["start"]) == ("Changed", "2026-12-02T09:00:00.0000000")
        assert await ask("calendars", at.graph.base) == [[at.calendar, "Calendar", True, "#0078D4"]]
        assert at.graph.objections == []


def test_the_contract_objects_to_what_the_vendor_does_not_know() -> None:
    time = {"dateTime": "2026-12-01T09:00:00.0000000", "timeZone": "UTC"}
    assert outlook_contract.faults("Event", {"subject": "a", "start": time, "showAs": "busy", "@odata.etag": "x"}) == []
    wrong: list[dict[str, Any]] = [
        {"summary": "a"},
        {"start": "2026-12-01"},
        {"start": time | {"dateTime": "2026-12-01 09:00"}},
        {"showAs": "Busy"},
        {"isAllDay": 1},
        {"recurrence": {"pattern": {"daysOfWeek": ["mo"]}}},
        {"originalStart": "yesterday"},
    ]
    assert [len(outlook_contract.faults("Event", one)) for one in wrong] == [1] * len(wrong)
