"""The HTTP and WebSocket protocols of the server: uvicorn's, with limits on what a client may send and hold.

uvicorn's httptools protocol has no limit for the size, the number and the arrival time of headers, and its WebSocket
protocol waits without limit for a client that doesn't read. Both are subclassed here, in one place for every server
(docs/adr/0014).
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Sequence
from typing import Any, cast

import httptools
import msgspec
from uvicorn._types import ASGI3Application, ASGISendEvent
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.utils import get_remote_addr
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Response
from websockets.server import ServerProtocol
from websockets.typing import StatusLike

from studyteddy.platform.errors import (
    HeadersTooLarge,
    InternalError,
    MalformedRequest,
    Problem,
    RequestTimeout,
    Unavailable,
    UriTooLong,
    document,
)
from studyteddy.platform.telemetry import REQUESTS_REFUSED
from studyteddy.platform.web.connections import Connections
from studyteddy.platform.web.security_headers import POLICY

MAX_TARGET = 8 * 1024
"""Bytes of a path with its query."""
MAX_HEADERS = 100
MAX_HEADER_BYTES = 32 * 1024
"""Bytes of all headers of a request, names and values."""
MAX_PIPELINED = 16
"""Requests of one connection that wait for an earlier answer. Browsers and proxies don't pipeline."""
MAX_RECEIVED = 16 * 1024
"""Bytes that a client may send over a WebSocket at once; it has little to say but pongs."""
RECEIVED_PER_SWEEP = 1024
"""Bytes by which this allowance recovers each second."""

_MAX_UNPARSED = MAX_TARGET + MAX_HEADER_BYTES + 4 * MAX_HEADERS
"""Bytes of a head that isn't complete, with separators."""
_NEVER = float("inf")
_IDLE, _HEAD, _BODY = range(3)
"""What is being received: nothing, the head of a request, or its body."""
_POLICY_VIOLATION = 1008
_HOST = re.compile(rb"[A-Za-z0-9._~%!$&'()*+;=:\[\]-]*")
"""A host and port, without the comma that would list several."""
_encode = msgspec.json.Encoder().encode


