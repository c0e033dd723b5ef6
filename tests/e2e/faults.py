"""What a page of the app must never do: break its policy, throw an error that nobody catches, or ask another origin."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from playwright.async_api import ConsoleMessage, Page, Request

POLICY = re.compile(r"Content.Security.Policy|Trusted|Permissions.Policy", re.IGNORECASE)


def watch(page: Page, url: str) -> list[str]:
    """Return a list that collects what the page must not do."""
    faults: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        if POLICY.search(message.text):
            faults.append(message.text)

    def on_request(request: Request) -> None:
        if urlsplit(request.url).netloc != urlsplit(url).netloc and not request.url.startswith(("blob:", "data:")):
            faults.append(f"request to {request.url}")

    page.on("console", on_console)
    page.on("request", on_request)
    page.on("pageerror", lambda error: faults.append(f"uncaught {error}"))
    return faults
