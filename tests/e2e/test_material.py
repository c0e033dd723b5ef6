"""A citation opens the page that it quotes, with the quote marked and in sight."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, expect
from tests.cast import Person, made
from tests.e2e.conftest import Program
from tests.e2e.devices import NARROW, device
from tests.e2e.student import open_app
from tests.e2e.test_break_down import says
from tests.e2e.test_keyboard import WATCH_POINTERS, tab_to
from tests.e2e.test_tutor import CHAT, MESSAGE, TUTOR, answered, ask, opened, stream
from tests.platform.test_texts import PDF, pdf

PAGES = (
    "Photosynthesis converts light energy into chemical energy in the leaves of plants.",
    "Mitochondria release energy from glucose by respiration, which needs oxygen.",
    "Chloroplasts contain the pigment chlorophyll, which absorbs light of two colours.",
)
QUOTE = "release energy from glucose"
LONG = "\n".join(f"Line {number} of the chapter is about something else." for number in range(400))


@pytest.fixture
async def desk(eves_desk: Page) -> Page:
    return eves_desk


async def attached(person: Person, data: bytes, name: str, **fields: str) -> dict[str, Any]:
    """Attach a file to a task and wait until its text has been read."""
    task = await person.task("Biology notes")
    attachment: dict[str, Any] = await person.attachment(task["id"], data, name, **fields)
    for _ in range(100):
        if made(await person.get(f"/api/ai/material/attachments/{attachment['id']}"), 200)["pages"]:
            return attachment
        await asyncio.sleep(0.1)
    raise AssertionError("the text wasn't read")


async def cited(desk: Page, **citation: Any) -> Locator:
    """Ask the tutor, whose response cites this, and return what opens the source."""
    known = {"attachmentId": None, "taskId": None, "subjectId": None, "page": None, "start": 0, "end": 0}
    listed = (
        ("meta", {"chatId": CHAT, "messageId": MESSAGE, "assessed": True}),
        ("move", {"move": "explain", "hintLevel": 0}),
        ("delta", {"text": "Glucose has the energy. [1]"}),
        ("citations", {"items": [known | citation]}),
        ("done", {"tokensUsed": 9, "replaced": False, "outcome": "answered"}),
    )
    body = "".join(
        f"id: {MESSAGE}/{number}\nevent: {name}\ndata: {json.dumps(data)}\n\n"
        for number, (name, data) in enumerate(listed, 1)
    )
    await desk.route(TUTOR, lambda route: stream(route, body))
    await opened(desk, "/tutor?new")
    await ask(desk)
    await answered(desk)
    return desk.get_by_role("button", name=f"Source 1: {citation['title']}")


async def in_pdf(person: Person) -> dict[str, Any]:
    attachment = await attached(person, pdf(*PAGES), "cells.pdf", type=PDF)
    text = made(await person.get(f"/api/ai/material/attachments/{attachment['id']}", params={"page": 2}), 200)
    start = text["start"] + text["text"].index(QUOTE)
    place = {"page": 2, "start": start, "end": start + len(QUOTE)}
    return {"attachmentId": attachment["id"], "title": "cells.pdf", "text": QUOTE, **place}


def text_of(page: Page) -> Locator:
    return page.get_by_role("region", name=says("material.text"))


async def test_by_keys_a_citation_opens_its_page_and_those_beside_it(desk: Page, eve: Person) -> None:
    source = await cited(desk, **await in_pdf(eve))
    await desk.evaluate(WATCH_POINTERS)
    await source.focus()
    await desk.keyboard.press("Enter")
    dialog = desk.get_by_role("dialog", name="cells.pdf")
    await expect(dialog.locator("mark")).to_contain_text(QUOTE)
    await expect(text_of(desk)).to_contain_text("by respiration, which needs oxygen.")
    status = dialog.get_by_role("status")
    await expect(status).to_have_text(says("material.page", page="2", pages="3"))
    await tab_to(desk, says("material.next"))
    await desk.keyboard.press("Enter")
    await expect(status).to_have_text(says("material.page", page="3", pages="3"))
    await expect(text_of(desk)).to_contain_text(PAGES[2])
    await expect(dialog.locator("mark")).to_have_count(0)
    await expect(dialog.get_by_role("button", name=says("material.next"))).to_be_focused()
    await desk.keyboard.press("Enter")  # there is no further page
    await tab_to(desk, says("material.previous"), key="Shift+Tab")
    await desk.keyboard.press("Enter")
    await expect(dialog.locator("mark")).to_contain_text(QUOTE)
    await desk.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await expect(source).to_be_focused()
    assert await desk.evaluate("window.pointers") == []


async def test_a_pdf_opens_at_the_page(desk: Page, eve: Person) -> None:
    await (await cited(desk, **await in_pdf(eve))).click()
    async with desk.context.expect_page() as opening:
        await desk.get_by_role("button", name=says("material.open")).click()
    tab = await opening.value
    await tab.wait_for_url(re.compile(r"^blob:.*#page=2$"), wait_until="commit")


async def test_a_quote_far_down_a_long_page_is_in_sight(assisted: Program, browser: Browser, eve: Person) -> None:
    text = f"{LONG}\nThe quote <b>stands</b> here.\n{LONG}"
    attachment = await attached(eve, text.encode(), "chapter.txt")
    quote = "The quote <b>stands</b> here."
    start = text.index(quote)
    place = {"page": 1, "start": start, "end": start + len(quote)}
    async with device(browser, assisted.url, eve, viewport=NARROW, has_touch=True, is_mobile=True) as phone:
        source = await cited(phone, attachmentId=attachment["id"], title="chapter.txt", text=quote, **place)
        await source.tap()
        mark = phone.get_by_role("dialog").locator("mark")
        await expect(mark).to_contain_text(quote)
        await expect(mark).to_be_in_viewport(ratio=1)
        assert await phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
        async with phone.expect_download() as saving:
            await phone.get_by_role("button", name=says("material.save")).tap()
        assert (await saving.value).suggested_filename == "chapter.txt"


async def test_notes_open_with_a_link_to_their_task(desk: Page, eve: Person) -> None:
    task = await eve.task("Osmosis", description="Osmosis is the flow of water through a membrane.")
    source = await cited(desk, taskId=task["id"], title="Osmosis", text="the flow of water", start=11, end=28)
    await source.click()
    dialog = desk.get_by_role("dialog", name="Osmosis")
    await expect(dialog.locator("mark")).to_contain_text("the flow of water")
    await expect(dialog).to_contain_text(says("tutor.source.notes"))
    await dialog.get_by_role("link", name=says("material.task")).click()
    await expect(desk).to_have_url(re.compile(f"/tasks/{task['id']}$"))


async def test_what_was_changed_or_deleted_since_is_said(desk: Page, eve: Person) -> None:
    task = await eve.task("Osmosis", description="Something else entirely stands here now.")
    source = await cited(desk, taskId=task["id"], title="Osmosis", text="the flow of water", start=11, end=28)
    await source.click()
    dialog = desk.get_by_role("dialog")
    await expect(dialog).to_contain_text(says("material.changed"))
    await expect(dialog.locator("blockquote")).to_have_text("the flow of water")
    await desk.keyboard.press("Escape")
    assert (await eve.delete(f"/api/tasks/{task['id']}")).status_code == 204
    await source.click()
    await expect(dialog).to_contain_text(says("material.gone"))
    await expect(dialog.locator("blockquote")).to_have_text("the flow of water")


async def test_the_quote_of_a_practice_question_opens_its_page(desk: Page, eve: Person) -> None:
    attachment = await attached(eve, pdf(*PAGES), "cells.pdf", type=PDF)
    body = {"attachmentId": attachment["id"], "count": 3}
    asked = made(await eve.post("/api/ai/practice-questions", body))
    await open_app(desk, f"/practice/{asked['id']}")
    await desk.get_by_role("radio").first.check()
    await desk.get_by_role("button", name=says("practice.check")).click()
    quote = await desk.locator("figure blockquote").inner_text()
    await desk.locator("figcaption").get_by_role("button").click()
    mark = desk.get_by_role("dialog", name="cells.pdf").locator("mark")
    await expect(mark).to_contain_text(re.compile(r"\s+".join(map(re.escape, quote.split()))))
