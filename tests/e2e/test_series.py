"""Tasks that repeat: a change names the dates that each answer touches, the next one follows, and undo restores."""

from __future__ import annotations

from playwright.async_api import Page, expect
from tests.e2e.students import Look, Students, Visited

TITLE = "Subjunctive drill"


async def opened(class_of: Students, look: str) -> tuple[Visited, Page]:
    """Open a task that repeats each week on Thursday, of a student of its own."""
    visited = await class_of.page(f"repeating {look}", Look(look, goes=True))
    await visited.goto("/tasks/{series}")
    return visited, visited.page


async def change_estimate(visited: Visited, length: str) -> None:
    page = visited.page
    await page.locator(".properties").get_by_role("button", name=visited.says("tasks.estimate")).click()
    await page.get_by_role("menuitemradio", name=length, exact=True).click()


async def test_each_answer_names_the_dates_that_it_touches(class_of: Students) -> None:
    visited, page = await opened(class_of, "asking")
    await change_estimate(visited, "45 min")
    question = page.get_by_role("dialog", name=visited.says("tasks.scope.change"))
    answers = question.get_by_role("listitem")
    await expect(answers.nth(0)).to_have_text("This one Thu, Jan 31")
    await expect(answers.nth(1)).to_have_text("This and following Thu, Jan 31, Thu, Feb 7, Thu, Feb 14 and later ones")
    await expect(answers.nth(2)).to_have_text("All Thu, Jan 31, Thu, Feb 7, Thu, Feb 14 and later ones")
    await page.keyboard.press("Escape")
    await expect(page.locator(".properties")).to_contain_text("10 min")


async def test_only_this_one_leaves_the_others_as_they_are(class_of: Students) -> None:
    visited, page = await opened(class_of, "this one")
    await change_estimate(visited, "45 min")
    await page.get_by_role("button", name=visited.says("tasks.scope.this"), exact=False).first.click()
    await expect(page.locator(".properties")).to_contain_text("45 min")
    await page.get_by_role("checkbox", name=f"Done: {TITLE}").first.click(force=True)
    await visited.goto("/tasks")
    following = page.get_by_role("row").filter(has_text=TITLE)
    await expect(following).to_contain_text("10 min")


async def test_this_and_following_changes_the_next_one_too(class_of: Students) -> None:
    visited, page = await opened(class_of, "following")
    await change_estimate(visited, "45 min")
    await page.get_by_role("dialog").get_by_role("button", name=visited.says("tasks.scope.following")).click()
    await expect(page.locator(".properties")).to_contain_text("45 min")
    await page.get_by_role("checkbox", name=f"Done: {TITLE}").first.click(force=True)
    await visited.goto("/tasks")
    await expect(page.get_by_role("row").filter(has_text=TITLE)).to_contain_text("45 min")


async def test_finishing_one_shows_the_next_and_undo_brings_back_exactly_what_was(class_of: Students) -> None:
    visited, page = await opened(class_of, "finishing")
    await visited.goto("/tasks")
    rows = page.get_by_role("row").filter(has_text=TITLE)
    before = await rows.all_inner_texts()
    assert len(before) == 1
    await rows.first.focus()
    await page.keyboard.press("Space")
    await expect(rows).to_contain_text("Feb 7")
    await expect(rows).to_have_count(1)
    await page.get_by_role("region", name=visited.says("ui.toasts")).get_by_role("button").first.click()
    await expect(rows.filter(has_text="Feb 7")).to_have_count(0)
    await expect(rows).to_have_count(1)
    assert await rows.all_inner_texts() == before
    await visited.goto("/tasks")
    assert await rows.all_inner_texts() == before


async def test_deleting_asks_too_and_undo_brings_the_one_back(class_of: Students) -> None:
    visited, page = await opened(class_of, "deleting")
    await page.keyboard.press("Delete")
    question = page.get_by_role("dialog", name=visited.says("tasks.scope.delete"))
    await expect(question.get_by_role("listitem").nth(0)).to_have_text("This one Thu, Jan 31")
    await question.get_by_role("button", name=visited.says("tasks.scope.this")).first.click()
    rows = page.get_by_role("row").filter(has_text=TITLE)
    await expect(rows).to_have_count(0)
    await page.get_by_role("region", name=visited.says("ui.toasts")).get_by_role("button").first.click()
    await expect(rows).to_have_count(1)
    await visited.goto("/tasks")
    await expect(rows).to_have_count(1)
    await expect(rows).to_contain_text("Today")


async def test_notes_stay_in_their_field_until_the_student_says_which_dates_they_are_for(class_of: Students) -> None:
    visited, page = await opened(class_of, "notes")
    await page.get_by_role("button", name=visited.says("tasks.notes.edit")).click()
    notes = page.get_by_role("textbox", name=visited.says("tasks.notes"), exact=True)
    await notes.fill("Half an hour of thinking")
    await notes.press("Escape")
    question = page.get_by_role("dialog", name=visited.says("tasks.scope.change"))
    await expect(question).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(notes).to_have_value("Half an hour of thinking")
    await page.get_by_role("button", name=visited.says("tasks.close")).click()
    await page.get_by_role("link", name=TITLE).first.click()
    await expect(notes).to_have_value("Half an hour of thinking")
    await notes.focus()
    await notes.press("Escape")
    await question.get_by_role("button", name=visited.says("tasks.scope.this"), exact=False).first.click()
    await expect(notes).not_to_be_attached()
    await expect(page.locator(".prose")).to_have_text("Half an hour of thinking")
