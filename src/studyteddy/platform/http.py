"""The outbound client: short deadlines, no redirects that nobody asked for, answers of bounded size."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2

CONNECT_SECONDS = 2.0
TOTAL_SECONDS = 8.0
LARGEST = 1 << 20


class Unreachable(Exception):
    """The other side did not answer in time, or answered what cannot be used."""


@asynccontextmanager
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    """A client that gives up after eight seconds and follows nothing."""
    deadlines = httpx2.Timeout(TOTAL_SECONDS, connect=CONNECT_SECONDS)
    async with httpx2.AsyncClient(timeout=deadlines, follow_redirects=False, trust_env=False) as opened:
        yield opened


async def fetch(http: httpx2.AsyncClient, method: str, url: str, *, form: dict[str, str] | None = None) -> bytes:
    """The body of a successful answer; raises `Unreachable`."""
    try:
        async with http.stream(method, url, data=form, headers={"accept": "application/json"}) as answer:
            body = b""
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > LARGEST:
                    raise Unreachable(f"{url} answers more than {LARGEST} bytes")
    except httpx2.HTTPError as fault:
        raise Unreachable(f"{url} does not answer: {type(fault).__name__}") from fault
    if not answer.is_success:
        raise Unreachable(f"{url} answers {answer.status_code}")
    return body
