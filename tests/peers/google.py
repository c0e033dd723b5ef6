"""Our server with the OpenID provider as its Google, and browsers that sign in there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx2

from studyteddy.bootstrap import runtime
from studyteddy.bootstrap.runtime import Runtime
from tests.conftest import System, serving, settings_for
from tests.peers.openid import CLIENT_ID, CLIENT_SECRET, Peer, provider

PUBLIC_URL = "https://study.example"
CALLBACK = f"{PUBLIC_URL}/api/auth/google/callback"


@dataclass
class Setup:
    """Our server configured with the provider, and the provider."""

    url: str
    peer: Peer
    system: System
    running: Runtime

    def browser(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(base_url=self.url, trust_env=False, timeout=20)

    async def begin(self, browser: httpx2.AsyncClient) -> tuple[str, str]:
        """Return the authorization URL and the state cookie."""
        answer = await browser.get("/api/auth/google")
        assert answer.status_code == 303
        return answer.headers["location"], answer.headers["set-cookie"].partition(";")[0]

    async def consent(self, browser: httpx2.AsyncClient, name: str) -> tuple[str, str]:
        """Sign in at the provider; return the path that it sends the browser to, and the state cookie."""
        address, cookie = await self.begin(browser)
        back = await self.peer.walk(address, name)
        assert back.startswith(CALLBACK)
        # Google returns more than the standard requires.
        return f"/api/auth/google/callback?{urlsplit(back).query}&scope=email%20openid&authuser=0&prompt=none", cookie

    async def sign_in(self, name: str) -> httpx2.Response:
        async with self.browser() as browser:
            path, cookie = await self.consent(browser, name)
            return await browser.get(path, headers={"cookie": cookie})

    async def finish(self, answer: httpx2.Response, site: str = "same-origin", **proof: str) -> httpx2.Response:
        """Prove what the sign-in of this answer still needs."""
        sent = {"cookie": cookie(answer, "__Host-pending"), "sec-fetch-site": site}
        async with self.browser() as browser:
            return await browser.post("/api/auth/google/finish", json=proof, headers=sent)

    async def me(self, answer: httpx2.Response) -> dict[str, Any]:
        """Return the user of the session that a callback started."""
        sent = {"cookie": cookie(answer, "__Host-refresh"), "sec-fetch-site": "same-origin"}
        async with self.browser() as browser:
            user: dict[str, Any] = (await browser.post("/api/auth/refresh", headers=sent)).json()["user"]
        return user


def cookie(answer: httpx2.Response, name: str) -> str:
    """Return a cookie that an answer sets, as it is sent back."""
    (found,) = [one for one in answer.headers.get_list("set-cookie") if one.startswith(f"{name}=")]
    return str(found.partition(";")[0])


@asynccontextmanager
async def google(system: System) -> AsyncIterator[Setup]:
    """Run the provider, and a server that uses it and shares the database of `system`."""
    async with provider(CALLBACK) as peer:
        settings = settings_for(
            system.engines,
            public_url=PUBLIC_URL,
            google_issuer=peer.issuer,
            google_client_id=CLIENT_ID,
            google_client_secret=CLIENT_SECRET,
        )
        async with runtime.runtime(settings, clock=system.clock) as running, serving(running) as url:
            yield Setup(url, peer, system, running)
