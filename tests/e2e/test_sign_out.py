"""Signing out, a session that ends elsewhere, and a computer that others use: nothing stays that isn't wanted there."""

from __future__ import annotations

import time
from contextlib import aclosing, suppress

from playwright.async_api import Browser, Locator, Page, expect
from tests.cast import PASSWORD, Person
from tests.e2e.conftest import Program
from tests.e2e.devices import device, newcomer
from tests.e2e.faults import watch
from tests.e2e.student import (
    Json,
    complete,
    databases,
    eventually,
    everything_read,
    everything_sent,
    open_app,
    row,
    tasks_of,
    waiting,
)

LOCKED = 2.0
"""Seconds until a session that was ended elsewhere is locked."""
DEVICE = "device"
"""The cookie by which a browser is known to have signed in before (docs/security.md). It opens nothing."""
CACHED = """async () => {
    const found = [];
    for (const name of await caches.keys()) {
        for (const { url } of await (await caches.open(name)).keys()) found.push(new URL(url).pathname);
    }
    return found;
}"""


async def enter(page: Page, person: Person, *, shared: bool = False) -> None:
    """Sign in at the door."""
    await page.get_by_role("textbox", name="Email").fill(person.email)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    if shared:
        await page.get_by_role("checkbox", name="This is a shared computer").check()
    await page.get_by_role("button", name="Sign in").click()
    await expect(at_the_door(page)).to_have_count(0)
    await expect(page.get_by_role("heading", level=1)).to_be_visible()


def at_the_door(page: Page) -> Locator:
    return page.get_by_role("heading", level=1, name="Sign in")


async def ask_to_sign_out(page: Page) -> None:
    await page.goto("/settings/data")
    await page.get_by_role("navigation", name="Settings").get_by_role("button", name="Sign out").click()


async def confirm(page: Page) -> None:
    await page.get_by_role("dialog").get_by_role("button", name="Sign out").click()
    await expect(at_the_door(page)).to_be_visible()


async def left_behind(page: Page) -> Json:
    """Return what the browser still has of a student."""
    cached = await page.evaluate(CACHED)
    return {
        "databases": await databases(page),
        "marks": await page.evaluate("({ ...localStorage, ...sessionStorage })"),
        "cookies": [name for cookie in await page.context.cookies() if (name := cookie["name"]) != DEVICE],
        "answers": [path for path in cached if path.startswith(("/api", "/ws"))],
    }


NOTHING: Json = {"databases": {}, "marks": {}, "cookies": [], "answers": []}


async def sessions_of(person: Person) -> list[Json]:
    found: list[Json] = (await person.get("/api/auth/sessions")).json()["items"]
    return found


async def end_other_sessions(person: Person) -> None:
    for session in await sessions_of(person):
        if not session["current"]:
            assert (await person.delete(f"/api/auth/sessions/{session['id']}")).status_code == 204


async def test_nothing_stays_after_signing_out(ada: Person, desk: Page) -> None:
    await ada.task("Essay")
    await open_app(desk, "/tasks")
    assert (await left_behind(desk))["databases"] != {}
    await ask_to_sign_out(desk)
    await expect(desk.get_by_role("dialog")).to_contain_text(
        "Signing out removes everything from this device. It stays in your account."
    )
    await confirm(desk)
    await nothing_stays(desk)
    assert [session["current"] for session in await sessions_of(ada)] == [True]
    await desk.goto("/tasks")
    await expect(at_the_door(desk)).to_be_visible()
    await expect(desk.get_by_text("Essay")).to_have_count(0)


async def test_the_next_sign_in_begins_at_the_start(ada: Person, desk: Page) -> None:
    await open_app(desk, "/tasks")
    await ask_to_sign_out(desk)
    await confirm(desk)
    await enter(desk, ada)
    await desk.wait_for_url("/")


async def nothing_stays(page: Page) -> None:
    """Wait until the browser has nothing of the student any more."""

    async def is_empty() -> bool:
        return await left_behind(page) == NOTHING

    with suppress(AssertionError):  # the comparison says what stayed
        await eventually(is_empty, within=10)
    assert await left_behind(page) == NOTHING


async def test_changes_that_wait_are_named_before_signing_out(ada: Person, desk: Page) -> None:
    for title in ("Essay", "Poster"):
        await ada.task(title)
    await open_app(desk, "/tasks")
    await desk.context.set_offline(True)
    await complete(desk, "Essay")
    await complete(desk, "Poster")
    await expect(desk.get_by_text("Offline. 2 changes are saved on this device.").first).to_be_visible()
    await ask_to_sign_out(desk)
    await expect(desk.get_by_role("dialog")).to_contain_text("2 changes haven’t been sent yet and will be lost.")
    await desk.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    await desk.context.set_offline(False)
    await everything_sent(desk)
    assert {task["status"] for task in (await tasks_of(ada)).values()} == {"completed"}


