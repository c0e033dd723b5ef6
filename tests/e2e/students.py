"""Students whose screens the tests look at, on a server whose clock stands still, so that each run shows the same.

The students of one language: Ada has the sample data of a whole term; the others have what one screen needs.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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
from tests.e2e import calendars
from tests.e2e.devices import DESK, PHONE
from tests.e2e.faults import watch
from tests.e2e.school import School, school

from studyteddy.bootstrap import runtime, seed
from studyteddy.bootstrap.runtime import Runtime
from studyteddy.bootstrap.seed.texts import Language
from studyteddy.embedded import Engines

NOW = datetime(2030, 1, 31, 15, 20, tzinfo=ZoneInfo("Europe/Berlin"))
"""A Thursday afternoon."""
SOURCES = Path(__file__).parents[2] / "web" / "src"

NO_WORKER = "delete Navigator.prototype.serviceWorker"
"""Without it a browser keeps all files of the app for each student and look, which is most of its work here."""

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


MAX_PAGES = 16


class Students:
    """The students of all languages, made when they are first needed, and their pages."""

    def __init__(self, url: str, browser: Browser, engines: Engines, running: Runtime, moodle: School) -> None:
        self.url = url
        self._browser, self._engines, self._running, self._school = browser, engines, running, moodle
        self._students: dict[tuple[str, str], Student | None] = {}
        self._pages: dict[tuple[str, str], Visited] = {}

    async def page(self, name: str, look: Look) -> Visited:
        """Return the page of a student in a look. The latest ones stay open: each takes some 100 MB."""
        scheme = look.options.get("color_scheme", "light")
        device = {**look.options, "color_scheme": None, "language": look.language, "goes": look.goes}
        key = (name, json.dumps(device, sort_keys=True))
        visited = self._pages.pop(key, None) or await self._open(name, look)
        await visited.page.emulate_media(color_scheme=scheme)
        visited.look = look
        self._pages[key] = visited
        while len(self._pages) > MAX_PAGES:
            await self._pages.pop(next(iter(self._pages))).page.context.close()
        return visited

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
        await (context.clock.install(time=NOW) if look.goes else context.clock.set_fixed_time(NOW))
        await context.add_init_script(NO_WORKER)
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
        if name in ("subscriber", "connected"):
            await self.student("ada", language)  # seeding a term runs the jobs of everybody
        person = await join(self.url, name.split()[0].title(), timeZone="Europe/Berlin")
        made(await person.patch("/api/users/me/preferences", {"language": language, "onboarded": True}), 200)
        if name.split()[0] in VERIFIED:
            await self._verify(person.email)
        student = Student(person.email, PASSWORD)
        await MAKING[name.split()[0]](person, student)
        if name == "subscriber":
            await self._school.subscribe(person, self._running, language, now=NOW)
        if name == "connected":
            await calendars.connect(person, self._running, language, self._admin, now=NOW)
        await person.http.aclose()
        return student

    @property
    def _admin(self) -> str:
        """The database, for a connection that no wall stops."""
        return self._engines.admin_database_url.rsplit("/", 1)[0] + "/study"

    async def _verify(self, email: str) -> None:
        """Confirm the e-mail address, as the link of the mail does."""
        admin = await asyncpg.connect(self._admin)
        await admin.execute("UPDATE users SET email_verified_at = now() WHERE email = $1", email)
        await admin.close()

    async def _ada(self, language: Language) -> Student:
        """Seed a term, and give its account an address of its own, so that another language can be seeded too."""
        await asyncio.to_thread(seed.seed, self._running.settings, language=language, now=NOW)
        email = f"ada-{language}@example.org"
        admin = await asyncpg.connect(self._admin)
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
        for visited in self._pages.values():
            await visited.page.context.close()


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


BRIEFS = {
    "en": "1. Measure the mass and the volume of each liquid. 🧪\n2. Plot mass against volume and find the density.\n"
    "3. Discuss two sources of error and compare with the literature.",
    "de": "1. Miss Masse und Volumen jeder Flüssigkeit. 🧪\n2. Trage Masse gegen Volumen auf und bestimme die Dichte.\n"
    "3. Diskutiere zwei Fehlerquellen und vergleiche mit der Literatur.",
    "ar": "1. قس كتلة كل سائل وحجمه. 🧪\n2. ارسم الكتلة مقابل الحجم واستنتج الكثافة.\n"
    "3. ناقش مصدرين للخطأ وقارن بالمراجع.",
}
"""An assignment with three parts, by the language of the student."""
REPORTS = {
    "en": "Lab report: density of three liquids",
    "de": "Laborbericht: Dichte dreier Flüssigkeiten",
    "ar": "تقرير مختبر: كثافة ثلاثة سوائل",
}


async def reporting(person: Person, student: Student) -> None:
    """A lab report that is due in eight days, with a subtask."""
    language = made(await person.get("/api/users/me/preferences"), 200)["language"]
    due = (NOW + timedelta(days=8)).date().isoformat()
    report = await person.task(REPORTS[language], description=BRIEFS[language], dueDate=due)
    student.ids["report"] = report["id"]
    title = BRIEFS[language].splitlines()[1][3:]
    made(await person.post(f"/api/tasks/{report['id']}/subtasks", {"title": title, "estimatedMinutes": 60}))


async def filing(person: Person, student: Student) -> None:
    """The lab report, with its assignment as an attachment."""
    await reporting(person, student)
    report = made(await person.get(f"/api/tasks/{student.ids['report']}"), 200)
    await person.attachment(report["id"], f"{report['title']}\n\n{report['description']}".encode(), "lab-5.txt")


async def assisted(person: Person, student: Student) -> None:
    """A student who has asked the model once."""
    await reporting(person, student)
    report = made(await person.get(f"/api/tasks/{student.ids['report']}"), 200)
    body = {"brief": report["description"], "taskId": report["id"]}
    made(await person.post("/api/ai/taskify", body), 200)


ASKED = {
    "en": ("How do I find the density of a liquid?", "I don't understand it. Can you give me a hint?"),
    "de": ("Wie bestimme ich die Dichte einer Flüssigkeit?", "Ich verstehe es nicht. Gib mir einen Hinweis, bitte."),
    "ar": ("كيف أجد كثافة سائل؟", "لا أفهم. هل يمكنك أن تعطيني تلميحًا؟"),
}
"""What a student asks the tutor, by language."""


async def tutored(person: Person, student: Student) -> None:
    """A student who has a chat with the tutor about a lab report, and an older one for practice."""
    await reporting(person, student)
    language = made(await person.get("/api/users/me/preferences"), 200)["language"]
    first, second = ASKED[language]
    await asked_tutor(person, {"message": second, "assessed": False})
    chat = await asked_tutor(person, {"message": first, "taskId": student.ids["report"]})
    await asked_tutor(person, {"message": second, "chatId": chat})
    student.ids["chat"] = chat


REMEMBERED = {
    "en": ("Remember that I learn best with drawings.", "Pass the physics exam in March."),
    "de": ("Merk dir, dass ich am besten mit Zeichnungen lerne.", "Die Physikprüfung im März bestehen."),
    "ar": ("تذكر أن الرسوم تساعدني على الفهم.", "أن أنجح في امتحان الفيزياء في مارس."),
}
"""What a student has the tutor remember in a chat, and in the settings, by language."""
MATERIAL = {
    "en": "Photosynthesis converts light energy into chemical energy. Mitochondria release energy from glucose by "
    "respiration. Chloroplasts contain the pigment chlorophyll, which absorbs light.",
    "de": "Die Photosynthese wandelt Lichtenergie in chemische Energie um. Mitochondrien setzen durch Atmung "
    "Energie aus Glukose frei. Chloroplasten enthalten den Farbstoff Chlorophyll, der das Licht aufnimmt.",
    "ar": "يحوّل البناء الضوئي طاقة الضوء إلى طاقة كيميائية في النبات. تطلق الميتوكوندريا الطاقة من الجلوكوز "
    "بعملية التنفس الخلوي. تحتوي البلاستيدات الخضراء على صبغة الكلوروفيل التي تمتص الضوء.",
}
"""A text to practise with, in three sentences, by language."""


async def remembered(person: Person, student: Student) -> None:
    """A student of whom the tutor remembers two facts, one from a chat; subjects aren't sent."""
    language = made(await person.get("/api/users/me/preferences"), 200)["language"]
    said, goal = REMEMBERED[language]
    student.ids["chat"] = await asked_tutor(person, {"message": said, "assessed": False})
    made(await person.post("/api/ai/memory", {"kind": "goal", "text": goal}))
    made(await person.put("/api/ai/settings", {"off": ["subject"]}), 200)


