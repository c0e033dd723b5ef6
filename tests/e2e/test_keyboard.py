"""The whole app without a mouse and without a finger."""

from __future__ import annotations

import asyncio
import re
from typing import Literal

import pytest
from playwright.async_api import Browser, Page, Route, expect
from tests.cast import PASSWORD, Person
from tests.e2e.conftest import Program
from tests.e2e.devices import device
from tests.e2e.students import texts

WATCH_POINTERS = """() => {
    window.pointers = [];
    for (const name of ["pointerdown", "mousedown", "touchstart"]) {
        addEventListener(name, (event) => window.pointers.push(name), { capture: true });
    }
}"""
NO_WORKER = 'Object.defineProperty(Navigator.prototype, "serviceWorker", { get: () => undefined })'
NAME = """() => {
    const { activeElement: one } = document;
    if (one.matches("body, dialog")) return "";
    const name = one.getAttribute("aria-label") ?? one.labels?.[0]?.innerText ?? one.innerText ?? "";
    return name.replace(/\\s+/g, " ").trim();
}"""


async def tab_to(page: Page, name: str, key: str = "Tab", most: int = 60) -> None:
    """Press Tab until the control with this name, or one that begins with it, has the focus."""
    passed = []
    for _ in range(most):
        await page.keyboard.press(key)
        passed.append(await page.evaluate(NAME))
        if passed[-1].startswith(name):
            return
    raise AssertionError(f"“{name}” is not reached: {passed}")


async def go(page: Page, letter: str, heading: str) -> None:
    await page.keyboard.press("g")
    await page.keyboard.press(letter)
    await expect(page.get_by_role("heading", name=heading, level=1)).to_be_focused()


def says(key: str, **values: str) -> str:
    return str(texts("en")[key]).format(**values)


@pytest.mark.slow
async def test_a_student_does_everything_by_keys_alone(program: Program, page: Page) -> None:
    type_ = page.keyboard
    await page.add_init_script(f"({WATCH_POINTERS})()")
    await page.goto("/")
    await expect(page.get_by_role("heading", name=says("auth.signin.title"))).to_be_visible()

    # An account, a subject and a first task.
    await tab_to(page, says("auth.create"))
    await type_.press("Enter")
    await expect(page.get_by_role("heading", name=says("today.welcome.title"))).to_be_visible()
    await tab_to(page, says("auth.name"))
    await type_.type("Nour")
    await tab_to(page, says("auth.email"))
    await type_.type(f"nour-{program.build[:6]}@example.org")
    await tab_to(page, says("auth.password"))
    await type_.type(PASSWORD)
    await type_.press("Enter")
    await expect(page.get_by_role("heading", name=says("today.welcome.subjects"))).to_be_focused()
    await tab_to(page, says("today.welcome.subjects.label"))
    await type_.type("Physics")
    await type_.press("Enter")
    await expect(page.get_by_text("Physics", exact=True)).to_be_visible()
    await tab_to(page, says("auth.continue"))
    await type_.press("Enter")
    await expect(page.get_by_role("heading", name=says("today.welcome.due"))).to_be_focused()
    await tab_to(page, says("tasks.add"))
    await type_.type("Problem set today 45m")
    await expect(page.locator("mark").first).to_be_visible()
    await type_.press("Enter")
    await tab_to(page, says("today.welcome.later"))
    await type_.press("Enter")
    await expect(page.get_by_role("link", name="Problem set").first).to_be_visible()

    # Adding and completing.
    await type_.press("a")
    await type_.type("Lab report today")
    await type_.press("Enter")
    await expect(page.get_by_role("link", name="Lab report").first).to_be_visible()
    await type_.press("Escape")
    await go(page, "a", says("tasks.title"))
    await type_.press("a")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await type_.type("Essay draft tomorrow 60m")
    await type_.press("Enter")
    await type_.press("Escape")
    lab = page.get_by_role("row").filter(has_text="Lab report")
    while not await page.evaluate("document.activeElement.matches('[role=row]')"):
        await type_.press("Tab")
    while not await lab.evaluate("(row) => row === document.activeElement"):
        await type_.press("ArrowDown")
    await type_.press("Space")
    await expect(lab).to_have_count(0)

    # Subtasks in another order.
    await type_.press("Home")
    essay = page.get_by_role("row").filter(has_text="Essay draft")
    while not await essay.evaluate("(row) => row === document.activeElement"):
        await type_.press("ArrowDown")
    await type_.press("Enter")
    await expect(page.get_by_role("heading", name="Essay draft", level=1)).to_be_attached()
    await tab_to(page, says("tasks.steps.add"))
    for title in ("Outline", "Sources"):
        await type_.type(title)
        await type_.press("Enter")
    steps = page.locator("[data-step] textarea")
    await expect(steps).to_have_count(2)
    await tab_to(page, says("tasks.steps.move", title="Outline"), "Shift+Tab")
    for key in ("Enter", "ArrowDown", "Enter"):
        await type_.press(key)
    await expect(steps.first).to_have_value("Sources")
    await expect(steps.last).to_have_value("Outline")
    await type_.press("Escape")

    # A card to another column.
    await expect(essay).to_be_focused()
    await tab_to(page, says("tasks.view.board"), "Shift+Tab")
    await type_.press("Enter")
    card = page.locator("[data-id]").filter(has_text="Essay draft")
    while not await page.evaluate("document.activeElement.matches('.tile')"):
        await type_.press("Tab")
    while not await card.evaluate("(card) => card === document.activeElement"):
        await type_.press("ArrowDown")
    for key in ("Enter", "ArrowRight", "Enter"):
        await type_.press(key)
    await expect(page.locator("[data-column=in_progress]").get_by_text("Essay draft")).to_be_visible()

    # A block of the week.
    await go(page, "w", "Week")
    this_week = page.url
    await type_.press("]")
    await page.wait_for_function("(url) => location.href !== url", arg=this_week)
    await tab_to(page, "Essay draft")
    for key in ("Enter", "ArrowDown", "ArrowRight", "Enter"):
        await type_.press(key)
    block = page.locator("[data-session]").filter(has_text="Essay draft")
    await expect(block).to_be_focused()
    before = await block.get_attribute("aria-label")
    for key in ("Enter", "ArrowDown", "Enter"):
        await type_.press(key)
    await expect(block).not_to_have_attribute("aria-label", before or "")

    # A session of focus.
    await type_.press("g")
    await type_.press("f")
    await expect(page.get_by_role("heading", name=says("focus.before.title"))).to_be_focused()
    await tab_to(page, says("focus.before.start"))
    await type_.press("Enter")
    await expect(page.get_by_role("timer")).to_be_visible()
    await tab_to(page, says("focus.pause"))
    await type_.press("Enter")
    await expect(page.get_by_role("button", name=says("focus.resume"))).to_be_visible()
    await tab_to(page, says("focus.done"))
    await type_.press("Enter")
    await expect(page.get_by_role("heading", name=says("focus.after.title.short"))).to_be_visible()
    await tab_to(page, says("focus.after.stop"))
    await type_.press("Enter")
    await expect(page).to_have_url(f"{program.url}/")

    # Settings, signing out, and in again.
    await expect(page.get_by_role("heading", level=1)).to_be_focused()
    await go(page, ",", says("settings.title"))
    await tab_to(page, says("settings.look"))
    await type_.press("Enter")
    await tab_to(page, says("settings.theme.dark"))
    await type_.press("Enter")
    await expect(page.locator("html")).to_have_class("dark")
    await tab_to(page, says("settings.signout"), "Shift+Tab")
    await type_.press("Enter")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await tab_to(page, says("settings.signout"))
    await type_.press("Enter")
    await expect(page.get_by_role("heading", name=says("auth.signin.title"))).to_be_visible()
    await tab_to(page, says("auth.email"))
    await type_.type(f"nour-{program.build[:6]}@example.org")
    await tab_to(page, says("auth.password"))
    await type_.type(PASSWORD)
    await type_.press("Enter")
    await expect(page).to_have_url(f"{program.url}/")
    await expect(page.get_by_role("heading", name="Problem set", level=2)).to_be_visible()
    assert await page.evaluate("window.pointers") == []


