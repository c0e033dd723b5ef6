"""Arabic: the layout is mirrored, arrows change sides, dates and numbers are those of the locale."""

from __future__ import annotations

import re

from playwright.async_api import expect
from tests.e2e.students import ARABIC, Look, Students

EDGES = "(one) => { const { left, right } = one.getBoundingClientRect(); return [left, innerWidth - right]; }"
TURNS = "(all) => all.filter((one) => one.checkVisibility()).map((one) => getComputedStyle(one).transform)"


async def test_the_layout_is_mirrored(class_of: Students) -> None:
    visited = await class_of.page("ada", ARABIC)
    await visited.goto("/")
    page = visited.page
    assert await page.locator("html").get_attribute("dir") == "rtl"
    assert await page.locator("html").get_attribute("lang") == "ar"
    rail, aside = page.locator(".rail"), page.locator("aside")
    assert (await rail.evaluate(EDGES))[1] == 0
    assert (await aside.evaluate(EDGES))[0] == 0
    row = page.get_by_role("row").filter(has=page.get_by_role("checkbox")).first
    box, title = row.get_by_role("checkbox"), row.locator(".title")
    assert (await box.evaluate(EDGES))[1] < (await title.evaluate(EDGES))[1]
    turned = await page.locator(".icon.turns:not(summary *)").evaluate_all(TURNS)
    assert turned, "there are icons that point somewhere"
    assert set(turned) == {"matrix(-1, 0, 0, 1, 0, 0)"}


async def test_dates_and_numbers_are_those_of_the_locale(class_of: Students) -> None:
    visited = await class_of.page("ada", ARABIC)
    await visited.goto("/")
    await expect(visited.page.get_by_role("heading", level=1)).to_have_text(re.compile("^الخميس، [3٣][1١] يناير$"))
    text = await visited.page.locator("main").inner_text()
    assert not re.search(r"\b(AM|PM|min|hr|Today|Overdue)\b", text)
    assert re.search(r"[6٦]:[0٠][0٠]\s*م", text)


async def test_titles_in_another_script_stay_readable(class_of: Students) -> None:
    """A Latin title is set from the left within a page from the right, with its start to be seen."""
    visited = await class_of.page("runner", ARABIC)
    await visited.goto("/tasks")
    title = visited.page.locator(".title").filter(has_text="Lab report")
    assert await title.evaluate("(one) => getComputedStyle(one).direction") == "ltr"
    rect = await title.evaluate(
        "(one) => { const r = document.createRange(); r.selectNodeContents(one); "
        "const { left, right } = r.getBoundingClientRect(); const box = "
        "one.closest('[role=row]').getBoundingClientRect(); return [left >= box.left, right <= box.right]; }"
    )
    assert rect == [True, True]


async def test_an_empty_field_begins_at_the_right(class_of: Students) -> None:
    visited = await class_of.page("ada", ARABIC)
    await visited.goto("/")
    await visited.page.keyboard.press("Control+k")
    box = visited.page.get_by_role("dialog").get_by_role("combobox")
    assert await box.evaluate("(one) => getComputedStyle(one).direction") == "rtl"
    await box.fill("Lab")
    assert await box.evaluate("(one) => getComputedStyle(one).direction") == "ltr"


async def test_the_left_arrow_moves_a_block_to_the_next_day(class_of: Students) -> None:
    visited = await class_of.page("planner", Look("arabic moving", "ar", ARABIC.options))
    await visited.goto("/week")
    page = visited.page
    friday = await page.locator("[data-day='2030-02-01']").evaluate(EDGES)
    saturday = await page.locator("[data-day='2030-02-02']").evaluate(EDGES)
    assert saturday[0] < friday[0]
    await page.locator("[data-day='2030-02-01'] [data-session]").focus()
    for key in ("Enter", "ArrowLeft", "Enter"):
        await page.keyboard.press(key)
    await expect(page.locator("[data-day='2030-02-02'] [data-session]")).to_be_focused()
