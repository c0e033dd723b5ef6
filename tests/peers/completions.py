"""An OpenAI-compatible endpoint that answers as a test says, also as no decent endpoint would."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

Behaviour = Callable[[dict[str, Any]], Awaitable[Response] | Response]


@dataclass
class Completions:
    """The endpoint: `behaviours` answer one request each, then `otherwise` all of them."""

    otherwise: Behaviour
    behaviours: list[Behaviour] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    url: str = ""

    async def answer(self, request: Request) -> Response:
        body = await request.json()
        self.requests.append(body)
        self.keys.append(request.headers.get("authorization", ""))
        found = (self.behaviours.pop(0) if self.behaviours else self.otherwise)(body)
        return found if isinstance(found, Response) else await found


def says(text: str, *, tokens: int | None = 120, finish: str = "stop", **message: Any) -> Behaviour:
    """Answer with a text, streamed in words if the request wants that."""

    def answer(body: dict[str, Any]) -> Response:
        if body.get("stream"):
            return streams([word + " " for word in text.split(" ")], tokens=tokens, finish=finish)(body)
        said = {"role": "assistant", "content": text, "refusal": None} | message
        choice = {"index": 0, "message": said, "logprobs": None, "finish_reason": finish}
        usage = tokens and {"prompt_tokens": tokens - 20, "completion_tokens": 20, "total_tokens": tokens}
        base = {"id": "c1", "object": "chat.completion", "created": 1, "model": body["model"], "choices": [choice]}
        return JSONResponse(base | ({"usage": usage} if usage else {}))

    return answer


def streams(
    pieces: Iterable[str], *, tokens: int | None = 120, finish: str | None = "stop", pause: float = 0, done: bool = True
) -> Callable[[dict[str, Any]], Response]:
    """Answer with a stream of pieces; without `finish` it breaks off."""

    async def events(model: str) -> AsyncIterator[str]:
        def chunk(**fields: Any) -> str:
            base = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": model, "choices": []}
            return f"data: {json.dumps(base | fields)}\n\n"

        for piece in pieces:
            yield chunk(choices=[{"index": 0, "delta": {"content": piece}, "finish_reason": None}])
            await asyncio.sleep(pause)
        if finish is not None:
            yield chunk(choices=[{"index": 0, "delta": {}, "finish_reason": finish}])
        if tokens is not None:
            yield chunk(usage={"prompt_tokens": tokens - 20, "completion_tokens": 20, "total_tokens": tokens})
        if done:
            yield "data: [DONE]\n\n"

    return lambda body: StreamingResponse(events(body["model"]), media_type="text/event-stream")


def refuses(status: int, *, code: str = "", retry_after: str | None = None) -> Behaviour:
    """Answer with an error."""
    headers = {"retry-after": retry_after} if retry_after is not None else {}
    error = {"error": {"message": "a secret of the provider", "type": code, "param": None, "code": code}}
    return lambda body: JSONResponse(error, status, headers=headers)


def raw(content: bytes | str, media_type: str = "application/json") -> Behaviour:
    """Answer with these bytes."""
    return lambda body: Response(content, media_type=media_type)


def waits(seconds: float) -> Behaviour:
    """Answer nothing for some time."""

    async def answer(body: dict[str, Any]) -> Response:
        await asyncio.sleep(seconds)
        return Response(b"{}")

    return answer


@asynccontextmanager
async def completions(otherwise: Behaviour) -> AsyncIterator[Completions]:
    """The endpoint on a free port of this machine."""
    endpoint = Completions(otherwise)
    app = Starlette(routes=[Route("/v1/chat/completions", endpoint.answer, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    server.config.load()
    task = asyncio.ensure_future(server._serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    endpoint.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/v1"
    try:
        yield endpoint
    finally:
        server.should_exit = True
        await task
