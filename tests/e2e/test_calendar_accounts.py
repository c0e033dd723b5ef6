"""Calendar accounts in the app: connected, chosen from, seen in the week, changed on both sides, and disconnected."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Browser, Locator, Page, Route, expect
from tests.cast import Person, made
from tests.conftest import Clock, System, serving, settings_for
from tests.e2e.conftest import BUILDS, Program
from tests.e2e.devices import PHONE, device, newcomer
from tests.e2e.student import day, go
from tests.features.calendar.test_accounts import HOUR, SOON, again, connect, planned, session
from tests.peers.memory_calendar import Found, MemoryCalendar, event

from studyteddy.bootstrap import runtime
from studyteddy.embedded import Engines
from studyteddy.features.calendar.providers.provider import Failing, SignInRequired
from studyteddy.features.calendar.service.connections import Connections

ADDRESS = "ada@example.org"
TEN = datetime.fromisoformat(f"{day()}T10:00").replace(tzinfo=ZoneInfo("Europe/Berlin"))
"""This morning, which is in this week."""


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> Found:
    """The calendars of a student at a provider: one of their own, and one of holidays."""
    work, holidays = MemoryCalendar("Work", color="#ffe082"), MemoryCalendar("Holidays", writable=False)
    provider = Found({"work": work, "holidays": holidays})
    monkeypatch.setattr(Connections, "caldav", lambda *_, **__: provider)
    work.put("work/1", event("1", "Lecture", TEN.astimezone(ZoneInfo("UTC")), TEN.astimezone(ZoneInfo("UTC")) + HOUR))
    return provider


@pytest.fixture
async def served(engine: Engines, program: Program, there: Found) -> AsyncIterator[System]:
    """A server in this process that connects to these calendars, whose jobs run when the test says so."""
    if not program.build:
        pytest.skip("this copy has no web app")
    clock = Clock()
    settings = settings_for(engine, web_dir=str(BUILDS))
    async with runtime.runtime(settings, clock=clock) as running, serving(running) as url:
        system = System(url, running, runtime.worker(running), clock, engine)
        admin = await system.admin()
        # Accounts of other students would find these calendars: they aren't synchronized meanwhile.
        await admin.execute("DELETE FROM jobs WHERE kind = 'calendar.sync_account'")
        later = "UPDATE calendar_accounts SET next_sync_at = next_sync_at + interval '1000 days' RETURNING id"
        others = [one["id"] for one in await admin.fetch(later)]
        yield system
        again = "UPDATE calendar_accounts SET next_sync_at = next_sync_at - interval '1000 days' WHERE id = ANY($1)"
        await admin.execute(again, others)
        await admin.close()
        system.end()


@pytest.fixture
async def mia(served: System) -> AsyncIterator[Person]:
    person = await newcomer(served.url, "Mia")
    yield person
    await person.http.aclose()


@pytest.fixture
async def mias_desk(served: System, browser: Browser, mia: Person) -> AsyncIterator[Page]:
    async with device(browser, served.url, mia) as page:
        yield page


async def sign_in(dialog: Locator, password: str = "secret") -> None:
    await dialog.get_by_role("textbox", name="Address of the server").fill("https://cal.example")
    await dialog.get_by_role("textbox", name="User name").fill("ada")
    await dialog.get_by_role("textbox", name="Password").fill(password)
    await dialog.get_by_role("textbox", name="Password").press("Enter")


async def turn(switch: Locator) -> None:
    """Turn a switch, and wait until that is saved."""
    async with switch.page.expect_response(lambda answer: answer.request.method == "PATCH") as saved:
        await switch.press("Space")
    assert (await saved.value).ok


def reject(_: str) -> None:
    raise SignInRequired


def fail(_: str) -> None:
    raise Failing("unavailable")


async def test_an_account_is_connected_chosen_from_and_seen_in_the_week(
    served: System, there: Found, mias_desk: Page
) -> None:
    page = mias_desk
    await page.goto("/settings/calendars")
    group = page.get_by_role("group", name="Connect an account")
    await expect(group.get_by_role("button")).to_have_text(["Other (CalDAV)"])
    await group.get_by_role("button").press("Enter")
    dialog = page.get_by_role("dialog", name="Connect a CalDAV account")

    # What is wrong stands at its field.
    await dialog.get_by_role("button", name="Connect").click()
    await expect(dialog.get_by_role("alert").get_by_role("listitem")).to_have_count(3)
    await dialog.get_by_role("link", name="Enter your user name on this server.").click()
    await expect(dialog.get_by_role("textbox", name="User name")).to_be_focused()
    there.fault = reject
    await sign_in(dialog, "wrong")
    password = dialog.get_by_role("textbox", name="Password")
    await expect(password).to_be_focused()
    await expect(password).to_have_accessible_description(
        "The server rejected the user name or password. "
        "Create a password for this app with your provider, if it offers that."
    )
    there.fault = fail
    await password.press("Enter")
    await expect(dialog.get_by_role("textbox", name="Address of the server")).to_have_accessible_description(
        f"{Failing('unavailable')} Such as https://cloud.example.org, for Nextcloud, iCloud, Fastmail and others."
    )
    there.fault = lambda _: None
    await password.press("Enter")
    await expect(dialog).to_be_hidden()
    await expect(page.get_by_text(f"CalDAV · {ADDRESS}")).to_be_visible()
    await expect(page.get_by_text("Being synchronized…")).to_be_visible()

    assert await served.work()
    await expect(page.get_by_text("Synchronized just now")).to_be_visible()
    await expect(page.get_by_role("list", name=f"Calendars of {ADDRESS}")).to_contain_text(
        "Your focus sessions are written here"
    )
    work = page.get_by_role("switch", name="Work: takes time")
    await expect(work).to_be_checked()
    await expect(page.get_by_role("switch", name="Holidays: takes time")).not_to_be_checked()
    await page.get_by_role("button", name=f"Synchronize now: {ADDRESS}").click()
    await expect(page.get_by_text("This account was synchronized less than a minute ago")).to_be_visible()

    await go(page, "Week")
    lecture = page.get_by_role("button", name="Lecture")
    await expect(lecture).to_have_accessible_name(re.compile("Lecture, .* 10:00 to 11:00, Work"))
    await lecture.press("Enter")
    await expect(page.get_by_role("dialog", name="Lecture").get_by_text("From Work")).to_be_visible()
    await page.keyboard.press("Escape")

    await page.goto("/settings/calendars")
    await turn(work)
    await expect(work).not_to_be_checked()
    await go(page, "Week")
    await expect(page.get_by_role("button", name="Lecture")).to_have_count(0)
    assert await served.work()
    await page.goto("/settings/calendars")
    await expect(work).not_to_be_checked()
    await turn(work)
    await go(page, "Week")
    assert await served.work()
    await expect(lecture).to_be_visible()


async def test_what_was_changed_on_both_sides_is_told_and_can_be_reversed(
    served: System, there: Found, mia: Person, mias_desk: Page
) -> None:
    page = mias_desk
    mine = await planned(mia, taskId=(await mia.task("Essay"))["id"])
    other = await planned(mia, SOON + 24 * HOUR, taskId=(await mia.task("Thesis"))["id"])
    await connect(served, mia)
    await page.goto("/settings/calendars")
    await expect(page.get_by_text(f"CalDAV · {ADDRESS}")).to_be_visible()
    await expect(page.get_by_role("heading", name="Changed on both sides")).to_have_count(0)

    refs = {ref.rpartition("/")[2]: ref for ref in there.ours().events}
    for one, title, start in ((mine, "Essay", SOON), (other, "Thesis", SOON + 24 * HOUR)):
        there.ours().put(refs[one["id"]], event("x", title, start + 5 * HOUR, start + 6 * HOUR))
        later = {"startAt": (start + 9 * HOUR).isoformat()}
        made(await mia.patch(f"/api/focus-sessions/{one['id']}", later), 200)
    await served.work()
    await expect(page.get_by_role("heading", name="Changed on both sides")).to_be_visible()
    rows = page.get_by_role("listitem").filter(has_text="The calendar's time was kept.")
    await expect(rows).to_have_count(2)
    assert (await session(mia, mine))["scheduledAt"] == f"{SOON + 5 * HOUR:%Y-%m-%dT%H:%M:%SZ}"

    await page.get_by_role("button", name="Use the other one: Essay").press("Enter")
    row = page.get_by_role("listitem").filter(has_text="You chose the other one.")
    await expect(row).to_contain_text("Reversed")
    await expect(row).to_be_focused()
    assert (await session(mia, mine))["scheduledAt"] == f"{SOON + 9 * HOUR:%Y-%m-%dT%H:%M:%SZ}"

    # A session that was cancelled meanwhile can't be moved any more.
    made(await mia.post(f"/api/focus-sessions/{other['id']}/cancel", {}), 200)
    await rows.get_by_role("button", name="Use the other one").click()
    await expect(page.get_by_text("This can't be reversed any more")).to_be_visible()
    await page.reload()
    await expect(row).to_contain_text("Reversed")

    # What is found on a disconnected account leaves with it.
    await page.get_by_role("button", name=f"Disconnect: {ADDRESS}").click()
    dialog = page.get_by_role("dialog", name=f"Disconnect {ADDRESS}?")
    await expect(dialog.get_by_role("radio", name="Keep them there")).to_be_checked()
    await dialog.get_by_role("radio", name="Remove them there").check()
    await dialog.get_by_role("button", name="Disconnect").click()
    await expect(page.get_by_text(f"CalDAV · {ADDRESS}")).to_have_count(0)
    await expect(page.get_by_role("button", name="Other (CalDAV)")).to_be_focused()
    await expect(page.get_by_role("heading", name="Changed on both sides")).to_have_count(0)
    await served.work()
    assert there.ours().events == {}
    await go(page, "Week")
    await expect(page.get_by_role("button", name="Lecture")).to_have_count(0)


async def test_an_account_that_fails_or_needs_the_password_again_says_so_and_is_mended(
    served: System, there: Found, mia: Person, browser: Browser
) -> None:
    account = await connect(served, mia)
    async with device(browser, served.url, mia, viewport=PHONE, has_touch=True, is_mobile=True) as page:
        there.fault = fail
        await page.goto("/settings/calendars")
        await expect(page.get_by_text("Synchronized just now")).to_be_visible()
        await again(served, mia, account)
        await expect(page.get_by_text("Next try at")).to_be_visible()
        await expect(page.get_by_text(str(Failing("unavailable")))).to_be_visible()

        served.clock.ahead = timedelta(minutes=2)
        there.fault = lambda _: None
        await page.get_by_role("button", name=f"Synchronize now: {ADDRESS}").tap()
        await expect(page.get_by_text("Being synchronized…")).to_be_visible()
        assert await served.work()
        await expect(page.get_by_text("Next try at")).to_have_count(0)
        await expect(page.get_by_text(f"{ADDRESS}. Synchronized")).to_be_attached()

        there.fault = reject
        await again(served, mia, account)
        await expect(page.get_by_text("No longer synchronized")).to_be_visible()
        await page.get_by_role("button", name=f"Connect again: {ADDRESS}").tap()
        there.fault = lambda _: None
        dialog = page.get_by_role("dialog", name="Connect again")
        await expect(dialog).to_contain_text(f"Sign in to {ADDRESS} again.")
        await sign_in(dialog)
        await expect(dialog).to_be_hidden()
        assert await served.work()
        await expect(page.get_by_role("button", name=f"Synchronize now: {ADDRESS}")).to_have_count(1)
        wider = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wider


async def test_google_asks_how_much_may_be_read_and_the_browser_comes_back(
    served: System, there: Found, mia: Person, mias_desk: Page
) -> None:
    page = mias_desk
    served.running.calendar_connections.providers[:] = ["google", "outlook", "caldav"]
    await connect(served, mia)
    admin = await served.admin()
    as_google = "UPDATE calendar_accounts SET provider = 'google', access = 'busy' WHERE user_id = $1"
    await admin.execute(as_google, UUID(mia.user["id"]))
    await admin.close()
    asked: list[object] = []
    result = "denied"

    async def authorize(route: Route) -> None:
        asked.append(route.request.post_data_json)
        await route.fulfill(json={"authorizationUrl": "/api/consent"})

    async def consent(route: Route) -> None:
        back = f"<meta http-equiv=refresh content='0;url=/#/settings?calendar={result}'>"
        await route.fulfill(content_type="text/html", body=back)

    await page.route("**/api/calendar/*/connect", authorize)
    await page.route("**/api/consent", consent)
    await page.goto("/settings/calendars")
    await page.get_by_role("button", name="Google Calendar").click()
    dialog = page.get_by_role("dialog", name="Connect Google Calendar")
    await expect(dialog.get_by_role("radio", name="Only when I'm busy")).to_be_checked()
    await dialog.get_by_role("button", name="Continue to Google").click()
    await expect(page.get_by_text("Access wasn't given. Nothing was connected.").first).to_be_visible()
    assert "denied" not in page.url
    await page.reload()
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    await expect(page.get_by_text("Access wasn't given.")).to_have_count(0)

    result = "connected"
    await page.goto("/settings/calendars")
    await page.get_by_role("button", name="Show titles too").click()
    await expect(page.get_by_text("Connected. Your calendars are being read…").first).to_be_visible()
    result = "failed"
    await page.get_by_role("button", name="Outlook").click()
    await expect(page.get_by_text("The account couldn't be connected. Try again.").first).to_be_visible()
    assert asked == [{"access": "busy"}, {"access": "events"}, {"access": "events"}]

    # Of an account like that, only when is known.
    await page.goto("/week")
    await page.get_by_role("button", name="Busy").click()
    await expect(page.get_by_role("dialog", name="Busy").get_by_text("From Work")).to_be_visible()


async def test_offline_a_choice_that_cannot_be_saved_turns_back(served: System, mia: Person, mias_desk: Page) -> None:
    page = mias_desk
    await connect(served, mia)
    await page.goto("/settings/calendars")
    writes = page.get_by_role("switch", name="Write focus sessions into this account")
    await expect(writes).to_be_checked()
    await page.context.set_offline(True)
    await writes.click()
    await expect(page.get_by_role("alert").filter(has_text="reach").first).to_be_visible()
    await expect(writes).to_be_checked()
    await page.context.set_offline(False)
    await turn(writes)
    await expect(writes).not_to_be_checked()
    assert made(await mia.get("/api/calendar/accounts"), 200)["items"][0]["writes"] is False
