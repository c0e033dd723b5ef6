"""The next days are proposed from open tasks; what is chosen of it becomes focus sessions."""

from __future__ import annotations

import re
from typing import Any

from playwright.async_api import Page, expect
from tests.cast import Person, made
from tests.e2e.student import day, eventually, everything_sent, open_app, tasks_of
from tests.e2e.test_break_down import says
from tests.e2e.test_keyboard import WATCH_POINTERS, tab_to


async def test_a_plan_leads_to_its_tasks_and_saves_nothing(eves_desk: Page, eve: Person) -> None:
    page = eves_desk
    for title, due, estimate in (("Read", 0, 30), ("Write", 1, 300), ("Later", 6, 60)):
        await eve.task(title, dueDate=day(due), estimatedMinutes=estimate)
    before = (await eve.changes())[-1]["seq"]
    await open_app(page, "/plan")
    today = page.get_by_role("region", name="Today")
    await expect(today.locator(".title")).to_have_text(["Read", "Write"])
    await expect(today).to_contain_text(says("plan.reason.due"))
    unplaced = page.get_by_role("region", name=says("plan.unplaced"))
    await expect(unplaced).to_contain_text("Write")
    assert (await eve.changes())[-1]["seq"] == before

    minutes = page.get_by_role("spinbutton", name=says("plan.minutes"))
    await minutes.fill("1")
    await page.get_by_role("button", name=says("plan.again")).click()
    await expect(minutes).to_be_focused()
    await expect(page.get_by_text(says("plan.minutes.range", least=15, most=720))).to_be_visible()
    await minutes.fill("360")
    await page.get_by_role("button", name=says("plan.again")).click()
    await expect(page.get_by_role("status").filter(has_text="Proposed: 3 tasks")).to_have_count(1)
    await today.get_by_role("link", name="Read").click()
    task = next(one for one in (await tasks_of(eve)).values() if one["title"] == "Read")
    await expect(page).to_have_url(f"{page.url.split('/tasks')[0]}/tasks/{task['id']}")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "study-plan" in request.url else None)
    await page.go_back()
    await expect(minutes).to_have_value("360")
    await expect(today.locator(".title")).to_have_text(["Read", "Write", "Later"])
    assert asked == []


async def sessions_of(person: Person) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = made(await person.get("/api/focus-sessions"), 200)["items"]
    return sorted(found, key=lambda one: one["scheduledAt"])


async def test_what_is_chosen_becomes_sessions_and_is_taken_back(eves_desk: Page, eve: Person) -> None:
    """Of tomorrow and later: today may have no free hour left."""
    page = eves_desk
    subject = await eve.subject("Physics")
    for title, minutes in (("Waves", 60), ("Essay", 30), ("Left out", 30)):
        await eve.task(title, dueDate=day(3), estimatedMinutes=minutes, subjectId=subject["id"])
    filler = await eve.task("Today", dueDate=day(0), estimatedMinutes=120)
    await open_app(page, "/plan")
    for title in ("Left out", "Today"):
        await page.get_by_role("checkbox", name=re.compile(f"^Plan {title}")).uncheck()
    add = page.get_by_role("button", name=says("plan.add", number="2"))
    await add.dblclick()
    await expect(page.get_by_text(says("plan.added", count=2)).first).to_be_visible()
    await expect(page.get_by_role("link", name=says("plan.added.open"))).to_have_attribute("href", "/week")
    planned = page.locator("li").get_by_role("link", name=re.compile("^planned"))
    await expect(planned).to_have_count(2)
    await expect(page.get_by_role("button", name=says("plan.add", number="0"))).to_be_disabled()
    await everything_sent(page)
    kept = await sessions_of(eve)
    tasks = {one["id"]: one["title"] for one in (await tasks_of(eve)).values()}
    assert [(tasks[one["taskId"]], one["plannedMinutes"], one["day"]) for one in kept] == [
        ("Waves", 60, day(1)),
        ("Essay", 30, day(1)),
    ]
    assert {(one["status"], one["subjectId"]) for one in kept} == {("scheduled", subject["id"])}
    assert kept[0]["scheduledAt"] < kept[1]["scheduledAt"]
    assert filler["id"] not in {one["taskId"] for one in kept}

    await page.get_by_role("button", name=says("plan.again")).click()
    await expect(planned).to_have_count(2)  # another proposal knows what is planned
    await page.reload()
    await expect(planned).to_have_count(2)
    await page.get_by_role("checkbox", name=re.compile("^Plan Today")).uncheck()
    await page.get_by_role("button", name=says("plan.add", number="1")).click()
    await page.get_by_role("button", name=says("app.undo")).click()
    await expect(page.get_by_role("checkbox", name=re.compile("^Plan Left out"))).to_be_checked()
    await planned.first.click()
    await expect(page).to_have_url(re.compile(r"/week/\d{4}-W\d\d$"))

    async def is_taken_back() -> bool:
        return len(await sessions_of(eve)) == 2

    await eventually(is_taken_back, within=30)


async def test_without_a_connection_what_is_added_is_sent_later(eves_desk: Page, eve: Person) -> None:
    page = eves_desk
    await eve.task("Today", dueDate=day(0), estimatedMinutes=120)
    await eve.task("Waves", dueDate=day(3), estimatedMinutes=60)
    await open_app(page, "/plan")
    await page.get_by_role("checkbox", name=re.compile("^Plan Today")).uncheck()
    await page.context.set_offline(True)
    await page.get_by_role("button", name=says("plan.add", number="1")).click()
    await expect(page.locator("li").get_by_role("link", name=re.compile("^planned"))).to_have_count(1)
    await page.context.set_offline(False)
    await everything_sent(page)
    assert [one["plannedMinutes"] for one in await sessions_of(eve)] == [60]


async def test_the_week_leads_to_it_and_one_subject_is_planned(eves_desk: Page, eve: Person) -> None:
    page = eves_desk
    subject = await eve.subject("Physics")
    await eve.task("Waves", subjectId=subject["id"], dueDate=day(1))
    await eve.task("Essay", dueDate=day(1))
    await page.add_init_script(f"({WATCH_POINTERS})()")
    await open_app(page, "/week")
    await tab_to(page, says("plan.title"))
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name=says("plan.title"))).to_be_focused()
    links = page.locator("main li a.title")
    await expect(links).to_have_count(2)
    await page.get_by_role("combobox", name=says("plan.subject")).select_option("Physics")
    await tab_to(page, says("plan.again"))
    await page.keyboard.press("Enter")
    await expect(links).to_have_text(["Waves"])
    assert await page.evaluate("window.pointers") == []


async def test_a_student_without_tasks_is_told(eves_desk: Page) -> None:
    await open_app(eves_desk, "/")
    await eves_desk.keyboard.press("g")
    await eves_desk.keyboard.press("p")
    await expect(eves_desk.get_by_text(says("plan.empty.text"))).to_be_visible()


async def test_without_a_connection_it_says_so(eves_desk: Page, eve: Person) -> None:
    await eve.task("Essay", dueDate=day(1))
    await open_app(eves_desk, "/plan")
    await expect(eves_desk.get_by_role("link", name="Essay")).to_be_visible()
    await eves_desk.context.set_offline(True)
    await expect(eves_desk.get_by_text(says("plan.offline"))).to_be_visible()
    await expect(eves_desk.get_by_role("button", name=says("plan.again"))).to_be_disabled()
    await expect(eves_desk.get_by_role("link", name="Essay")).to_be_visible()
