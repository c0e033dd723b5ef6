"""The app can be installed, and a new build of it is offered, not forced."""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, Route, WebSocketRoute, expect
from tests.cast import Person
from tests.e2e.conftest import BUILDS, Program, running_program
from tests.e2e.devices import device, newcomer
from tests.e2e.student import Json, complete, day, everything_sent, go, open_app, row, tasks_of, waiting

from studyteddy.embedded import web_build
from studyteddy.platform.web import web_builds
from studyteddy.platform.web.web_builds import Current

OLD, NEW = "Add a task: read chapter 5 tomorrow 3pm 45m", "Add a task in the new version"
SCHEMA = re.compile(r"(export const SCHEMA = )(\d+);")


# --- installing ----------------------------------------------------------------------------------------


async def test_the_app_can_be_installed(program: Program, page: Page) -> None:
    await page.goto("/")
    await page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    browser = await page.context.new_cdp_session(page)
    said = await browser.send("Page.getAppManifest")
    assert said["errors"] == []
    reasons = (await browser.send("Page.getInstallabilityErrors"))["installabilityErrors"]
    assert {reason["errorId"] for reason in reasons} <= {"in-incognito"}  # as every profile of these tests
    manifest = json.loads(said["data"])
    assert manifest["display"] == "standalone"
    assert manifest["start_url"].startswith(manifest["scope"])
    sizes = set()
    for icon in manifest["icons"]:
        answer = await page.context.request.get(icon["src"])
        assert answer.ok
        assert answer.headers["content-type"].startswith(icon["type"])
        if icon["type"] == "image/png":
            width, height = struct.unpack(">II", (await answer.body())[16:24])
            assert icon["sizes"] == f"{width}x{height}"
            sizes.add((width, icon.get("purpose", "any")))
    assert {(192, "any"), (512, "any"), (512, "maskable")} <= sizes


async def test_the_installed_app_opens_offline_at_any_address(ada: Person, desk: Page) -> None:
    await ada.task("Essay")
    await open_app(desk)
    await desk.context.set_offline(True)
    for path in ("/", "/tasks", "/week", "/subjects", "/focus", "/notifications", "/insights", "/settings/look"):
        answer = await desk.goto(path)
        assert answer
        assert answer.from_service_worker
        await expect(desk.get_by_role("heading", level=1)).to_be_visible()
        await expect(desk.get_by_text("This page stopped")).to_have_count(0)


# --- a new build ---------------------------------------------------------------------------------------


@dataclass
class Builds:
    """A program that serves the app of this checkout, and the next version of it when it is told to."""

    program: Program
    folder: Path
    first: str
    second: str

    def publish(self) -> None:
        web_builds.write(self.folder / web_builds.CURRENT, Current((self.second, self.first)))


