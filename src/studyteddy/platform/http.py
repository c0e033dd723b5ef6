"""The HTTP client for external services: short timeouts, no redirects, limited response size."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2

CONNECT_SECONDS = 2.0
TOTAL_SECONDS = 8.0
MAX_BYTES = 1 << 20


class Unreachable(Exception):
    """The server didn't respond in time or returned an unusable response."""


@asynccontextmanager
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    """Open a client that times out after eight seconds and doesn't follow redirects."""
    deadlines = httpx2.Timeout(TOTAL_SECONDS, connect=CONNECT_SECONDS)
    async with httpx2.AsyncClient(timeout=deadlines, follow_redirects=False, trust_env=False) as opened:
        yield opened


async def fetch(http: httpx2.AsyncClient, method: str, url: str, *, form: dict[str, str] | None = None) -> bytes:
    """Return the body of a successful response; raise `Unreachable`."""
    try:
        async with http.stream(method, url, data=form, headers={"accept": "application/json"}) as response:
            body = b""
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise Unreachable(f"the response of {url} exceeds {MAX_BYTES} bytes")
    except httpx2.HTTPError as fault:
        raise Unreachable(f"{url} is unreachable: {type(fault).__name__}") from fault
    if not response.is_success:
        raise Unreachable(f"{url} returned status {response.status_code}")
    return body
