"""The audit log: security events are recorded in the transaction of the change and readable by their owner."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx2
import pyotp
import pytest
from tests.cast import PASSWORD, Person, made
from tests.conftest import System, settings_for

from studyteddy.bootstrap import operations
from studyteddy.platform.identity import Identity
from studyteddy.platform.security import audit_log


async def actions(person: Person) -> list[str]:
    items = (await person.get("/api/users/audit")).json()["items"]
    return [item["action"] for item in items]


async def test_the_owner_can_list_security_events(system: System, alice: Person, guest: httpx2.AsyncClient) -> None:
    await guest.post("/api/auth/login", json={"email": alice.email, "password": PASSWORD})
    key = await alice.post("/api/auth/api-keys", {"name": "x", "scopes": ["read"]})
    await alice.delete(f"/api/auth/api-keys/{key.json()['apiKey']['id']}")
    await alice.post("/api/users/export")
    await alice.post("/api/auth/change-password", {"currentPassword": PASSWORD, "newPassword": "another sentence"})
    assert await actions(alice) == [
        "password.changed",
        "export.asked",
        "api_key.revoked",
        "api_key.made",
        "signed_in",
        "account.made",
    ]
    latest = (await alice.get("/api/users/audit")).json()["items"][0]
    assert (latest["address"], latest["seq"]) == ("127.0.0.1", 6)


async def test_the_log_is_private(alice: Person, bob: Person) -> None:
    await alice.post("/api/auth/api-keys", {"name": "x", "scopes": ["read"]})
    assert await actions(bob) == ["account.made"]


async def test_pagination_reaches_the_first_entry(alice: Person) -> None:
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


async def test_the_last_page_has_no_next_one_even_if_it_is_full(alice: Person) -> None:
    everything = (await alice.get("/api/users/audit")).json()["items"]
    page = (await alice.get("/api/users/audit", params={"limit": len(everything)})).json()
    assert (page["items"], page["nextCursor"]) == (everything, None)


async def test_the_hash_chain_is_intact_after_races(system: System, alice: Person) -> None:
    wanted = {"name": "racing", "scopes": ["read"]}
    await asyncio.gather(*(alice.post("/api/auth/api-keys", wanted) for _ in range(12)))
    reader = system.running.db.reading(identity_of(alice))
    assert await audit_log.verify(reader, identity_of(alice).user_id) is None
    assert len(await actions(alice)) == 13


async def test_a_failed_login_is_recorded_although_it_changes_nothing(
    system: System, alice: Person, guest: httpx2.AsyncClient
) -> None:
    admin = await system.admin()
    count = "SELECT count(*) FROM audit_anonymous WHERE action = 'sign_in.refused'"
    before = await admin.fetchval(count)
    for email in (alice.email, "unknown-to-all@example.org"):
        await guest.post("/api/auth/login", json={"email": email, "password": "wrong password"})
    assert await admin.fetchval(count) == before + 2
    while await audit_log.seal(system.running.db):
        pass
    assert await audit_log.verify_seals(system.running.db) is None
    await admin.close()


async def test_a_change_that_fails_leaves_no_entry(alice: Person) -> None:
    wanted = {"currentPassword": "not the password", "newPassword": "another sentence"}
    assert (await alice.post("/api/auth/change-password", wanted)).status_code == 403
    assert await actions(alice) == ["account.made"]


def identity_of(person: Person) -> Identity:
    return Identity(UUID(person.user["id"]), UUID(int=0))


async def test_every_change_of_the_account_is_in_the_log_and_tells_the_clients(
    system: System, alice: Person, bob: Person, guest: httpx2.AsyncClient
) -> None:
    """The log has each in order; the app gets the account as it is after each change that it shows."""
    await system.work()
    token = re.findall(r"token=(\S+)", system.mails(alice.email)[-1].text)[0]
    secret = made(await alice.post("/api/auth/second-factor", {"password": PASSWORD}), 200)["secret"]
    code = pyotp.TOTP(secret).now()
    steps: dict[str, Callable[[], Awaitable[httpx2.Response]]] = {
        "email.verified": lambda: alice.post("/api/auth/verify-email", {"token": token}),
        "second_factor.on": lambda: alice.post("/api/auth/second-factor/confirm", {"code": code}),
        "second_factor.off": lambda: alice.post("/api/auth/second-factor/end", {"password": PASSWORD}),
        "deletion.scheduled": lambda: alice.post("/api/users/me/delete", {"password": PASSWORD}),
        "deletion.stopped": lambda: alice.post("/api/users/me/restore"),
        "export.asked": lambda: alice.post("/api/users/export"),
        "ai_key.kept": lambda: alice.put("/api/ai/key", {"key": "sk-0123456789abcdef", "password": PASSWORD}),
        "ai_key.deleted": lambda: alice.delete("/api/ai/key"),
        "calendar.published": lambda: alice.post("/api/calendar/feed", {}),
        "calendar.unpublished": lambda: alice.delete("/api/calendar/feed"),
        "api_key.made": lambda: alice.post("/api/auth/api-keys", {"name": "x", "scopes": ["read"]}),
    }
    for action, step in steps.items():
        answer = await step()
        assert answer.status_code < 300, f"{action}: {answer.text}"
        assert (await actions(alice))[0] == action
        shown = [event["data"] for event in await alice.changes() if event["type"] == "user.updated"]
        assert not shown or shown[-1] == (await alice.get("/api/users/me")).json()
    assert len(shown) == 3, "verified, to be deleted, and not to be deleted"
    assert made(await alice.post("/api/users/me/restore"), 200)["deletionAt"] is None
    assert (await actions(alice))[0] == "api_key.made", "nothing was scheduled, so nothing is stopped"
    await system.work()
    titles = [note["title"] for note in (await alice.get("/api/notifications")).json()["items"]]
    for words in ("API key", "two-factor", "Two-factor"):
        assert words.lower() in " ".join(titles).lower()


async def test_what_operators_do_is_in_the_log_of_the_account(
    system: System, alice: Person, bob: Person, guest: httpx2.AsyncClient
) -> None:
    settings = settings_for(system.engines)
    await asyncio.to_thread(operations.set_role, settings, alice.email, "operator")
    for done in ("disable", "disable", "enable"):
        assert (await alice.post(f"/api/operator/users/{bob.user['id']}/{done}")).status_code == 200
    unknown = await alice.post(f"/api/operator/users/{UUID(int=1)}/disable")
    assert unknown.status_code == 404
    assert (await alice.get("/api/operator/users?email=nobody-at-all@example.org")).status_code == 404
    admin = await system.admin()
    sql = "SELECT action, detail ->> 'by' FROM audit_log WHERE user_id = $1 ORDER BY seq"
    found = [tuple(row) for row in await admin.fetch(sql, UUID(bob.user["id"]))]
    by_alice = [("account.shut", alice.user["id"])] * 2 + [("account.opened", alice.user["id"])]
    assert found == [("account.made", None), *by_alice]
    assert (await actions(alice))[0] == "role.changed"
    await admin.close()


async def test_a_sign_out_is_in_the_log(system: System, alice: Person, guest: httpx2.AsyncClient) -> None:
    async def again() -> dict[str, str]:
        answer = await guest.post("/api/auth/login", json={"email": alice.email, "password": PASSWORD})
        return {"authorization": f"Bearer {answer.json()['accessToken']}"}

    one, other = await again(), await again()
    assert (await guest.post("/api/auth/logout", headers=one)).status_code == 200
    assert (await actions(alice))[0] == "signed_out"
    ids = [one["id"] for one in (await alice.get("/api/auth/sessions")).json()["items"] if not one["current"]]
    assert (await alice.delete(f"/api/auth/sessions/{ids[0]}")).status_code == 204
    assert (await actions(alice))[:2] == ["signed_out"] * 2
    last = await again()
    assert (await guest.get("/api/auth/me", headers=other)).status_code == 401
    assert (await guest.post("/api/auth/logout-all", headers=last)).status_code == 200
    admin = await system.admin()
    sql = "SELECT action, detail ->> 'sessions' FROM audit_log WHERE user_id = $1 ORDER BY seq DESC LIMIT 1"
    assert [tuple(row) for row in await admin.fetch(sql, UUID(alice.user["id"]))] == [("signed_out.everywhere", "2")]
    await admin.close()


async def test_each_entry_names_its_object_and_the_address(
    system: System, alice: Person, bob: Person, guest: httpx2.AsyncClient
) -> None:
    """As they are stored; a user agent is cut, since it is somebody else's text."""
    admin = await system.admin()
    agent = {"user-agent": "x" * 400}

    async def latest() -> tuple[str, str, dict[str, Any]]:
        sql = "SELECT action, address, detail FROM audit_log WHERE user_id = $1 ORDER BY seq DESC LIMIT 1"
        ((action, address, detail),) = await admin.fetch(sql, UUID(alice.user["id"]))
        return action, address, json.loads(detail)

    async def sign_in(status: int = 200, **fields: str) -> dict[str, Any]:
        sent = {"email": alice.email, "password": PASSWORD, **fields}
        return made(await guest.post("/api/auth/login", json=sent, headers=agent), status)

    session = await sign_in()
    assert await latest() == ("signed_in", "127.0.0.1", {"client": "x" * 300})
    (device,) = [one for one in (await alice.get("/api/auth/sessions")).json()["items"] if not one["current"]]
    assert (device["client"], device["address"]) == ("x" * 300, "127.0.0.1")
    bearer = {"authorization": f"Bearer {session['accessToken']}"}
    assert (await guest.post("/api/auth/logout", headers=bearer)).status_code == 200
    assert await latest() == ("signed_out", "127.0.0.1", {"session": device["id"]})
    tokens = [(await sign_in())["refreshToken"]]
    (device,) = [one for one in (await alice.get("/api/auth/sessions")).json()["items"] if not one["current"]]
    for _ in range(2):
        again = await guest.post("/api/auth/refresh", json={"refreshToken": tokens[-1]})
        tokens.append(again.json()["refreshToken"])
    assert (await guest.post("/api/auth/refresh", json={"refreshToken": tokens[0]})).status_code == 401
    assert await latest() == ("session.reused", "127.0.0.1", {"session": device["id"]})
    key = made(await alice.post("/api/auth/api-keys", {"name": "x", "scopes": ["read", "write"]}))["apiKey"]
    assert await latest() == ("api_key.made", "127.0.0.1", {"key": key["id"], "scopes": "read write"})
    await alice.delete(f"/api/auth/api-keys/{key['id']}")
    assert await latest() == ("api_key.revoked", "127.0.0.1", {"key": key["id"]})
    export = made(await alice.post("/api/users/export"), 202)
    assert await latest() == ("export.asked", "127.0.0.1", {"export": export["id"]})
    totp = pyotp.TOTP(made(await alice.post("/api/auth/second-factor", {"password": PASSWORD}), 200)["secret"])
    await alice.post("/api/auth/second-factor/confirm", {"code": totp.now()})
    assert await latest() == ("second_factor.on", "127.0.0.1", {})
    await sign_in(401, code="000000")
    assert await latest() == ("second_factor.refused", "127.0.0.1", {"client": "x" * 300})
    await admin.close()


