"""What the tutor remembers, and what may be sent, is the student's to see and to change."""

from __future__ import annotations

import re
from typing import Any

from playwright.async_api import Locator, Page, Route, expect
from tests.cast import Person, made
from tests.e2e.student import eventually, open_app
from tests.e2e.students import asked_tutor
from tests.e2e.test_break_down import says

SAID = "Remember that I learn best with drawings."


async def facts(person: Person) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = made(await person.get("/api/ai/memory"), 200)["items"]
    return found


def memory(page: Page) -> Locator:
    return page.get_by_role("region", name=says("memory.title"))


async def test_a_fact_leads_to_the_chat_that_it_came_from(eves_desk: Page, eve: Person) -> None:
    chat = await asked_tutor(eve, {"message": SAID, "assessed": False})
    await open_app(eves_desk, "/settings/ai")
    await expect(memory(eves_desk)).to_contain_text("I learn best with drawings.")
    await memory(eves_desk).get_by_role("link", name=says("memory.chat")).click()
    await expect(eves_desk).to_have_url(re.compile(f"/tutor/{chat}$"))
    await expect(eves_desk.locator(".mine p")).to_have_text(SAID)


async def test_facts_are_added_changed_and_forgotten(eves_desk: Page, eve: Person) -> None:
    page = eves_desk
    await open_app(page, "/settings/ai")
    await expect(memory(page)).to_contain_text(says("memory.none"))
    await page.get_by_role("button", name=says("memory.add")).click()
    dialog = page.get_by_role("dialog")
    text = dialog.get_by_role("textbox", name=says("memory.fact"))
    await expect(text).to_be_focused()
    await dialog.get_by_role("button", name=says("settings.save")).click()
    await expect(dialog.get_by_text(says("memory.fact.missing"))).to_be_visible()
    await text.fill("Pass the exam.")
    await dialog.get_by_role("radio", name=says("memory.kind.goal")).check()
    await dialog.get_by_role("button", name=says("settings.save")).click()
    await expect(memory(page)).to_contain_text("Pass the exam.")
    await page.get_by_role("button", name=says("memory.edit.named", text="Pass the exam.")).click()
    await expect(dialog.get_by_role("radio", name=says("memory.kind.goal"))).to_be_checked()
    await text.fill("Pass both exams.")
    await dialog.get_by_role("button", name=says("settings.save")).click()
    await expect(memory(page)).to_contain_text("Pass both exams.")
    assert [(one["kind"], one["text"]) for one in await facts(eve)] == [("goal", "Pass both exams.")]
    await page.get_by_role("button", name=says("memory.forget.named", text="Pass both exams.")).click()
    await dialog.get_by_role("button", name=says("memory.forget")).click()
    await expect(memory(page)).to_contain_text(says("memory.none"))
    assert await facts(eve) == []


async def test_a_kind_of_data_that_is_off_stays_off(eves_desk: Page, eve: Person) -> None:
    page = eves_desk
    await open_app(page, "/settings/ai")
    switches = page.get_by_role("region", name=says("memory.data")).get_by_role("switch")
    await expect(switches).to_have_count(8)
    for key in ("memory.data.material", "memory.data.goal"):
        await page.get_by_role("switch", name=says(key)).uncheck()

    async def is_saved() -> bool:
        off: list[str] = made(await eve.get("/api/ai/settings"), 200)["off"]
        return sorted(off) == ["goal", "material"]

    await eventually(is_saved)
    await page.reload()
    await expect(page.get_by_role("switch", name=says("memory.data.material"))).not_to_be_checked()
    await expect(page.get_by_role("switch", name=says("memory.data.task"))).to_be_checked()


async def test_a_switch_that_could_not_be_saved_goes_back(eves_desk: Page) -> None:
    page = eves_desk
    await open_app(page, "/settings/ai")
    switch = page.get_by_role("switch", name=says("memory.data.history"))
    await expect(switch).to_be_checked()

    async def fail(route: Route) -> None:
        await (route.abort() if route.request.method == "PUT" else route.continue_())

    await page.route("**/api/ai/settings", fail)
    await switch.click()
    await expect(page.locator("main [role=alert]")).to_have_text(says("auth.problem.no_answer"))
    await expect(switch).to_be_checked()
