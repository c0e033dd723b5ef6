"""A device that was cut off comes back to exactly what the server has."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from playwright.async_api import Browser, Page, expect
from tests.cast import Person
from tests.e2e.conftest import Program
from tests.e2e.devices import device
from tests.e2e.student import Json, complete, databases, day, eventually, go, open_app, row, tasks_of

from studyteddy.embedded.engine import EngineState
from studyteddy.embedded.folder import DataFolder
from studyteddy.embedded.postgres import ADMIN, Postgres, postgres_url

CHANGES, CUT = 200, 60.0
"""What others change meanwhile, and the seconds without a network: longer than any deadline of a connection."""


async def work(person: Person, name: str, changes: int) -> None:
    """Make so many changes on another device: of tasks, their subtasks, subjects and sessions."""
    done, number = 0, 0
    while done < changes:
        number += 1
        subject = await person.subject(f"{name} {number}")
        task = await person.task(f"{name} {number}", subjectId=subject["id"], dueDate=day(number % 3))
        path = f"/api/tasks/{task['id']}"
        await person.post(f"{path}/subtasks", {"title": "Outline"})
        await person.patch(path, {"priority": "high", "labels": ["exam"]})
        await person.patch(f"/api/subjects/{subject['id']}", {"name": f"{name} {number} renamed"})
        if number % 6 == 0:  # fewer than give a day's most points: an award of none has no event
            await person.post(f"{path}/complete")
        elif number % 3 == 1:
            await person.delete(f"/api/subjects/{subject['id']}")
        else:
            session = {"type": "custom", "taskId": task["id"], "minutes": 25, "startedAt": f"{day(-1)}T10:00:00Z"}
            await person.post("/api/focus-sessions/past", session)
        if number % 7 == 0:
            await person.delete(path)
        done += 6 + (number % 7 == 0)


async def last_event(page: Page) -> int:
    """Return the number of the last event that the browser keeps."""
    [database] = (await databases(page)).values()
    found: int = database["seq"]
    return found


async def copy_of(page: Page) -> dict[str, list[Json]]:
    """Return what the browser keeps, by table, but when a summary was read."""
    [database] = (await databases(page)).values()
    tables: dict[str, list[Json]] = defaultdict(list)
    for put in sorted(database["rows"], key=lambda put: str(put["row"]["id"])):
        tables[put["table"]].append({name: value for name, value in put["row"].items() if name != "asOf"})
    return tables


@asynccontextmanager
async def cut_off(page: Page, *, least: float = 0.0) -> AsyncIterator[None]:
    """Take the network from the browser, for at least so many seconds."""
    await page.context.set_offline(True)
    over = asyncio.create_task(asyncio.sleep(least))
    yield
    await over
    await page.context.set_offline(False)


async def is_alike(program: Program, browser: Browser, person: Person, page: Page) -> None:
    """Compare what the device keeps and shows with another one that reads everything anew."""
    last = (await person.get("/api/changes", params={"since": 2**53})).json()["nextSeq"]

    async def has_followed() -> bool:
        return bool(await last_event(page) >= last)

    await eventually(has_followed)
    async with device(browser, program.url, person) as fresh:
        await open_app(fresh, "/tasks")

        async def is_equal() -> bool:
            return await copy_of(page) == await copy_of(fresh)

        try:  # events of jobs may still be on their way
            await eventually(is_equal)
        except AssertionError:
            assert await copy_of(page) == await copy_of(fresh)
        shown = [await tab.get_by_role("main").inner_text() for tab in (page, fresh)]
        assert shown[0] == shown[1]
    kept = {task["id"]: task for task in (await copy_of(page))["tasks"]}
    assert kept == await tasks_of(person)


async def test_a_device_that_was_cut_off_shows_what_a_fresh_one_reads(
    program: Program, browser: Browser, ada: Person, desk: Page
) -> None:
    await work(ada, "before", 30)
    await open_app(desk, "/tasks")
    await expect(row(desk, "before 1")).to_be_visible()
    known = await last_event(desk)
    async with cut_off(desk, least=CUT):
        await work(ada, "meanwhile", CHANGES)
        assert await last_event(desk) == known
    await is_alike(program, browser, ada, desk)
    assert await last_event(desk) >= known + CHANGES


async def test_everything_is_read_anew_when_the_server_no_longer_has_the_events(
    program: Program, browser: Browser, ada: Person, desk: Page
) -> None:
    await work(ada, "before", 30)
    await open_app(desk, "/tasks")
    known = await last_event(desk)
    await complete(desk, "before 2")
    async with cut_off(desk):
        await work(ada, "meanwhile", CHANGES)
        gone = await delete_events(program, ada, known + CHANGES // 2)
        assert gone >= CHANGES // 2
    await is_alike(program, browser, ada, desk)
    await go(desk, "Today")
    await expect(desk.get_by_role("heading", level=1)).to_be_visible()


async def delete_events(program: Program, person: Person, last: int) -> int:
    """Delete the events up to a number, as happens after 30 days; return how many they were."""
    connection = await asyncpg.connect(admin_url(program))
    try:
        done = await connection.execute("DELETE FROM events WHERE user_id = $1 AND seq <= $2", person.user["id"], last)
    finally:
        await connection.close()
    return int(done.rpartition(" ")[2])


def admin_url(program: Program) -> str:
    """Return the URL of an administrator of the program's database, which bypasses row-level security."""
    state = EngineState(DataFolder.at(program.data), f"{Postgres.name}.json")
    port = state.last_port()
    assert port
    return postgres_url(state, port, ADMIN)
