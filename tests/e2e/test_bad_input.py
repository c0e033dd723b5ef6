"""What the app is given may be old, wrong, refused or full: it opens, says so, and loses nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Browser, Page, Route, expect
from tests.cast import Person
from tests.e2e.conftest import Program
from tests.e2e.devices import device
from tests.e2e.student import (
    add,
    complete,
    databases,
    day,
    eventually,
    everything_read,
    everything_sent,
    move_to_tomorrow,
    open_app,
    row,
    tasks_of,
    waiting,
)

FULL = """() => {
    window.full = false;
    for (const name of ["add", "put"]) {
        const write = IDBObjectStore.prototype[name];
        IDBObjectStore.prototype[name] = function (...given) {
            if (window.full) throw new DOMException("no space", "QuotaExceededError");
            return write.apply(this, given);
        };
    }
}"""
"""A disk that is full when a test says so."""
FORBIDDEN = """() => {
    for (const name of ["localStorage", "sessionStorage"]) {
        Object.defineProperty(window, name, { get() { throw new DOMException("denied", "SecurityError"); } });
    }
}"""
NO_DATABASE = """() => {
    IDBFactory.prototype.open = () => { throw new DOMException("denied", "SecurityError"); };
}"""
CLOCK = """(hours) => {
    const now = Date.now.bind(Date);
    Date.now = () => now() + hours * 3_600_000;
}"""
AGE = """async (id) => {
    const [{ name }] = (await indexedDB.databases()).filter((one) => one.name.startsWith("teddy:"));
    const db = await new Promise((done) => {
        const opening = indexedDB.open(name);
        opening.onsuccess = () => done(opening.result);
    });
    const tx = db.transaction(["rows", "commands"], "readwrite");
    const rows = tx.objectStore("rows");
    const asked = rows.get(["tasks", id]);
    const task = await new Promise((done) => (asked.onsuccess = () => done(asked.result)));
    rows.put({ ...task, row: { ...task.row, mood: "blue" } });
    rows.put({ table: "flashcards", row: { id: "x", version: 1 } });
    tx.objectStore("commands").add({
        key: "01890000-0000-7000-8000-000000000000", kind: "colour_task", id, body: { color: "blue" },
        at: "2030-01-01T00:00:00Z", seen: null, state: "waiting",
    });
    await new Promise((done) => (tx.oncomplete = done));
    db.close();
}"""
"""Adds what this version of the app doesn't know: a field, a table, and a change that waits."""

DAMAGED = """async () => {
    const [{ name }] = (await indexedDB.databases()).filter((one) => one.name.startsWith("teddy:"));
    const done = (asked) => new Promise((resolve, reject) => {
        asked.onsuccess = () => resolve(asked.result);
        asked.onerror = reject;
    });
    const db = await done(indexedDB.open(name));
    const tx = db.transaction(["rows", "commands", "meta"], "readwrite");
    const [rows, commands, meta] = ["rows", "commands", "meta"].map((one) => tx.objectStore(one));
    const id = name.slice("teddy:".length);
    const change = async (fields) => {
        for (const { table, row } of await done(rows.getAll())) rows.put({ table, row: fields(row) });
    };
    %s
    await new Promise((resolve) => (tx.oncomplete = resolve));
    db.close();
}"""
DAMAGES = {
    "rows without fields": "await change(({ id, version }) => ({ id, version }));",
    "rows without versions": "await change(({ version, ...row }) => row);",
    "fields of other types": """await change(({ id, version, ...row }) => {
        const fields = Object.fromEntries(Object.keys(row).map((field) => [field, {}]));
        return { id, version, ...fields };
    });""",
    "another user": "meta.put({ id, name: {}, locale: 7, email: [] }, 'user');",
    "no number": "meta.put('x', 'seq');",
    "a number of the far future": "meta.put(1e300, 'seq');",
    "commands of no form": "commands.add({}); commands.add({ key: 5, kind: '__proto__', id: 5, body: null });",
    "conflicts of no form": """commands.add({
        key: 'k', kind: 'update_task', id: 'x', at: '', body: {}, seen: null, state: 'conflict',
    });""",
}
EMPTY = """async () => {
    const [{ name }] = (await indexedDB.databases()).filter((one) => one.name.startsWith("teddy:"));
    const done = (asked) => new Promise((resolve) => (asked.onsuccess = () => resolve(asked.result)));
    await done(indexedDB.deleteDatabase(name));
    (await done(indexedDB.open(name, 1))).close();
}"""
"""A database of the same name without any table."""


