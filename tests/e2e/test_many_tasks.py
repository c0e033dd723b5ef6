"""The app with 5,000 tasks. How long each action takes is measured by `./teddy bench web_app`, not here."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from playwright.async_api import Page, expect
from tests.cast import Person
from tests.e2e.student import eventually

TASKS, BATCH = 5_000, 100
ROWS = "main [role=row][data-id]"


@pytest.mark.slow
async def test_five_thousand_tasks_are_listed_found_and_finished(ada: Person, desk: Page) -> None:
    today = date.today()
    for first in range(0, TASKS, BATCH):
        commands = [
            {
                "op": "create",
                "body": {"title": f"Read chapter {n}", "dueDate": (today + timedelta(days=n // 16)).isoformat()},
            }
            for n in range(first, first + BATCH)
        ]
        assert (await ada.post("/api/tasks/batch", {"commands": commands})).status_code == 200
    await desk.goto("/tasks")
    grid = desk.get_by_role("grid", name="Tasks")
    await expect(grid).to_be_visible(timeout=60_000)
    assert int(await grid.get_attribute("aria-rowcount") or 0) > TASKS
    assert await desk.locator(ROWS).count() < 100  # only those on the screen

    await desk.locator(ROWS).first.focus()
    await desk.keyboard.press("End")
    await expect(desk.get_by_text(f"Read chapter {TASKS - 1}", exact=True)).to_be_visible()
    await desk.keyboard.press("Home")
    await expect(desk.get_by_text("Read chapter 0", exact=True)).to_be_visible()

    await desk.keyboard.press("Space")
    await expect(desk.get_by_text("Read chapter 0", exact=True)).to_be_hidden()

    async def is_finished() -> bool:
        answer = await ada.get("/api/tasks", params={"status": "completed"})
        return [task["title"] for task in answer.json()["items"]] == ["Read chapter 0"]

    await eventually(is_finished)
    await desk.keyboard.press("/")
    await expect(desk.get_by_role("combobox", name="Search")).to_be_focused()
    await desk.keyboard.type("chapter 4321")
    await expect(desk.get_by_role("option", name="Read chapter 4321")).to_be_visible()
