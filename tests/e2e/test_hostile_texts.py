"""Texts that would break an app that trusts them: shown as text, in every field and on every screen.

The device fails these tests if a page breaks its policy, throws, or asks another origin for anything.
"""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect
from tests.cast import Person, made
from tests.e2e.conftest import settled

MARKUP = (
    "<img src=x onerror=window.hacked=1><script>window.hacked=1</script>\"'><svg onload=window.hacked=1>"
    "<a href=javascript:window.hacked=1>{{1+1}}</a>${1+1}<iframe src=http://outside.invalid></iframe>"
)
TEXTS = {
    "markup": MARKUP,
    "right-to-left override": "Read \u202eretpahc eht\u202c of \u2066\u2067physics\u2069\u2069 \u200f\u200e\ufeffnow",
    "emoji": "👩\u200d🚀🧑🏽\u200d🔬🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f🇦🇶" * 12,
    "200 emoji": "🐻" * 200,
    "no spaces": "x" * 10_000,
    "combining signs": "Z̸̢̛͔̰̰̤͙͈͍" * 20,
}
NOTES = r"""$\href{javascript:window.hacked=1}{x}$ $\style{color:red}{y}$ $\includegraphics{http://outside.invalid/p.png}$
$\def\a{\a\a}\a$ [link](javascript:window.hacked=1) [data](data:text/html,<script>window.hacked=1</script>)
![picture](http://outside.invalid/p.png) <img src=http://outside.invalid/p.png onerror=window.hacked=1>
<style>* { display: none }</style> <form action=http://outside.invalid><input name=q></form>
"""
SCREENS = ("/", "/tasks", "/tasks?view=board", "/week", "/subjects", "/insights", "/focus", "/settings/profile")


def fit(text: str, most: int) -> str:
    """Cut a text to a number of UTF-16 units, which is how fields count."""
    return text.encode("utf-16-le")[: most * 2].decode("utf-16-le", errors="ignore").strip()


async def untouched(page: Page) -> None:
    """Nothing of a text ran, and none of it became an element."""
    assert await page.evaluate("window.hacked") is None
    assert (
        await page.locator(
            "[onerror], [onload], iframe, object, embed, img[src^=http], a[href^='javascript:' i]"
        ).count()
        == 0
    )
    assert await page.locator("a[href^='data:'], form[action], style:not(head style)").count() == 0


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
async def test_a_stored_text_is_shown_as_text_on_every_screen(desk: Page, ada: Person, text: str) -> None:
    title = fit(text, 200)
    made(await ada.patch("/api/users/me", {"name": fit(text, 100)}), 200)
    subject = await ada.subject(fit(text, 100), description=fit(text, 500))
    today = (await ada.get("/api/analytics/overview?range=week")).json()["toDay"]
    fields = {"labels": [fit(text, 50)], "description": NOTES + fit(text, 9000), "dueDate": today}
    task = await ada.task(title, subjectId=subject["id"], **fields)
    made(await ada.post(f"/api/tasks/{task['id']}/subtasks", {"title": title}))
    begun = made(await ada.post("/api/focus-sessions", {"type": "custom", "taskId": task["id"], "plannedMinutes": 25}))
    made(await ada.post(f"/api/focus-sessions/{begun['id']}/complete", {"notes": fit(text, 2000)}), 200)
    paths = (*SCREENS, f"/tasks/{task['id']}", f"/subjects/{subject['id']}", f"/focus?task={task['id']}")
    for path in paths:
        await desk.goto(path)
        await settled(desk)
        await untouched(desk)
        assert await desk.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    await desk.goto("/tasks")
    await expect(desk.get_by_role("row").filter(has_text=title[:40])).to_be_visible()
    await desk.goto(f"/tasks/{task['id']}")
    await expect(desk.get_by_role("heading", level=1)).to_have_text(title, use_inner_text=False)
    await expect(desk.locator(".prose")).to_contain_text("link")


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
async def test_a_typed_text_is_taken_as_text_by_every_field(desk: Page, ada: Person, text: str) -> None:
    made(await ada.patch("/api/users/me/preferences", {"language": "en"}), 200)
    task = await ada.task("Essay draft")
    await desk.goto("/")
    line = desk.get_by_role("textbox", name="Add a task")
    await line.fill(fit(text, 500))
    await line.press("Enter")
    await settled(desk)
    await untouched(desk)
    await desk.keyboard.press("Escape")
    await desk.keyboard.press("Control+k")
    await desk.get_by_role("dialog").get_by_role("combobox").fill(fit(text, 200))
    await settled(desk)
    await untouched(desk)
    await desk.goto(f"/tasks/{task['id']}")
    subtask = desk.get_by_role("textbox", name="Add a subtask")
    await subtask.fill(fit(text, 200))
    await subtask.press("Enter")
    await expect(desk.locator("[data-step] textarea")).to_have_value(fit(text, 200))
    await desk.get_by_role("button", name="Add notes").click()
    await desk.get_by_role("textbox", name="Notes").fill(fit(text, 9000) + NOTES)
    await desk.get_by_role("textbox", name="Notes").blur()
    await expect(desk.locator(".prose")).to_be_visible()
    await desk.locator(".properties").get_by_role("button", name="Labels").click()
    label = desk.get_by_role("dialog").get_by_role("combobox")
    await label.fill(fit(text, 50))
    await label.press("Enter")
    await untouched(desk)
    await desk.get_by_role("dialog").get_by_role("button", name="Save").click()
    await desk.goto("/subjects")
    await desk.get_by_role("button", name="Add a subject").first.click()
    await desk.get_by_role("dialog").get_by_role("textbox", name="Name").fill(fit(text, 100))
    await desk.get_by_role("dialog").locator("button[type=submit]").click()
    await settled(desk)
    await untouched(desk)
    await desk.goto("/settings/profile")
    await desk.locator("#name").fill(fit(text, 100))
    await desk.locator("main form button[type=submit]").click()
    await settled(desk)
    await untouched(desk)
    await desk.goto("/settings/security")
    await desk.get_by_role("button", name="Create a key").click()
    await desk.get_by_role("dialog").locator("#name").fill(fit(text, 100))
    await desk.get_by_role("dialog").locator("button[type=submit]").click()
    await settled(desk)
    await untouched(desk)
