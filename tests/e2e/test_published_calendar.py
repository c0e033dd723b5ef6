"""A student publishes the plan for other calendars, gets another address, and stops."""

from __future__ import annotations

import httpx2
from playwright.async_api import Page, expect
from tests.e2e.students import LIGHT, Students


async def status_of(class_of: Students, address: str) -> tuple[int, str]:
    """Read an address as another calendar does; return the status and the media type."""
    async with httpx2.AsyncClient(base_url=class_of.url, trust_env=False) as client:
        answer = await client.get("/api/calendar/feed.ics" + address.partition("/api/calendar/feed.ics")[2])
    return answer.status_code, answer.headers["content-type"].partition(";")[0]


async def copied(page: Page) -> str:
    text: str = await page.evaluate("navigator.clipboard.readText()")
    return text


async def test_an_address_is_got_copied_replaced_and_ended(class_of: Students) -> None:
    visited = await class_of.page("publisher by hand", LIGHT)
    page, says = visited.page, visited.says
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=class_of.url)
    await visited.goto("/settings/calendars")
    await page.get_by_role("combobox", name=says("calendar.feed.alarm")).select_option(label="15 minutes before")
    await page.get_by_role("switch", name=says("calendar.feed.hide")).click()
    await page.get_by_role("button", name=says("calendar.feed.publish")).click()
    address = page.get_by_role("textbox", name=says("calendar.feed.address"))
    await expect(address).to_be_focused()
    first = await address.input_value()
    part = page.get_by_role("region", name=says("calendar.feed"))
    for text in ("calendar.feed.everything", "calendar.feed.hidden", "calendar.feed.unread"):
        await expect(part).to_contain_text(says(text))
    await expect(part).to_contain_text("15 minutes before")
    await page.get_by_role("button", name=says("settings.copy")).click()
    await expect(page.get_by_role("button", name=says("settings.copied"))).to_be_visible()
    assert await copied(page) == first
    assert await status_of(class_of, first) == (200, "text/calendar")
    await visited.goto("/settings/calendars")
    await expect(address).to_have_value(first)
    await expect(part).not_to_contain_text(says("calendar.feed.unread"))

    replace = page.get_by_role("button", name=says("calendar.feed.replace"))
    await replace.click()
    await page.get_by_role("dialog").get_by_role("button", name=says("calendar.feed.replace")).click()
    await expect(address).not_to_have_value(first)
    await expect(page.get_by_text(says("calendar.feed.replaced")).first).to_be_visible()
    await expect(replace).to_be_focused()
    await expect(page.get_by_role("button", name=says("settings.copy"))).to_be_visible()
    second = await address.input_value()
    assert (await status_of(class_of, first))[0] == 404
    assert (await status_of(class_of, second))[0] == 200
    await expect(part).to_contain_text(says("calendar.feed.hidden"))

    await page.get_by_role("button", name=says("calendar.feed.end")).click()
    await page.get_by_role("dialog").get_by_role("button", name=says("calendar.feed.end")).click()
    await expect(page.get_by_text(says("calendar.feed.ended")).first).to_be_visible()
    await expect(page.get_by_role("combobox", name=says("calendar.feed.which"))).to_be_focused()
    assert (await status_of(class_of, second))[0] == 404


async def test_without_a_confirmed_address_it_says_what_to_do(class_of: Students) -> None:
    visited = await class_of.page("fresh unconfirmed", LIGHT)
    page, says = visited.page, visited.says
    await visited.goto("/settings/calendars")
    await expect(page.get_by_text(says("calendar.feed.unverified"))).to_be_visible()
    await expect(page.get_by_role("button", name=says("calendar.feed.publish"))).to_have_count(0)
    async with page.expect_response("**/api/auth/**") as answering:
        await page.get_by_role("button", name=says("settings.email.resend")).click()
    assert (await answering.value).ok
    await expect(page.get_by_text(says("settings.email.resent")).first).to_be_visible()