async def learning(person: Person, student: Student) -> None:
    """A student with three sets of questions about a text: a new one, one begun wrongly, and one that is done."""
    language = made(await person.get("/api/users/me/preferences"), 200)["language"]
    for name, rights in (("new", ()), ("begun", (False,)), ("done", (True, False, True))):
        found = made(await person.post("/api/ai/practice-questions", {"text": MATERIAL[language], "count": 3}))
        student.ids[name] = found["id"]
        for index, right in enumerate(rights):
            await answered(person, found, index, right=right)


async def answered(person: Person, questions: dict[str, Any], index: int, *, right: bool) -> None:
    """Answer a question with a gap: the right answer is the option that makes its sentence one of the material."""
    question = questions["questions"][index]
    sentences = " ".join(MATERIAL.values()).casefold()
    whole = {one: question["question"].casefold().replace("____", one) in sentences for one in question["options"]}
    answer = next(one for one, fits in whole.items() if fits is right)
    path = f"/api/ai/practice-questions/{questions['id']}/answers"
    graded = made(await person.post(path, {"index": index, "answer": answer}), 200)
    assert graded["questions"][index]["right"] is right


async def asked_tutor(person: Person, body: dict[str, Any]) -> str:
    """Send a message to the tutor and return the id of its chat."""
    answer = await person.post("/api/ai/tutor", body)
    assert answer.status_code == 200, answer.text
    meta = next(line for line in answer.text.splitlines() if line.startswith("data: "))
    return str(json.loads(meta[6:])["chatId"])


