"""Problems that a request can end in (RFC 9457): one class per problem type.

The first sentence of a class's docstring is the title; the whole docstring is the default detail.
"""

from __future__ import annotations

import re
from typing import ClassVar

import msgspec

_encode = msgspec.json.Encoder().encode


class Fault(msgspec.Struct, frozen=True, omit_defaults=True):
    """An invalid field: its location (RFC 6901 pointer, or `?name` of the query), a stable code, and a sentence."""

    pointer: str
    code: str
    detail: str


class Problem(Exception):
    """The request is invalid."""

    status: ClassVar[int] = 400
    code: ClassVar[str]
    title: ClassVar[str]
    description: ClassVar[str]

    def __init_subclass__(cls) -> None:
        cls.code = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
        cls.description = " ".join((cls.__doc__ or cls.__name__).split())
        cls.title = cls.description.partition(". ")[0].rstrip(".") + "."

    def __init__(
        self, detail: str = "", *, faults: list[Fault] | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(detail or self.description)
        self.detail = detail or self.description
        self.faults = faults
        self.retry_after = retry_after


class ProblemDocument(msgspec.Struct, frozen=True, rename="camel"):
    """A problem (RFC 9457). `code` is stable; `errors` lists every invalid field."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[Fault] | msgspec.UnsetType = msgspec.UNSET


MOST_FAULTS = 100
MOST_FAULT_BYTES = 32 * 1024
"""Limits of the errors in one answer, so that a small request never gets a large answer."""


def document(problem: Problem, request_id: str, *, sharing: int = 1) -> ProblemDocument:
    """Return the problem as the client receives it, with as many of its errors as the limits allow.

    `sharing` is how many problems of one answer share the limits; each lists at least one error.
    """
    faults = problem.faults
    return ProblemDocument(
        f"/api/docs#{problem.code}",
        problem.title,
        problem.status,
        problem.detail,
        problem.code,
        request_id,
        msgspec.UNSET if faults is None else _first(faults, MOST_FAULTS // sharing, MOST_FAULT_BYTES // sharing),
    )


def _first(faults: list[Fault], count: int, size: int) -> list[Fault]:
    """Return the first faults: at most `count`, and `size` bytes of JSON, but at least one."""
    found: list[Fault] = []
    for fault in faults[: max(count, 1)]:
        size -= len(_encode(fault)) + 1
        if size < 0 and found:
            break
        found.append(fault)
    return found


class MalformedRequest(Problem):
    """The request isn't valid HTTP/1.1."""

    status = 400


class MalformedJson(Problem):
    """The body isn't valid JSON."""

    status = 400


class SignInNeeded(Problem):
    """Authentication required. Send a valid access token as `Authorization: Bearer …`."""

    status = 401


class Forbidden(Problem):
    """You don't have permission to do this."""

    status = 403


class NotFound(Problem):
    """Not found."""

    status = 404


class MethodNotAllowed(Problem):
    """Method not allowed."""

    status = 405

    def __init__(self, allowed: list[str]) -> None:
        super().__init__(f"Method not allowed. Allowed: {', '.join(allowed)}.")
        self.allowed = allowed


class RequestTimeout(Problem):
    """The request took too long to arrive. Send it again."""

    status = 408


class Conflict(Problem):
    """This conflicts with the current state."""

    status = 409


class StaleVersion(Problem):
    """The resource has changed. Fetch it again and retry with its current ETag."""

    status = 412


class BodyTooLarge(Problem):
    """The body is too large."""

    status = 413


class UriTooLong(Problem):
    """The request's path and query are too long."""

    status = 414


class UnsupportedMediaType(Problem):
    """Unsupported media type. Send the body as `application/json`."""

    status = 415


class Invalid(Problem):
    """Some fields are invalid. See `errors` for each of them."""

    status = 422


class TooManyRequests(Problem):
    """Too many requests. Wait for the time in `Retry-After`, then try again."""

    status = 429


class HeadersTooLarge(Problem):
    """The request's headers are too large."""

    status = 431


class InternalError(Problem):
    """An unexpected error occurred. Include the request id when you report it."""

    status = 500


class Unavailable(Problem):
    """The service is temporarily unavailable. Try again shortly."""

    status = 503


class StillRunning(Conflict):
    """A request with this idempotency key is still in progress."""


class KeyReused(Invalid):
    """This idempotency key was already used with a different request."""


class CursorMismatch(Invalid):
    """The cursor belongs to a different list, sort order, or filter. Start again without a cursor."""


def invalid(pointer: str, code: str, detail: str, kind: type[Invalid] = Invalid) -> Invalid:
    """Return an `Invalid` with one invalid field."""
    return kind(faults=[Fault(pointer, code, detail)])