@pytest.fixture(scope="module")
def next_version(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder and the key of a build of this app with another text, which keeps its data in another form."""
    source, out = tmp_path_factory.mktemp("source") / "web", tmp_path_factory.mktemp("next")
    web_build.copy_source(web_build.SOURCE, source)
    texts = source / "src/features/tasks/messages.en.json"
    changed = texts.read_text().replace(OLD, NEW)
    assert changed != texts.read_text()
    texts.write_text(changed)
    migrations = source / "src/sync/migrations.ts"
    risen = SCHEMA.sub(lambda found: f"{found[1]}{int(found[2]) + 1};", migrations.read_text())
    assert risen != migrations.read_text()
    migrations.write_text(risen)
    return out, web_build.build(BUILDS, os.environ, out=out, source=source)


@pytest.fixture
def builds(tmp_path: Path, next_version: tuple[Path, str]) -> Iterator[Builds]:
    folder = tmp_path / "builds"
    folder.mkdir()
    with running_program(folder) as program:
        shutil.copytree(BUILDS / program.build, folder / program.build)
        shutil.copytree(next_version[0] / next_version[1], folder / next_version[1])
        web_builds.write(folder / web_builds.CURRENT, Current((program.build,)))
        yield Builds(program, folder, program.build, next_version[1])


async def reconnect(page: Page) -> None:
    """Let the app hear of the server's build, as after each break of the connection."""
    await page.context.set_offline(True)
    await expect(page.get_by_role("status").filter(has_text="on this device").first).to_be_visible()
    async with page.expect_websocket():
        await page.context.set_offline(False)


async def take_offer(page: Page) -> None:
    """Click on the offer of a new version, and wait for the page that comes."""
    async with page.expect_event("domcontentloaded"):
        await page.get_by_role("button", name="Reload").first.click()


async def test_a_new_build_is_offered_and_not_forced(builds: Builds, browser: Browser) -> None:
    ada = await newcomer(builds.program.url)
    async with aclosing(ada.http):
        await ada.task("Essay", dueDate=day())
        async with device(browser, builds.program.url, ada) as desk:
            await open_app(desk)
            line = desk.get_by_role("textbox", name="Add a task")
            await expect(line).to_have_attribute("placeholder", OLD)
            await line.fill("Read chapter 5 tom")
            await desk.evaluate("window.same = true")
            builds.publish()
            await reconnect(desk)
            offer = desk.get_by_text("A new version is ready.").first
            await expect(offer).to_be_visible()

            # The student goes on: what is typed stays, and parts of the old build that weren't needed yet are there.
            await expect(line).to_have_value("Read chapter 5 tom")
            await line.press_sequentially("orrow")
            await line.press("Enter")
            await everything_sent(desk)
            assert {task["title"] for task in (await tasks_of(ada)).values()} == {"Essay", "Read chapter 5"}
            for name in ("Week", "Tasks", "Insights", "Subjects", "Today"):
                await go(desk, name)
            assert await desk.evaluate("window.same") is True
            await expect(line).to_have_attribute("placeholder", OLD)

            await take_offer(desk)
            await expect(line).to_have_attribute("placeholder", NEW)
            await expect(offer).to_have_count(0)
            await desk.context.set_offline(True)
            await desk.reload()
            await expect(line).to_have_attribute("placeholder", NEW)


async def test_the_old_build_is_not_served_to_those_who_come_after(builds: Builds, browser: Browser) -> None:
    ada = await newcomer(builds.program.url)
    async with aclosing(ada.http):
        builds.publish()
        async with device(browser, builds.program.url, ada) as desk:
            await open_app(desk)
            await expect(desk.get_by_role("textbox", name="Add a task")).to_have_attribute("placeholder", NEW)


AGE = """async () => {
    const [{ name }] = (await indexedDB.databases()).filter((one) => one.name.startsWith("teddy:"));
    const db = await new Promise((done) => {
        const opening = indexedDB.open(name);
        opening.onsuccess = () => done(opening.result);
    });
    const tx = db.transaction("rows", "readwrite");
    const asked = tx.objectStore("rows").openCursor();
    asked.onsuccess = () => {
        const { result: cursor } = asked;
        if (!cursor) return;
        const { table, row } = cursor.value;
        if (table === "tasks") cursor.update({ table, row: { id: row.id, version: row.version, title: row.title } });
        cursor.continue();
    };
    await new Promise((done) => (tx.oncomplete = done));
    db.close();
}"""
"""Leaves of each task that is kept what an older form may have had."""


async def test_changes_that_wait_are_carried_from_an_older_version_and_the_rest_is_read_anew(
    builds: Builds, browser: Browser
) -> None:
    ada = await newcomer(builds.program.url)
    async with aclosing(ada.http):
        essay = (await ada.task("Essay", dueDate=day()))["id"]
        await ada.task("Poster", dueDate=day())
        async with device(browser, builds.program.url, ada) as desk:
            await open_app(desk, "/tasks")
            other = await desk.context.new_page()
            await open_app(other, "/tasks")
            await desk.context.route("**/api/tasks/**", lambda route: route.fulfill(status=503))
            await complete(desk, "Essay")
            assert len(await waiting(desk)) == 1
            await desk.evaluate(AGE)
            builds.publish()
            await reconnect(desk)
            await take_offer(desk)
            await expect(row(desk, "Poster")).to_contain_text("Today")
            await expect(row(desk, "Essay")).to_have_count(0)
            assert [change["kind"] for change in await waiting(desk)] == ["complete_task"]
            # The other tab is still the old version: it says so, refuses what it can't keep, and works after a reload.
            await expect(other.get_by_text("A new version is ready.").first).to_be_visible()
            await complete(other, "Poster")
            await expect(other.get_by_role("group", name="A new version is ready.")).to_be_visible()
            await expect(row(other, "Poster").get_by_role("checkbox")).not_to_be_checked()
            await desk.context.unroute("**/api/tasks/**")
            await everything_sent(desk, within=90)
            assert (await tasks_of(ada))[essay]["completions"] == 1
            await take_offer(other)
            await expect(row(other, "Poster")).to_contain_text("Today")
            await expect(row(other, "Essay")).to_have_count(0)


# --- an old build and a new API ------------------------------------------------------------------------


def newer(value: object) -> object:
    """Add to an answer what only a later API has."""
    if isinstance(value, dict):
        changed = {name: newer(one) for name, one in value.items()} | {"unheardOf": {"deep": ["x"]}}
        return changed | ({"priority": "sometime"} if value.get("priority") == "low" else {})
    return [newer(one) for one in value] if isinstance(value, list) else value


async def test_what_only_a_later_api_says_is_passed_over(program: Program, ada: Person, desk: Page) -> None:
    await ada.task("Essay", dueDate=day())
    await ada.task("Poster", priority="low", dueDate=day())

    async def answer(route: Route) -> None:
        response = await route.fetch()
        kind = response.headers.get("content-type", "")
        if "json" not in kind or not response.ok:
            await route.fulfill(response=response)
        else:
            await route.fulfill(response=response, json=newer(await response.json()))

    def speak(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def pass_on(message: str | bytes) -> None:
            said: Json = json.loads(message)
            if "seq" in said and said["type"] == "task.updated":
                said |= {"type": "thing.happened"}  # what an old app doesn't know of
            socket.send(json.dumps(newer(said)))

        server.on_message(pass_on)

    await desk.context.route("**/api/**", answer)
    await desk.context.route_web_socket("**/ws?*", speak)
    await open_app(desk, "/tasks")
    await expect(row(desk, "Essay")).to_be_visible()
    await expect(row(desk, "Poster")).to_be_visible()
    poster = next(task["id"] for task in (await tasks_of(ada)).values() if task["title"] == "Poster")
    await ada.patch(f"/api/tasks/{poster}", {"estimatedMinutes": 30})
    await ada.task("Reading")
    await expect(row(desk, "Reading")).to_be_visible()
    await complete(desk, "Essay")
    await everything_sent(desk)
    await row(desk, "Poster").get_by_role("link", name="Poster").click()
    await expect(desk.get_by_role("button", name="Priority")).not_to_have_count(0)
    for name in ("Today", "Week", "Insights", "Subjects"):
        await go(desk, name)
        await expect(desk.get_by_text("This page stopped")).to_have_count(0)
    await expect(desk.get_by_text("needs a decision")).to_have_count(0)
