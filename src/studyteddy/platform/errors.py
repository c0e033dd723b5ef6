"""Errors that answer a request: each class is one kind of problem, its docstring the sentence shown."""

from __future__ import annotations

import re
from typing import ClassVar

import msgspec


class Fault(msgspec.Struct, frozen=True, omit_defaults=True):
    """One faulty field of a request: where (RFC 6901 pointer, or `?name` of the query), what, and in words."""

    pointer: str
    code: str
    detail: str


class Problem(Exception):
    """Something is wrong with this request."""

    status: ClassVar[int] = 400
    code: ClassVar[str]
    title: ClassVar[str]

    def __init_subclass__(cls) -> None:
        cls.code = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
        cls.title = " ".join((cls.__doc__ or cls.__name__).split()).partition(". ")[0].rstrip(".") + "."

    def __init__(
        self, detail: str = "", *, faults: list[Fault] | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.faults = faults
        self.retry_after = retry_after


class ProblemDocument(msgspec.Struct, frozen=True, rename="camel"):
    """What went wrong (RFC 9457). `code` is stable; `errors` names every faulty field at once."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[Fault] | msgspec.UnsetType = msgspec.UNSET


def document(problem: Problem, request_id: str) -> ProblemDocument:
    """A problem as its client is shown it."""
    return ProblemDocument(
        f"/api/docs#{problem.code}", problem.title, problem.status, problem.detail, problem.code, request_id,
        problem.faults if problem.faults is not None else msgspec.UNSET,
    )  # fmt: skip


class MalformedJson(Problem):
    """The body is not JSON."""

    status = 400


class SignInNeeded(Problem):
    """Sign in first: send a valid access token as `Authorization: Bearer …`."""

    status = 401


class Forbidden(Problem):
    """You are signed in, but this is not for you."""

    status = 403


class NotFound(Problem):
    """There is nothing here."""

    status = 404


class MethodNotAllowed(Problem):
    """This address does not know that method."""

    status = 405

    def __init__(self, known: list[str]) -> None:
        super().__init__(f"This address knows {', '.join(known)}.")
        self.known = known


class Conflict(Problem):
    """This does not fit the present state."""

    status = 409


class StaleVersion(Problem):
    """Someone changed this in the meantime: read it again, then send your change with its new ETag."""

    status = 412


class BodyTooLarge(Problem):
    """The body is larger than this operation takes."""

    status = 413


class UnsupportedMediaType(Problem):
    """Send the body as application/json."""

    status = 415


class Invalid(Problem):
    """Some fields are faulty; `errors` names each of them."""

    status = 422


class TooManyRequests(Problem):
    """Too many requests: wait as long as `Retry-After` says."""

    status = 429


class InternalError(Problem):
    """Something broke on our side; the request id leads us to it."""

    status = 500


class Unavailable(Problem):
    """A part that this needs is away for the moment: try again shortly."""

    status = 503


class StillRunning(Conflict):
    """A request with this idempotency key is still running."""


class KeyReused(Invalid):
    """This idempotency key was used with another request."""


class CursorMismatch(Invalid):
    """This cursor belongs to another list, sort or filter: start again without it."""


def invalid(pointer: str, code: str, detail: str, kind: type[Invalid] = Invalid) -> Invalid:
    """An `Invalid` about one field."""
    return kind(faults=[Fault(pointer, code, detail)])