class HttpProtocol(HttpToolsProtocol):
    """One HTTP/1.1 connection. A request beyond the limits gets a problem document, and the connection ends."""

    def __init__(self, *args: Any, connections: Connections, **options: Any) -> None:
        super().__init__(*args, **options)
        self._counted = connections
        self._timeouts = connections.timeouts
        self.url = b""
        self._receiving = _IDLE
        self._unparsed = 0
        """Bytes received since the last complete head or piece of a body."""
        self._problem: Problem | None = None
        self._due = self._write_due = self._close_due = _NEVER
        self._unsent = 0
        """What was unsent at the last look: as long as it becomes less, the client is reading."""
        self._discarding = False
        self._answering: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        client = get_remote_addr(transport)
        if not self._counted.admit(self, client[0] if client else ""):
            self.transport = transport
            self._discarding = True
            self._refuse(Unavailable("Too many connections. Close some, or try again later.", retry_after=5))
            return
        super().connection_made(transport)
        self._due = self.loop.time() + self._timeouts.header

    def connection_lost(self, exc: Exception | None) -> None:
        self._counted.release(self)
        self.pipeline.clear()
        if self._answering is not None and not self._answering.response_complete:
            self._answering.disconnected = True  # uvicorn tells only the newest request
            self._answering.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._discarding:
            return
        self._unparsed += len(data)
        super().data_received(data)
        if self._unparsed > _MAX_UNPARSED:
            self._refuse(UriTooLong() if len(self.url) > MAX_TARGET else HeadersTooLarge())
        elif self._unparsed and self._receiving == _IDLE and self._due == _NEVER:
            self._due = self.loop.time() + self._timeouts.header  # empty lines before a request

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._receiving = _HEAD
        self._due = self.loop.time() + self._timeouts.header

    def on_header(self, name: bytes, value: bytes) -> None:
        """Do as uvicorn does, and stop at the first line too many: one read can contain tens of thousands."""
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))
        if len(self.headers) > MAX_HEADERS:
            self._reject(HeadersTooLarge())

    def on_headers_complete(self) -> None:
        self._check_head()
        upgrade = self.parser.should_upgrade()
        websocket = upgrade and self._should_upgrade()
        waiting = self.cycle is not None and not self.cycle.response_complete
        if websocket and (waiting or self.parser.get_method() != b"GET" or self.parser.get_http_version() != "1.1"):
            self._reject(MalformedRequest("A WebSocket handshake must be the only request and use GET and HTTP/1.1."))
        if len(self.pipeline) >= MAX_PIPELINED:
            self._reject(MalformedRequest("Too many requests are waiting on this connection."))
        self._receiving = _BODY
        self._unparsed = 0
        self._due = _NEVER
        super().on_headers_complete()
        if not upgrade:
            # The scope keeps the headers; what follows are trailers, which aren't headers (RFC 9110, section 6.5.1).
            self.headers = []
        elif not websocket:
            # The parser takes what follows for the other protocol, a body too; so nothing that follows is read.
            self.cycle.keep_alive = False
            self._discarding = True

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def on_body(self, body: bytes) -> None:
        self._unparsed = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._receiving = _IDLE
        self._unparsed = 0
        if self.cycle is not None and self.cycle.response_complete:
            self._due = self.loop.time() + self.timeout_keep_alive

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._receiving == _BODY and self.cycle.response_complete:
            self._due = self.loop.time() + self._timeouts.discard

    def pause_writing(self) -> None:
        super().pause_writing()
        self._write_due = self.loop.time() + self._timeouts.send
        self._unsent = self.unsent

    def resume_writing(self) -> None:
        super().resume_writing()
        self._write_due = _NEVER

    @property
    def unsent(self) -> int:
        """Bytes of answers that the client hasn't taken yet."""
        return 0 if self._write_due == _NEVER else self.transport.get_write_buffer_size()

    def abort(self) -> None:
        self.transport.abort()

    def handle_websocket_upgrade(self) -> None:
        self._discarding = True
        super().handle_websocket_upgrade()
        self._counted.replace(self, cast(WebSocketProtocol, self.transport.get_protocol()))

    def send_400_response(self, msg: str) -> None:
        """Answer a request that doesn't parse; uvicorn calls this for every error of the parser."""
        self._refuse(self._problem or MalformedRequest())

    def check(self, now: float) -> None:
        """End or abort the connection if it is overdue."""
        if self.transport.is_closing():
            self._close_due = min(self._close_due, now + self._timeouts.close)
            if now >= self._close_due:
                self.transport.abort()
        elif self._write_due != _NEVER and self.unsent < self._unsent:
            self._unsent, self._write_due = self.unsent, now + self._timeouts.send
        elif now >= self._write_due:
            self.transport.abort()
        elif now >= self._due:
            if self.flow.read_paused:  # an earlier request is being answered: the client can't send more
                self._due = now + self._timeouts.header
            elif self._receiving == _HEAD:
                self._refuse(RequestTimeout())
            else:
                self.transport.close()

    def _check_head(self) -> None:
        """Reject a head that is too large; one that isn't complete is limited by `data_received` and `on_header`."""
        if len(self.url) > MAX_TARGET:
            self._reject(UriTooLong())
        if self._unparsed > MAX_HEADER_BYTES and sum(len(name) + len(value) for name, value in self.headers) > (
            MAX_HEADER_BYTES
        ):
            self._reject(HeadersTooLarge())
        hosts = [value for name, value in self.headers if name == b"host"]
        if len(hosts) > 1:
            self._reject(MalformedRequest("Send exactly one Host header."))
        if not hosts:
            self._reject(MalformedRequest("Send a Host header."))
        if hosts and not _HOST.fullmatch(hosts[0]):
            self._reject(MalformedRequest("The Host header is invalid."))

    def _reject(self, problem: Problem) -> None:
        """Stop the parser, which then calls `send_400_response`."""
        self._problem = problem
        raise httptools.HttpParserCallbackError(problem.title)

    def _refuse(self, problem: Problem) -> None:
        """Answer with a problem, unless an earlier request is still being answered, and end the connection."""
        if self.transport.is_closing():
            return
        REQUESTS_REFUSED.labels(str(problem.status)).inc()
        self._discarding = True
        if self._may_answer():
            self.transport.write(_refusal(problem, self.server_state.default_headers))
        self.transport.close()

    def _may_answer(self) -> bool:
        if self.cycle is None or self.cycle.response_complete:
            return True
        return self._receiving == _BODY and not self.cycle.response_started and not self.pipeline


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """One WebSocket connection. A client that sends too much, or doesn't take its closing, is disconnected."""

    def __init__(self, *args: Any, connections: Connections, **options: Any) -> None:
        super().__init__(*args, **options)
        self._counted = connections
        self._timeouts = connections.timeouts
        self.close_timeout = self._timeouts.close
        self.conn = _Handshake(
            extensions=self.conn.available_extensions, max_size=self.config.ws_max_size, logger=self.logger
        )
        self.conn.fixed_headers = self.config.encoded_headers
        self._received = 0
        self._close_due = _NEVER

    def connection_lost(self, exc: Exception | None) -> None:
        self._counted.release(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.handshake_initiated:
            self._received += len(data)
        if self._received > MAX_RECEIVED:
            self._disconnect()
            return
        super().data_received(data)
        if not self.handshake_initiated:
            self._refuse()

    async def send(self, message: ASGISendEvent) -> None:
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body"):
            self.handshake_complete = True  # uvicorn would log a line for each refused handshake

    def check(self, now: float) -> None:
        """Abort the connection if it is overdue, and let the client send again what it may."""
        self._received = max(0, self._received - RECEIVED_PER_SWEEP)
        if self.transport.is_closing():
            self._close_due = min(self._close_due, now + self._timeouts.close)
            if now >= self._close_due:
                self.transport.abort()

    @property
    def unsent(self) -> int:
        """Bytes of events that the client hasn't taken yet."""
        return self.transport.get_write_buffer_size()

    def abort(self) -> None:
        self.transport.abort()

    def _disconnect(self) -> None:
        """End a connection whose client sends too much."""
        if not self.close_sent and not self.transport.is_closing():
            self.conn.fail(_POLICY_VIOLATION, "too much data")
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
        self.transport.close()

    def _refuse(self) -> None:
        """Answer a handshake that the library can't read; uvicorn would leave the connection open without an answer."""
        if not self.transport.is_closing():
            answer = b"".join(self.conn.data_to_send())
            self.transport.write(answer or _refusal(MalformedRequest(), self.default_headers))
            self.transport.close()


class _Handshake(ServerProtocol):
    """Answers a handshake that the library refuses with a problem, and every refused one with the fixed headers."""

    fixed_headers: Sequence[tuple[bytes, bytes]] = ()

    def reject(self, status: StatusLike, text: str) -> Response:
        request_id = os.urandom(8).hex()
        problem = InternalError() if status >= 500 else MalformedRequest(text.partition("\n")[0].strip()[:200])
        response = super().reject(status, _encode(document(problem, request_id)).decode())
        del response.headers["Content-Type"]
        response.headers["Content-Type"] = "application/problem+json"
        response.headers["X-Request-Id"] = request_id
        return response

    def send_response(self, response: Response) -> None:
        if response.status_code != 101:  # uvicorn adds them to this one
            for name, value in [*self.fixed_headers, POLICY]:
                response.headers.setdefault(name.decode(), value.decode())
        super().send_response(response)


def _refusal(problem: Problem, default_headers: list[tuple[bytes, bytes]]) -> bytes:
    """Return the whole answer that carries this problem and ends the connection."""
    request_id = os.urandom(8).hex()
    body = _encode(document(problem, request_id))
    headers = [
        *default_headers,
        POLICY,
        (b"x-request-id", request_id.encode()),
        (b"content-type", b"application/problem+json"),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
    ]
    if problem.retry_after is not None:
        headers.append((b"retry-after", b"%d" % problem.retry_after))
    return b"".join([STATUS_LINE[problem.status], *(b"%b: %b\r\n" % one for one in headers), b"\r\n", body])
