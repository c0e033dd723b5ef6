"""The budgets of the web app: what it loads, how fast it shows its first rows, and what it costs with 5,000 tasks."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
from playwright.async_api import Browser, Page, async_playwright

from benchmarks.bench import Bench
from benchmarks.measure import median, spread
from benchmarks.memory import up
from benchmarks.report import Headline, Report
from studyteddy.embedded import web_build

KIB, MIB = 1024, 1024**2
TASKS, BATCH = 5_000, 100
CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
    "--enable-precise-memory-info",
)
ROW = "main [role=row][data-id]"
KINDS = {".js": "script", ".css": "style", ".woff2": "font"}
PASSWORD = "a long password of a benchmark"
LIMITS = ("GENERAL", "ANONYMOUS", "REGISTER", "LOGIN_ADDRESS", "LOGIN_ACCOUNT")
SLOW_PHONE = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 94_000}
"""1.6 Mbit/s down, 750 kbit/s up, 150 ms."""

# Event Timing rounds to 8 ms and reports nothing below 16 ms.
OBSERVE = """() => {
  window.slowest = 0; window.shift = 0; window.lcp = 0; window.rows = 0;
  new MutationObserver((_, observer) => {
    if (!document.querySelector("%s")) return;
    window.rows = performance.now();
    observer.disconnect();
  }).observe(document, { childList: true, subtree: true });
  new PerformanceObserver((list) => { for (const { interactionId, duration } of list.getEntries())
    if (interactionId) window.slowest = Math.max(window.slowest, duration);
  }).observe({ type: "event", durationThreshold: 16, buffered: true });
  new PerformanceObserver((list) => { for (const { value, hadRecentInput } of list.getEntries())
    if (!hadRecentInput) window.shift += value;
  }).observe({ type: "layout-shift", buffered: true });
  new PerformanceObserver((list) => { window.lcp = list.getEntries().at(-1).startTime;
  }).observe({ type: "largest-contentful-paint", buffered: true });
}""".replace("%s", ROW)
LOADED = """() => performance.getEntriesByType("resource")
  .concat(performance.getEntriesByType("navigation"))
  .map(({ name, encodedBodySize, startTime }) => ({ name, size: encodedBodySize, at: startTime }))"""


Seen = dict[str, list[float]]
"""All values of each figure, by its name."""


def steps(bench: Bench) -> int:
    return 5 * rounds(bench) + 2


def rounds(bench: Bench) -> int:
    return min(bench.rounds, 3)


def run(bench: Bench) -> Report:
    bench.step("building")
    builds = bench.folder / "web"
    builds.mkdir()
    build = builds / web_build.build(builds, os.environ)
    with tempfile.TemporaryDirectory(prefix="study-web-", dir=bench.folder) as name:
        limits = {f"LIMIT_{limit}": "100000/60:100000" for limit in LIMITS}
        with up(Path(name), WEB_DIR=str(builds), **limits) as (server, _):
            seen = asyncio.run(measure(bench, f"http://127.0.0.1:{server.port}"))
    return report(seen, build)


async def measure(bench: Bench, url: str) -> Seen:
    """Returns all values of each figure."""
    bench.step(f"creating {TASKS:,} tasks")
    many, few = await student(url, "many", TASKS), await student(url, "few", 12)
    seen: Seen = {}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS])
        places: list[tuple[str, Callable[[], Awaitable[dict[str, float]]]]] = [
            ("first load", lambda: first_load(browser, url, few)),
            ("slow phone", lambda: slow_phone(browser, url, few)),
            ("interactions", lambda: interactions(browser, url, many, slowdown=1)),
            ("interactions, CPU ÷ 4", lambda: interactions(browser, url, many, slowdown=4)),
            ("later start", lambda: later_start(browser, url, many)),
        ]
        for number in range(rounds(bench)):
            for what, work in places:
                bench.step(f"round {number + 1}: {what}")
                for name, value in (await work()).items():
                    seen.setdefault(name, []).append(value)
        await browser.close()
    return seen


async def student(url: str, name: str, tasks: int) -> str:
    """Registers a student with this many tasks, 16 due each day from today; returns the email address."""
    email = f"{name}@example.org"
    account = {"email": email, "password": PASSWORD, "name": name, "timeZone": "Europe/Berlin"}
    async with httpx2.AsyncClient(base_url=url, trust_env=False, timeout=60) as http:
        made = (await http.post("/api/auth/register", json=account)).json()
        http.headers["authorization"] = f"Bearer {made['accessToken']}"
        await http.patch("/api/users/me/preferences", json={"onboarded": True})
        subjects = [
            (await http.post("/api/subjects", json={"name": f"Subject {n}", "color": "#7c3aed"})).json()["id"]
            for n in range(8)
        ]
        for first in range(0, tasks, BATCH):
            wanted = range(first, min(first + BATCH, tasks))
            answer = await http.post("/api/tasks/batch", json={"commands": [new_task(n, subjects) for n in wanted]})
            assert answer.status_code == 200, answer.text
    return email


def new_task(number: int, subjects: list[str]) -> dict[str, Any]:
    due = date.today() + timedelta(days=number // 16)
    task = {"title": f"Read chapter {number}", "subjectId": subjects[number % 8], "dueDate": due.isoformat()}
    return {"op": "create", "body": {**task, "estimatedMinutes": 15 + number % 90, "labels": [f"week {number % 12}"]}}


@asynccontextmanager
async def signed_in(browser: Browser, url: str, email: str, **options: Any) -> AsyncIterator[Page]:
    """Yields a page of a new browser profile that observes itself."""
    context = await browser.new_context(base_url=url, locale="en-GB", timezone_id="Europe/Berlin", **options)
    await context.add_init_script(f"({OBSERVE})()")
    await context.request.post(
        "/api/auth/login", data={"email": email, "password": PASSWORD, "delivery": "cookie"}, fail_on_status_code=True
    )
    yield await context.new_page()
    await context.close()


async def first_load(browser: Browser, url: str, email: str) -> dict[str, float]:
    async with signed_in(browser, url, email) as page:
        await page.goto("/")
        await page.locator(ROW).first.wait_for()
        shown = await page.evaluate("window.rows")
        loaded = [one for one in await page.evaluate(LOADED) if one["at"] <= shown]
    sizes: dict[str, float] = {"script": 0, "style": 0, "font": 0}
    for one in loaded:
        kind = KINDS.get(Path(urlsplit(one["name"]).path).suffix)
        if kind:
            sizes[kind] += one["size"] / KIB
    return {**sizes, "requests": len(loaded)}


async def slow_phone(browser: Browser, url: str, email: str) -> dict[str, float]:
    async with signed_in(browser, url, email, viewport={"width": 390, "height": 844}) as page:
        devtools = await page.context.new_cdp_session(page)
        await devtools.send("Network.enable")
        await devtools.send("Network.emulateNetworkConditions", SLOW_PHONE)
        await devtools.send("Emulation.setCPUThrottlingRate", {"rate": 4})
        await page.goto("/")
        await page.locator(ROW).first.wait_for()
        await page.wait_for_load_state("networkidle")
        times = {name: await page.evaluate(f"window.{name}") / 1000 for name in ("lcp", "rows")}
        return {**times, "shift": await page.evaluate("window.shift")}


async def interactions(browser: Browser, url: str, email: str, *, slowdown: int) -> dict[str, float]:
    """The slowest interaction of each kind, in milliseconds."""
    async with signed_in(browser, url, email) as page:
        await page.goto("/tasks")
        await complete(page)
        devtools = await page.context.new_cdp_session(page)
        await devtools.send("HeapProfiler.collectGarbage")
        heap = await page.evaluate("performance.memory.usedJSHeapSize") / MIB
        await devtools.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
        found = {}
        for name, (_, act) in ACTIONS.items():
            await quiet(page)
            await page.evaluate("window.slowest = 0")
            await act(page)
            await quiet(page)
            found[f"{name} {slowdown}"] = await page.evaluate("window.slowest")
        return {**found, "heap": heap} if slowdown == 1 else found


async def later_start(browser: Browser, url: str, email: str) -> dict[str, float]:
    """Milliseconds to the first rows of a start with everything on the disk."""
    async with signed_in(browser, url, email) as page:
        await page.goto("/tasks")
        await complete(page)
        await page.reload()
        await page.locator(ROW).first.wait_for()
        return {"start": await page.evaluate("performance.now()")}


async def complete(page: Page) -> None:
    """Waits until all tasks have been read."""
    await page.wait_for_function(
        "(least) => Number(document.querySelector('main [role=grid]')?.ariaRowCount) > least",
        arg=TASKS - 500,  # ticked ones leave the list
        timeout=120_000,
    )
    await page.wait_for_load_state("networkidle")
    await quiet(page)


async def quiet(page: Page) -> None:
    """Waits until the page has nothing left to do, and event timing has reported the last frame."""
    await page.evaluate("() => new Promise((done) => requestIdleCallback(done, { timeout: 5000 }))")
    await asyncio.sleep(0.3)


async def tick(page: Page) -> None:
    for _ in range(3):
        await page.locator(f"{ROW} input[type=checkbox]").first.click()
        await quiet(page)


async def move(page: Page) -> None:
    await page.locator(ROW).first.focus()
    for key in [*["ArrowDown"] * 10, "End", "Home"]:
        await page.keyboard.press(key)


async def write(page: Page) -> None:
    await page.keyboard.press("a")
    await page.locator("dialog :focus").wait_for()
    await page.keyboard.type("Read chapter 5 tomorrow 3pm 45m", delay=30)
    for _ in ("the line", "the dialog"):
        await page.keyboard.press("Escape")


async def narrow(page: Page) -> None:
    chip = page.get_by_role("button", name="Open only")
    await chip.click()
    await chip.click()


async def group(page: Page) -> None:
    for now, then in (("Due", "Priority"), ("Priority", "Due")):
        await page.get_by_role("button", name=f"{now}, change the order").click()
        await page.get_by_role("menuitem", name=then).or_(page.get_by_role("menuitemradio", name=then)).first.click()


async def show(page: Page) -> None:
    await page.locator(ROW).first.focus()
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/tasks/*")
    await page.keyboard.press("Escape")


ACTIONS = {
    "tick": ("finishing a task", tick),
    "arrows": ("moving through the list by keys", move),
    "type": ("typing a new task", write),
    "filter": ("changing the filter", narrow),
    "group": ("changing the groups", group),
    "open": ("opening a task", show),
}


def report(seen: Seen, build: Path) -> Report:
    page = Report(
        "The web app", "What does the app load, how soon is it there, and what does it cost with 5,000 tasks?"
    )
    scripts = sorted((build / "assets").glob("*.js.br"), key=size, reverse=True)
    later = [size(one) for one in scripts if not one.name.startswith(("app-", "docs-"))]
    page.headlines += [
        budget("script of the first route, Brotli", seen["script"], 90, 60, "KiB", 1),
        budget("largest script that is loaded later, Brotli", [max(later)], 60, 45, "KiB", 1),
        budget("styles of the first route, Brotli", seen["style"], 15, 10, "KiB", 1),
        budget("fonts of the first route", seen["font"], 40, 34, "KiB", 1),
        budget("requests before the first rows", seen["requests"], 8, 6),
        budget("largest contentful paint on a slow phone", seen["lcp"], 2.0, 1.4, "s", 2),
        budget("layout shift", seen["shift"], 0.02, 0, digits=3),
        budget("later start, 5,000 tasks", seen["start"], 600, 300, "ms"),
        budget("memory of scripts, 5,000 tasks", seen["heap"], 20, 10, "MiB", 1),
    ]
    for name, (label, _) in ACTIONS.items():
        page.headlines += [
            budget(f"{label}, 5,000 tasks", seen[f"{name} 1"], 64, 32, "ms"),
            budget(f"{label}, 5,000 tasks, CPU ÷ 4", seen[f"{name} 4"], 200, 100, "ms"),
        ]
    note = (
        "A slow phone has 1.6 Mbit/s, 150 ms of latency and a quarter of the CPU. Its largest paint is the heading; the"
        f" first rows are there after {spread(seen['rows'], 2)} s. Interactions are the slowest duration"
        " of Event Timing, which rounds to 8 ms; 0 means less than 16 ms."
    )
    page.add("Largest scripts", ["", "Brotli KiB"], [[one.name, f"{size(one):.1f}"] for one in scripts[:12]], note)
    return page


def size(path: Path) -> float:
    """The size of a file in KiB."""
    return path.stat().st_size / KIB


def budget(what: str, values: list[float], gate: float, aim: float, unit: str = "", digits: int = 0) -> Headline:
    """A row with a gate, which has to hold, and an aim."""
    measured, goal = f"{spread(values, digits)} {unit}", f"≤ {gate:g}, then {aim:g} {unit}"
    return Headline(what, measured.strip(), goal.strip(), median(values) <= gate)
