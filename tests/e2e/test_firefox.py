"""Firefox: the first day, and a day without a network."""

from __future__ import annotations

import time

import httpx2
import pytest
from tests.cast import PASSWORD
from tests.e2e.conftest import Program
from tests.e2e.firefox import Firefox, firefox
from tests.e2e.student import eventually


@pytest.mark.slow
async def test_the_first_day_and_a_day_without_a_network_in_firefox(program: Program) -> None:
    email = f"ada.firefox.{time.time():.0f}@example.org"
    async with firefox() as browser:
        await first_day(browser, program.url, email)

        await browser.goto(f"{program.url}/tasks")
        await browser.shows("Problem set on waves")
        await browser.evaluate("navigator.serviceWorker.ready.then(() => true)")
        await browser.set_offline(True)
        await browser.type("a")
        await browser.becomes("document.activeElement.matches('dialog input')")
        await browser.type("Read chapter 5 tomorrow 3pm")
        await browser.type("Enter")
        await browser.shows("1 change is saved on this device")
        await browser.reload()
        await browser.shows("Read chapter 5 tomorrow 3pm")
        await browser.shows("1 change is saved on this device")
        await browser.set_offline(False)

        async with httpx2.AsyncClient(base_url=program.url, trust_env=False) as device:
            signed_in = await device.post("/api/auth/login", json={"email": email, "password": PASSWORD})
            device.headers["authorization"] = f"Bearer {signed_in.json()['accessToken']}"

            async def is_sent_once() -> bool:
                tasks = (await device.get("/api/tasks")).json()["items"]
                return sorted(task["title"] for task in tasks) == ["Problem set on waves", "Read chapter 5"]

            await eventually(is_sent_once)


async def first_day(browser: Firefox, url: str, email: str) -> None:
    """From nothing to a running session."""
    await browser.goto(url)
    await browser.shows("New here?")
    await browser.reach("Create an account")
    await browser.type("Enter")
    await browser.shows("Hello.")
    for field, text in (("Name", "Ada Lovelace"), ("Email", email), ("Password", PASSWORD)):
        await browser.reach(field)
        await browser.type(text)
    await browser.type("Enter")
    await browser.shows("What are you studying?")
    await browser.reach("Subject")
    await browser.type("Physics")
    await browser.type("Enter")
    await browser.shows("Physics")
    await browser.type("Enter")
    await browser.shows("What is due next?")
    await browser.reach("Add a task")
    await browser.type("Problem set on waves @physics tomorrow 3pm 45m")
    await browser.type("Enter")
    await browser.click("Now")
    await browser.shows("24:5")
