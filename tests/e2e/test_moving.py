"""Moving a block of the week by keys: each step is told, and Escape puts it back exactly."""

from __future__ import annotations

from playwright.async_api import Locator, Page, expect
from tests.e2e.students import Look, Students, Visited

LISTEN = """() => {
    window.heard = [];
    const listen = (region) => new MutationObserver(() => window.heard.push(region.textContent)).observe(region,
        { childList: true, characterData: true, subtree: true });
    for (const region of document.querySelectorAll("[aria-live]")) listen(region);
}"""
PLACE = "(one) => { const { x, y, width, height } = one.getBoundingClientRect(); return [x, y, width, height]; }"


async def heard(page: Page) -> str:
    """Return what a screen reader was told since this was asked last."""
    said: list[str] = await page.evaluate("window.heard.splice(0)")
    return " | ".join(text.strip() for text in said)


async def listening(visited: Visited) -> tuple[Page, Locator]:
    """Open the week with the focus on the block of Friday at 10:00."""
    await visited.goto("/week")
    page = visited.page
    block = page.locator(".day", has=page.locator("[data-day='2030-02-01']")).locator("[data-session]").first
    await block.focus()
    await page.evaluate(LISTEN)
    return page, block


async def test_each_step_of_a_move_is_told_and_escape_restores_the_block(class_of: Students) -> None:
    page, block = await listening(await class_of.page("ada", Look("moving")))
    name, place = await block.get_attribute("aria-label"), await block.evaluate(PLACE)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method) if "/api/" in request.url else None)
    await page.keyboard.press("Enter")
    assert "Picked up Compare the causes" in (told := await heard(page))
    assert "Friday, February 1, 10:00 AM to 10:50 AM" in told.replace("\u202f", " ")
    await page.keyboard.press("ArrowDown")
    assert "Friday, February 1, 10:15 AM to 11:05 AM" in (await heard(page)).replace("\u202f", " ")
    await page.keyboard.press("ArrowRight")
    assert "Saturday, February 2, 10:15 AM to 11:05 AM" in (await heard(page)).replace("\u202f", " ")
    await page.keyboard.press("Shift+ArrowDown")
    assert "10:15 AM to 11:20 AM" in (await heard(page)).replace("\u202f", " ")
    await page.keyboard.press("Escape")
    assert "Put back Compare the causes" in (told := await heard(page))
    assert "Friday, February 1, 10:00 AM to 10:50 AM" in told.replace("\u202f", " ")
    await expect(block).to_be_focused()
    assert (await block.get_attribute("aria-label"), await block.evaluate(PLACE)) == (name, place)
    assert await page.locator(".ghost").count() == 0
    assert [method for method in sent if method != "GET"] == []


async def test_a_dropped_block_says_where_it_is_and_undo_brings_it_back(class_of: Students) -> None:
    visited = await class_of.page("planner", Look("dropping", goes=True))
    page, block = await listening(visited)
    name, place = await block.get_attribute("aria-label"), await block.evaluate(PLACE)
    for key in ("Enter", "ArrowDown", "ArrowRight", "Enter"):
        await page.keyboard.press(key)
    moved = page.locator("[data-day='2030-02-02'] [data-session]")
    await expect(moved).to_be_focused()
    assert "Dropped Essay draft. Saturday, February 2, 10:15 AM to 11:15 AM" in (await heard(page)).replace(
        "\u202f", " "
    )
    await page.keyboard.press("Control+z")
    await expect(block).to_be_visible()
    assert (await block.get_attribute("aria-label"), await block.evaluate(PLACE)) == (name, place)


async def test_a_pointer_that_lets_go_of_nothing_changes_nothing(class_of: Students) -> None:
    """Escape ends a drag by the pointer too."""
    page, block = await listening(await class_of.page("ada", Look("moving")))
    place = await block.evaluate(PLACE)
    await block.hover()
    await page.mouse.down()
    await page.mouse.move(place[0] + 150, place[1] + 90, steps=5)
    await expect(page.locator(".ghost")).to_have_count(1)
    await page.keyboard.press("Escape")
    await page.mouse.up()
    await expect(page.locator(".ghost")).to_have_count(0)
    assert await block.evaluate(PLACE) == place
    assert "Put back" in await heard(page)
