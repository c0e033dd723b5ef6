"""The API reference: a viewer under the policy of the app, in which calls can be tried."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect


async def test_a_call_can_be_tried_in_the_api_reference(page: Page) -> None:
    await page.goto("/api/docs")
    await page.locator("#operations-tag-app").click()
    await page.locator("#operations-app-get_app button").first.click()
    await page.get_by_role("button", name="Execute").click()
    answer = page.locator(".live-responses-table .response").first
    await expect(answer.locator(".response-col_status")).to_have_text(re.compile("200"))
    await expect(answer).to_contain_text('"version"')


async def test_the_type_of_a_problem_leads_to_its_explanation(page: Page) -> None:
    await page.goto("/api/docs#invalid")
    await expect(page.locator("#invalid")).to_be_in_viewport()
    await expect(page.locator("#invalid")).to_have_text(re.compile(r"^\d+ invalid$"))
