"""Addresses that somebody else made up: they open the app, and never lead out of it."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from playwright.async_api import Page, expect
from tests.cast import Person
from tests.e2e.conftest import Program
from tests.e2e.test_sign_out import enter

OUTSIDE = "outside.invalid"


@pytest.mark.parametrize(
    "after", [f"https://{OUTSIDE}/", f"//{OUTSIDE}/", f"/\\{OUTSIDE}/", f"/\t/{OUTSIDE}/", "javascript:window.hacked=1"]
)
async def test_signing_in_leads_to_no_other_site(program: Program, ada: Person, page: Page, after: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(f"/#/sign-in?after={quote(after, safe='')}")
    await enter(page, ada)
    await expect(page).to_have_url(f"{program.url}/")
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert not [url for url in asked if OUTSIDE in url]
    assert await page.evaluate("window.hacked") is None


@pytest.mark.parametrize("path", [f"/.//{OUTSIDE}/x", f"//{OUTSIDE}/x", "//[", "/%", "/\\"])
async def test_a_broken_address_opens_the_app(page: Page, path: str) -> None:
    await page.goto(f"/#{path}")
    await expect(page.get_by_role("heading", level=1)).to_be_visible()


async def test_a_secret_leaves_the_address_of_a_page_that_is_open_already(program: Program, page: Page) -> None:
    await page.goto("/sign-in")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    await page.evaluate("location.hash = '#/reset-password?token=secret'")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Choose a new password")
    await expect(page).to_have_url(f"{program.url}/reset-password")
