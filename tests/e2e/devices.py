"""The devices of a student: browser profiles that are signed in, and the API client of another device."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Browser, Page
from tests.cast import PASSWORD, Person, join
from tests.e2e.faults import watch

DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
NARROW = {"width": 320, "height": 640}


@asynccontextmanager
async def device(browser: Browser, url: str, person: Person | None = None, **options: Any) -> AsyncIterator[Page]:
    """Yield a page of a new browser profile, at no address yet, signed in as the person if there is one.

    The options are those of Playwright's `new_context`. The device fails its test when its page does what it must not.
    """
    settings = {"locale": "en-GB", "timezone_id": "Europe/Berlin", "viewport": DESK, **options}
    context = await browser.new_context(base_url=url, **settings)
    try:
        page = await context.new_page()
        faults = watch(page, url)
        if person:
            await sign_in(page, person)
        yield page
    finally:
        await context.close()
    assert faults == [], faults


async def sign_in(page: Page, person: Person) -> None:
    """Give the page's browser profile a session of the person, as the sign-in page does."""
    answer = await page.context.request.post(
        "/api/auth/login", data={"email": person.email, "password": PASSWORD, "delivery": "cookie"}
    )
    assert answer.ok, await answer.text()


async def newcomer(url: str, name: str = "Ada", *, welcomed: bool = True, **fields: Any) -> Person:
    """Register a student who has been welcomed, so that the app opens with Today."""
    person = await join(url, name, timeZone="Europe/Berlin", **fields)
    if welcomed:
        answer = await person.patch("/api/users/me/preferences", {"onboarded": True})
        assert answer.status_code == 200, answer.text
    return person