async def refuse(route: Route) -> None:
    await route.fulfill(status=500, body="<h1>Internal Server Error</h1>", content_type="text/html")


async def refuse_with_a_problem(route: Route) -> None:
    problem = {"status": 503, "code": "unavailable", "title": "Not now.", "detail": "Not now.", "type": "x"}
    await route.fulfill(status=503, json=problem, content_type="application/problem+json")


async def test_what_is_unknown_on_the_disk_does_no_harm_and_a_change_of_it_is_not_lost(ada: Person, desk: Page) -> None:
    essay = (await ada.task("Essay", labels=["exam"], estimatedMinutes=60))["id"]
    await open_app(desk, "/subjects")
    await desk.goto("/manifest.webmanifest")  # a page of the same origin without the app
    await desk.evaluate(AGE, essay)
    await desk.goto("/tasks")
    await expect(row(desk, "Essay")).to_be_visible()
    await ada.patch(f"/api/tasks/{essay}", {"title": "Essay on tides"})
    await expect(row(desk, "Essay on tides")).to_be_visible()
    await desk.get_by_role("link", name="1 change needs a decision").first.click()
    await desk.get_by_role("button", name="Drop the change").click()
    await everything_sent(desk)


@pytest.mark.parametrize("damage", [*(DAMAGED % one for one in DAMAGES.values()), EMPTY], ids=[*DAMAGES, "no tables"])
async def test_a_damaged_store_is_read_anew(ada: Person, desk: Page, damage: str) -> None:
    await ada.task("Essay")
    await open_app(desk, "/tasks")
    await desk.goto("/manifest.webmanifest")
    await desk.evaluate(damage)
    await desk.goto("/tasks")
    await expect(row(desk, "Essay")).to_be_visible()
    await ada.task("Poster")
    await expect(row(desk, "Poster")).to_be_visible()
    for path in ("/conflicts", "/", "/tasks"):
        await desk.goto(path)
        await expect(desk.get_by_role("heading", level=1)).not_to_be_empty()
        await expect(desk.get_by_text("This page stopped")).to_have_count(0)
    await expect(row(desk, "Poster")).to_be_visible()


@pytest.mark.parametrize("hours", [-48, 48])
async def test_a_clock_that_is_two_days_wrong_changes_no_date(
    program: Program, browser: Browser, ada: Person, hours: int
) -> None:
    await ada.task("Essay", dueDate=day())
    await ada.task("Poster", dueDate=day(1))
    async with device(browser, program.url, ada) as page:
        await page.add_init_script(f"({CLOCK})({hours})")
        await open_app(page, "/tasks")
        await expect(row(page, "Essay")).to_contain_text("Today")
        await expect(row(page, "Poster")).to_contain_text("Tomorrow")
        await move_to_tomorrow(page, "Essay")
        await add(page, "Reading tomorrow")
        await complete(page, "Poster")
        await everything_sent(page)
        await expect(page.get_by_text("needs a decision")).to_have_count(0)
    found = {task["title"]: task for task in (await tasks_of(ada)).values()}
    assert {title: task["dueDate"] for title, task in found.items()} == {
        "Essay": day(1),
        "Poster": day(1),
        "Reading": day(1),
    }
    completed = datetime.fromisoformat(found["Poster"]["completedAt"])
    assert abs(datetime.now(UTC) - completed) < timedelta(minutes=5)


@pytest.mark.parametrize("hours", [-48, 48])
async def test_a_wrong_clock_costs_no_change_that_was_made_offline(
    program: Program, browser: Browser, ada: Person, hours: int
) -> None:
    essay = (await ada.task("Essay"))["id"]
    async with device(browser, program.url, ada) as page:
        await page.add_init_script(f"({CLOCK})({hours})")
        await open_app(page, "/tasks")
        await page.evaluate("navigator.serviceWorker.ready.then(() => null)")
        await page.context.set_offline(True)
        await page.reload()
        await expect(row(page, "Essay")).to_be_visible()
        await add(page, "Reading tomorrow")
        await expect(row(page, "Reading tomorrow")).to_be_visible()
        await page.context.set_offline(False)
        await everything_sent(page)
        await expect(page.get_by_text("needs a decision")).to_have_count(0)
    found = await tasks_of(ada)
    assert [(one["title"], one["dueDate"]) for id, one in found.items() if id != essay] == [("Reading", day(1))]


