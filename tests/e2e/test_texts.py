"""The texts of a screen come with it: not with the first load, never after what shows them, and offline too."""

from __future__ import annotations

import re
from typing import Any

from playwright.async_api import Page, Response, expect
from tests.e2e.conftest import settled
from tests.e2e.student import everything_sent, go, open_app
from tests.e2e.students import texts

KEYS_SHOWN = """(keys) => {
    const known = new Set(keys);
    window.shown = [];
    const look = (node) => {
        const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
        for (let one = walker.currentNode; one; one = walker.nextNode()) {
            const text = one.nodeType === Node.TEXT_NODE ? one.data.trim() : "";
            if (known.has(text)) window.shown.push(text);
        }
    };
    new MutationObserver((changes) => {
        for (const { target, addedNodes } of changes) for (const node of [target, ...addedNodes]) look(node);
    }).observe(document, { subtree: true, childList: true, characterData: true });
}"""
"""Records each key of a text that stands on the page instead of the text."""
LATER = ("tutor.message.hint", "settings.ai.off", "analytics.empty", "overview.empty")
"""Texts that no first screen shows."""


def plain(language: str, key: str) -> str:
    found: Any = texts(language)[key]
    assert isinstance(found, str)
    return found


async def scripts_of(page: Page) -> list[str]:
    """Open the app, and return the scripts that it has loaded by then."""
    seen: list[Response] = []
    page.on("response", lambda one: seen.append(one) if one.request.resource_type == "script" else None)
    await page.goto("/")
    await expect(page.locator("h1")).to_be_visible()
    await settled(page)
    return [await one.text() for one in seen]


async def test_the_first_load_has_the_texts_of_the_first_screen_only(desk: Page) -> None:
    loaded = "".join(await scripts_of(desk))
    assert plain("en", "tasks.add") in loaded
    assert [key for key in LATER if plain("en", key) in loaded] == []
    assert plain("de", "tasks.add") not in loaded


async def test_without_a_network_every_screen_has_its_texts_at_once(desk: Page) -> None:
    await desk.add_init_script(f"({KEYS_SHOWN})({list(texts('en'))})")
    await open_app(desk)
    await desk.context.set_offline(True)
    for key in ("tasks.title", "calendar.title", "overview.title", "analytics.title"):
        await go(desk, plain("en", key))
        await expect(desk.locator("h1")).to_be_visible()
    await desk.keyboard.press("?")
    await expect(desk.get_by_role("dialog")).to_contain_text(plain("en", "app.keys.title"))
    await desk.goto("/settings/look")
    await expect(desk.get_by_role("main")).to_contain_text(plain("en", "settings.look.text"))
    assert await desk.evaluate("window.shown") == []


async def test_another_language_brings_the_texts_of_what_is_open(desk: Page) -> None:
    await desk.add_init_script(f"({KEYS_SHOWN})({list(texts('en'))})")
    await open_app(desk, "/settings/profile")
    await desk.get_by_role("combobox", name=plain("en", "settings.language")).select_option("de")
    await expect(desk.locator("h1")).to_have_text(re.compile(plain("de", "settings.title")))
    await expect(desk.get_by_role("main")).to_contain_text(plain("de", "settings.language"))
    await everything_sent(desk)
    await go_to_insights_in_german(desk)
    assert await desk.evaluate("window.shown") == []


async def go_to_insights_in_german(page: Page) -> None:
    await page.get_by_role("link", name=plain("de", "analytics.title")).first.click()
    await expect(page.locator("h1")).to_have_text(plain("de", "analytics.title"))
    await expect(page.get_by_role("main")).to_contain_text(plain("de", "analytics.empty"))
