"""Converts exceptions to problem documents."""

from __future__ import annotations

import msgspec
from starlette.exceptions import HTTPException

from studyteddy.platform.errors import InternalError, MethodNotAllowed, NotFound, Problem, document
from studyteddy.platform.web.binding import Answer
from studyteddy.platform.web.routing import allow

_encode = msgspec.json.Encoder().encode


def problem_of(fault: Exception) -> Problem:
    """Return the problem for this exception; an unexpected exception is an `InternalError`."""
    if isinstance(fault, Problem):
        return fault
    if isinstance(fault, HTTPException) and fault.status_code == 404:
        return NotFound()
    if isinstance(fault, HTTPException) and fault.status_code == 405:
        return MethodNotAllowed(["GET"])  # raised by static files; our endpoints list their methods
    return InternalError()


def answer_of(problem: Problem, request_id: str) -> Answer:
    """Return the problem document (RFC 9457), with the headers for its status."""
    headers: list[tuple[bytes, bytes]] = [(b"cache-control", b"no-store")]
    if problem.retry_after is not None:
        headers.append((b"retry-after", b"%d" % max(1, -(-problem.retry_after // 1))))
    if isinstance(problem, MethodNotAllowed):
        headers.append((b"allow", allow(problem.allowed)))
    if problem.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    return Answer(_encode(document(problem, request_id)), problem.status, b"application/problem+json", tuple(headers))
