"""What is refused before a password is hashed."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator

import httpx2
import pytest
from tests.cast import PASSWORD, Person, join, made
from tests.chaos.harness import until
from tests.conftest import System

from studyteddy.platform.security.fair_queue import Requester

NEW = "quite another sentence"


@pytest.fixture
async def owner(system: System) -> AsyncIterator[Person]:
    person = await join(system.url, "Hashed")
    yield person
    await person.http.aclose()


async def test_nothing_is_hashed_for_a_request_that_fails_anyway(
    system: System, guest: httpx2.AsyncClient, owner: Person
) -> None:
    account = {"email": owner.email, "password": PASSWORD, "name": "Twice"}
    refused = [
        ("/api/auth/reset-password", {"token": "forged", "newPassword": NEW}, 422),
        ("/api/auth/reset-password", {"token": "forged", "newPassword": "password1234"}, 422),
        ("/api/auth/register", account, 409),
        ("/api/auth/register", account | {"email": owner.email.upper()}, 409),
        ("/api/auth/register", account | {"email": "new@example.org", "password": "password1234"}, 422),
        ("/api/auth/register", account | {"email": "new@example.org", "timeZone": "Europe/Atlantis"}, 422),
        ("/api/auth/register", account | {"email": "nobody"}, 422),
    ]
    before = system.running.passwords.evaluations
    for path, body, status in refused:
        assert (await guest.post(path, json=body)).status_code == status, (path, body)
    common = {"currentPassword": PASSWORD, "newPassword": "password1234"}
    assert (await owner.post("/api/auth/change-password", common)).status_code == 422
    assert system.running.passwords.evaluations == before


async def test_an_expired_or_used_token_is_refused_before_hashing(
    system: System, guest: httpx2.AsyncClient, owner: Person
) -> None:
    admin = await system.admin()
    await admin.execute("UPDATE users SET email_verified_at = now() WHERE id = $1", owner.user["id"])
    await guest.post("/api/auth/forgot-password", json={"email": owner.email})
    await system.work()
    mail = re.search(r"token=([A-Za-z0-9_-]+)", system.mails(owner.email)[-1].text)
    assert mail is not None
    await admin.execute("UPDATE mail_tokens SET expires_at = now() WHERE user_id = $1", owner.user["id"])
    before = system.running.passwords.evaluations
    body = {"token": mail[1], "newPassword": NEW}
    assert (await guest.post("/api/auth/reset-password", json=body)).status_code == 422
    assert system.running.passwords.evaluations == before
    await admin.execute(
        "UPDATE mail_tokens SET expires_at = now() + interval '1 hour' WHERE user_id = $1", owner.user["id"]
    )
    await admin.close()
    assert (await guest.post("/api/auth/reset-password", json=body)).status_code == 200
    assert (await guest.post("/api/auth/reset-password", json=body)).status_code == 422
    assert system.running.passwords.evaluations == before + 1


async def test_a_new_password_is_hashed_only_once_the_current_one_is_verified(system: System, owner: Person) -> None:
    before = system.running.passwords.evaluations
    wrong = {"currentPassword": "not the password", "newPassword": NEW}
    assert (await owner.post("/api/auth/change-password", wrong)).status_code == 403
    assert system.running.passwords.evaluations == before + 1
    made(await owner.post("/api/auth/second-factor", {"password": PASSWORD}), 200)
    right = {"currentPassword": PASSWORD, "newPassword": NEW}
    assert (await owner.post("/api/auth/change-password", right)).status_code == 200
    assert system.running.passwords.evaluations == before + 4


async def test_nothing_is_hashed_for_a_client_that_has_gone(system: System, owner: Person) -> None:
    queue, before = system.running.passwords._queue, system.running.passwords.evaluations
    slots = queue._free
    for _ in range(slots):
        await queue.acquire(Requester("held", "held"))
    try:
        guess = asyncio.create_task(owner.post("/api/auth/login", {"email": owner.email, "password": PASSWORD}))
        await until(lambda: queue.waiting == 1, within=5)
        guess.cancel()  # which closes its connection
        with contextlib.suppress(asyncio.CancelledError):
            await guess
        await asyncio.sleep(0.1)
    finally:
        for _ in range(slots):
            queue.release()
    await until(lambda: queue._free == slots, within=5)
    assert system.running.passwords.evaluations == before
