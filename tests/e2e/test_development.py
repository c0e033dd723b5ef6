"""`teddy up --dev`: the app from its source and the API at one address."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest
from playwright.async_api import Browser
from tests.up.conftest import Running, Teddy

from studyteddy.embedded import web_build

OPEN_SOCKET = """new Promise((done) => {
    const socket = new WebSocket(`ws://${location.host}/ws?ticket=wrong`);
    socket.onerror = () => done("refused");
    socket.onopen = () => done("open");
})"""


@pytest.fixture
def developing(tmp_path_factory: pytest.TempPathFactory, open_folder: Path) -> Iterator[Running]:
    with ExitStack() as ending:
        teddy = Teddy(tmp_path_factory.mktemp("logs"), ending)
        up = teddy.up(open_folder / "data", "--dev", environment={"WEB": "on"})
        up.wait_until_up(within=240)  # the packages of the app are installed into the checkout first
        yield up


@pytest.mark.slow
@pytest.mark.skipif(not web_build.has_source(), reason="this copy has no web app")
async def test_the_source_is_served_in_front_of_the_api(browser: Browser, developing: Running) -> None:
    url = f"http://127.0.0.1:{developing.port}"
    page = await browser.new_page()
    async with page.expect_console_message(lambda message: message.text == "[vite] connected.", timeout=60_000):
        await page.goto(url)
    assert "/src/main.ts" in await page.content()
    assert await page.evaluate(OPEN_SOCKET) == "refused"
    await page.close()
    async with httpx2.AsyncClient(base_url=url, trust_env=False, timeout=20) as client:
        assert (await client.get("/health/live")).json()["status"] == "ok"
        assert (await client.get("/api/tasks")).status_code == 401
    assert "Study Teddy is running" in developing.output()