@pytest.mark.parametrize("count", [0, 1, 2])
@pytest.mark.parametrize("how", ["change", "change and keep", "reset"])
async def test_the_log_and_the_notice_count_the_api_keys_that_a_new_password_revokes(
    system: System, alice: Person, guest: httpx2.AsyncClient, count: int, how: str
) -> None:
    admin = await system.admin()
    await admin.execute("UPDATE users SET email_verified_at = now() WHERE id = $1", UUID(alice.user["id"]))
    for _ in range(count):
        made(await alice.post("/api/auth/api-keys", {"name": "x", "scopes": ["read"]}))
    if how == "reset":
        await guest.post("/api/auth/forgot-password", json={"email": alice.email})
        await system.work()
        (token,) = re.findall(r"reset-password\?token=(\S+)", "".join(mail.text for mail in system.mails(alice.email)))
        body: dict[str, Any] = {"token": token, "newPassword": "another sentence"}
        answer = await guest.post("/api/auth/reset-password", json=body)
    else:
        body = {"currentPassword": PASSWORD, "newPassword": "another sentence", "revokeApiKeys": how == "change"}
        answer = await alice.post("/api/auth/change-password", body)
    assert answer.status_code == 200, answer.text
    revoked = 0 if how == "change and keep" else count
    sql = "SELECT address, detail ->> 'keys' FROM audit_log WHERE user_id = $1 AND action LIKE 'password.%'"
    assert [tuple(row) for row in await admin.fetch(sql, UUID(alice.user["id"]))] == [("127.0.0.1", str(revoked))]
    await system.work()
    sql = "SELECT body FROM notifications WHERE user_id = $1 AND title = 'Your password was changed'"
    (told,) = [row["body"] for row in await admin.fetch(sql, UUID(alice.user["id"]))]
    assert ("API keys" in told) is (revoked > 0)
    assert told.startswith("All devices" if how == "reset" else "All other devices")
    await admin.close()