async def test_escape_closes_the_search_and_nothing_else(desk: Page) -> None:
    await desk.goto("/settings/look")
    await expect(desk.get_by_role("heading", name=says("settings.title"), level=1)).to_be_visible()
    search = desk.get_by_role("dialog", name=says("app.palette.title"))
    for typed in ("", "week"):
        await desk.keyboard.press("Control+k")
        await expect(search.get_by_role("combobox")).to_be_focused()
        await desk.keyboard.type(typed)
        await desk.keyboard.press("Escape")
        await expect(search).not_to_be_attached()
    await expect(desk).to_have_url("/settings/look")


@pytest.mark.parametrize(("key", "part", "role"), [("/", "Palette", "combobox"), ("a", "QuickAddDialog", "textbox")])
async def test_keys_pressed_before_a_dialog_has_been_loaded_are_typed_into_it(
    program: Program, browser: Browser, ada: Person, key: str, part: str, role: Literal["combobox", "textbox"]
) -> None:
    """Otherwise they would be taken as shortcuts: `c` completes the task that has the focus."""
    task = await ada.task("Essay")
    loading, requested = asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        requested.set()
        await loading.wait()
        await route.continue_()

    async with device(browser, program.url, ada) as page:
        await page.add_init_script(NO_WORKER)  # it would have the part already
        await page.route(re.compile(rf"/{part}[^/]*\.js"), hold)
        await page.goto("/tasks")
        await expect(page.get_by_role("link", name="Essay").first).to_be_visible()
        await page.get_by_role("link", name="Essay").first.focus()
        await page.keyboard.press(key)
        await asyncio.wait_for(requested.wait(), 10)
        await page.keyboard.type("cookx")
        await page.keyboard.press("Backspace")
        loading.set()
        field = page.locator("dialog:modal").get_by_role(role).first
        await expect(field).to_have_value("cook")
        await expect(field).to_be_focused()
        await page.keyboard.type("ing")
        await expect(field).to_have_value("cooking")
    assert (await ada.get(f"/api/tasks/{task['id']}")).json()["status"] == "pending"
