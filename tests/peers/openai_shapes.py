"""What OpenAI's chat completions API accepts and returns, as far as it concerns us, and recorded exchanges.

The shapes restate OpenAI's published description of its API (version 2.3.0). Requests may have the listed fields only;
responses may have more. Fields that are null in practice may be null.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import jsonschema_rs

Shape = dict[str, Any]


def _object(required: Shape, optional: Shape | None = None, *, closed: bool = False) -> Shape:
    properties = required | (optional or {})
    shape: Shape = {"type": "object", "required": list(required), "properties": properties}
    return shape | ({"additionalProperties": False} if closed else {})


def _list(items: Shape, at_least: int = 0) -> Shape:
    return {"type": "array", "items": items, "minItems": at_least}


def _or_null(shape: Shape) -> Shape:
    return {"anyOf": [shape, {"type": "null"}]}


def _one_of(*values: str) -> Shape:
    return {"enum": list(values)}


TEXT: Shape = {"type": "string"}
WHOLE: Shape = {"type": "integer"}
FLAG: Shape = {"type": "boolean"}
ANYTHING: Shape = {}

_FINISH = _one_of("stop", "length", "tool_calls", "content_filter", "function_call")
_NAME: Shape = {"type": "string", "pattern": "^[a-zA-Z0-9_-]{1,64}$"}
_CALL = _object({"name": TEXT, "arguments": TEXT})
_TOOL_CALL = _object({"id": TEXT, "type": _one_of("function"), "function": _CALL})
_TOOL_CALL_CHUNK = _object({"index": WHOLE}, {"id": TEXT, "type": _one_of("function"), "function": {"type": "object"}})
_USAGE = _object({"prompt_tokens": WHOLE, "completion_tokens": WHOLE, "total_tokens": WHOLE})
_BASE: Shape = {"id": TEXT, "created": WHOLE, "model": TEXT}

REQUEST = _object(
    {
        "model": {"type": "string", "minLength": 1},
        "messages": _list(
            _object({"role": _one_of("system", "user", "assistant"), "content": TEXT}, closed=True), at_least=1
        ),
    },
    {
        "max_tokens": WHOLE,
        "max_completion_tokens": WHOLE,
        "stream": FLAG,
        "stream_options": _object({}, {"include_usage": FLAG}, closed=True),
        "response_format": _object(
            {
                "type": _one_of("json_schema"),
                "json_schema": _object({"name": _NAME}, {"schema": {"type": "object"}, "strict": FLAG}, closed=True),
            },
            closed=True,
        ),
    },
    closed=True,
)

RESPONSE = _object(
    _BASE
    | {
        "object": _one_of("chat.completion"),
        "choices": _list(
            _object(
                {
                    "index": WHOLE,
                    "finish_reason": _FINISH,
                    "logprobs": ANYTHING,
                    "message": _object(
                        {"role": _one_of("assistant"), "content": _or_null(TEXT), "refusal": _or_null(TEXT)},
                        {"tool_calls": _list(_TOOL_CALL)},
                    ),
                }
            )
        ),
    },
    {"usage": _USAGE},
)

CHUNK = _object(
    _BASE
    | {
        "object": _one_of("chat.completion.chunk"),
        "choices": _list(
            _object(
                {
                    "index": WHOLE,
                    "finish_reason": _or_null(_FINISH),
                    "delta": _object(
                        {},
                        {
                            "role": _one_of("developer", "system", "user", "assistant", "tool"),
                            "content": _or_null(TEXT),
                            "refusal": _or_null(TEXT),
                            "tool_calls": _list(_TOOL_CALL_CHUNK),
                        },
                    ),
                }
            )
        ),
    },
    {"usage": _or_null(_USAGE)},
)

ERROR = _object({"error": _object({"type": TEXT, "message": TEXT, "param": _or_null(TEXT), "code": _or_null(TEXT)})})

_CHECKS = {id(shape): jsonschema_rs.validator_for(shape) for shape in (REQUEST, RESPONSE, CHUNK, ERROR)}


def faults(value: Any, shape: Shape) -> list[str]:
    """Return what is wrong with a value."""
    return [f"{one.instance_path}: {one.message}" for one in _CHECKS[id(shape)].iter_errors(value)]


@dataclass
class Exchange:
    """A request and the response to it."""

    request: Any
    status: int = 0
    media: str = ""
    received: bytearray = field(default_factory=bytearray)

    @property
    def chunks(self) -> list[Any]:
        """The chunks of a stream, without its end."""
        lines = [line.removeprefix(b"data: ") for line in bytes(self.received).split(b"\n\n") if line]
        return [json.loads(line) for line in lines if line != b"[DONE]"]

    @property
    def faults(self) -> list[str]:
        """What is wrong with the request and the response, compared with the API of OpenAI."""
        found = faults(self.request, REQUEST)
        if self.status != 200:
            return found + faults(json.loads(self.received), ERROR)
        if self.media.startswith("text/event-stream"):
            return found + [fault for chunk in self.chunks for fault in faults(chunk, CHUNK)]
        return found + faults(json.loads(self.received), RESPONSE)


class Recorder(httpx2.AsyncBaseTransport):
    """A transport that records every exchange."""

    def __init__(self) -> None:
        self._inner = httpx2.AsyncHTTPTransport()
        self.exchanges: list[Exchange] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        exchange = Exchange(json.loads(await request.aread()))
        self.exchanges.append(exchange)
        response = await self._inner.handle_async_request(request)
        exchange.status, exchange.media = response.status_code, response.headers.get("content-type", "")
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        response.stream = _Copied(response.stream, exchange.received)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Copied(httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream, into: bytearray) -> None:
        self._inner = inner
        self._into = into

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._inner:
            self._into += chunk
            yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()
