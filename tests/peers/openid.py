"""Starts the OpenID provider in `tests/peers/oidc` and signs users in as a browser would."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import httpx2
import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.peers.node import NODE, install

HERE = Path(__file__).parent / "oidc"
CLIENT_ID, CLIENT_SECRET = "study-teddy", "a secret for tests only"


@dataclass(frozen=True)
class Peer:
    """A running provider, its signing key, and navigation through its pages."""

    issuer: str
    redirect_uri: str
    key: rsa.RSAPrivateKey

    async def walk(self, address: str, name: str) -> str:
        """Sign in and consent as `name` at `address`; return the URL that the browser is finally sent to."""
        async with httpx2.AsyncClient(trust_env=False, timeout=10) as browser:
            answer = await browser.get(address)
            for form in ({"prompt": "login", "login": name, "password": "any"}, {"prompt": "consent"}):
                answer = await self._follow(browser, answer)
                if answer.is_redirect:
                    break
                answer = await browser.post(_action(answer), data=form)
            answer = await self._follow(browser, answer)
            return str(answer.headers["location"])

    async def _follow(self, browser: httpx2.AsyncClient, answer: httpx2.Response) -> httpx2.Response:
        """Follow redirects until a page is shown or a redirect leaves the provider."""
        while answer.is_redirect:
            target = urljoin(str(answer.url), answer.headers["location"])
            if not target.startswith(self.issuer):
                break
            answer = await browser.get(target)
        return answer


def _action(page: httpx2.Response) -> str:
    found = re.search(r'<form[^>]*action="([^"]+)"', page.text)
    assert found, page.text
    return str(urljoin(str(page.url), found[1]))


@asynccontextmanager
async def provider(redirect_uri: str) -> AsyncIterator[Peer]:
    """Run the provider on a free loopback port."""
    await asyncio.to_thread(install, HERE)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    jwk = jwt.algorithms.RSAAlgorithm.to_jwk(key, as_dict=True) | {"kid": "k1", "use": "sig", "alg": "RS256"}
    port = _free_port()
    environ = {
        "PATH": os.environ["PATH"],
        "PORT": str(port),
        "REDIRECT_URI": redirect_uri,
        "CLIENT_ID": CLIENT_ID,
        "CLIENT_SECRET": CLIENT_SECRET,
        "JWKS": json.dumps({"keys": [jwk]}),
    }
    process = await asyncio.create_subprocess_exec(
        NODE, "server.mjs", cwd=HERE, env=environ, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(30):
            while b"ready" not in await process.stdout.readline():
                assert process.returncode is None, "the provider did not start"
        yield Peer(f"http://127.0.0.1:{port}", redirect_uri, key)
    finally:
        process.terminate()
        await process.communicate()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
