"""Students whose screens the tests look at, on a server whose clock stands still, so that each run shows the same.

The students of one language: Ada has the sample data of a whole term; the others have what one screen needs.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import httpx2
import pyotp
from playwright.async_api import Browser, Page, Request
from tests.cast import PASSWORD, Person, join, made
from tests.conftest import serving, settings_for
from tests.e2e.devices import DESK, PHONE
from tests.e2e.faults import watch

from studyteddy.bootstrap import runtime, seed
from studyteddy.bootstrap.seed.texts import Language
from studyteddy.embedded import Engines

NOW = datetime(2030, 1, 31, 15, 20, tzinfo=ZoneInfo("Europe/Berlin"))
"""A Thursday afternoon."""
SOURCES = Path(__file__).parents[2] / "web" / "src"

QUIET = """() => new Promise((done) => {
    let timer;
    const observer = new MutationObserver(() => again());
    const stop = () => (observer.disconnect(), done(true));
    const again = () => (clearTimeout(timer), (timer = setTimeout(stop, 120)));
    observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    again();
    setTimeout(() => (observer.disconnect(), done(false)), 5000);
})"""
"""Resolves when nothing of the page has changed for a moment."""


@dataclass(frozen=True)
class Look:
    """How a screen is looked at: the language, and the options of Playwright's `new_context`."""

    name: str
    language: Language = "en"
    options: dict[str, Any] = field(default_factory=dict)
    goes: bool = False
    """Whether the clock of the device goes on from `NOW`, for what waits."""


LIGHT = Look("light")
DARK = Look("dark", options={"color_scheme": "dark"})
PHONE_LOOK = Look("phone", options={"viewport": PHONE, "has_touch": True, "is_mobile": True})
ARABIC = Look("arabic", "ar", {"locale": "ar"})
LOOKS = (LIGHT, DARK, PHONE_LOOK, ARABIC)
GERMAN = Look("german", "de", {"locale": "de-DE"})
"""For pictures only: the longest words."""


@cache
def texts(language: str) -> dict[str, Any]:
    """Return the texts of the app in a language by their keys."""
    found: dict[str, Any] = {}
    for file in SOURCES.glob(f"**/messages.{language}.json"):
        found |= json.loads(file.read_text())
    return found


@dataclass
class Student:
    """A student with a session of the API, and the ids that addresses of screens need."""

    email: str
    password: str
    ids: dict[str, str] = field(default_factory=dict)


class Students:
    """The students of all languages, made when they are first needed, and their pages."""

    def __init__(self, url: str, browser: Browser, engines: Engines, settings: Any) -> None:
        self.url = url
        self._browser, self._engines, self._settings = browser, engines, settings
        self._students: dict[tuple[str, str], Student | None] = {}
        self._pages: dict[tuple[str, str], Visited] = {}
        self._stack = AsyncExitStack()

    async def page(self, name: str, look: Look) -> Visited:
        """Return the page of a student in a look; it is opened once."""
        key = (name, look.name)
        if key not in self._pages:
            self._pages[key] = await self._open(name, look)
        return self._pages[key]

    async def _open(self, name: str, look: Look) -> Visited:
        student = await self.student(name, look.language)
        settings = {
            "locale": "en-GB",
            "timezone_id": "Europe/Berlin",
            "viewport": DESK,
            "reduced_motion": "reduce",
            **look.options,
        }
        context = await self._browser.new_context(base_url=self.url, **settings)
        self._stack.push_async_callback(context.close)
        await (context.clock.install(time=NOW) if look.goes else context.clock.set_fixed_time(NOW))
        page = await context.new_page()
        visited = Visited(page, look, student, watch(page, self.url))
        if student and name != "protected":
            data = {"email": student.email, "password": student.password, "delivery": "cookie"}
            answer = await context.request.post("/api/auth/login", data=data)
            assert answer.ok, await answer.text()
            await page.goto("/settings/data")
            await visited.settle()
        return visited

    async def student(self, name: str, language: Language) -> Student | None:
        """Return a student, or None for a guest; another word after the name makes another one alike."""
        key = (name, language)
        if key not in self._students:
            self._students[key] = None if name == "guest" else await self._make(name, language)
        return self._students[key]

    async def _make(self, name: str, language: Language) -> Student:
        if name == "ada":
            return await self._ada(language)
        person = await join(self.url, name.split()[0].title(), timeZone="Europe/Berlin")
        made(await person.patch("/api/users/me/preferences", {"language": language, "onboarded": True}), 200)
        student = Student(person.email, PASSWORD)
        await MAKING[name.split()[0]](person, student)
        await person.http.aclose()
        return student

    async def _ada(self, language: Language) -> Student:
        """Seed a term, and give its account an address of its own, so that another language can be seeded too."""
        await asyncio.to_thread(seed.seed, self._settings, language=language, now=NOW)
        email = f"ada-{language}@example.org"
        admin = await asyncpg.connect(self._engines.admin_database_url.rsplit("/", 1)[0] + "/study")
        await admin.execute("UPDATE users SET email = $2 WHERE email = $1", seed.EMAIL, email)
        await admin.close()
        student = Student(email, seed.PASSWORD)
        async with httpx2.AsyncClient(base_url=self.url, trust_env=False, timeout=20) as client:
            answer = await client.post("/api/auth/login", json={"email": email, "password": seed.PASSWORD})
            client.headers["authorization"] = f"Bearer {answer.json()['accessToken']}"
            student.ids |= await ids_of_term(client)
            await client.post("/api/notifications/read", json={"all": True})
            await client.post("/api/auth/logout")
        return student

    async def close(self) -> None:
        await self._stack.aclose()


