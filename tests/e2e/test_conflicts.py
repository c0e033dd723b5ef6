"""What two devices change while one is offline: merged where that is possible, and elsewhere the student chooses."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Locator, Page, expect
from tests.cast import Person
from tests.e2e.student import Json, complete, day, eventually, everything_sent, open_app, waiting


async def rename(page: Page, title: str) -> None:
    """Change the title of the open task."""
    field = page.get_by_role("textbox", name="Title")
    await field.fill(title)
    await field.press("Enter")


def field_of(page: Page, name: str) -> Locator:
    """Return the button that shows a field of the open task, and asks for another value."""
    return page.get_by_role("button", name=re.compile(rf"^{name} "))


async def set_priority(page: Page, priority: str) -> None:
    await field_of(page, "Priority").click()
    await page.get_by_role("menu").get_by_text(priority, exact=True).click()


async def queued(page: Page, number: int) -> None:
    """Wait until the browser keeps as many changes for the server."""

    async def is_queued() -> bool:
        return len(await waiting(page)) == number

    await eventually(is_queued)


async def open_conflicts(page: Page, number: int) -> None:
    """Follow the line of the status that says how many changes need a decision."""
    words = "1 change needs a decision" if number == 1 else f"{number} changes need a decision"
    await page.get_by_role("link", name=words).first.click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(
        "1 change needs you" if number == 1 else f"{number} changes need you"
    )


def line(page: Page, field: str) -> Locator:
    """Return the line of the conflict list about a field."""
    return page.get_by_role("group", name=field, exact=True)


async def task_of(person: Person, id: str) -> Json:
    answer = await person.get(f"/api/tasks/{id}")
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


async def has(person: Person, id: str, **fields: object) -> None:
    """Wait until the server has these values of a task."""

    async def is_so() -> bool:
        task = await task_of(person, id)
        return all(task[name] == value for name, value in fields.items())

    await eventually(is_so)


@pytest.mark.parametrize(("chosen", "title"), [("Yours", "Essay on tides"), ("Theirs", "Essay on moons")])
async def test_a_field_that_both_changed_ends_as_the_student_chooses(
    ada: Person, desk: Page, chosen: str, title: str
) -> None:
    task = (await ada.task("Essay", estimatedMinutes=60))["id"]
    await open_app(desk, f"/tasks/{task}")
    await desk.context.set_offline(True)
    await rename(desk, "Essay on tides")
    await set_priority(desk, "High")
    await queued(desk, 2)
    await ada.patch(f"/api/tasks/{task}", {"title": "Essay on moons", "estimatedMinutes": 30})
    await desk.context.set_offline(False)

    await open_conflicts(desk, 1)
    # What only one of them changed is merged without a word.
    await has(ada, task, title="Essay on moons", priority="high", estimatedMinutes=30)
    await expect(line(desk, "Title")).to_be_visible()
    await expect(desk.get_by_role("radio")).to_have_count(2)
    await expect(line(desk, "Title").get_by_text("Essay on tides")).to_be_visible()
    await expect(line(desk, "Title").get_by_text("Essay on moons")).to_be_visible()
    await line(desk, "Title").get_by_role("radio", name=chosen).check()
    await desk.get_by_role("button", name="Keep these").click()
    await expect(desk.get_by_role("heading", level=1)).to_have_text("No changes need you")
    await everything_sent(desk)
    await has(ada, task, title=title, priority="high", estimatedMinutes=30)
    await desk.goto(f"/tasks/{task}")
    await expect(desk.get_by_role("textbox", name="Title")).to_have_value(title)


async def test_each_line_is_decided_by_itself_and_nothing_expires(ada: Person, desk: Page) -> None:
    task = (await ada.task("Essay", dueDate=day(2)))["id"]
    await ada.task("Poster")
    await open_app(desk, f"/tasks/{task}")
    await desk.context.set_offline(True)
    await complete(desk, "Poster")  # was tried to be sent, so what follows waits, and is one change
    await rename(desk, "Essay on tides")
    await field_of(desk, "Due").click()
    await desk.get_by_role("dialog").get_by_role("button", name="Tomorrow").click()
    await queued(desk, 2)
    await ada.patch(f"/api/tasks/{task}", {"title": "Essay on moons", "dueDate": day(5)})
    await desk.context.set_offline(False)

    await open_conflicts(desk, 1)
    await line(desk, "Title").get_by_role("radio", name="Yours").check()
    await expect(desk.get_by_text("One line is still open")).to_be_visible()
    await desk.get_by_role("button", name="Keep these").click()
    await has(ada, task, title="Essay on tides", dueDate=day(5))
    await desk.reload()
    await expect(line(desk, "Title")).to_have_count(0)
    await line(desk, "Due").get_by_role("radio", name="Yours").check()
    await desk.get_by_role("button", name="Keep these").click()
    await has(ada, task, title="Essay on tides", dueDate=day(1))
    await everything_sent(desk)


async def test_what_was_deleted_elsewhere_can_be_made_again(ada: Person, desk: Page) -> None:
    kept, lost = [(await ada.task(title))["id"] for title in ("Essay", "Poster")]
    await open_app(desk, f"/tasks/{kept}")
    await desk.context.set_offline(True)
    await rename(desk, "Essay on tides")
    await queued(desk, 1)
    await desk.goto(f"/tasks/{lost}")
    await rename(desk, "Poster on tides")
    await queued(desk, 2)
    for task in (kept, lost):
        assert (await ada.delete(f"/api/tasks/{task}")).status_code == 204
    await desk.context.set_offline(False)

    await open_conflicts(desk, 2)
    await desk.get_by_role("group", name="Essay").get_by_role("button", name="Make it again").click()
    await expect(desk.get_by_role("heading", level=1)).to_have_text("1 change needs you")
    await desk.get_by_role("group", name="Poster").get_by_role("button", name="Let it go").click()
    await everything_sent(desk)
    answer = (await ada.get("/api/tasks")).json()
    assert [task["title"] for task in answer["items"]] == ["Essay on tides"]
    await expect(desk.get_by_role("heading", level=1)).to_have_text("No changes need you")


async def test_completing_wins_over_an_edit(ada: Person, desk: Page) -> None:
    task = (await ada.task("Essay"))["id"]
    await open_app(desk, f"/tasks/{task}")
    await desk.context.set_offline(True)
    await rename(desk, "Essay on tides")
    await queued(desk, 1)
    assert (await ada.post(f"/api/tasks/{task}/complete")).status_code == 200
    await desk.context.set_offline(False)
    await everything_sent(desk)
    await has(ada, task, title="Essay on tides", status="completed", completions=1)
    await expect(desk.get_by_text("needs a decision")).to_have_count(0)
