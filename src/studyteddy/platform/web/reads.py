"""Several reads in one request: what an app begins with takes one way there and back instead of ten (docs/adr/0022)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from studyteddy.platform.errors import NotFound, Problem
from studyteddy.platform.fields import END
from studyteddy.platform.identity import Identity
from studyteddy.platform.web.admission import Admission, identity_of
from studyteddy.platform.web.binding import Answer, Operation, Request
from studyteddy.platform.web.problems import answer_of
from studyteddy.platform.web.routing import Router

router = Router("/api/reads", tag="app")

MOST_READS = 10
Target = Annotated[
    str,
    Meta(
        max_length=2000,
        pattern=rf"^/api/[!-~]+{END}",
        extra={"form": "Must be the path of a GET request, such as /api/tasks?limit=200."},
        examples=["/api/tasks?limit=200"],
    ),
]


class ReadTargets(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to read, each as the path and the query of a GET request."""

    paths: Annotated[list[Target], Meta(min_length=1, max_length=MOST_READS)]


class ReadAnswer(msgspec.Struct, frozen=True):
    """The answer to one of the requests."""

    status: int
    body: Annotated[msgspec.Raw, Meta(description="As the request alone would be answered; a problem if refused.")]


class ReadAnswers(msgspec.Struct, frozen=True):
    """The answers, in the order of the requests."""

    items: list[ReadAnswer]


class Reads:
    """Answers GET requests inside another request, with the same rules as for requests of their own.

    `find` returns the GET operation of a path with the ids in it, or None.
    """

    def __init__(self, find: Callable[[str], tuple[Operation, dict[str, UUID]] | None], admission: Admission) -> None:
        self._find = find
        self._admission = admission

    async def answer(self, target: str, identity: Identity, request: Request) -> Answer:
        """Return the answer to one read of the caller, or its problem; raise faults of the server."""
        path, _, query = target.partition("?")
        try:
            found = self._find(path)
            if found is None or not _joins(found[0]):
                raise NotFound("This path can't be read together with others.")
            operation, ids = found
            await self._admission.admit(identity, operation.route)
            inner = request.reading(path, query.encode())
            inner.operation = operation
            inner.identity = identity_of(identity, operation, inner)
            return await operation.answer(inner, operation.arguments(inner, ids))
        except Problem as problem:
            if problem.status >= 500:  # metrics see it, and the client when to come back; the next reads would fail too
                raise
            return answer_of(problem, request.id)


def _joins(operation: Operation) -> bool:
    """Whether an operation answers a student, with JSON."""
    route = operation.route
    return not (route.public or route.secret or route.media or route.redirects)


@router.post(scope="read", cost=lambda targets: len(targets.paths))
async def read_together(reads: Reads, identity: Identity, request: Request, body: ReadTargets) -> ReadAnswers:
    """Answer up to ten GET requests, one after the other: what comes later in the list is read later.

    Each counts as a request for rate limits. A fault of the server fails them all.
    """
    answers = [await reads.answer(path, identity, request) for path in body.paths]
    return ReadAnswers([ReadAnswer(one.status, msgspec.Raw(one.body)) for one in answers])