async def published(person: Person, student: Student) -> None:
    """A student whose plan other calendars read, a subject of it."""
    subject = await person.subject("Physics", color="#3f7db8")
    await person.subject("Spanish")
    body = {"subjectId": subject["id"], "alarmMinutes": 15}
    made(await person.post("/api/calendar/feed", body))


VERIFIED = ("publisher", "published")
"""Students with a confirmed e-mail address."""
MAKING = {
    "publisher": nothing,
    "published": published,
    "subscriber": nothing,
    "connected": nothing,
    "newcomer": newcomer,
    "fresh": nothing,
    "reader": nothing,
    "runner": running,
    "pauser": paused,
    "protected": protected,
    "divided": divided,
    "planner": planner,
    "repeating": repeating,
    "reporter": reporting,
    "filer": filing,
    "assisted": assisted,
    "payer": reporting,
    "remembered": remembered,
    "tutored": tutored,
    "learner": learning,
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
    """Serve the app on a clock that stands still, with the built-in model."""
    names = ("login_account", "ai_taskify", "ai_breakdown", "ai_tutor", "ai_questions", "ai_plan")
    own = {f"limit_{name}": "100000/60:100000" for name in names}
    with school() as moodle:
        own |= {"web_dir": str(build), "egress_allow": moodle.allow}
        settings = settings_for(engines, ai_url="scripted:", ai_daily_tokens="30000", **own)
        async with (
            runtime.runtime(settings, clock=lambda: NOW) as opened,
            serving(opened, runtime.application(opened)) as url,
        ):
            opened.calendar_connections.providers[:] = ["google", "outlook", "caldav"]
            found = Students(url, browser, engines, opened, moodle)
            try:
                yield found
            finally:
                await found.close()