async def ids_of_term(client: httpx2.AsyncClient) -> dict[str, str]:
    """Return what addresses of Ada's screens name: an essay with subtasks, a series, a subject, a session."""
    tasks = (await client.get("/api/tasks?limit=200")).json()["items"]
    subjects = (await client.get("/api/subjects")).json()["items"]
    sessions = (await client.get("/api/focus-sessions?limit=200")).json()["items"]
    unfinished = [one for one in tasks if one["status"] in ("pending", "in_progress")]
    done = [one for one in sessions if one["status"] == "completed"]
    return {
        "essay": next(one["id"] for one in unfinished if one["subtaskCount"] and "](https://" in one["description"]),
        "series": next(one["id"] for one in unfinished if one["recurrence"] and "BYDAY" in one["recurrence"]["rule"]),
        "long": max(unfinished, key=lambda one: len(one["title"]))["id"],
        "subject": next(one["id"] for one in subjects if one["color"] == "#b85a3a"),
        "ended": max(done, key=lambda one: one["endedAt"])["id"],
    }


async def nothing(person: Person, student: Student) -> None:
    """A student who has been welcomed and has not added anything."""


async def newcomer(person: Person, student: Student) -> None:
    made(await person.patch("/api/users/me/preferences", {"onboarded": False}), 200)
    await person.subject("Physics", color="#3f7db8")


async def running(person: Person, student: Student) -> None:
    """A session that has run for eleven minutes and a few seconds."""
    subject = await person.subject("Physics", color="#3f7db8", weeklyTargetMinutes=180)
    day = NOW.date().isoformat()
    task = await person.task("Problem set on waves", subjectId=subject["id"], estimatedMinutes=60, dueDate=day)
    await person.task("Lab report", subjectId=subject["id"], estimatedMinutes=45, dueDate=day, priority="high")
    presets = made(await person.get("/api/focus-presets"), 200)["items"]
    begun = {"type": "pomodoro", "taskId": task["id"], "presetId": presets[0]["id"], "plannedMinutes": 100}
    begun["at"] = (NOW - timedelta(minutes=11, seconds=13)).isoformat()
    student.ids["session"] = made(await person.post("/api/focus-sessions", begun))["id"]


async def paused(person: Person, student: Student) -> None:
    await running(person, student)
    made(await person.post(f"/api/focus-sessions/{student.ids['session']}/pause", {}), 200)


async def protected(person: Person, student: Student) -> None:
    """A student with a second factor."""
    begun = made(await person.post("/api/auth/second-factor", {"password": PASSWORD}), 200)
    code = pyotp.TOTP(begun["secret"]).at(NOW)
    made(await person.post("/api/auth/second-factor/confirm", {"code": code}), 200)


async def divided(person: Person, student: Student) -> None:
    """A student with a task that two devices will change at once."""
    student.ids["task"] = (await person.task("Read chapter 5", dueDate=NOW.date().isoformat()))["id"]


async def planner(person: Person, student: Student) -> None:
    """A session on Friday at ten."""
    task = await person.task("Essay draft", estimatedMinutes=60)
    start = (NOW + timedelta(days=1)).replace(hour=10, minute=0).isoformat()
    made(
        await person.post(
            "/api/focus-sessions", {"type": "custom", "taskId": task["id"], "plannedMinutes": 60, "startAt": start}
        )
    )


async def repeating(person: Person, student: Student) -> None:
    """A task that repeats each Thursday, from today on."""
    fields = {"dueDate": NOW.date().isoformat(), "estimatedMinutes": 10}
    student.ids["series"] = (
        await person.task("Subjunctive drill", recurrence={"rule": "FREQ=WEEKLY", "mode": "schedule"}, **fields)
    )["id"]


MAKING = {
    "newcomer": newcomer,
    "fresh": nothing,
    "reader": nothing,
    "runner": running,
    "pauser": paused,
    "protected": protected,
    "divided": divided,
    "planner": planner,
    "repeating": repeating,
}


@dataclass
class Visited:
    """A student's page in a look."""

    page: Page
    look: Look
    student: Student | None
    faults: list[str]
    _pending: set[Request] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.page.on("request", lambda request: self._pending.add(request))
        self.page.on("requestfinished", lambda request: self._pending.discard(request))
        self.page.on("requestfailed", lambda request: self._pending.discard(request))

    def says(self, key: str, **values: str) -> str:
        """Return a text of the app in the language of this look."""
        return str(texts(self.look.language)[key]).format(**values)

    async def goto(self, path: str) -> None:
        await self.page.context.set_offline(False)
        await self.page.goto("about:blank")
        self._pending.clear()
        await self.page.goto(path.format(**(self.student.ids if self.student else {})))
        await self.settle()

    async def settle(self) -> None:
        """Wait until all has been asked and drawn."""
        for _ in range(40):
            quiet = await self.page.evaluate(QUIET)
            if quiet and not self._pending and not await self.page.locator(".skeleton").count():
                return
        raise AssertionError(f"the page does not come to rest: {[one.url for one in self._pending]}")


@asynccontextmanager
async def students(engines: Engines, browser: Browser, build: Path) -> AsyncIterator[Students]:
    """Serve the app on a clock that stands still."""
    settings = settings_for(engines, web_dir=str(build), limit_login_account="100000/60:100000")
    async with (
        runtime.runtime(settings, clock=lambda: NOW) as opened,
        serving(opened, runtime.application(opened)) as url,
    ):
        found = Students(url, browser, engines, settings)
        try:
            yield found
        finally:
            await found.close()
