"""A task is broken down into steps that are proposed, of which a student takes some; nothing is saved before that."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from playwright.async_api import Browser, Locator, Page, Route, expect
from tests.cast import Person, made
from tests.e2e.conftest import Program
from tests.e2e.devices import NARROW, device
from tests.e2e.student import eventually, open_app
from tests.e2e.students import ARABIC, Look, Students, texts
from tests.e2e.test_keyboard import WATCH_POINTERS, tab_to

BRIEF = """1. Measure the mass and the volume of each liquid. 🧪
2. Plot mass against volume and find the density.
3. Discuss two sources of error and compare with the literature."""
TASKIFY = "**/api/ai/taskify"
LINE = "Discuss two sources of error and compare with the literature."
"""The line of the assignment that one step serves alone."""
LEFT = "(one) => one.getBoundingClientRect().left"
WIDTH = "(one) => one.getBoundingClientRect().width"


def says(key: str, **values: object) -> str:
    found = texts("en")[key]
    if isinstance(found, dict):
        found = found["one" if values["count"] == 1 else "other"]
    return str(found).format(**values)


async def report(ada: Person, **fields: Any) -> str:
    """Give the student a task with an assignment as its notes, and return its id."""
    task = await ada.task("Lab report: density of three liquids", description=BRIEF, **fields)
    return str(task["id"])


async def subtasks(ada: Person, task: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = made(await ada.get(f"/api/tasks/{task}/subtasks"), 200)["items"]
    return found


async def opened(page: Page, task: str) -> Locator:
    """Open the dialog of a task."""
    await open_app(page, f"/tasks/{task}")
    await page.get_by_role("button", name=says("ai.break")).click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_label(says("ai.brief.label"))).to_be_visible()
    return dialog


async def proposed(dialog: Locator) -> None:
    await dialog.get_by_role("button", name=says("ai.ask")).click()
    await expect(dialog.get_by_role("heading", name=says("ai.proposed", count=6))).to_be_focused()


async def test_a_student_takes_some_of_the_steps_and_changes_others(desk: Page, ada: Person) -> None:
    task = await report(ada)
    dialog = await opened(desk, task)
    await expect(dialog.get_by_label(says("ai.brief.label"))).to_have_value(
        f"Lab report: density of three liquids\n\n{BRIEF}"
    )
    await expect(dialog).to_contain_text(says("ai.due.none"))
    await expect(dialog).to_contain_text(says("ai.told.template"))
    await proposed(dialog)
    await expect(dialog).to_contain_text(says("ai.source.template"))
    rows = dialog.get_by_role("listitem")
    await expect(dialog.locator("mark")).to_have_count(4)
    await expect(dialog.locator("mark.active")).to_have_count(0)
    await rows.filter(has_text="Discuss two sources").hover()
    await expect(dialog.locator("mark.active")).to_have_text(LINE)
    assert await subtasks(ada, task) == []

    await rows.first.get_by_role("checkbox").uncheck()
    title = rows.nth(1).get_by_role("textbox")
    await title.fill("Evaluate it all")
    await title.press("Enter")
    minutes = rows.nth(1).get_by_role("spinbutton")
    await minutes.fill("")
    await dialog.get_by_role("button", name=says("ai.accept", count=5)).click()
    await expect(minutes).to_be_focused()
    await expect(rows.nth(1)).to_contain_text(says("settings.rhythms.range", least="1", most="1,440"))
    await minutes.fill("25")
    await dialog.get_by_role("button", name=says("ai.accept", count=5)).click()
    await expect(dialog).to_be_hidden()
    await expect(desk.get_by_text(says("ai.accepted", count=5)).first).to_be_visible()
    await expect(desk.locator("[data-step]")).to_have_count(5)
    saved = await subtasks(ada, task)
    assert (saved[0]["title"], saved[0]["estimatedMinutes"]) == ("Evaluate it all", 25)
    assert len(saved) == 5


async def test_the_dates_of_steps_stay_with_the_subtasks(desk: Page, ada: Person) -> None:
    task = await report(ada, dueDate="2030-03-09")
    dialog = await opened(desk, task)
    await proposed(dialog)
    due = await dialog.locator(".due").all_inner_texts()
    await dialog.get_by_role("button", name=says("ai.accept", count=6)).click()
    rows = desk.locator("[data-step]")
    await expect(rows).to_have_count(6)
    assert len(due) == 6
    for place, day in enumerate(due):
        await expect(rows.nth(place)).to_contain_text(day)


async def test_closing_loses_nothing_and_saves_nothing(desk: Page, ada: Person) -> None:
    task = await report(ada)
    dialog = await opened(desk, task)
    await proposed(dialog)
    await dialog.get_by_role("checkbox").first.uncheck()
    await desk.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await expect(desk.get_by_role("button", name=says("ai.break"))).to_be_focused()
    assert await subtasks(ada, task) == []
    await desk.keyboard.press("b")
    await expect(dialog.get_by_role("checkbox").first).not_to_be_checked()
    await expect(dialog.get_by_role("button", name=says("ai.accept", count=5))).to_be_visible()


async def test_another_number_of_steps_is_proposed_anew_and_choices_come_back(desk: Page, ada: Person) -> None:
    dialog = await opened(desk, await report(ada))
    await proposed(dialog)
    await dialog.get_by_role("checkbox").nth(3).uncheck()
    count = dialog.get_by_role("combobox", name=says("ai.count"))
    await count.select_option("3")
    await expect(dialog.get_by_role("checkbox")).to_have_count(3)
    await expect(dialog.get_by_role("button", name=says("ai.accept", count=3))).to_be_visible()
    await count.select_option("")
    await expect(dialog.get_by_role("checkbox")).to_have_count(6)
    await expect(dialog.get_by_role("checkbox").nth(3)).not_to_be_checked()


async def test_an_attachment_is_the_assignment_and_its_lines_are_marked(desk: Page, ada: Person) -> None:
    task = str((await ada.task("Lab report"))["id"])
    await ada.attachment(task, f"Lab report: density of three liquids\n\n{BRIEF}".encode(), "brief.txt")
    await ada.attachment(task, b"GIF89a" + bytes(20), "picture.gif", type="image/gif")
    dialog = await opened(desk, task)
    source = dialog.get_by_role("combobox", name=says("ai.brief.from"))
    await expect(source.get_by_role("option")).to_have_text([says("ai.brief.from.text"), "brief.txt"])
    await source.select_option("brief.txt")
    await expect(dialog.get_by_label(says("ai.brief.label"))).to_have_count(0)
    await proposed(dialog)
    await expect(dialog.get_by_role("region", name=says("ai.brief"))).to_contain_text("Plot mass against volume")
    await dialog.get_by_role("listitem").filter(has_text="Discuss two sources").hover()
    await expect(dialog.locator("mark.active")).to_have_text(LINE)
    await dialog.get_by_role("button", name=says("ai.brief.change")).click()
    await expect(source).to_be_focused()
    await source.select_option("")
    await expect(dialog.get_by_label(says("ai.brief.label"))).to_have_value("Lab report")


async def test_an_attachment_without_text_says_what_to_do(desk: Page, ada: Person) -> None:
    task = str((await ada.task("Lab report"))["id"])
    await ada.attachment(task, b"%PDF-1.4 scanned", "scan.pdf", type="application/pdf")
    dialog = await opened(desk, task)
    await dialog.get_by_role("combobox", name=says("ai.brief.from")).select_option("scan.pdf")
    await dialog.get_by_role("button", name=says("ai.ask")).click()
    await expect(dialog.get_by_role("alert")).to_have_text(says("ai.problem.unreadable_attachment"))


async def test_by_keys_alone(desk: Page, ada: Person) -> None:
    task = await report(ada)
    await desk.add_init_script(f"({WATCH_POINTERS})()")
    await open_app(desk, f"/tasks/{task}")
    keys = desk.keyboard
    await tab_to(desk, says("ai.break"))
    await keys.press("Enter")
    dialog = desk.get_by_role("dialog")
    await expect(dialog.get_by_label(says("ai.brief.label"))).to_be_focused()
    await tab_to(desk, says("ai.ask"))
    await keys.press("Enter")
    await expect(dialog.get_by_role("heading", name=says("ai.proposed", count=6))).to_be_focused()
    await tab_to(desk, "Step 1: ")
    await keys.press("Space")
    await tab_to(desk, "Step 4: ")
    await expect(dialog.locator("mark.active")).to_have_count(1)
    await tab_to(desk, "Minutes of step 4")
    await keys.press("ArrowUp")
    await tab_to(desk, says("ai.accept", count=5))
    await keys.press("Enter")
    await expect(dialog).to_be_hidden()
    await expect(desk.locator("[data-step]")).to_have_count(5)
    await expect(desk.get_by_role("button", name=says("ai.break"))).to_be_focused()
    assert await desk.evaluate("window.pointers") == []


async def test_on_a_phone_the_steps_say_what_they_serve(program: Program, browser: Browser, ada: Person) -> None:
    task = await report(ada, dueDate="2999-12-31")
    async with device(browser, program.url, ada, viewport=NARROW, has_touch=True, is_mobile=True) as phone:
        dialog = await opened(phone, task)
        await proposed(dialog)
        served = dialog.get_by_role("listitem").filter(has_text="Plot mass").locator(".serves")
        await expect(served).to_contain_text("Plot mass against volume and find the density.")
        assert await served.evaluate(WIDTH) > 100
        assert await dialog.evaluate("(one) => one.scrollWidth <= one.clientWidth")
        await dialog.get_by_role("button", name=says("ai.accept", count=6)).tap()
        await expect(phone.locator("[data-step]")).to_have_count(6)


async def test_in_arabic_the_places_of_the_text_are_marked(class_of: Students) -> None:
    visited = await class_of.page("reporter arabic", Look("arabic breaking", "ar", ARABIC.options))
    await visited.goto("/tasks/{report}")
    page = visited.page
    await expect(page.get_by_role("button", name=visited.says("ai.break")).first).to_be_visible()  # the key is known
    await page.keyboard.press("b")
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name=visited.says("ai.ask")).click()
    await dialog.get_by_role("spinbutton").nth(2).focus()
    await expect(dialog.locator("mark.active")).to_have_text("ناقش مصدرين للخطأ وقارن بالمراجع.")
    steps, brief = dialog.get_by_role("region").first, dialog.get_by_role("region").last
    assert await steps.evaluate(LEFT) > await brief.evaluate(LEFT)
    await dialog.locator(".actions button").last.click()
    await expect(page.locator("[data-step]")).to_have_count(7)


async def test_a_proposal_that_takes_long_can_be_given_up(desk: Page, ada: Person) -> None:
    dialog = await opened(desk, await report(ada))
    asked, failed = asyncio.Event(), asyncio.Event()
    desk.on("requestfailed", lambda request: failed.set() if "taskify" in request.url else None)

    async def wait(route: Route) -> None:
        asked.set()

    await desk.route(TASKIFY, wait)
    await dialog.get_by_role("button", name=says("ai.ask")).click()
    await expect(dialog).to_contain_text(says("ai.asking"))
    await asyncio.wait_for(asked.wait(), 10)
    await dialog.get_by_role("button", name=says("tasks.cancel")).click()
    await asyncio.wait_for(failed.wait(), 10)
    await expect(dialog.get_by_role("button", name=says("ai.ask"))).to_be_focused()
    await expect(dialog).not_to_contain_text(says("ai.asking"))
    await desk.unroute(TASKIFY)
    await proposed(dialog)


async def test_too_many_requests_say_when_to_try_again(desk: Page, ada: Person) -> None:
    dialog = await opened(desk, await report(ada))
    problem = {"type": "about:blank", "title": "Too many requests.", "status": 429, "code": "too_many_requests"}

    async def refuse(route: Route) -> None:
        await route.fulfill(
            status=429, headers={"retry-after": "7"}, content_type="application/problem+json", body=json.dumps(problem)
        )

    await desk.route(TASKIFY, refuse)
    await dialog.get_by_role("button", name=says("ai.ask")).click()
    await expect(dialog.get_by_role("alert")).to_have_text(says("ai.problem.wait", count=7))


async def test_without_a_connection_it_says_so_before(desk: Page, ada: Person) -> None:
    dialog = await opened(desk, await report(ada))
    await dialog.get_by_label(says("ai.brief.label")).fill("My own words")
    await desk.context.set_offline(True)
    await expect(dialog.get_by_text(says("ai.offline"))).to_be_visible()
    await expect(dialog.get_by_role("button", name=says("ai.ask"))).to_be_disabled()
    await expect(dialog.get_by_label(says("ai.brief.label"))).to_have_value("My own words")
    await desk.context.set_offline(False)
    await expect(dialog.get_by_role("button", name=says("ai.ask"))).to_be_enabled()


async def test_an_answer_that_is_lost_adds_nothing_twice(desk: Page, ada: Person) -> None:
    task = await report(ada)
    dialog = await opened(desk, task)
    await proposed(dialog)

    async def lose(route: Route) -> None:
        await route.fetch()
        await route.abort()

    await desk.route("**/accept", lose)
    add = dialog.get_by_role("button", name=says("ai.accept", count=6))
    await add.click()
    await expect(dialog.get_by_role("alert")).to_have_text(says("auth.problem.no_answer"))
    await desk.unroute("**/accept")
    await add.click()
    await expect(dialog).to_be_hidden()
    assert len(await subtasks(ada, task)) == 6


async def test_a_subtask_is_split_in_its_place(desk: Page, ada: Person) -> None:
    task = await report(ada)
    for title in ("First", "Second", "Third"):
        made(await ada.post(f"/api/tasks/{task}/subtasks", {"title": title, "estimatedMinutes": 60}))
    await open_app(desk, f"/tasks/{task}")
    await desk.get_by_role("button", name=says("tasks.more", title="Second")).focus()
    await desk.keyboard.press("Enter")
    await desk.get_by_role("menuitem", name=says("ai.split")).click()
    dialog = desk.get_by_role("dialog")
    await expect(dialog.get_by_role("heading", name=says("ai.proposed", count=4))).to_be_focused()
    await dialog.get_by_role("button", name=says("ai.replace", count=4)).click()
    rows = desk.locator("[data-step]")
    await expect(rows).to_have_count(6)
    await expect(rows.nth(1).get_by_role("checkbox")).to_be_focused()
    saved = await subtasks(ada, task)
    assert [one["title"] for one in (saved[0], saved[-1])] == ["First", "Third"]
    assert sum(one["estimatedMinutes"] for one in saved[1:5]) == 60


async def test_settings_say_that_ai_is_off(desk: Page) -> None:
    await open_app(desk, "/settings/ai")
    await expect(desk.get_by_text(says("settings.ai.off"))).to_be_visible()
    await expect(desk.get_by_text(says("settings.ai.sent.none"))).to_be_visible()


async def test_settings_show_what_was_used_and_sent(class_of: Students) -> None:
    visited = await class_of.page("assisted settings", Look("settings"))
    await visited.goto("/settings/ai")
    page = visited.page

    async def counted() -> bool:
        return await page.get_by_role("progressbar").count() == 1

    await eventually(counted)
    value = await page.get_by_role("progressbar").evaluate("(bar) => bar.value")
    await expect(page.get_by_role("main")).to_contain_text(f"{value:,.0f} of 30,000 tokens used today")
    await expect(page.locator("pre")).to_have_count(0)
    await page.locator("details summary").click()
    await expect(page.locator("pre").last).to_contain_text("Plot mass against volume")
