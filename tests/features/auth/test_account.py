"""Profile, preferences, devices, password, API keys."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from tests.cast import PASSWORD, Person, made
from tests.conftest import System


async def log_in(guest: httpx2.AsyncClient, person: Person, password: str = PASSWORD) -> httpx2.Response:
    return await guest.post("/api/auth/login", json={"email": person.email, "password": password})


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "José 李 🧸"},
        {"timeZone": "America/St_Johns", "dayStart": "23:59"},
        {"locale": "de-AT", "weekStart": 7},
    ],
)
async def test_the_profile_changes_what_it_names(alice: Person, changes: dict[str, Any]) -> None:
    changed = made(await alice.patch("/api/users/me", changes), 200)
    assert {name: changed[name] for name in changes} == changes
    assert (await alice.get("/api/users/me")).json() == (await alice.get("/api/auth/me")).json() == changed
    assert (await alice.changes())[-1]["data"] == changed


@pytest.mark.parametrize(
    ("field", "value"),
    [("dayStart", "24:00"), ("dayStart", "4:00"), ("weekStart", 8), ("timeZone", "Nowhere/Else"), ("role", "operator")],
)
async def test_a_faulty_profile_is_refused(alice: Person, field: str, value: object) -> None:
    answer = await alice.patch("/api/users/me", {field: value})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"/{field}")
    assert (await alice.get("/api/users/me")).json() == alice.user


async def test_a_stale_profile_is_not_overwritten(alice: Person) -> None:
    tag = (await alice.get("/api/users/me")).headers["etag"]
    await alice.patch("/api/users/me", {"name": "One"})
    stale = await alice.patch("/api/users/me", {"name": "Two"}, headers={"if-match": tag})
    assert stale.status_code == 412


async def test_preferences_are_kept_whole(alice: Person, bob: Person) -> None:
    wanted = {"theme": "dark", "reducedMotion": True, "compactLists": False, "hidePoints": True}
    assert (await alice.get("/api/users/me/preferences")).json()["theme"] == "system"
    assert made(await alice.put("/api/users/me/preferences", wanted), 200) == wanted
    assert (await alice.get("/api/users/me/preferences")).json() == wanted
    assert (await bob.get("/api/users/me/preferences")).json()["theme"] == "system"


async def test_devices_are_listed_and_signed_out_one_by_one(alice: Person, guest: httpx2.AsyncClient) -> None:
    other = made(await log_in(guest, alice), 200)["accessToken"]
    devices = (await alice.get("/api/auth/sessions")).json()["items"]
    assert sorted(device["current"] for device in devices) == [False, True]
    (foreign,) = [device for device in devices if not device["current"]]
    assert (await alice.delete(f"/api/auth/sessions/{foreign['id']}")).status_code == 204
    assert (await guest.get("/api/auth/me", headers=bearer(other))).status_code == 401
    assert (await alice.delete(f"/api/auth/sessions/{foreign['id']}")).status_code == 404


async def test_a_new_password_ends_every_other_session(
    system: System, alice: Person, guest: httpx2.AsyncClient
) -> None:
    other = made(await log_in(guest, alice), 200)["accessToken"]
    new = "quite another sentence"
    answer = await alice.post("/api/auth/change-password", {"currentPassword": PASSWORD, "newPassword": new})
    assert answer.status_code == 200
    assert (await alice.get("/api/auth/me")).status_code == 200
    assert (await guest.get("/api/auth/me", headers=bearer(other))).status_code == 401
    assert (await log_in(guest, alice)).status_code == 401
    assert (await log_in(guest, alice, new)).status_code == 200
    await system.work()
    told = (await alice.get("/api/notifications")).json()["items"]
    assert "security" in [note["type"] for note in told]


async def test_the_present_password_is_asked_for(alice: Person) -> None:
    wanted = {"currentPassword": "not the password", "newPassword": "quite another sentence"}
    answer = await alice.post("/api/auth/change-password", wanted)
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_password")


async def key(person: Person, *scopes: str, **fields: Any) -> dict[str, Any]:
    wanted = {"name": "Script", "scopes": list(scopes), **fields}
    return made(await person.post("/api/auth/api-keys", wanted))


async def test_a_key_opens_what_its_scopes_say(alice: Person, guest: httpx2.AsyncClient) -> None:
    reading = (await key(alice, "read"))["key"]
    writing = (await key(alice, "write"))["key"]
    assert reading.startswith("st_")
    task = {"title": "x"}
    assert (await guest.get("/api/tasks", headers=bearer(reading))).status_code == 200
    assert (await guest.post("/api/tasks", json=task, headers=bearer(reading))).status_code == 403
    assert (await guest.post("/api/tasks", json=task, headers=bearer(writing))).status_code == 201
    assert (await guest.get("/api/tasks", headers=bearer(writing))).status_code == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/auth/api-keys"),
        ("GET", "/api/auth/sessions"),
        ("POST", "/api/auth/logout-all"),
        ("POST", "/api/auth/change-password"),
        ("PATCH", "/api/users/me"),
        ("POST", "/api/realtime/ticket"),
    ],
)
async def test_a_key_never_touches_the_account(
    alice: Person, guest: httpx2.AsyncClient, method: str, path: str
) -> None:
    both = (await key(alice, "read", "write"))["key"]
    answer = await guest.request(method, path, json={}, headers=bearer(both))
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_a_key_is_shown_once_and_its_use_is_noted(alice: Person, guest: httpx2.AsyncClient) -> None:
    created = await key(alice, "read")
    await guest.get("/api/tasks", headers=bearer(created["key"]))
    answer = await alice.get("/api/auth/api-keys")
    (listed,) = answer.json()["items"]
    assert created["key"] not in answer.text
    assert listed["prefix"] == created["key"][:8]
    assert listed["lastUsedAt"] is not None


async def test_a_revoked_or_ended_key_opens_nothing(system: System, alice: Person, guest: httpx2.AsyncClient) -> None:
    revoked = await key(alice, "read")
    await alice.delete(f"/api/auth/api-keys/{revoked['apiKey']['id']}")
    ended = await key(alice, "read", expiresAt=(datetime.now(UTC) + timedelta(hours=1)).isoformat())
    admin = await system.admin()
    await admin.execute("UPDATE api_keys SET expires_at = now() WHERE id = $1", ended["apiKey"]["id"])
    await admin.close()
    for each in (revoked["key"], ended["key"], "st_" + "A" * 43):
        assert (await guest.get("/api/tasks", headers=bearer(each))).status_code == 401


async def test_a_key_cannot_end_in_the_past(alice: Person) -> None:
    wanted = {"name": "Late", "scopes": ["read"], "expiresAt": "2020-01-01T00:00:00Z"}
    answer = await alice.post("/api/auth/api-keys", wanted)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "in_the_past")
