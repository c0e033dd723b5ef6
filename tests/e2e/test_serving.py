"""The app arrives in the browser: from the program itself, under its policy, and accessible before it is there."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Browser, Page
from tests.conftest import System, serving, settings_for
from tests.e2e.conftest import Program, settled
from tests.e2e.faults import watch

from studyteddy.bootstrap import runtime
from studyteddy.platform.web import waiting_page, web_builds
from studyteddy.platform.web.web_builds import Fault, Progress, Step

RULES = {"rules": {"meta-refresh": {"enabled": False}}}
"""The page reloads while a build is running, since it has no script; nobody reads or types anything there by then."""


async def test_the_start_page_is_served_by_the_program_alone(program: Program, page: Page) -> None:
    answer = await page.goto("/")
    await settled(page)
    assert answer is not None
    assert answer.status == (200 if program.build else 503)
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
    assert "Study Teddy" in await page.title()


async def test_the_policy_is_enforced(browser: Browser, program: Program) -> None:
    """So that a page without violations means something."""
    page = await browser.new_page()
    faults = watch(page, program.url)
    await page.goto(program.url)
    await page.evaluate(
        "document.body.append(Object.assign(document.createElement('img'), {src: 'http://x.invalid/'}))"
    )
    await page.evaluate("document.head.append(Object.assign(document.createElement('style'), {textContent: 'a {}'}))")
    await settled(page)
    await page.close()
    assert len(faults) >= 2
    assert any("img-src" in fault for fault in faults)
    assert any("style-src" in fault for fault in faults)


@pytest.mark.parametrize("progress", [Progress(Step.packages), Progress(Step.packages, Fault.no_network)])
@pytest.mark.parametrize("language", waiting_page.LANGUAGES)
async def test_the_waiting_page_is_accessible(
    system: System, browser: Browser, tmp_path: Path, language: str, progress: Progress
) -> None:
    web_builds.write(tmp_path / web_builds.PROGRESS, progress)
    async with (
        runtime.runtime(settings_for(system.engines, web_dir=str(tmp_path))) as running,
        serving(running, runtime.application(running, watching=False)) as url,
    ):
        context = await browser.new_context(base_url=url, locale=language)
        page = await context.new_page()
        faults = watch(page, url)
        await page.goto("/")
        assert await page.locator("html").get_attribute("lang") == language
        assert await page.evaluate("getComputedStyle(document.querySelector('main')).borderRadius") == "14px"
        violations = (await Axe().run(page, options=RULES)).response["violations"]
        await context.close()
    assert [violation["id"] for violation in violations] == []
    assert faults == []
