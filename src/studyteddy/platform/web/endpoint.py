"""The endpoint of one path: an ASGI application that selects the operation and responds."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.types import Receive, Scope, Send

from studyteddy.platform.db.idempotency import Replay
from studyteddy.platform.errors import MethodNotAllowed
from studyteddy.platform.web.admission import Admission, identity_of
from studyteddy.platform.web.binding import Answer, Operation, Request
from studyteddy.platform.web.deadline import TIMEOUT
from studyteddy.platform.web.decoding import read_body
from studyteddy.platform.web.responses import respond
from studyteddy.platform.web.routing import allow

REQUEST = "studyteddy.request"
"""The key of our `Request` in the ASGI scope."""


class Endpoint:
    """Responds to all methods of one path: HEAD like GET, OPTIONS with the allowed methods."""

    def __init__(self, operations: Iterable[Operation], admission: Admission) -> None:
        self._operations = {one.route.method: one for one in operations}
        self._methods = sorted(self._operations)
        if "GET" in self._operations:
            self._operations["HEAD"] = self._operations["GET"]
        self._admission = admission

    @property
    def reading(self) -> Operation | None:
        """The operation of GET."""
        return self._operations.get("GET")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request: Request = scope[REQUEST]
        operation = self._operations.get(request.method)
        if operation is None:
            await respond(self._options(request), request, send)
            return
        request.operation = operation
        route = operation.route
        if route.timeout != TIMEOUT and request.deadline is not None:
            request.deadline.extend(request.task, route.timeout)
        # The body is read only after authentication and rate limits.
        known = await self._admission.identify(route, request) if route.limited or not route.public else None
        if route.method != "GET":
            request.body = await read_body(receive, request.headers, route.largest)
        if known is not None:
            request.identity = identity_of(known, operation, request)
        arguments = operation.arguments(request, scope["path_params"])
        if route.cost is not None:
            await self._admission.charge(route.cost(arguments["body"]), request)
        try:
            answer = await operation.answer(request, arguments)
        except Replay as replay:
            answer = Answer(replay.body, replay.status, headers=((b"idempotent-replayed", b"true"),))
        await respond(answer, request, send)

    def _options(self, request: Request) -> Answer:
        if request.method != "OPTIONS":
            raise MethodNotAllowed(self._methods)
        return Answer(b"", 204, headers=((b"allow", allow(self._methods)),))
