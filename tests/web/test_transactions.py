"""A handler that asks for `tx`: what it runs in, when that begins, and what a repeated request gets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
import pytest
from msgspec import Meta
from tests.cast import Person
from tests.conftest import System, serving, settings_for

from studyteddy.bootstrap import catalogue
from studyteddy.bootstrap.runtime import runtime
from studyteddy.features.subjects import service
from studyteddy.features.subjects.schemas import NewSubject
from studyteddy.platform.db.database import Database
from studyteddy.platform.db.transaction import Tx
from studyteddy.platform.errors import Conflict
from studyteddy.platform.identity import Identity
from studyteddy.platform.web.binding import Answer, Operation
from studyteddy.platform.web.routing import Router

router = Router("/api/trials", tag="tests")


class Trial(msgspec.Struct, frozen=True):
    """What a trial did."""

    id: UUID
    at: datetime


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a trial is to do."""

    name: Annotated[str, Meta(max_length=50)]
    fails: bool = False


@router.post(status=201)
async def try_it(tx: Tx, body: Plan) -> Trial:
    """Adds a subject, and fails after that if it is to."""
    subject = await service.add(tx, NewSubject(name=body.name, color="#000000"))
    if body.fails:
        raise Conflict()
    return Trial(subject.id, tx.now)


@router.post("/nothing", status=204)
async def try_nothing(tx: Tx, body: Plan) -> None:
    """Adds a subject and shows nothing."""
    await service.add(tx, NewSubject(name=body.name, color="#000000"))


class Counting(Database):
    """Counts the transactions that are opened."""

    opened = 0

    def transaction(self, identity: Identity) -> Tx:
        self.opened += 1
        return super().transaction(identity)


class Trials:
    """Alice at a server with these routes."""

    def __init__(self, url: str, alice: Person, db: Counting) -> None:
        self.url = f"{url}/api/trials"
        self.alice = alice
        self.db = db

    async def subjects(self) -> list[str]:
        return [one["name"] for one in (await self.alice.get("/api/subjects")).json()["items"]]


@pytest.fixture
async def trials(system: System, alice: Person) -> AsyncIterator[Trials]:
    catalogue.ROUTERS.append(router)
    try:
        async with runtime(settings_for(system.engines)) as running:
            db = running.db
            counting = Counting(db.pool, clock=db.clock, reactions=db.reactions)
            async with serving(replace(running, db=counting)) as url:
                yield Trials(url, alice, counting)
    finally:
        catalogue.ROUTERS.remove(router)


async def test_it_is_committed_before_the_answer(trials: Trials) -> None:
    answer = await trials.alice.post(trials.url, {"name": "Physics"})
    assert answer.status_code == 201
    assert "etag" in answer.headers
    assert await trials.subjects() == ["Physics"]


async def test_what_it_raises_takes_everything_back(trials: Trials) -> None:
    headers = {"idempotency-key": "taken-back"}
    answer = await trials.alice.post(trials.url, {"name": "Physics", "fails": True}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert await trials.subjects() == []
    again = await trials.alice.post(trials.url, {"name": "Physics"}, headers=headers)
    assert (again.status_code, again.headers.get("idempotent-replayed")) == (201, None)


@pytest.mark.parametrize("path", ["", "/nothing"])
async def test_a_repeated_request_gets_the_first_answer_byte_for_byte(trials: Trials, path: str) -> None:
    headers = {"idempotency-key": "again"}
    first, second = [await trials.alice.post(trials.url + path, {"name": "Physics"}, headers=headers) for _ in range(2)]
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert (first.headers.get("idempotent-replayed"), second.headers["idempotent-replayed"]) == (None, "true")
    assert await trials.subjects() == ["Physics"]


async def test_what_cannot_be_read_opens_no_transaction(trials: Trials) -> None:
    headers = {"idempotency-key": "refused"}
    for body, query in (({"name": 5}, ""), ({}, ""), ({"name": "x", "other": 1}, ""), ({"name": "x"}, "?other=1")):
        assert (await trials.alice.post(trials.url + query, body, headers=headers)).status_code == 422
    assert trials.db.opened == 0
    assert (await trials.alice.post(trials.url, {"name": "Physics"}, headers=headers)).status_code == 201
    assert trials.db.opened == 1


async def public_trial(tx: Tx) -> None:
    """Nobody is signed in here."""


async def bare_trial(tx: Tx) -> Answer:
    """Its headers would be lost when it is replayed."""
    return Answer(b"")


async def test_a_start_is_refused_where_it_cannot_work(system: System) -> None:
    wrong = Router("/api/wrong", tag="tests")
    wrong.post("/public", public=True)(public_trial)
    wrong.post("/bare")(bare_trial)
    for route, what in zip(wrong.routes, ("public", "Answer"), strict=True):
        with pytest.raises(LookupError, match=what):
            Operation(route, system.running.resources)
