"""What a student does in the app, and what the browser keeps of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from playwright.async_api import Locator, Page, expect
from tests.cast import Person

Json = dict[str, Any]

PATIENCE = 30.0
"""Seconds for what takes as long as the machine needs: none of the figures that are promised."""
KEPT = """async () => {
    const names = (await indexedDB.databases()).map(({ name }) => name).filter((name) => name.startsWith("teddy:"));
    const databases = {};
    for (const name of names) {
        const db = await new Promise((done, fail) => {
            const opening = indexedDB.open(name);
            opening.onsuccess = () => done(opening.result);
            opening.onerror = () => fail(opening.error);
        });
        try {
            const all = (store) => new Promise((done, fail) => {
                const asked = db.transaction(store).objectStore(store).getAll();
                asked.onsuccess = () => done(asked.result);
                asked.onerror = () => fail(asked.error);
            });
            const seq = await new Promise((done) => {
                const asked = db.transaction("meta").objectStore("meta").get("seq");
                asked.onsuccess = () => done(asked.result ?? null);
            });
            databases[name] = { rows: await all("rows"), commands: await all("commands"), seq };
        } finally {
            db.close();
        }
    }
    return databases;
}"""


async def eventually(holds: Callable[[], Awaitable[bool]], *, within: float = PATIENCE, every: float = 0.05) -> None:
    """Wait until `holds` is true; fail after `within` seconds."""
    deadline = time.monotonic() + within
    while not await holds():
        assert time.monotonic() < deadline, f"not true within {within} s"
        await asyncio.sleep(every)


# --- what the browser keeps ----------------------------------------------------------------------------


async def databases(page: Page) -> dict[str, Json]:
    """Return what the app keeps in the browser, by database: its rows, the changes that wait, the last event."""
    found: dict[str, Json] = await page.evaluate(KEPT)
    return found


async def rows(page: Page, table: str) -> dict[str, Json]:
    """Return the rows of a table that the browser keeps, by id."""
    [database] = (await databases(page)).values()
    return {put["row"]["id"]: put["row"] for put in database["rows"] if put["table"] == table}


async def waiting(page: Page) -> list[Json]:
    """Return the changes that the browser keeps for the server."""
    [database] = (await databases(page)).values()
    found: list[Json] = database["commands"]
    return found


async def everything_sent(page: Page, *, within: float = PATIENCE) -> None:
    async def is_sent() -> bool:
        return await waiting(page) == []

    await eventually(is_sent, within=within)


async def everything_read(page: Page) -> None:
    """Wait until the browser keeps a whole copy of the account."""

    async def is_read() -> bool:
        return any(kept["seq"] is not None for kept in (await databases(page)).values())

    await eventually(is_read)


# --- what a student does -------------------------------------------------------------------------------


async def open_app(page: Page, path: str = "/") -> None:
    """Open the app for the first time, and wait until this device could do without the network."""
    await page.goto(path)
    await expect(page.locator("h1")).to_be_visible()

    async def is_controlled() -> bool:
        controlled: bool = await page.evaluate("navigator.serviceWorker.controller !== null")
        return controlled

    await eventually(is_controlled)
    await everything_read(page)


def row(page: Page, title: str) -> Locator:
    """Return the row of a task in a list."""
    return page.get_by_role("row").filter(has=page.get_by_text(title, exact=True))


async def complete(page: Page, title: str) -> None:
    """Tick a task of the list."""
    await row(page, title).get_by_role("checkbox").click()


async def add(page: Page, line: str) -> None:
    """Add a task by the key that does so anywhere."""
    await page.keyboard.press("a")
    field = page.get_by_role("textbox", name="Add a task")
    await field.fill(line)
    await field.press("Enter")
    await expect(field).to_be_hidden()


async def move_to_tomorrow(page: Page, title: str) -> None:
    """Give a task of the list another due date."""
    await row(page, title).focus()
    await page.keyboard.press("d")
    await page.get_by_role("dialog").get_by_role("button", name="Tomorrow").click()


async def go(page: Page, name: str) -> None:
    """Go to another screen by the main navigation."""
    await page.get_by_role("navigation", name="Main", exact=True).get_by_role("link", name=name).click()
    await expect(page.locator("h1")).to_be_visible()


# --- what the server has -------------------------------------------------------------------------------


async def tasks_of(person: Person) -> dict[str, Json]:
    """Return all tasks that the server has of the person, by id."""
    found: dict[str, Json] = {}
    cursor = None
    while True:
        parameters = {"limit": "200", **({"cursor": cursor} if cursor else {})}
        page = (await person.get("/api/tasks", params=parameters)).json()
        found |= {task["id"]: task for task in page["items"]}
        cursor = page["nextCursor"]
        if not cursor:
            return found


def day(days: int = 0) -> str:
    """Return the student's day in Berlin, which begins at four, some days from now."""
    return (datetime.now(ZoneInfo("Europe/Berlin")) + timedelta(days=days, hours=-4)).date().isoformat()
