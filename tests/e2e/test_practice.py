"""A student practises with questions about own material: each answer is graded at once, with a score at the end."""

from __future__ import annotations

import json
import re
from typing import Any

from playwright.async_api import Locator, Page, Route, expect
from tests.cast import Person, made
from tests.e2e.student import eventually, go, open_app
from tests.e2e.students import MATERIAL
from tests.e2e.test_break_down import says
from tests.e2e.test_keyboard import WATCH_POINTERS, tab_to

TEXT = MATERIAL["en"]
QUESTIONS = "/api/ai/practice-questions"


def answer_of(question: str) -> str:
    """Return the word that is missing in a sentence of the text."""
    before, after = (re.escape(part) for part in question.split("____"))
    found = re.search(f"{before}(\\w+){after}", TEXT)
    assert found
    return found[1].casefold()


def question(page: Page) -> Locator:
    return page.locator("main form h2")


async def sets_of(person: Person) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = made(await person.get(QUESTIONS), 200)["items"]
    return found


async def begun(page: Page, count: str = "3") -> None:
    """Have questions made about a text."""
    await open_app(page, "/practice")
    await page.get_by_role("button", name=says("practice.from.text")).click()
    await page.get_by_label(says("practice.own"), exact=True).fill(TEXT)
    await page.get_by_label(says("practice.count")).select_option(count)
    await page.get_by_role("button", name=says("practice.ask")).click()
    await expect(question(page)).to_be_visible()


async def test_each_answer_is_graded_and_the_score_counts_the_right_ones(eves_desk: Page, eve: Person) -> None:
    page = eves_desk
    await begun(page)
    for number in (1, 2, 3):
        await expect(page.get_by_text(says("practice.place", number=number, count=3)).first).to_be_visible()
        asked = await question(page).inner_text()
        right = answer_of(asked)
        options = page.get_by_role("radio")
        names = [await one.inner_text() for one in await page.locator("main fieldset label").all()]
        assert right in names
        await expect(page.locator("blockquote")).to_have_count(0)
        chosen = names.index(right) if number != 2 else (names.index(right) + 1) % len(names)
        await options.nth(chosen).check()
        await page.get_by_role("button", name=says("practice.check")).click()
        verdict = says("practice.right" if number != 2 else "practice.wrong")
        await expect(page.locator(".verdict")).to_have_text(verdict)
        await expect(page.locator("blockquote")).to_contain_text(asked.split("____")[1].strip())
        if number == 2:
            await expect(page.get_by_role("main")).to_contain_text(f"{says('practice.answer.right')} {right}")
        onwards = page.get_by_role("button", name=says("practice.next" if number < 3 else "practice.finish"))
        await expect(onwards).to_be_focused()
        await onwards.click()
    await expect(page.get_by_role("heading", name=says("practice.score", right=2, all=3))).to_be_focused()
    [stored] = await sets_of(eve)
    assert [one["right"] for one in stored["questions"]] == [True, False, True]
    await page.get_by_role("link", name=says("practice.again")).click()
    earlier = page.get_by_role("region", name=says("practice.earlier")).get_by_role("link")
    await expect(earlier).to_contain_text(says("practice.score", right=2, all=3))


async def test_by_keys_alone_and_closed_in_between(eves_desk: Page, eve: Person) -> None:
    page, keys = eves_desk, eves_desk.keyboard
    stored = made(await eve.post(QUESTIONS, {"text": TEXT, "count": 3}))
    await page.add_init_script(f"({WATCH_POINTERS})()")
    await open_app(page, f"/practice/{stored['id']}")
    await tab_to(page, says("practice.check"))
    await keys.press("Enter")
    await expect(page.locator("form").get_by_text(says("practice.choose"))).to_be_visible()
    await keys.press("Space")
    await keys.press("Enter")
    await expect(page.get_by_role("button", name=says("practice.next"))).to_be_focused()
    await page.reload()
    await expect(page.get_by_text(says("practice.place", number=2, count=3)).first).to_be_visible()
    await tab_to(page, await page.locator("main fieldset label").first.inner_text())
    await keys.press("Space")
    await keys.press("Enter")
    await expect(page.get_by_role("button", name=says("practice.next"))).to_be_focused()
    await keys.press("Enter")
    await expect(page.get_by_role("radio").first).to_be_focused()
    await expect(page.get_by_text(says("practice.place", number=3, count=3)).first).to_be_visible()
    assert await page.evaluate("window.pointers") == []


