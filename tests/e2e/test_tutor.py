"""A student asks the tutor: a response comes piece by piece, hints before answers, and what was typed is never lost."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, Route, ViewportSize, expect
from tests.cast import Person, made
from tests.e2e.conftest import Program
from tests.e2e.devices import NARROW, device
from tests.e2e.student import go, open_app
from tests.e2e.students import ARABIC, Look, Students
from tests.e2e.test_break_down import says
from tests.e2e.test_keyboard import WATCH_POINTERS, tab_to

TUTOR = "**/api/ai/tutor"
QUESTION = "How do I find the density of a liquid?"
CHAT = "0190a1b2-0000-7000-8000-000000000001"
MESSAGE = "0190a1b2-0000-7000-8000-000000000002"
EDGES = "(one) => { const { top, bottom } = one.getBoundingClientRect(); return [top, bottom]; }"
CLEAR = ("transparent", "rgba(0, 0, 0, 0)")
LEFT = "(one) => one.getBoundingClientRect().left"


@pytest.fixture
async def desk(eves_desk: Page) -> Page:
    return eves_desk


def field(page: Page) -> Locator:
    return page.get_by_role("textbox", name=says("tutor.message"))


def responses(page: Page) -> Locator:
    return page.locator(".tutors")


async def opened(page: Page, path: str = "/tutor") -> None:
    await open_app(page, path)
    await expect(field(page)).to_be_visible()


async def ask(page: Page, text: str = QUESTION) -> None:
    await field(page).fill(text)
    await field(page).press("Enter")


async def answered(page: Page, count: int = 1) -> None:
    await expect(responses(page)).to_have_count(count)
    await expect(responses(page).last).not_to_have_attribute("aria-busy", "true")
    await expect(responses(page).last.locator(".prose")).not_to_be_empty()


def events(*pieces: str, end: bool = True, first: int = 1) -> str:
    """Return the stream of a response in pieces, from the event with number `first` on."""
    listed: list[tuple[str, dict[str, Any]]] = [
        ("meta", {"chatId": CHAT, "messageId": MESSAGE, "assessed": True}),
        ("move", {"move": "hint", "hintLevel": 2}),
        *(("delta", {"text": piece}) for piece in pieces),
    ]
    if end:
        listed += [
            ("citations", {"items": [{"text": "Mass over volume.", "page": 3, "title": "Notes"}]}),
            ("done", {"tokensUsed": 9, "replaced": True, "outcome": "answered"}),
        ]
    return "".join(
        f"id: {MESSAGE}/{number}\nevent: {name}\ndata: {json.dumps(data)}\n\n"
        for number, (name, data) in enumerate(listed, 1)
        if number >= first
    )


async def stream(route: Route, text: str) -> None:
    await route.fulfill(status=200, content_type="text/event-stream", body=text)


async def refuse(route: Route, status: int, code: str, wait: str = "7") -> None:
    problem = {"type": "about:blank", "title": "Refused.", "status": status, "code": code}
    await route.fulfill(
        status=status, headers={"retry-after": wait}, content_type="application/problem+json", body=json.dumps(problem)
    )


async def test_a_chat_about_a_task_goes_on_after_a_reload(desk: Page, eve: Person) -> None:
    task = await eve.task("Lab report: density", description="Find the density of three liquids.")
    await open_app(desk, f"/tasks/{task['id']}")
    await desk.get_by_role("button", name=says("tutor.ask")).click()
    await expect(field(desk)).to_be_focused()
    await expect(desk.get_by_role("combobox", name=says("tutor.new.about"))).to_have_value("Lab report: density")
    await expect(desk.get_by_role("radio", name=says("tutor.graded.yes"))).to_be_checked()
    await ask(desk)
    await answered(desk)
    await expect(desk).to_have_url(re.compile("/tutor/[0-9a-f-]{36}$"))
    await expect(field(desk)).to_be_focused()
    await expect(field(desk)).to_have_value("")
    await expect(desk.get_by_text(says("tutor.is.graded"))).to_be_visible()
    await ask(desk, "I don't understand it. Can you give me a hint?")
    await answered(desk, 2)
    await expect(responses(desk).last.locator(".move")).to_have_text(says("tutor.move.hint", level="1"))
    await expect(desk.locator(".ladder [aria-current=step]")).to_have_text("1 Idea")
    said = await responses(desk).all_inner_texts()

    await desk.reload()
    await answered(desk, 2)
    await expect(responses(desk)).to_have_text(said, use_inner_text=True)
    await expect(desk.get_by_role("navigation", name=says("tutor.chats")).get_by_role("link")).to_have_count(1)
    await expect(desk.locator(".ladder [aria-current=step]")).to_have_text("1 Idea")
    await desk.get_by_role("link", name="About: Lab report: density").click()
    await expect(desk).to_have_url(re.compile(f"/tasks/{task['id']}$"))
    chats = made(await eve.get("/api/ai/chats"), 200)["items"]
    assert [(one["taskId"], one["assessed"]) for one in chats] == [(task["id"], True)]


async def test_practice_is_chosen_before_and_a_chat_is_deleted_after_a_question(desk: Page, eve: Person) -> None:
    await opened(desk)
    await desk.get_by_role("radio", name=says("tutor.graded.no")).check()
    await ask(desk)
    await answered(desk)
    await expect(desk.locator(".chat header").get_by_text(says("tutor.is.practice"))).to_be_visible()
    await desk.get_by_role("button", name=says("tutor.delete")).click()
    dialog = desk.get_by_role("dialog")
    await dialog.get_by_role("button", name=says("tutor.delete.keep")).click()
    await expect(dialog).to_be_hidden()
    await desk.get_by_role("button", name=says("tutor.delete")).click()
    await dialog.get_by_role("button", name=says("tutor.delete")).click()
    await expect(desk).to_have_url(re.compile("/tutor$"))
    await expect(desk.get_by_role("navigation", name=says("tutor.chats"))).to_have_count(0)
    assert made(await eve.get("/api/ai/chats"), 200)["items"] == []


async def test_by_keys_alone(desk: Page, eve: Person) -> None:
    await eve.task("Essay on rivers")
    await desk.add_init_script(f"({WATCH_POINTERS})()")
    await open_app(desk, "/")
    keys = desk.keyboard
    await expect(desk.get_by_role("link", name=says("tutor.title"))).to_be_visible()
    await keys.press("g")
    await keys.press("u")
    await expect(field(desk)).to_be_focused()
    await keys.type("First line")
    await keys.press("Shift+Enter")
    await keys.type("second line")
    await keys.press("Enter")
    await answered(desk)
    await expect(desk.locator(".mine p")).to_have_text("First line\nsecond line")
    await tab_to(desk, says("tutor.send"))
    await expect(desk.get_by_role("status").filter(has_text="Tutor, ")).to_have_count(1)
    await keys.press("Shift+Tab")
    await keys.type("And then?")
    await keys.press("Enter")
    await answered(desk, 2)
    assert await desk.evaluate("window.pointers") == []


async def test_a_response_is_stopped_and_what_came_stays(desk: Page) -> None:
    await opened(desk)
    await desk.evaluate(
        """(first) => {
        const real = window.fetch;
        window.fetch = (address, how) => {
            if (!String(address).endsWith("/api/ai/tutor")) return real(address, how);
            const body = new ReadableStream({
                start(controller) {
                    controller.enqueue(new TextEncoder().encode(first));
                    how.signal.addEventListener("abort", () => controller.error(how.signal.reason));
                },
            });
            window.stopped = new Promise((resolve) => how.signal.addEventListener("abort", () => resolve(true)));
            return Promise.resolve(new Response(body, { headers: { "content-type": "text/event-stream" } }));
        };
    }""",
        events("Which quantities ", end=False),
    )
    await ask(desk)
    await expect(responses(desk).last.locator(".prose")).to_have_text("Which quantities")
    await expect(desk.get_by_role("button", name=says("tutor.stop"))).to_be_visible()
    await field(desk).press("Escape")
    assert await desk.evaluate("window.stopped")
    await expect(responses(desk).last).to_contain_text(says("tutor.stopped"))
    await expect(responses(desk).last).to_contain_text("Which quantities")
    await expect(desk.get_by_role("button", name=says("tutor.send"))).to_be_visible()
    await expect(field(desk)).to_be_focused()


async def test_a_message_without_a_response_yet_comes_back_into_the_field(desk: Page) -> None:
    await opened(desk)
    asked = asyncio.Event()

    async def wait(route: Route) -> None:
        asked.set()

    await desk.route(TUTOR, wait)
    await ask(desk)
    await asyncio.wait_for(asked.wait(), 10)
    await expect(desk.get_by_text(says("tutor.thinking")).first).to_be_visible()
    await desk.wait_for_timeout(500)
    await desk.get_by_role("button", name=says("tutor.stop")).click()
    await expect(field(desk)).to_have_value(QUESTION)
    await expect(responses(desk)).to_have_count(0)
    await expect(desk.get_by_role("radio", name=says("tutor.graded.yes"))).to_be_checked()
    await desk.unroute(TUTOR)
    await ask(desk)
    await answered(desk)


async def test_a_chat_for_practice_becomes_graded_by_a_problem_that_was(desk: Page) -> None:
    await opened(desk)
    await desk.get_by_role("radio", name=says("tutor.graded.no")).check()
    await ask(desk)
    await answered(desk)
    header = desk.locator(".chat header")
    await expect(header.get_by_text(says("tutor.is.practice"))).to_be_visible()
    await desk.route(TUTOR, lambda route: stream(route, events("Which rule fits?")))
    await ask(desk, "And this one?")
    await answered(desk, 2)
    await expect(desk.get_by_text(says("tutor.graded.before"))).to_be_visible()
    await expect(header.get_by_text(says("tutor.is.graded"))).to_be_visible()


async def test_a_lost_response_goes_on_after_the_last_event(desk: Page) -> None:
    await opened(desk)
    resumed: list[str | None] = []

    async def answer(route: Route) -> None:
        last = await route.request.header_value("last-event-id")
        resumed.append(last)
        if last is None:
            await stream(route, events("Which ", "rule ", end=False))
        elif len(resumed) == 2:
            await route.abort()
        elif len(resumed) == 3:
            await refuse(route, 409, "still_answering")
        else:
            await stream(route, events("Which ", "rule ", "**fits**?", first=5))

    await desk.route(TUTOR, answer)
    await ask(desk)
    await expect(responses(desk).last).to_contain_text(says("tutor.resuming"))
    await expect(responses(desk).last.locator(".prose")).to_have_text("Which rule fits?")
    assert resumed == [None, *[f"{MESSAGE}/4"] * 3]
    await expect(responses(desk).last.locator("strong")).to_have_text("fits")
    await expect(responses(desk).last).to_contain_text(says("tutor.replaced"))
    await expect(responses(desk).last.locator(".move")).to_have_text("Hint 2")
    await expect(desk.locator(".ladder [aria-current=step]")).to_have_text("2 Method")
    await responses(desk).last.get_by_role("button", name="Source 1: Notes").click()
    await expect(desk.get_by_role("dialog")).to_contain_text("Mass over volume.")
    await expect(desk.get_by_role("dialog")).to_contain_text(says("tutor.source.page", page="3"))


async def test_after_three_tries_what_came_stays(desk: Page) -> None:
    await opened(desk)
    count = 0

    async def answer(route: Route) -> None:
        nonlocal count
        count += 1
        await (stream(route, events("Which ", end=False)) if count == 1 else route.abort())

    await desk.route(TUTOR, answer)
    await ask(desk)
    await expect(responses(desk).last).to_contain_text(says("tutor.cut"))
    await expect(responses(desk).last.locator(".prose")).to_have_text("Which")
    assert count == 4


@pytest.mark.parametrize(
    ("status", "code", "key", "values"),
    [
        (503, "ai_unavailable", "ai.problem.ai_unavailable", {}),
        (429, "too_many_requests", "ai.problem.wait", {"count": 7}),
        (422, "no_such_task", "ai.problem.no_such_task", {}),
        (500, "internal", "ai.problem.server", {}),
    ],
)
async def test_a_refusal_says_what_to_do(desk: Page, status: int, code: str, key: str, values: dict[str, int]) -> None:
    await opened(desk)
    await desk.route(TUTOR, lambda route: refuse(route, status, code))
    await ask(desk)
    await expect(desk.get_by_role("alert").filter(has_text=says(key, **values))).to_be_visible()
    await expect(field(desk)).to_have_value(QUESTION)
    await expect(responses(desk)).to_have_count(0)


async def test_when_the_tokens_are_used_up_it_says_when_there_are_new_ones(desk: Page) -> None:
    await opened(desk)
    await desk.route(TUTOR, lambda route: refuse(route, 429, "tokens_used_up", "3600"))
    await ask(desk)
    alert = desk.get_by_role("alert").filter(has_text="tokens don’t suffice")
    await expect(alert).to_have_text(
        re.compile(r"There are new ones at 0?[12]:00: send it again then, or a shorter message now\.$")
    )
    await expect(field(desk)).to_have_value(QUESTION)


async def test_without_a_connection_what_was_typed_stays(desk: Page) -> None:
    await opened(desk)
    await field(desk).fill("My own words")
    await desk.context.set_offline(True)
    await expect(desk.get_by_text(says("tutor.offline"))).to_be_visible()
    await field(desk).press("Enter")
    await expect(desk.get_by_role("button", name=says("tutor.send"))).to_be_disabled()
    await expect(field(desk)).to_have_value("My own words")
    await desk.context.set_offline(False)
    await expect(desk.get_by_role("button", name=says("tutor.send"))).to_be_enabled()
    await field(desk).press("Enter")
    await answered(desk)


async def test_who_goes_elsewhere_finds_what_was_typed_again(desk: Page) -> None:
    await opened(desk)
    await field(desk).fill("Half a thought")
    await go(desk, says("today.title"))
    await expect(field(desk)).to_have_count(0)
    await go(desk, says("tutor.title"))
    await expect(field(desk)).to_have_value("Half a thought")


async def test_the_end_of_the_field_is_told(desk: Page) -> None:
    await opened(desk)
    await expect(desk.get_by_text(says("tutor.message.hint"))).to_be_visible()
    await field(desk).fill("x" * 3999)
    await expect(desk.get_by_text(says("tutor.message.left", count=1))).to_be_visible()
    height = await field(desk).evaluate("(one) => one.offsetHeight")
    assert 100 < height <= 0.4 * 800 + 1


async def test_what_a_model_writes_is_text_and_never_the_page(desk: Page) -> None:
    await opened(desk)
    hostile = (
        "<img src=x onerror=alert(1)> <script>alert(1)</script> [a](javascript:alert(1)) ![b](https://example.org/b)"
    )
    await desk.route(TUTOR, lambda route: stream(route, events(hostile)))
    await ask(desk, "<b>bold</b>")
    await answered(desk)
    assert await responses(desk).locator("img, script, a").count() == 0
    await expect(desk.locator(".mine p")).to_have_text("<b>bold</b>")


async def test_what_a_model_writes_leads_nowhere(desk: Page) -> None:
    await opened(desk)
    said = "See https://example.org/a?b, www.example.com, me@example.net, [here](https://evil.example/x) or <https://c.example>."
    await desk.route(TUTOR, lambda route: stream(route, events(said)))
    await ask(desk)
    await answered(desk)
    shown = "See https://example.org/a?b, www.example.com, me@example.net, here (evil.example) or https://c.example."
    await expect(responses(desk).locator(".prose")).to_have_text(shown)
    assert await responses(desk).locator("a, img").count() == 0


@pytest.mark.parametrize("size", [{"width": 1280, "height": 800}, NARROW])
async def test_the_hint_level_stays_in_sight(desk: Page, size: ViewportSize) -> None:
    await desk.set_viewport_size(size)
    await opened(desk, "/tutor?new")
    said = "\n\n".join(f"Paragraph {number} of a long response." for number in range(60))
    await desk.route(TUTOR, lambda route: stream(route, events(said)))
    await ask(desk)
    await answered(desk)
    ladder = desk.locator(".ladder")
    for text in ("Paragraph 59", "Paragraph 30", "Paragraph 0 "):
        paragraph = responses(desk).get_by_text(text)
        await paragraph.evaluate("(one) => one.scrollIntoView({ block: 'center' })")
        await expect(ladder).to_be_in_viewport(ratio=1)
        edges = [await one.evaluate(EDGES) for one in (ladder, paragraph)]
        assert edges[0][1] <= edges[1][0], "the text is covered"
        assert await ladder.evaluate("(one) => getComputedStyle(one).backgroundColor") not in CLEAR


async def test_formulas_are_shown_as_such(desk: Page) -> None:
    await opened(desk)
    said = "Use $\\frac{1}{2}x^2$ or \\(\\sqrt{3}\\), not $5 and $6.\n\n$$\\int_0^1 x\\,dx$$\n\n`$code$` $\\nonsense$"
    await desk.route(TUTOR, lambda route: stream(route, events(said)))
    await ask(desk, QUESTION)
    await answered(desk)
    response = responses(desk).last
    await expect(response.locator("math")).to_have_count(3)
    assert await response.locator("math mfrac, math msqrt, .formula.block math msubsup").count() == 3
    for text in ("not $5 and $6.", "$code$", "$\\nonsense$"):
        await expect(response).to_contain_text(text)


async def test_on_a_phone_the_list_and_the_chat_are_screens(assisted: Program, browser: Browser, eve: Person) -> None:
    async with device(browser, assisted.url, eve, viewport=NARROW, has_touch=True, is_mobile=True) as phone:
        await open_app(phone, "/")
        await phone.get_by_role("button", name=says("app.more")).tap()
        await phone.get_by_role("dialog").get_by_role("link", name=says("tutor.title")).tap()
        await expect(phone.get_by_role("heading", name=says("tutor.chats.none"))).to_be_visible()
        await expect(field(phone)).to_be_hidden()
        await phone.get_by_role("main").get_by_role("link", name=says("tutor.new")).last.tap()
        await field(phone).fill(QUESTION)
        await phone.get_by_role("button", name=says("tutor.send")).tap()
        await answered(phone)
        await expect(phone.get_by_text("Level 1 of 4: Idea")).to_be_visible()
        assert await phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await phone.get_by_role("link", name=says("tutor.all")).tap()
        await expect(phone.get_by_role("navigation", name=says("tutor.chats")).get_by_role("link")).to_have_count(1)
        await expect(field(phone)).to_be_hidden()


async def test_in_arabic_the_student_writes_from_the_other_side(class_of: Students) -> None:
    visited = await class_of.page("tutored arabic", Look("arabic tutor", "ar", ARABIC.options))
    await visited.goto("/tutor/{chat}")
    page = visited.page
    mine, tutors = page.locator(".mine").first, page.locator(".tutors").first
    middle = "(one) => { const { left, right } = one.getBoundingClientRect(); return (left + right) / 2; }"
    assert await mine.evaluate(middle) < await tutors.evaluate(middle)
    chats = page.get_by_role("navigation", name=visited.says("tutor.chats"))
    assert await chats.evaluate(LEFT) > await tutors.evaluate(LEFT)


async def test_without_a_model_nothing_leads_to_a_tutor(program: Program, browser: Browser, ada: Person) -> None:
    task = await ada.task("Essay")
    async with device(browser, program.url, ada) as page:
        async with page.expect_response("**/api/app"):
            await open_app(page, f"/tasks/{task['id']}")
        await expect(page.get_by_role("button", name=says("ai.break"))).to_be_visible()
        await page.get_by_role("button", name=says("tasks.more", title="Essay")).last.click()
        await expect(page.get_by_role("menuitem", name=says("ai.break"))).to_be_visible()
        await expect(page.get_by_text(says("tutor.ask"))).to_have_count(0)
        await expect(page.get_by_role("link", name=says("tutor.title"))).to_have_count(0)
        await page.goto("/tutor")
        await expect(page.get_by_text(says("tutor.off"))).to_be_visible()
        await expect(field(page)).to_have_count(0)
