"""A focus session runs on all devices of a student at once, and counts once."""

from __future__ import annotations

import asyncio
import re

from playwright.async_api import Browser, Page, expect
from tests.cast import Person
from tests.e2e.conftest import Program
from tests.e2e.devices import PHONE, device
from tests.e2e.student import Json, day, eventually, everything_sent, open_app

AGREES = 1
"""Seconds by which the clocks of two devices may differ."""
TOGETHER = 0.1
"""Seconds within which two clocks are read at the same moment."""
MINUTES = 20
SLOW = """() => {
    const now = Date.now.bind(Date);
    window.behind = 0;
    Date.now = () => now() - window.behind;
}"""
"""Lets a test move the clock of a page."""
CLOCK = """() => {
    const figures = document.querySelector("[role=timer] .digits, .pill .digits");
    return [figures.innerText.replaceAll("\\n", ""), performance.timeOrigin + performance.now()];
}"""


async def seconds_left(page: Page) -> tuple[int, float]:
    """Return the seconds that the clock on the page shows, and when it was read."""
    text, at = await page.evaluate(CLOCK)
    *hours, minutes, seconds = map(int, re.findall(r"\d+", text))
    return (hours[0] if hours else 0) * 3600 + minutes * 60 + seconds, at / 1000


async def has_run(page: Page) -> bool:
    return (await seconds_left(page))[0] <= (25 - MINUTES) * 60


async def clocks_agree(one: Page, other: Page) -> None:
    """Compare what the two pages show at the same moment, over more than a second, so that each clock ticks."""
    compared = 0
    while compared < 5:
        (first, at), (second, later) = await asyncio.gather(seconds_left(one), seconds_left(other))
        if abs(later - at) < TOGETHER:
            assert abs(first - second) <= AGREES
            compared += 1
        await asyncio.sleep(0.3)


async def test_one_timer_runs_on_two_devices_and_its_minutes_count_once(
    program: Program, browser: Browser, ada: Person, desk: Page
) -> None:
    task = (await ada.task("Problem set", dueDate=day()))["id"]
    await desk.add_init_script(f"({SLOW})()")
    await open_app(desk, f"/focus?task={task}")
    async with device(browser, program.url, ada, viewport=PHONE) as phone:
        await open_app(phone)
        # The session begins some minutes ago, so that there are minutes to count.
        await desk.evaluate(f"window.behind = {MINUTES} * 60_000")
        await desk.get_by_role("button", name="Start").click()
        await desk.evaluate("window.behind = 0")
        for page in (desk, phone):
            await expect(page.get_by_role("button", name="Pause").first).to_be_visible()
        await everything_sent(desk)
        await eventually(lambda: has_run(desk))  # its clock was just put right
        await clocks_agree(desk, phone)

        await phone.get_by_role("button", name="Pause").first.click()
        await expect(desk.get_by_role("button", name="Resume")).to_be_visible()
        await everything_sent(phone)
        await clocks_agree(desk, phone)
        await phone.get_by_role("button", name="Resume").first.click()
        await expect(desk.get_by_role("button", name="Pause")).to_be_visible()
        await clocks_agree(desk, phone)

        await desk.get_by_role("button", name="Done").click()
        await expect(desk.get_by_role("heading", level=1)).to_have_text(f"{MINUTES} minutes done. How was it?")
        await expect(phone.get_by_role("button", name="Pause")).to_have_count(0)
        await everything_sent(desk)

        async def has_minutes() -> bool:
            found: Json = (await ada.get(f"/api/tasks/{task}")).json()
            return bool(found["actualMinutes"])

        await eventually(has_minutes)
    assert (await ada.get(f"/api/tasks/{task}")).json()["actualMinutes"] == MINUTES
    sessions = (await ada.get("/api/focus-sessions")).json()["items"]
    assert [session["effectiveMinutes"] for session in sessions] == [MINUTES]
    assert sum(event["type"] == "focus.completed" for event in await ada.changes()) == 1


async def test_the_second_device_that_ends_a_session_changes_nothing(
    program: Program, browser: Browser, ada: Person, desk: Page
) -> None:
    task = (await ada.task("Problem set"))["id"]
    await open_app(desk, f"/focus?task={task}")
    await desk.get_by_role("button", name="Start").click()
    await everything_sent(desk)
    async with device(browser, program.url, ada) as other:
        await open_app(other, "/focus")
        await expect(other.get_by_role("button", name="Done")).to_be_visible()
        await desk.context.set_offline(True)
        await desk.get_by_role("button", name="Done").click()
        await expect(desk.get_by_role("heading", level=1)).to_have_text("Done. How was it?")
        await other.get_by_role("button", name="Done").click()
        await everything_sent(other)
        await desk.context.set_offline(False)
        await everything_sent(desk)
        await expect(desk.get_by_text("needs a decision")).to_have_count(0)
    assert sum(event["type"] == "focus.completed" for event in await ada.changes()) == 1
    assert len((await ada.get("/api/focus-sessions")).json()["items"]) == 1
