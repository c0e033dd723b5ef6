"""The calendar of a school: its deadlines become tasks, its lectures stand in the week, and it can be removed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import date, timedelta

import pytest
from playwright.async_api import Browser, Page, Request, expect
from tests.cast import Person, made
from tests.conftest import Clock, System, serving, settings_for
from tests.e2e.conftest import BUILDS, Program
from tests.e2e.devices import PHONE, device, newcomer
from tests.e2e.school import School, school
from tests.e2e.student import day, tasks_of
from tests.features.calendar.test_feeds import due, lecture

from studyteddy.bootstrap import runtime
from studyteddy.embedded import Engines

TODAY, SOON, LATER = (date.fromisoformat(day(days)) for days in range(3))


@pytest.fixture
def moodle() -> Iterator[School]:
    with school() as found:
        yield found


@pytest.fixture
async def served(engine: Engines, program: Program, moodle: School) -> AsyncIterator[System]:
    """A server in this process that may read the school's calendar, whose jobs run when the test says so."""
    if not program.build:
        pytest.skip("this copy has no web app")
    clock = Clock()
    settings = settings_for(engine, web_dir=str(BUILDS), egress_allow=moodle.allow)
    async with runtime.runtime(settings, clock=clock) as running, serving(running) as url:
        yield System(url, running, runtime.worker(running), clock, engine)


@pytest.fixture
async def mia(served: System) -> AsyncIterator[Person]:
    person = await newcomer(served.url, "Mia")
    yield person
    await person.http.aclose()


@pytest.fixture
async def mias_desk(served: System, browser: Browser, mia: Person) -> AsyncIterator[Page]:
    async with device(browser, served.url, mia) as page:
        yield page


async def subscribe(page: Page, address: str) -> None:
    await page.goto("/settings/calendars")
    await page.get_by_role("textbox", name="Address of the calendar").fill(address)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("is being read…")).to_be_visible()


def requests_to(page: Page, end: str) -> list[str]:
    """Return a list that collects the addresses of requests about calendars that end like this, without their query."""
    asked: list[str] = []

    def on_request(request: Request) -> None:
        if "/calendar/" in request.url and request.url.partition("?")[0].endswith(end):
            asked.append(request.url)

    page.on("request", on_request)
    return asked


async def test_a_calendar_is_subscribed_to_followed_and_removed(
    served: System, moodle: School, mia: Person, mias_desk: Page
) -> None:
    page = mias_desk
    moodle.events = [due(1, "Essay", SOON), lecture("a", TODAY, "100000", "113000")]
    await subscribe(page, moodle.url)
    assert await served.work()
    await expect(page.get_by_text("“Ada's courses” was read: 2 events.")).to_be_visible()
    await expect(page.get_by_text("Read just now")).to_be_visible()
    assert [task["title"] for task in (await tasks_of(mia)).values()] == ["Essay"]

    # A calendar isn't read twice within a minute, and that is said.
    await page.get_by_role("button", name="Read now: Ada's courses").click()
    await expect(page.get_by_text("This calendar was read less than a minute ago")).to_be_visible()

    await page.get_by_role("navigation", name="Main", exact=True).get_by_role("link", name="Week").click()
    await expect(page.get_by_role("button", name="Lecture")).to_be_visible()
    await page.get_by_role("button", name="Lecture").press("Enter")
    await expect(page.get_by_role("dialog", name="Lecture").get_by_text("From Ada's courses")).to_be_visible()
    await page.keyboard.press("Escape")

    # The week follows what changes, while it is on the screen.
    moodle.events = [
        due(1, "Essay", LATER),
        lecture("a", TODAY, "100000", "113000"),
        lecture("b", TODAY, "140000", "150000"),
    ]
    served.clock.ahead = timedelta(minutes=2)
    [feed] = made(await mia.get("/api/calendar/feeds"), 200)["items"]
    made(await mia.post(f"/api/calendar/feeds/{feed['id']}/sync"), 202)
    assert await served.work()
    await expect(page.get_by_role("button", name="Lecture")).to_have_count(2)

    await page.goto("/settings/calendars")
    asked = requests_to(page, "/changes")
    await page.get_by_text("What changed").click()
    line = page.get_by_role("listitem").filter(has_text="Essay: due moved from")
    await expect(line).to_contain_text(f"to {LATER.day} ")
    await expect(page.get_by_role("listitem").filter(has_text="Lecture: added, ")).to_be_visible()
    await page.wait_for_timeout(500)
    assert len(asked) == 1
    await line.get_by_role("link", name="Essay").click()
    await expect(page.get_by_role("heading", name="Essay")).to_be_visible()

    await page.goto("/settings/calendars")
    await page.get_by_role("button", name="Remove: Ada's courses").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("Tasks that were made of its deadlines stay.")
    await dialog.get_by_role("button", name="Remove").click()
    await expect(page.get_by_role("button", name="Remove: Ada's courses")).to_have_count(0)
    assert [task["title"] for task in (await tasks_of(mia)).values()] == ["Essay"]
    await page.goto("/week")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Week")
    await expect(page.get_by_role("button", name="Lecture")).to_have_count(0)


