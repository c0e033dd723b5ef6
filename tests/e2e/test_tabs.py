"""Several tabs of one browser are one device: they show the same, and one of them speaks with the server."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from playwright.async_api import Browser, CDPSession, Page, WebSocket, expect
from tests.cast import Person
from tests.e2e.conftest import Program
from tests.e2e.devices import device
from tests.e2e.faults import watch
from tests.e2e.student import PATIENCE, complete, day, eventually, everything_sent, open_app, row, tasks_of

CHANGE = 300.0
"""Milliseconds until a change in one tab is shown in another one."""
TAKEOVER = 10.0
"""Seconds until another tab leads after the leading one was closed or stopped."""
WATCH = """(title) => {
    window.shownAt = new Promise((done) => {
        const look = () => {
            const shown = document.querySelector("main").innerText.includes(title);
            return shown ? done(performance.timeOrigin + performance.now()) : requestAnimationFrame(look);
        };
        look();
    });
}"""
PRESSED = """() => {
    window.pressedAt = new Promise((done) => addEventListener("keydown", ({ key }) => {
        if (key === "Enter") done(performance.timeOrigin + performance.now());
    }, { capture: true }));
}"""


class Sockets:
    """The live connections of the tabs that are watched."""

    def __init__(self) -> None:
        self.opened: list[tuple[Page, WebSocket]] = []

    def watch(self, page: Page) -> None:
        page.on("websocket", lambda socket: self.opened.append((page, socket)))

    def open(self) -> int:
        return sum(not page.is_closed() and not socket.is_closed() for page, socket in self.opened)


async def second_tab(program: Program, first: Page, sockets: Sockets) -> tuple[Page, list[str]]:
    """Open the app in another tab of the browser."""
    tab = await first.context.new_page()
    faults = watch(tab, program.url)
    sockets.watch(tab)
    await open_app(tab, "/tasks")
    return tab, faults


async def shows(page: Page, title: str, *, within: float) -> None:
    await expect(row(page, title)).to_be_visible(timeout=within * 1000)


async def test_a_change_appears_in_the_other_tab_and_there_is_one_connection(
    program: Program, ada: Person, desk: Page
) -> None:
    await ada.task("Essay")
    sockets = Sockets()
    sockets.watch(desk)
    await open_app(desk, "/tasks")
    other, faults = await second_tab(program, desk, sockets)
    took: dict[Page, list[float]] = {desk: [], other: []}
    for number, (here, there) in enumerate([(desk, other), (other, desk)] * 3):
        title = f"Reading {'abcdef'[number]}"
        await there.evaluate(WATCH, title)
        await here.keyboard.press("a")
        await here.get_by_role("textbox", name="Add a task").fill(title)
        await here.evaluate(PRESSED)
        await here.keyboard.press("Enter")
        with suppress(TimeoutError):  # what isn't drawn in time is slow, and has to be there in the end
            async with asyncio.timeout(5):
                took[there].append(await there.evaluate("shownAt") - await here.evaluate("pressedAt"))
        await shows(there, title, within=PATIENCE)
    # What else runs on this machine makes single ones slow.
    assert all(min(times) <= CHANGE for times in took.values()), took
    await everything_sent(desk)
    assert len(await tasks_of(ada)) == 7
    assert sockets.open() == 1
    assert faults == []


async def test_another_tab_leads_at_once_when_the_leading_one_is_closed(
    program: Program, ada: Person, desk: Page
) -> None:
    await ada.task("Essay")
    sockets = Sockets()
    sockets.watch(desk)
    await open_app(desk, "/tasks")
    other, faults = await second_tab(program, desk, sockets)
    await other.context.set_offline(True)
    await complete(other, "Essay")
    await other.context.set_offline(False)
    await desk.close()
    titles = [f"Reading {letter}" for letter in "abcdefgh"]
    started = time.monotonic()
    for title in titles:
        await ada.task(title)
    for title in titles:
        await shows(other, title, within=TAKEOVER - (time.monotonic() - started))
    await everything_sent(other)
    assert sorted(task["status"] for task in (await tasks_of(ada)).values()).count("completed") == 1
    assert sockets.open() == 1
    assert faults == []


async def test_another_tab_leads_when_the_leading_one_hangs(program: Program, ada: Person, desk: Page) -> None:
    await ada.task("Essay", dueDate=day())
    sockets = Sockets()
    sockets.watch(desk)
    await open_app(desk, "/tasks")
    other, faults = await second_tab(program, desk, sockets)
    before = len(sockets.opened)
    debugger = await hang(desk)
    started = time.monotonic()
    await ada.task("Reading a")
    await complete(other, "Essay")
    await shows(other, "Reading a", within=TAKEOVER - (time.monotonic() - started))
    await everything_sent(other)
    assert len(sockets.opened) > before, "the tab that hangs still led"
    assert sum(event["type"] == "task.completed" for event in await ada.changes()) == 1

    await debugger.send("Debugger.resume")
    await debugger.detach()
    await ada.task("Reading b")
    for tab in (desk, other):
        await shows(tab, "Reading b", within=TAKEOVER)
        await expect(row(tab, "Essay")).to_have_count(0)

    async def one_is_open() -> bool:
        return sockets.open() == 1

    await eventually(one_is_open, within=TAKEOVER)
    assert faults == []


async def hang(page: Page) -> CDPSession:
    """Stop everything that the page does, its timers too, until `Debugger.resume`."""
    debugger = await page.context.new_cdp_session(page)
    await debugger.send("Debugger.enable")
    await debugger.send("Debugger.pause")
    return debugger


async def test_two_browsers_of_a_student_have_a_connection_each(
    program: Program, browser: Browser, ada: Person, desk: Page
) -> None:
    sockets, others = Sockets(), Sockets()
    sockets.watch(desk)
    await open_app(desk, "/tasks")
    async with device(browser, program.url, ada) as phone:
        others.watch(phone)
        await open_app(phone, "/tasks")
        await ada.task("Essay")
        for page in (desk, phone):
            await shows(page, "Essay", within=TAKEOVER)
        assert (sockets.open(), others.open()) == (1, 1)