async def test_a_task_asks_about_its_attachments_and_shows_where_they_say_it(eves_desk: Page, eve: Person) -> None:
    page = eves_desk
    task = await eve.task("Biology, chapter 4")
    await eve.attachment(task["id"], TEXT.encode(), "chapter-4.txt")

    async def is_read() -> bool:
        answer = await eve.post(QUESTIONS, {"taskId": task["id"], "count": 1})
        if answer.status_code == 201:
            assert (await eve.delete(f"{QUESTIONS}/{answer.json()['id']}")).status_code == 204
        return answer.status_code == 201

    await eventually(is_read, every=1)
    await open_app(page, f"/tasks/{task['id']}")
    await page.get_by_role("button", name=says("tasks.more", title="Biology, chapter 4")).last.click()
    await page.get_by_role("menuitem", name=says("practice.task")).click()
    await expect(page.get_by_role("combobox", name=says("practice.about"))).to_have_value("Biology, chapter 4")
    await page.get_by_role("button", name=says("practice.ask")).click()
    await page.get_by_role("radio").first.check()
    await page.get_by_role("button", name=says("practice.check")).click()
    await expect(page.locator("figcaption")).to_contain_text("chapter-4.txt")


async def test_a_pasted_text_is_found_again(eves_desk: Page) -> None:
    page = eves_desk
    await open_app(page, "/practice")
    await page.get_by_role("button", name=says("practice.from.text")).click()
    await page.get_by_label(says("practice.own"), exact=True).fill("Half a text")
    await go(page, says("today.title"))
    await page.keyboard.press("g")
    await page.keyboard.press("q")
    await expect(page.get_by_label(says("practice.own"), exact=True)).to_have_value("Half a text")


async def test_without_material_it_says_what_to_do(eves_desk: Page, eve: Person) -> None:
    page = eves_desk
    task = await eve.task("Essay")
    await open_app(page, f"/practice?task={task['id']}")
    await page.get_by_role("button", name=says("practice.ask")).click()
    await expect(page.locator("form [role=alert]")).to_have_text(says("ai.problem.no_material"))
    await page.goto("/practice")
    await page.get_by_role("button", name=says("practice.ask")).click()
    await expect(page.locator("form").get_by_text(says("practice.about.missing"))).to_be_visible()
    await expect(page.get_by_role("combobox", name=says("practice.about"))).to_be_focused()


async def test_an_answer_can_be_written(eves_desk: Page, eve: Person) -> None:
    """As a model may ask: the built-in one always offers options."""
    page = eves_desk
    stored = made(await eve.post(QUESTIONS, {"text": TEXT, "count": 1}))

    async def without_options(route: Route) -> None:
        found = await (await route.fetch()).json()
        found["questions"] = [one | {"options": []} for one in found["questions"]]
        await route.fulfill(json=found)

    await page.route(f"**{QUESTIONS}/**", without_options)
    await open_app(page, f"/practice/{stored['id']}")
    answer = page.get_by_role("textbox", name=says("practice.answer"))
    await answer.press("Enter")
    await expect(page.get_by_text(says("practice.write"))).to_be_visible()
    await answer.fill(answer_of(await question(page).inner_text()).upper())
    await answer.press("Enter")
    await expect(page.locator(".verdict")).to_have_text(says("practice.right"))


async def test_questions_are_deleted_after_asking(eves_desk: Page, eve: Person) -> None:
    page = eves_desk
    stored = made(await eve.post(QUESTIONS, {"text": TEXT, "count": 1}))
    option = stored["questions"][0]["options"][0]
    made(await eve.post(f"{QUESTIONS}/{stored['id']}/answers", {"index": 0, "answer": option}), 200)
    await open_app(page, f"/practice/{stored['id']}")
    await page.get_by_role("button", name=says("practice.delete")).click()
    await page.get_by_role("dialog").get_by_role("button", name=says("practice.delete")).click()
    await expect(page).to_have_url(re.compile("/practice$"))
    assert await sets_of(eve) == []
    await page.goto(f"/practice/{stored['id']}")
    await expect(page.get_by_text(says("practice.gone"))).to_be_visible()


async def test_the_tutor_leads_to_practice(eves_desk: Page) -> None:
    await open_app(eves_desk, "/tutor")
    await eves_desk.get_by_role("link", name=says("practice.title")).click()
    await expect(eves_desk.get_by_role("heading", name=says("practice.title"))).to_be_focused()


async def test_a_refusal_says_when_to_try_again(eves_desk: Page, eve: Person) -> None:
    page = eves_desk
    task = await eve.task("Essay")
    problem = {"type": "about:blank", "title": "Too many requests.", "status": 429, "code": "too_many_requests"}

    async def refuse(route: Route) -> None:
        headers = {"retry-after": "7", "content-type": "application/problem+json"}
        await route.fulfill(status=429, headers=headers, body=json.dumps(problem))

    await open_app(page, f"/practice?task={task['id']}")
    await page.route(f"**{QUESTIONS}", refuse)
    await page.get_by_role("button", name=says("practice.ask")).click()
    await expect(page.locator("form [role=alert]")).to_have_text(says("ai.problem.wait", count=7))
