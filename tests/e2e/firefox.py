"""Firefox, driven by WebDriver BiDi (w3.org/TR/webdriver-bidi), since Playwright needs a patched one."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from tests.e2e.student import PATIENCE
from websockets.asyncio.client import ClientConnection, connect

from studyteddy.embedded.engine import free_port

Json = dict[str, Any]
KEYS = {"Enter": "\ue006", "Tab": "\ue004"}
NAME = """(() => {
    const at = document.activeElement;
    return (at?.ariaLabel ?? at?.labels?.[0]?.innerText ?? at?.innerText ?? "").trim().split("\\n")[0];
})()"""


class Firefox:
    """One tab of a Firefox with an empty profile."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._number = 0
        self._tab = ""
        self.faults: list[str] = []
        """What the page must not do: break its policy, or throw an error that nobody catches."""

    async def begin(self) -> None:
        await self._call("session.new", capabilities={})
        await self._call("session.subscribe", events=["log.entryAdded"])
        self._tab = (await self._call("browsingContext.getTree"))["contexts"][0]["context"]

    async def goto(self, url: str) -> None:
        await self._call("browsingContext.navigate", context=self._tab, url=url, wait="complete")

    async def reload(self) -> None:
        await self._call("browsingContext.reload", context=self._tab, wait="complete")

    async def evaluate(self, expression: str) -> Any:
        """Return what the expression is, as far as JSON can say it."""
        target = {"context": self._tab}
        wrapped = f"Promise.resolve({expression}).then((value) => JSON.stringify(value ?? null))"
        answer = await self._call("script.evaluate", expression=wrapped, target=target, awaitPromise=True)
        assert answer["type"] == "success", answer
        return json.loads(answer["result"]["value"])

    async def type(self, text: str) -> None:
        """Press the keys of a text, or the key of this name."""
        keys = [KEYS[text]] if text in KEYS else list(text)
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        source = {"type": "key", "id": "keyboard", "actions": actions}
        await self._call("input.performActions", context=self._tab, actions=[source])

    async def set_offline(self, offline: bool) -> None:
        conditions = {"type": "offline"} if offline else None
        await self._call("emulation.setNetworkConditions", networkConditions=conditions, contexts=[self._tab])

    async def shows(self, text: str) -> None:
        """Wait until the page shows a text."""
        deadline = time.monotonic() + PATIENCE
        while text not in (shown := await self.evaluate("document.body.innerText")):
            assert time.monotonic() < deadline, f"“{text}” isn't shown:\\n{shown}"
            await asyncio.sleep(0.1)

    async def becomes(self, expression: str) -> None:
        """Wait until the expression is true."""
        deadline = time.monotonic() + PATIENCE
        while not await self.evaluate(expression):
            assert time.monotonic() < deadline, f"{expression} isn't true"
            await asyncio.sleep(0.05)

    async def reach(self, name: str) -> None:
        """Press Tab until the control with this name has the focus."""
        for _ in range(60):
            if await self.evaluate(NAME) == name:
                return
            await self.type("Tab")
        raise AssertionError(f"Tab doesn't lead to {name}: {await self.evaluate('document.body.innerText')}")

    async def click(self, name: str) -> None:
        """Click the control with this name. (Buttons don't heed keys in the window of a Firefox without a screen.)"""
        await self.reach(name)
        await self.evaluate("document.activeElement.click()")

    async def _call(self, method: str, **parameters: Any) -> Json:
        self._number += 1
        await self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            message: Json = json.loads(await asyncio.wait_for(self._socket.recv(), PATIENCE * 2))
            if message.get("method") == "log.entryAdded":
                self._note(message["params"])
            if message.get("id") == self._number:
                assert message["type"] == "success", message
                result: Json = message["result"]
                return result

    def _note(self, entry: Json) -> None:
        text = entry.get("text") or ""
        if "ws://" in text:
            return  # Firefox says that a connection was interrupted, as the tests do on purpose
        if "Content-Security-Policy" in text or (entry["type"] == "javascript" and entry["level"] == "error"):
            self.faults.append(text)


def find_firefox() -> str:
    """Return the path of Firefox; without one, skip the tests, or fail them in CI."""
    found = shutil.which("firefox-esr") or shutil.which("firefox")
    if found is None and os.environ.get("CI") == "true":
        pytest.fail("Firefox isn't installed: apt-get install firefox-esr")
    if found is None:
        pytest.skip("needs Firefox (Debian: apt-get install firefox-esr)")
    return found


@asynccontextmanager
async def firefox() -> AsyncIterator[Firefox]:
    """Run Firefox without a screen; fail if the page did what it must not."""
    program, port = find_firefox(), free_port()
    with tempfile.TemporaryDirectory(prefix="teddy-firefox-", ignore_cleanup_errors=True) as folder:
        command = [program, "--headless", "--no-remote", "--profile", folder, f"--remote-debugging-port={port}"]
        environment = {"HOME": folder, "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TZ": "Europe/Berlin"}
        process = _started(command, environment)
        try:
            socket = await _connected(f"ws://127.0.0.1:{port}/session")
            browser = Firefox(socket)
            await browser.begin()
            yield browser
            await socket.close()
        finally:
            process.terminate()
            process.wait(30)
    assert browser.faults == [], browser.faults


def _started(command: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


async def _connected(url: str) -> ClientConnection:
    deadline = time.monotonic() + PATIENCE * 2
    while True:
        try:
            return await connect(url, max_size=None, proxy=None)
        except OSError:
            assert time.monotonic() < deadline, "Firefox doesn't start"
            await asyncio.sleep(0.2)