async def test_signing_out_offline_removes_everything_at_once_and_ends_the_session_later(
    ada: Person, desk: Page
) -> None:
    await ada.task("Essay")
    await open_app(desk, "/tasks")
    await desk.context.set_offline(True)
    await ask_to_sign_out(desk)
    await confirm(desk)
    assert await databases(desk) == {}
    assert len(await sessions_of(ada)) == 2
    await desk.reload()
    await expect(at_the_door(desk)).to_be_visible()
    await desk.context.set_offline(False)
    await desk.reload()

    async def is_ended() -> bool:
        return len(await sessions_of(ada)) == 1

    await eventually(is_ended)
    await nothing_stays(desk)


async def test_a_session_that_is_ended_elsewhere_locks_at_once(ada: Person, desk: Page) -> None:
    await ada.task("Essay")
    await open_app(desk, "/tasks")
    await expect(row(desk, "Essay")).to_be_visible()
    await end_other_sessions(ada)
    started = time.monotonic()
    await expect(at_the_door(desk)).to_be_visible(timeout=LOCKED * 1000)
    await expect(desk.get_by_text("Essay")).to_have_count(0)
    assert time.monotonic() - started <= LOCKED
    await expect(desk.get_by_text("Your session ended.")).to_be_visible()
    await desk.reload()
    await expect(at_the_door(desk)).to_be_visible()
    await expect(desk.get_by_text("Essay")).to_have_count(0)


async def test_changes_of_a_session_that_was_ended_are_kept_for_the_same_student_only(
    program: Program, ada: Person, desk: Page
) -> None:
    """Two accounts in one browser: the other one neither sees nor sends what waits."""
    bob = await newcomer(program.url, "Bob")
    async with aclosing(bob.http):
        essay = (await ada.task("Essay"))["id"]
        await bob.task("Poster")
        await open_app(desk, "/tasks")
        await desk.context.set_offline(True)
        await complete(desk, "Essay")
        await end_other_sessions(ada)
        await desk.context.set_offline(False)
        await expect(at_the_door(desk)).to_be_visible()

        await enter(desk, bob)
        await desk.goto("/tasks")
        await expect(row(desk, "Poster")).to_be_visible()
        await expect(desk.get_by_text("Essay")).to_have_count(0)
        assert [task["title"] for task in (await tasks_of(bob)).values()] == ["Poster"]
        assert (await tasks_of(ada))[essay]["status"] == "pending"
        await ask_to_sign_out(desk)
        await confirm(desk)

        await enter(desk, ada)

        async def is_sent() -> bool:
            return bool((await tasks_of(ada))[essay]["status"] == "completed")

        await eventually(is_sent)
        assert (await tasks_of(ada))[essay]["completions"] == 1
        await everything_sent(desk)


async def test_a_title_that_is_being_typed_when_the_session_ends_is_kept(ada: Person, desk: Page) -> None:
    task = (await ada.task("Essay"))["id"]
    await open_app(desk, f"/tasks/{task}")
    await desk.get_by_role("textbox", name="Title").fill("Essay on tides")
    await end_other_sessions(ada)
    await expect(at_the_door(desk)).to_be_visible()
    await enter(desk, ada)
    await everything_read(desk)
    await everything_sent(desk)
    await desk.goto(f"/tasks/{task}")
    await expect(desk.get_by_role("textbox", name="Title")).to_have_value("Essay on tides")


async def test_a_shared_computer_keeps_nothing(program: Program, browser: Browser, ada: Person) -> None:
    essay = (await ada.task("Essay"))["id"]
    async with device(browser, program.url) as page:
        await page.goto("/sign-in")
        await enter(page, ada, shared=True)
        await page.get_by_role("link", name="Tasks").first.click()
        await complete(page, "Essay")
        assert await left_behind(page) == NOTHING

        async def is_sent() -> bool:
            return bool((await tasks_of(ada))[essay]["status"] == "completed")

        await eventually(is_sent)
        await page.reload()
        await expect(at_the_door(page)).to_be_visible()
        assert await left_behind(page) == NOTHING


async def test_signing_out_in_one_tab_signs_out_in_all(program: Program, ada: Person, desk: Page) -> None:
    await ada.task("Essay")
    await open_app(desk, "/tasks")
    other = await desk.context.new_page()
    faults = watch(other, program.url)
    await open_app(other, "/tasks")
    await expect(row(other, "Essay")).to_be_visible()
    await ask_to_sign_out(desk)
    await confirm(desk)
    await expect(at_the_door(other)).to_be_visible()
    await expect(other.get_by_text("Essay")).to_have_count(0)
    await nothing_stays(desk)
    assert faults == []


async def test_another_account_in_another_tab_sees_nothing(program: Program, ada: Person, desk: Page) -> None:
    bob = await newcomer(program.url, "Bob")
    async with aclosing(bob.http):
        await ada.task("Essay")
        await bob.task("Poster")
        await open_app(desk, "/tasks")
        await ask_to_sign_out(desk)
        await confirm(desk)
        await enter(desk, bob)
        await desk.goto("/tasks")
        await expect(row(desk, "Poster")).to_be_visible()
        await expect(desk.get_by_text("Essay")).to_have_count(0)
        assert await waiting(desk) == []
