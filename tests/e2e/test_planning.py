"""Sessions are planned in the week."""

from __future__ import annotations

from playwright.async_api import Page, expect
from tests.cast import Person
from tests.e2e.student import eventually


async def test_a_session_is_planned_by_one_key(ada: Person, desk: Page) -> None:
    await ada.task("A lab report")
    task = await ada.task("Essay draft")
    await desk.goto("/week")
    await expect(desk.get_by_role("heading", level=1)).to_contain_text("Week")
    await expect(desk.get_by_text("Essay draft").first).to_be_visible()
    await desk.keyboard.press("n")
    dialog = desk.get_by_role("dialog", name="New session")
    await dialog.get_by_role("combobox", name="Task").press_sequentially("essay", delay=30)
    await desk.keyboard.press("Enter")
    await dialog.get_by_role("button", name="Plan", exact=True).click()
    await expect(desk.get_by_text("Planned: Essay draft").first).to_be_visible()

    async def is_planned() -> bool:
        planned = (await ada.get("/api/focus-sessions", params={"status": "scheduled"})).json()["items"]
        return [session["taskId"] for session in planned] == [task["id"]]

    await eventually(is_planned)
