"""What touched an account's safety is written down with the change, for its owner to read."""

from __future__ import annotations

import asyncio
from uuid import UUID

import httpx2
from tests.cast import PASSWORD, Person
from tests.conftest import System

from studyteddy.platform import audit
from studyteddy.platform.identity import Identity


async def actions(person: Person) -> list[str]:
    items = (await person.get("/api/users/audit")).json()["items"]
    return [item["action"] for item in items]


async def test_the_owner_reads_what_happened(system: System, alice: Person, guest: httpx2.AsyncClient) -> None:
    await guest.post("/api/auth/login", json={"email": alice.email, "password": PASSWORD})
    made = await alice.post("/api/auth/api-keys", {"name": "x", "scopes": ["read"]})
    await alice.delete(f"/api/auth/api-keys/{made.json()['apiKey']['id']}")
    await alice.post("/api/users/export")
    await alice.post("/api/auth/change-password", {"currentPassword": PASSWORD, "newPassword": "another sentence"})
    assert await actions(alice) == [
        "password.changed", "export.asked", "api_key.revoked", "api_key.made", "signed_in", "account.made",
    ]  # fmt: skip
    latest = (await alice.get("/api/users/audit")).json()["items"][0]
    assert (latest["address"], latest["seq"]) == ("127.0.0.1", 6)


async def test_a_log_is_its_owners(alice: Person, bob: Person) -> None:
    await alice.post("/api/auth/api-keys", {"name": "x", "scopes": ["read"]})
    assert await actions(bob) == ["account.made"]


async def test_pages_go_back_to_the_beginning(alice: Person) -> None:
    for n in range(5):
        await alice.post("/api/auth/api-keys", {"name": f"key {n}", "scopes": ["read"]})
    seen: list[int] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await alice.get("/api/users/audit", params={"limit": 2, **cursor})).json()
        seen += [item["seq"] for item in page["items"]]
        if page["nextCursor"] is None:
            break
        cursor = {"cursor": page["nextCursor"]}
    assert seen == [6, 5, 4, 3, 2, 1]


async def test_the_chain_holds_after_races(system: System, alice: Person) -> None:
    wanted = {"name": "racing", "scopes": ["read"]}
    await asyncio.gather(*(alice.post("/api/auth/api-keys", wanted) for _ in range(12)))
    reader = system.running.db.reading(identity_of(alice))
    assert await audit.verify(reader, identity_of(alice).user_id) is None
    assert len(await actions(alice)) == 13


async def test_a_refused_login_is_written_down_though_it_changed_nothing(
    system: System, alice: Person, guest: httpx2.AsyncClient
) -> None:
    admin = await system.admin()
    count = "SELECT count(*) FROM audit_anonymous WHERE action = 'sign_in.refused'"
    before = await admin.fetchval(count)
    for email in (alice.email, "unknown-to-all@example.org"):
        await guest.post("/api/auth/login", json={"email": email, "password": "wrong password"})
    assert await admin.fetchval(count) == before + 2
    while await audit.seal(system.running.db):
        pass
    assert await audit.verify_seals(system.running.db) is None
    await admin.close()


async def test_a_change_that_fails_leaves_no_entry(alice: Person) -> None:
    wanted = {"currentPassword": "not the password", "newPassword": "another sentence"}
    assert (await alice.post("/api/auth/change-password", wanted)).status_code == 403
    assert await actions(alice) == ["account.made"]


def identity_of(person: Person) -> Identity:
    return Identity(UUID(person.user["id"]), UUID(int=0))
