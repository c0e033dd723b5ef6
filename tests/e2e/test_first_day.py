"""The first day: from nothing to a running session within a minute, without a pointer."""

from __future__ import annotations

from playwright.async_api import Page, expect
from tests.cast import PASSWORD
from tests.e2e.conftest import Program

KEY = 60
"""Milliseconds a key."""
WITHIN = 60.0
"""Seconds from the first page to a running session."""
INTERACTIONS = 12
CLOCK = "performance.timeOrigin + performance.now()"


class Hands:
    """Types at human speed, and counts interactions: a text with the keys that lead to its field, and each Enter."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.interactions = 0

    async def write(self, field: str, text: str) -> None:
        """Write into the field with this name."""
        await self._reach(field)
        await self._page.keyboard.type(text, delay=KEY)
        self.interactions += 1

    async def enter(self, control: str = "") -> None:
        """Press Enter, on the control with this name if there is one."""
        if control:
            await self._reach(control)
        await self._page.keyboard.press("Enter", delay=KEY)
        self.interactions += 1

    async def _reach(self, name: str) -> None:
        """Press Tab until the control has the focus."""
        control = (
            self._page.get_by_label(name, exact=True)
            .or_(self._page.get_by_role("link", name=name, exact=True))
            .or_(self._page.get_by_role("button", name=name, exact=True))
        )
        await expect(control.first).to_be_visible()
        for _ in range(20):
            if await control.first.evaluate("control => control === document.activeElement"):
                return
            await self._page.keyboard.press("Tab", delay=KEY)
        raise AssertionError(f"Tab doesn't lead to {name}")


async def test_from_nothing_to_a_running_session_within_a_minute(program: Program, page: Page) -> None:
    presses: list[str] = []
    await page.expose_function("pressed", lambda kind: presses.append(kind))
    await page.add_init_script("addEventListener('pointerdown', () => pressed('pointer'), true)")
    hands = Hands(page)
    await page.goto("/")
    started = await page.evaluate(CLOCK)
    await hands.enter("Create an account")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Hello. Let’s set up your term")
    await hands.write("Name", "Ada Lovelace")
    await hands.write("Email", f"ada.lovelace.{started:.0f}@example.org")
    await hands.write("Password", PASSWORD)
    await hands.enter()
    await expect(page.get_by_role("heading", level=1)).to_have_text("What are you studying?")
    await hands.write("Subject", "Physics")
    await hands.enter()
    await expect(page.get_by_role("listitem").filter(has_text="Physics")).to_be_visible()
    await hands.enter()
    await expect(page.get_by_role("heading", level=1)).to_have_text("What is due next?")
    await hands.write("Add a task", "Problem set on waves @physics tomorrow 3pm 45m")
    await hands.enter()
    await hands.enter("Now")
    await expect(page.get_by_role("timer")).to_contain_text("24:5")
    took = (await page.evaluate(CLOCK) - started) / 1000
    assert took <= WITHIN
    assert hands.interactions <= INTERACTIONS
    assert presses == []

    await expect(page.get_by_role("heading", level=1)).to_have_text("Problem set on waves")
    await page.goto("/")
    await expect(page.get_by_role("link", name="Problem set on waves").first).to_be_visible()
    await page.goto("/tasks")
    line = page.get_by_role("row").filter(has_text="Problem set on waves")
    await expect(line).to_contain_text("Physics")
    await expect(line).to_contain_text("15:00")
    await expect(line).to_contain_text("45 min")
