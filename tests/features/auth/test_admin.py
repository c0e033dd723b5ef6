"""Admin routes: for operators only; a role change takes effect with the next request."""

from __future__ import annotations

import asyncio

import httpx2
from tests.cast import PASSWORD, Person
from tests.conftest import System, settings_for

from studyteddy.bootstrap import operations


async def become(system: System, person: Person, role: str) -> None:
    await asyncio.to_thread(operations.set_role, settings_for(system.engines), person.email, role)  # type: ignore[arg-type]


async def test_a_role_takes_effect_with_the_next_request(system: System, alice: Person, bob: Person) -> None:
    path = f"/api/operator/users?email={bob.email}"
    assert (await alice.get(path)).status_code == 403
    await become(system, alice, "operator")
    found = await alice.get(path)
    assert (found.status_code, found.json()["id"]) == (200, bob.user["id"])
    await become(system, alice, "student")
    assert (await alice.get(path)).status_code == 403


async def test_a_disabled_account_is_signed_out_and_cannot_sign_in(
    system: System, alice: Person, bob: Person, guest: httpx2.AsyncClient
) -> None:
    await become(system, alice, "operator")
    assert (await alice.post(f"/api/operator/users/{bob.user['id']}/disable")).status_code == 200
    assert (await bob.get("/api/tasks")).status_code == 401
    assert (await guest.post("/api/auth/refresh", json={"refreshToken": bob.refresh_token})).status_code == 401
    sign_in = {"email": bob.email, "password": PASSWORD}
    shut = await guest.post("/api/auth/login", json=sign_in)
    assert (shut.status_code, shut.json()["code"]) == (401, "bad_credentials")
    await alice.post(f"/api/operator/users/{bob.user['id']}/enable")
    assert (await guest.post("/api/auth/login", json=sign_in)).status_code == 200


async def test_an_operators_api_key_has_no_operator_permissions(
    system: System, alice: Person, guest: httpx2.AsyncClient
) -> None:
    await become(system, alice, "operator")
    made = await alice.post("/api/auth/api-keys", {"name": "x", "scopes": ["read", "write"]})
    bearer = {"authorization": f"Bearer {made.json()['key']}"}
    answer = await guest.get(f"/api/operator/users?email={alice.email}", headers=bearer)
    assert answer.status_code == 403


async def test_operators_cannot_disable_themselves(system: System, alice: Person) -> None:
    await become(system, alice, "operator")
    answer = await alice.post(f"/api/operator/users/{alice.user['id']}/disable")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_yourself")
