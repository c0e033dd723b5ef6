"""The middleware of every request: ids, headers, metrics and logs, and problem documents for exceptions."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import re
import time
from typing import Any

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studyteddy.platform.errors import Forbidden, Problem, Unavailable
from studyteddy.platform.telemetry import REQUESTS, RESPONSE_TIME
from studyteddy.platform.web.addresses import client_address
from studyteddy.platform.web.admission import Admission
from studyteddy.platform.web.binding import Request
from studyteddy.platform.web.deadline import Deadline
from studyteddy.platform.web.endpoint import REQUEST
from studyteddy.platform.web.problems import answer_of, problem_of
from studyteddy.platform.web.responses import respond
from studyteddy.platform.web.security_headers import POLICY

log = structlog.get_logger("studyteddy.web")
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_TRACE = re.compile(rb"00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


class RequestMiddleware:
    """The outermost middleware: request ids, the content security policy, metrics and logs.

    `log_sample` is the fraction of successful requests that are logged. The `deadline` of a request ends when its
    response starts. The other security headers are those of the server (`security_headers`).
    """

    def __init__(self, app: ASGIApp, *, deadline: Deadline, log_sample: float) -> None:
        self._app = app
        self._deadline = deadline
        self._log_sample = log_sample
        self._numbers = itertools.count()
        self._prefix = os.urandom(6).hex()
        self._instruments: dict[tuple[str, int], Any] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        headers = dict(scope["headers"])
        request = scope[REQUEST] = Request(scope, headers, self._id(headers), receive)

        def send_on(message: Message) -> Any:
            if message["type"] == "http.response.start":
                request.status = message["status"]
                self._deadline.end(request.task)
                message["headers"] = self._headers(request, message["headers"], scope["app"].draining)
            return send(message)

        await self._app(scope, receive, send_on)
        self._measure(request, time.perf_counter() - started)

    def _id(self, headers: dict[bytes, bytes]) -> str:
        given = headers.get(b"x-request-id")
        if given and _REQUEST_ID.fullmatch(given):
            return given.decode()
        if b"traceparent" in headers and (trace := _TRACE.fullmatch(headers[b"traceparent"])):
            return trace[1].decode()
        return f"{self._prefix}-{next(self._numbers):x}"

    def _headers(self, request: Request, response_headers: list[tuple[bytes, bytes]], draining: bool) -> Any:
        headers = [(b"x-request-id", request.id.encode()), *request.limit_headers, *response_headers]
        if draining:
            headers.append((b"connection", b"close"))
        for name, _ in response_headers:
            if name == b"content-security-policy":  # the web app and the docs page have their own
                return headers
        headers.append(POLICY)
        return headers

    def _measure(self, request: Request, elapsed: float) -> None:
        name = request.operation.name if request.operation else request.label
        instruments = self._instruments.get((name, request.status))
        if instruments is None:
            counter = REQUESTS.labels(name, str(request.status))
            instruments = self._instruments[(name, request.status)] = counter, RESPONSE_TIME.labels(name)
        instruments[0].inc()
        instruments[1].observe(elapsed)
        # By chance: a client that could choose, by its request id, would fill the log or stay out of it.
        if request.status >= 500 or elapsed > 1.0 or random.random() < self._log_sample:
            log.info(
                "web.request",
                route=name,
                status=request.status,
                ms=round(elapsed * 1000, 2),
                request_id=request.id,
                user=request.identity.user_id.hex if request.identity else None,
            )


class ProblemMiddleware:
    """The innermost middleware: converts exceptions to problems, and a timeout to 503.

    A WebSocket handshake counts against the anonymous limit before anything else is done; a refused one is answered
    with a problem too.
    """

    def __init__(self, app: ASGIApp, *, deadline: Deadline, admission: Admission) -> None:
        self._app = app
        self._deadline = deadline
        self._admission = admission

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._open_socket(scope, receive, send)
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request: Request = scope[REQUEST]
        request.task, request.deadline = self._deadline.begin(), self._deadline
        try:
            await self._app(scope, receive, send)
            return
        except asyncio.CancelledError:
            if request.status or not self._deadline.expired(request.task):
                raise
            problem: Problem = Unavailable("The request timed out. Try again.", retry_after=2)
        except Exception as fault:
            if request.status:
                raise
            self._deadline.end(request.task)  # a problem is sent, however late it is
            problem = await self._problem(fault, request)
        finally:
            self._deadline.end(request.task)
        await respond(answer_of(problem, request.id), request, send)

    async def _open_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a WebSocket; one that is closed before it is accepted gets a problem document."""
        answered = False

        async def send_on(message: Message) -> None:
            nonlocal answered
            if message["type"] == "websocket.close" and not answered:
                await _refuse(Forbidden(message.get("reason") or ""), send)
            else:
                await send(message)
            answered = True

        try:
            await self._admission.admit_socket(client_address((scope.get("client") or ("", 0))[0]))
            await self._app(scope, receive, send_on)
        except Problem as problem:
            if answered:
                raise
            await _refuse(problem, send)

    async def _problem(self, fault: Exception, request: Request) -> Problem:
        problem = problem_of(fault)
        if problem.status == 500:
            name = request.operation.name if request.operation else request.label
            log.error("web.broke", route=name, request_id=request.id, exc_info=fault)
        return await self._admission.count_anonymous(problem, request)


async def _refuse(problem: Problem, send: Send) -> None:
    """Refuse a WebSocket handshake with a problem; browsers report every refusal as code 1006."""
    answer = answer_of(problem, f"ws-{os.urandom(6).hex()}")
    headers = [*answer.headers, (b"content-type", answer.media_type)]
    await send({"type": "websocket.http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": answer.body})
