"""Requests to the JSON interfaces of Google and Microsoft in the name of a student, and what their answers mean."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Mapping
from typing import Any, Final, Protocol

import httpx2
import msgspec

from studyteddy.features.calendar.providers.provider import Failing, SignInRequired

SECONDS: Final = 30.0
"""How long a request may take with its answer: large calendars are listed slowly."""
MAX_BYTES: Final = 20 << 20
"""The largest answer that is read."""
MAX_RETRY_SECONDS: Final = 86_400.0
RETRIES: Final = 2
"""How often a request is sent again after a fault of the server; the engine tries again much later."""


class AccessTokens(Protocol):
    """The access token of a student's account."""

    async def get(self, rejected: str = "") -> str:
        """Return a token that is valid for now, another one than `rejected`; raise `SignInRequired` or `Failing`."""


class Answer(msgspec.Struct, frozen=True):
    """A response with a status of 2xx or 4xx."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    data: Any
    """The JSON of the body; None if it is empty or something else."""


class Rest:
    """An interface whose URLs begin with `base`, which is the operator's or the vendor's."""

    def __init__(self, http: httpx2.AsyncClient, base: str, tokens: AccessTokens) -> None:
        self._http = http
        self._base = base.rstrip("/")
        self._tokens = tokens

    async def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        retries: int = RETRIES,
    ) -> Answer:
        """Send a request to a path, or to a whole URL that begins with the base, and return what isn't a fault.

        A rejected access token is replaced once. Faults of the server are tried again; then `Failing` is raised, as
        it is for 429. A request that must not be carried out twice is sent with `retries=0`.
        """
        url = path if path.startswith(f"{self._base}/") else f"{self._base}/{path.removeprefix('/')}"
        if not path.startswith(self._base) and "://" in path:
            raise Failing("invalid_response")
        token = await self._tokens.get()
        for attempt in range(retries + 1):
            answer = await self._once(method, url, query, headers, body, token)
            if answer is not None and answer.status == 401:
                token = await self._tokens.get(rejected=token)
                answer = await self._once(method, url, query, headers, body, token)
                if answer is not None and answer.status == 401:
                    raise SignInRequired
            if answer is not None and answer.status < 500:
                return answer
            if attempt < retries:
                await asyncio.sleep(random.uniform(0.2, 0.6) * 2**attempt)
        raise Failing("unreachable" if answer is None else "unavailable", retry_after=retry_after(answer))

    async def _once(
        self,
        method: str,
        url: str,
        query: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
        body: Any,
        token: str,
    ) -> Answer | None:
        """Return the answer, or None if there was none; raise `Failing` for one that can't be read, and for 429."""
        sent = {"accept": "application/json", **(headers or {}), "authorization": f"Bearer {token}"}
        content = None
        if body is not None:
            content = msgspec.json.encode(body)
            sent["content-type"] = "application/json"
        try:
            async with (
                asyncio.timeout(SECONDS),
                self._http.stream(method, url, params=query, headers=sent, content=content) as response,
            ):
                raw = await read_body(response, MAX_BYTES)
        except (httpx2.HTTPError, TimeoutError):
            return None
        answer = Answer(response.status_code, {k.lower(): v for k, v in response.headers.items()}, read_json(raw))
        if answer.status == 429:
            raise Failing("too_many_requests", retry_after=retry_after(answer))
        if answer.status < 200 or 300 <= answer.status < 400:
            raise Failing("invalid_response")
        return answer


async def read_body(response: httpx2.Response, limit: int) -> bytes:
    """Return the body of a response; raise `Failing` if it has more bytes than `limit`."""
    raw = b""
    async for chunk in response.aiter_bytes():
        raw += chunk
        if len(raw) > limit:
            raise Failing("too_large")
    return raw


def read_json(raw: bytes) -> Any:
    """Return the value of a JSON text; None if it is empty or something else.

    Half a character, as where a vendor cut a text, becomes a question mark or U+FFFD, and costs nothing else.
    """
    try:
        return msgspec.json.decode(raw) if raw else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        whole = json.dumps(json.loads(raw.decode(errors="replace")), ensure_ascii=False)
        return msgspec.json.decode(whole.encode(errors="replace"))
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None


def retry_after(answer: Answer | None) -> float | None:
    """Return after how many seconds to try again, if an answer says so in this form (RFC 9110, section 10.2.3)."""
    text = answer.headers.get("retry-after", "").strip() if answer is not None else ""
    return min(float(text), MAX_RETRY_SECONDS) if text.isascii() and text.isdecimal() else None
