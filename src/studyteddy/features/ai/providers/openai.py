"""A model behind an OpenAI-compatible endpoint: OpenAI, llama.cpp, Ollama, and many more."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from copy import copy
from functools import partial
from typing import Any

import httpx2
import openai

from studyteddy.features.ai.providers.attempts import Attempt
from studyteddy.features.ai.providers.chunks import chunks
from studyteddy.features.ai.providers.model import (
    MAX_ANSWER,
    Finish,
    Meter,
    ModelFailed,
    Prompt,
    Reply,
    answered_tokens,
)
from studyteddy.platform.http import CONNECT_SECONDS

MAX_BYTES = 4 << 20
"""Bytes of a response that are read."""
CLOSED_SECONDS = 1.0
"""A connection that is closed within this time was idle, and nothing was done with the request."""
_CONNECTIONS = httpx2.Limits(max_connections=None, max_keepalive_connections=20)
"""An answer takes a connection for up to a minute; none waits for another one to end."""
_NO_MONEY = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "access_terminated"})
_REJECTED = frozenset({400, 413, 422})
"""Statuses of a prompt that the provider doesn't accept: too long, or against its rules."""
_DENIED = frozenset({401, 403, 404})
"""Statuses of a key that the provider doesn't accept, or not for this model."""
_attempt: ContextVar[Attempt] = ContextVar("attempt")
"""The attempt whose request the transport sends: the client passes nothing through to it."""
_FINISHES: dict[str, Finish] = {"stop": "stop", "length": "length", "content_filter": "filtered"}