async def test_tasks_of_a_course_get_the_subject_that_is_chosen(
    served: System, moodle: School, mia: Person, mias_desk: Page
) -> None:
    page = mias_desk
    history, other = await mia.subject("History"), await mia.subject("Other")
    moodle.events = [due(1, "Essay [HIST 101]", SOON), due(2, "Quiz [ZOO]", SOON)]
    await subscribe(page, moodle.url)
    assert await served.work()
    asked = requests_to(page, "/courses")
    await page.locator("summary", has_text="Courses").click()
    await expect(page.get_by_role("button", name="Choose History")).to_be_visible()
    await page.wait_for_timeout(500)
    assert len(asked) == 1
    await page.get_by_role("button", name="Choose History").click()
    await expect(page.get_by_role("combobox", name="HIST 101 (1 event)")).to_have_value(history["id"])
    await page.get_by_role("combobox", name="ZOO (1 event)").select_option("Other")
    await expect(page.get_by_role("combobox", name="ZOO (1 event)")).to_have_value(other["id"])
    assert await served.work()
    subjects = {task["title"]: task["subjectId"] for task in (await tasks_of(mia)).values()}
    assert subjects == {"Essay [HIST 101]": history["id"], "Quiz [ZOO]": other["id"]}
    await page.reload()
    await page.locator("summary", has_text="Courses").click()
    await expect(page.get_by_role("combobox", name="HIST 101 (1 event)")).to_have_value(history["id"])
    await expect(page.get_by_role("button", name="Choose History")).to_have_count(0)


async def test_an_address_is_replaced(served: System, moodle: School, mia: Person, mias_desk: Page) -> None:
    page = mias_desk
    await subscribe(page, moodle.closed_url)
    assert await served.work()
    moodle.events = [due(1, "Essay", SOON)]
    await page.locator("summary", has_text="New address").click()
    form = page.get_by_role("form", name="New address: 127.0.0.1")
    await form.get_by_role("button", name="Replace the address").click()
    await expect(form.get_by_text("Enter the address of a calendar.")).to_be_visible()
    await form.get_by_role("textbox").fill(moodle.url)
    await form.get_by_role("button", name="Replace the address").click()
    await expect(form).to_be_hidden()
    assert await served.work()
    await expect(page.get_by_role("button", name="Read now: Ada's courses")).to_be_visible()
    assert [task["title"] for task in (await tasks_of(mia)).values()] == ["Essay"]


async def test_a_calendar_that_cannot_be_read_says_why_and_is_mended(
    served: System, moodle: School, mia: Person, browser: Browser
) -> None:
    async with device(browser, served.url, mia, viewport=PHONE, has_touch=True, is_mobile=True) as page:
        await subscribe(page, moodle.closed_url)
        assert await served.work()
        await expect(
            page.get_by_text("couldn't be read. There is no calendar at this address any more.")
        ).to_be_visible()
        await expect(page.get_by_text("Next try at")).to_be_visible()
        moodle.events, moodle.url = [due(1, "Quiz", SOON)], moodle.closed_url
        served.clock.ahead = timedelta(minutes=2)
        await page.get_by_role("button", name="Read now: 127.0.0.1").tap()
        await expect(page.get_by_text("Being read…")).to_be_visible()
        assert await served.work()
        await expect(page.get_by_text("Ada's courses. Read just now")).to_be_attached()
        await expect(page.get_by_text("Next try at")).to_have_count(0)
        wider = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wider


async def test_an_address_that_is_none_is_refused_beside_its_field(mias_desk: Page) -> None:
    field = mias_desk.get_by_role("textbox", name="Address of the calendar")
    await mias_desk.goto("/settings/calendars")
    await field.press("Enter")
    await expect(field).to_have_accessible_description(
        "Enter the address of a calendar. It is kept secret and isn't shown again."
    )
    await field.fill("https://me@school.example/calendar.ics")
    await field.press("Enter")
    await expect(field).to_have_accessible_description(
        "This address can't be read. It must be a public one. It is kept secret and isn't shown again."
    )
    await expect(field).to_be_focused()


async def test_offline_the_week_keeps_the_events_that_were_read(
    served: System, moodle: School, mia: Person, mias_desk: Page
) -> None:
    page = mias_desk
    moodle.events = [lecture("a", TODAY, "100000", "113000")]
    await subscribe(page, moodle.url)
    assert await served.work()
    await expect(page.get_by_text("was read: 1 event.")).to_be_visible()
    await page.get_by_role("navigation", name="Main", exact=True).get_by_role("link", name="Week").click()
    await expect(page.get_by_role("button", name="Lecture")).to_be_visible()
    await page.context.set_offline(True)
    await page.keyboard.press("]")
    await expect(page.get_by_role("button", name="Lecture")).to_have_count(0)
    await page.keyboard.press("[")
    await expect(page.get_by_role("button", name="Lecture")).to_be_visible()
    await page.context.set_offline(False)
