"""What AI costs: a large request shows its price first, and a student can bring a key of their own."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, expect
from tests.cast import PASSWORD, Person, made
from tests.e2e.conftest import Program, running_program
from tests.e2e.devices import device, newcomer
from tests.e2e.student import open_app
from tests.e2e.test_break_down import opened, proposed, says

LONG = "Measure the mass and the volume of each liquid, and plot one against the other. " * 100
KEY, OTHER = "sk-own-0123456789abcdef", "sk-new-0123456789fedcba"


@pytest.fixture(scope="module")
def paid() -> Iterator[Program]:
    """The program with the built-in model, which allows own keys."""
    with running_program(AI_URL="scripted:", AI_OWN_KEYS="on", AI_DAILY_TOKENS="30000") as program:
        yield program


@pytest.fixture
async def eve(paid: Program) -> AsyncIterator[Person]:
    person = await newcomer(paid.url, "Eve")
    yield person
    await person.http.aclose()


@pytest.fixture
async def seat(paid: Program, browser: Browser, eve: Person) -> AsyncIterator[Page]:
    async with device(browser, paid.url, eve) as page:
        yield page


async def report(person: Person, text: str = "Measure the mass of each liquid.") -> str:
    return str((await person.task("Lab report", description=text))["id"])


async def sent(person: Person) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = made(await person.get("/api/ai/sent"), 200)["items"]
    return found


async def asked(dialog: Locator) -> Locator:
    """Ask for steps, and return what they cost."""
    await dialog.get_by_role("button", name=says("ai.ask"), exact=True).click()
    return dialog.locator("[id$=-price]")


async def test_a_small_request_starts_at_once(seat: Page, eve: Person) -> None:
    dialog = await opened(seat, await report(eve))
    await proposed(dialog)
    assert len(await sent(eve)) == 1


async def test_a_large_request_shows_its_price_and_waits(seat: Page, eve: Person) -> None:
    dialog = await opened(seat, await report(eve, LONG))
    notice = await asked(dialog)
    await expect(notice).to_contain_text("of the 30,000 left today")
    go = dialog.get_by_role("button", name=says("ai.price.go"))
    await expect(go).to_be_focused()
    await expect(go).to_have_accessible_description(re.compile("tokens: up to"))
    assert await sent(eve) == []

    await dialog.get_by_role("button", name=says("tasks.cancel")).click()
    await expect(notice).to_have_count(0)
    await expect(dialog.get_by_role("button", name=says("ai.ask"), exact=True)).to_be_focused()
    await seat.keyboard.press("Enter")
    await expect(notice).to_be_visible()
    await dialog.get_by_label(says("ai.brief.label")).fill(f"{LONG} Discuss it.")
    await expect(notice).to_have_count(0)
    assert await sent(eve) == []

    await asked(dialog)
    await expect(go).to_be_focused()
    await seat.keyboard.press("Enter")
    await expect(dialog.get_by_role("heading", name=says("ai.proposed", count=6))).to_be_focused()
    assert len(await sent(eve)) == 1


async def test_with_too_few_tokens_left_a_template_is_told(seat: Page, eve: Person) -> None:
    first = made(await eve.post("/api/ai/taskify", {"brief": LONG * 6}), 200)
    assert first["source"] == "model"
    dialog = await opened(seat, await report(eve))
    await dialog.get_by_label(says("ai.brief.label")).fill(LONG * 5)
    left = 30_000 - first["usage"]["tokens"]
    await expect(await asked(dialog)).to_contain_text(says("ai.price.template", left=f"{left:,}"))
    await dialog.get_by_role("button", name=says("ai.price.go.template")).click()
    await expect(dialog.get_by_role("heading", name=says("ai.proposed", count=6))).to_be_focused()
    assert len(await sent(eve)) == 1


async def test_an_own_key_is_saved_used_replaced_and_deleted(seat: Page, eve: Person) -> None:
    await open_app(seat, "/settings/ai")
    section = seat.get_by_role("region", name=says("settings.ai.key"))
    await expect(section).to_contain_text(says("settings.ai.key.none"))
    await section.get_by_role("button", name=says("settings.ai.key.add")).click()
    dialog = seat.get_by_role("dialog")
    key, password = (
        dialog.get_by_role("textbox", name=says(name)) for name in ("settings.ai.key.label", "auth.password")
    )
    save = dialog.get_by_role("button", name=says("settings.ai.key.save"))
    await key.fill("sk-own")
    await save.click()
    await expect(dialog).to_contain_text(says("settings.ai.key.invalid"))
    await expect(dialog).to_contain_text(says("auth.field.password.missing"))
    await key.fill(f" {KEY} ")
    await password.fill("another password")
    await save.click()
    await expect(dialog).to_contain_text(says("auth.problem.wrong_password"))
    await password.fill(PASSWORD)
    await save.click()
    await expect(dialog).to_be_hidden()
    await expect(section).to_contain_text("…cdef")
    assert KEY not in await seat.content()

    await eve.post("/api/ai/taskify", {"brief": "Read chapter 5."})
    assert [one["ownKey"] for one in await sent(eve)] == [True]
    await section.get_by_role("button", name=says("settings.ai.key.replace")).click()
    await key.fill(OTHER)
    await password.fill(PASSWORD)
    await password.press("Enter")
    await expect(section).to_contain_text("…dcba")
    task = await report(eve, LONG)
    dialog = await opened(seat, task)
    await expect(await asked(dialog)).to_contain_text("with your own key")

    await open_app(seat, "/settings/ai")
    await expect(seat.get_by_text(says("settings.ai.key.used", count=2).partition("2")[2])).to_be_visible()
    await section.get_by_role("button", name=says("settings.ai.key.delete")).click()
    await seat.get_by_role("dialog").get_by_role("button", name=says("settings.ai.key.delete")).click()
    await expect(section).to_contain_text(says("settings.ai.key.none"))
    assert made(await eve.get("/api/ai/key"), 200)["key"] is None


async def test_where_own_keys_are_not_allowed_nothing_is_shown(desk: Page) -> None:
    await open_app(desk, "/settings/ai")
    await expect(desk.get_by_text(says("settings.ai.sent.none"))).to_be_visible()
    await expect(desk.get_by_role("region", name=says("settings.ai.key"))).to_have_count(0)


async def test_a_key_that_is_no_longer_allowed_is_told_and_can_only_be_deleted(desk: Page) -> None:
    kept = {"lastFour": "cdef", "createdAt": "2030-01-31T15:20:00Z"}
    answer = {"allowed": False, "provider": None, "model": None, "key": kept}
    await desk.route("**/api/ai/key", lambda route: route.fulfill(json=answer))
    await open_app(desk, "/settings/ai")
    section = desk.get_by_role("region", name=says("settings.ai.key"))
    await expect(section).to_contain_text(says("settings.ai.key.off"))
    await expect(section).to_contain_text("…cdef")
    await expect(section.get_by_role("button")).to_have_text([says("settings.ai.key.delete")])
