"""The whole program in a real browser: `teddy up` with the built web app, and Chromium.

A page of these tests fails its test when it breaks its content security policy, throws an error that nobody catches, or
asks another origin for anything.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect
from tests.cast import Person
from tests.e2e.devices import device, newcomer
from tests.e2e.student import PATIENCE
from tests.e2e.students import Students, students
from tests.up.conftest import Running, own_environment
from tests.up.conftest import open_folder as open_folder

from studyteddy.embedded import Engines, web_build
from studyteddy.embedded.engine import HOST, free_port

BUILDS = Path(tempfile.gettempdir()) / f"teddy-web-{os.getuid()}-{crc32(str(web_build.SOURCE).encode()):08x}"
"""The builds of the app of this checkout, kept between runs; each is named after its source."""
FLAGS = (
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
ENVIRONMENT = {
    "BCRYPT_COST": "4",
    **{
        f"LIMIT_{name}": "100000/60:100000"
        for name in ("GENERAL", "ANONYMOUS", "REGISTER", "LOGIN_ADDRESS", "LOGIN_ACCOUNT")
    },
}


@dataclass(frozen=True)
class Program:
    """The running program; `build` is the key of the app that it serves, empty if this checkout has no app."""

    url: str
    build: str
    up: Running
    data: Path


@contextmanager
def running_program(builds: Path = BUILDS, **environment: str) -> Iterator[Program]:
    """Run the program as a student starts it, with its own data folder and port, and the app of the folder `builds`."""
    build = web_build.build(BUILDS, os.environ) if web_build.has_source() else ""
    folder, port = Path(tempfile.mkdtemp(prefix="teddy-e2e-")), free_port()
    folder.chmod(0o755)  # the engines of root run as another account
    place = {"WEB": "on", "WEB_DIR": str(builds if build else folder / "no build")}
    command = [sys.executable, "-m", "studyteddy", "up", f"--port={port}", f"--data-dir={folder / 'data'}"]
    with (folder / "up.log").open("wb") as log:
        started = subprocess.Popen(
            command, env=own_environment(**ENVIRONMENT, **place, **environment), stdout=log, stderr=subprocess.STDOUT
        )
    up = Running(started, folder / "up.log", port)
    try:
        up.wait_until_up()
        yield Program(f"http://{HOST}:{port}", build, up, folder / "data")
    finally:
        up.stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def program() -> Iterator[Program]:
    """The program that the tests share; a test that harms it runs one of its own."""
    with running_program() as program:
        yield program


def find_chromium() -> str:
    """Return the path of Chromium; without one, skip the tests, or fail them in CI."""
    found = shutil.which("chromium")
    if found is None and os.environ.get("CI") == "true":
        pytest.fail("Chromium isn't installed: apt-get install chromium")
    if found is None:
        pytest.skip("needs Chromium (Debian: apt-get install chromium)")
    return found


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    chromium = find_chromium()
    async with async_playwright() as playwright:
        expect.set_options(timeout=PATIENCE * 1000)
        browser = await playwright.chromium.launch(executable_path=chromium, args=[*FLAGS])
        yield browser
        await browser.close()


@pytest.fixture
async def page(program: Program, browser: Browser) -> AsyncIterator[Page]:
    """A page in a browser profile of its own, at no address yet and signed out; `goto("/")` opens the app."""
    async with device(browser, program.url) as page:
        yield page


@pytest.fixture
async def ada(program: Program) -> AsyncIterator[Person]:
    """A student who has been welcomed; her API client is another device of hers."""
    person = await newcomer(program.url)
    yield person
    await person.http.aclose()


@pytest.fixture
async def desk(program: Program, browser: Browser, ada: Person) -> AsyncIterator[Page]:
    """Ada's browser at her desk, signed in, at no address yet."""
    async with device(browser, program.url, ada) as page:
        yield page


@pytest.fixture(scope="session")
def assisted() -> Iterator[Program]:
    """The program with the built-in model."""
    limits = {f"LIMIT_AI_{name}": "100000/60:100000" for name in ("TUTOR", "TASKIFY", "QUESTIONS", "PLAN")}
    with running_program(BUILDS, AI_URL="scripted:", **limits) as program:
        yield program


@pytest.fixture
async def eve(assisted: Program) -> AsyncIterator[Person]:
    """A student who has been welcomed, on a server with the built-in model."""
    person = await newcomer(assisted.url, "Eve")
    yield person
    await person.http.aclose()


@pytest.fixture
async def eves_desk(assisted: Program, browser: Browser, eve: Person) -> AsyncIterator[Page]:
    """Eve's browser at her desk, signed in, at no address yet."""
    async with device(browser, assisted.url, eve) as page:
        yield page


async def settled(page: Page) -> None:
    """Wait until the page has reported what it was doing."""
    await page.wait_for_load_state("networkidle")
    await asyncio.sleep(0.1)


@pytest.fixture(scope="session")
async def class_of(engine: Engines, browser: Browser, program: Program) -> AsyncIterator[Students]:
    """Students on a server whose clock stands still, with the app that the program serves."""
    if not program.build:
        pytest.skip("this copy has no web app")
    async with students(engine, browser, BUILDS) as found:
        yield found