async def test_a_server_that_fails_at_everything_costs_no_change(ada: Person, desk: Page) -> None:
    await ada.task("Essay")
    await ada.task("Poster")
    await open_app(desk, "/tasks")
    await desk.context.route("**/api/**", refuse)
    await complete(desk, "Essay")
    await expect(row(desk, "Essay")).to_have_count(0)
    await desk.reload()
    await expect(row(desk, "Poster")).to_be_visible()
    await add(desk, "Reading")
    await expect(row(desk, "Reading")).to_be_visible()
    await expect(desk.get_by_text("2 changes are saved on this device.").first).to_be_visible()
    for path in ("/insights", "/settings/security", "/settings/data", "/week"):
        await desk.goto(path)
        await expect(desk.get_by_role("heading", level=1)).to_be_visible()
        await expect(desk.get_by_text("This page stopped")).to_have_count(0)
    assert len(await waiting(desk)) == 2
    await desk.context.unroute("**/api/**", refuse)
    await everything_sent(desk, within=90)
    found = {task["title"]: task["status"] for task in (await tasks_of(ada)).values()}
    assert found == {"Essay": "completed", "Poster": "pending", "Reading": "pending"}


@pytest.mark.parametrize(("answer", "said"), [(refuse, "Study Teddy"), (refuse_with_a_problem, "Not now.")])
async def test_signing_in_says_when_the_server_fails(
    program: Program, page: Page, answer: Callable[[Route], Awaitable[None]], said: str
) -> None:
    await page.context.route("**/api/**", answer)
    await page.goto("/")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    await page.get_by_role("textbox", name="Email").fill("ada@example.org")
    await page.get_by_label("Password", exact=True).fill("correct horse battery staple")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert").filter(has_text=said)).to_be_visible()


async def test_the_app_works_where_the_browser_forbids_local_storage(
    program: Program, browser: Browser, ada: Person
) -> None:
    await ada.task("Essay")
    async with device(browser, program.url, ada) as page:
        await page.add_init_script(f"({FORBIDDEN})()")
        await open_app(page, "/tasks")
        await complete(page, "Essay")
        await everything_sent(page)
        await page.reload()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Tasks")
        await add(page, "Reading")
        await expect(row(page, "Reading")).to_be_visible()
        await everything_sent(page)
    assert len(await tasks_of(ada)) == 2


async def test_the_app_works_where_the_browser_forbids_databases(
    program: Program, browser: Browser, ada: Person
) -> None:
    await ada.task("Essay")
    async with device(browser, program.url, ada) as page:
        await page.add_init_script(f"({NO_DATABASE})()")
        await page.goto("/tasks")
        await complete(page, "Essay")

        async def is_done() -> bool:
            return [task["status"] for task in (await tasks_of(ada)).values()] == ["completed"]

        await eventually(is_done)
        await page.goto("/settings/data")
        await expect(page.get_by_text("Nothing is kept after you close the page")).to_be_visible()


async def test_a_full_disk_refuses_changes_and_says_so(program: Program, browser: Browser, ada: Person) -> None:
    essay = (await ada.task("Essay"))["id"]
    async with device(browser, program.url, ada) as page:
        await page.add_init_script(f"({FULL})()")
        await open_app(page, "/tasks")
        await page.evaluate("window.full = true")
        await complete(page, "Essay")
        said = page.get_by_text("This device’s storage is full, so changes can’t be saved.")
        await expect(said.first).to_be_visible()
        await expect(row(page, "Essay").get_by_role("checkbox")).not_to_be_checked()
        await ada.task("Poster")  # reading goes on
        await expect(row(page, "Poster")).to_be_visible()
        assert (await tasks_of(ada))[essay]["status"] == "pending"

        await page.evaluate("window.full = false")
        await complete(page, "Essay")
        await expect(row(page, "Essay")).to_have_count(0)
        await everything_sent(page)
        await expect(page.get_by_role("status").filter(has=said)).to_have_count(0)
        await everything_read(page)
        assert (await tasks_of(ada))[essay]["status"] == "completed"
        await page.reload()
        await expect(row(page, "Poster")).to_be_visible()
        assert len(await databases(page)) == 1