class OpenAI:
    """A model at an endpoint. It is asked once: whoever calls it decides about another attempt."""

    def __init__(self, url: str, key: str, name: str, *, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self.provider = url
        self.name = name
        bounded = _Bounded(transport or httpx2.AsyncHTTPTransport(limits=_CONNECTIONS))
        timeout = httpx2.Timeout(None, connect=CONNECT_SECONDS)  # each call has a deadline of its own
        self._http = httpx2.AsyncClient(transport=bounded, timeout=timeout, follow_redirects=False, trust_env=False)
        self._client = openai.AsyncOpenAI(base_url=url, api_key=key or "none", max_retries=0, http_client=self._http)
        self._limit = "max_completion_tokens" if url.startswith("https://api.openai.com/") else "max_tokens"

    async def complete(self, prompt: Prompt, *, until: float, meter: Meter | None = None) -> Reply:
        attempt = Attempt(prompt, meter)
        async with _failures(until, attempt):
            answer = await self._client.chat.completions.create(**self._request(prompt))
            if not answer.choices:
                raise ModelFailed("empty")
            choice = answer.choices[0]
            text = _whole(choice.message.content or "")
            finish: Finish = "refused" if choice.message.refusal else _finish(choice.finish_reason)
            if len(text) > MAX_ANSWER:
                attempt.came(text)
                raise ModelFailed("too long")
            attempt.cleared()
            return self._reply(prompt, text, finish, answer.usage)

    async def stream(self, prompt: Prompt, *, until: float, meter: Meter | None = None) -> AsyncGenerator[str | Reply]:
        attempt = Attempt(prompt, meter)
        text, half, usage = "", "", None
        finish: Finish | None = None
        request = self._request(prompt) | {"stream": True, "stream_options": {"include_usage": True}}
        asked = self._client.chat.completions.with_streaming_response.create(**request)
        async with _failures(until, attempt), asked as response:
            async for chunk in chunks(response.iter_bytes()):
                usage = chunk.usage or usage
                for choice in chunk.choices[:1]:
                    if choice.delta.refusal:
                        finish = "refused"
                    if choice.finish_reason and finish is None:
                        finish = _finish(choice.finish_reason)
                    piece, half = _split(half + (choice.delta.content or ""))
                    if piece:
                        text += piece
                        if len(text) > MAX_ANSWER:
                            attempt.came(piece)
                            raise ModelFailed("too long")
                        yield piece
        if finish is None:  # cut off: neither a reason nor an end
            raise ModelFailed("cut off")
        attempt.cleared()
        yield self._reply(prompt, text, finish, usage)

    def with_key(self, key: str) -> OpenAI:
        """Return the same model, asked with another key over the same connections."""
        other = copy(self)
        other._client = self._client.with_options(api_key=key)
        return other

    async def close(self) -> None:
        await self._http.aclose()

    def _request(self, prompt: Prompt) -> dict[str, Any]:
        request: dict[str, Any] = {
            "model": self.name,
            "messages": [{"role": one.role, "content": one.content} for one in prompt.messages],
            self._limit: prompt.max_tokens,
        }
        if prompt.schema is not None:
            answer = {"name": "answer", "strict": True, "schema": prompt.schema}
            request["response_format"] = {"type": "json_schema", "json_schema": answer}
        return request

    def _reply(self, prompt: Prompt, text: str, finish: Finish, usage: Any) -> Reply:
        total = getattr(usage, "total_tokens", None)
        # A provider can't make an answer cheaper than nothing, or dearer than the most it could have been.
        if not isinstance(total, int) or not 0 < total <= 2 * prompt.estimate:
            total = _estimate(prompt, text)
        return Reply(text, finish, total, self.name, self.provider)


class _Bounded(httpx2.AsyncBaseTransport):
    """Ends a response that is larger than `MAX_BYTES`, before its parser holds all of it, and reopens connections."""

    def __init__(self, inner: httpx2.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        request.headers["accept-encoding"] = "identity"  # compressed, a few bytes could be very many
        attempt = _attempt.get()
        request.extensions["trace"] = partial(_trace, attempt)
        response = await self._send(request, attempt)
        attempt.sent()
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        if response.headers.get("content-encoding", "identity") != "identity":
            await response.stream.aclose()
            raise httpx2.ReadError("the response is compressed")
        response.stream = _BoundedStream(response.stream)
        return response

    async def _send(self, request: httpx2.Request, attempt: Attempt) -> httpx2.Response:
        """Send a request, again if its connection closes at once: servers close idle ones at any moment."""
        loop = asyncio.get_running_loop()
        again = True
        while True:
            began = loop.time()
            try:
                return await self._inner.handle_async_request(request)
            except (httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError):
                if loop.time() - began > CLOSED_SECONDS:
                    raise
                attempt.cleared()
                if not again:
                    raise
                again = False

    async def aclose(self) -> None:
        await self._inner.aclose()


class _BoundedStream(httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = MAX_BYTES
        async for chunk in self._inner:
            left -= len(chunk)
            if left < 0:
                raise httpx2.ReadError(f"the response exceeds {MAX_BYTES} bytes")
            yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()


async def _trace(attempt: Attempt, event: str, info: Any) -> None:
    """Note that a request has been sent as a whole: from here on, the provider has it."""
    if event.endswith("send_request_body.complete"):
        attempt.sent()


@asynccontextmanager
async def _failures(until: float, attempt: Attempt) -> AsyncIterator[None]:
    """End a call at its deadline, and turn every failure of the provider into `ModelFailed`."""
    _attempt.set(attempt)
    try:
        async with asyncio.timeout_at(until):
            yield
    except (TimeoutError, openai.APITimeoutError) as fault:
        raise ModelFailed("timeout") from fault
    except openai.APIStatusError as fault:
        attempt.cleared()
        raise _refusal(fault) from fault
    # The client lets out the decoder's own errors for responses that aren't JSON.
    except (openai.OpenAIError, httpx2.HTTPError, json.JSONDecodeError, UnicodeDecodeError) as fault:
        raise ModelFailed("unreachable") from fault
    except (AttributeError, TypeError, ValueError, RecursionError) as fault:  # JSON of another form than was promised
        raise ModelFailed("malformed") from fault


def _refusal(fault: openai.APIStatusError) -> ModelFailed:
    """Return what a status other than 2xx means; the text of the provider is never passed on."""
    if fault.status_code == 402 or (fault.status_code == 429 and {str(fault.code), str(fault.type)} & _NO_MONEY):
        return ModelFailed("no money", spent=True)
    if fault.status_code != 429:
        rejected, denied = (fault.status_code in statuses for statuses in (_REJECTED, _DENIED))
        return ModelFailed(f"status {fault.status_code}", rejected=rejected, denied=denied)
    return ModelFailed("rate limit", retry_after=_seconds(fault.response.headers.get("retry-after")))


def _split(text: str) -> tuple[str, str]:
    """Return what is complete of a text, and the half of a character at its end: some providers cut there."""
    half = text[-1:] if "\ud800" <= text[-1:] <= "\udbff" else ""
    return _whole(text.removesuffix(half)), half


def _whole(text: str) -> str:
    """Return a text without NUL, in which halves of characters are joined, or replaced if the other one is missing."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "")


def _seconds(header: str | None) -> float | None:
    with suppress(TypeError, ValueError):
        seconds = float(header or "")
        return seconds if 0 <= seconds < 86_400 else None
    return None


def _finish(reason: str | None) -> Finish:
    return _FINISHES.get(reason or "", "refused")


def _estimate(prompt: Prompt, text: str) -> int:
    return sum(answered_tokens(one.content) for one in prompt.messages) + answered_tokens(text)
