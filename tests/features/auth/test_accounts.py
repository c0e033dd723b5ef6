"""Profile, preferences, devices, password changes, API keys."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
from tests.cast import PASSWORD, Person, made
from tests.conftest import System

from studyteddy.features.auth.schemas.api_keys import NewApiKey
from studyteddy.features.auth.schemas.profile import Preferences
from studyteddy.features.auth.service import api_keys, profile
from studyteddy.platform.errors import Invalid
from studyteddy.platform.identity import Identity
from studyteddy.platform.ids import new_id


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
async def test_a_profile_update_changes_the_given_fields(alice: Person, changes: dict[str, Any]) -> None:
    changed = made(await alice.patch("/api/users/me", changes), 200)
    assert {name: changed[name] for name in changes} == changes
    assert (await alice.get("/api/users/me")).json() == (await alice.get("/api/auth/me")).json() == changed
    assert (await alice.changes())[-1]["data"] == changed


@pytest.mark.parametrize(
    ("field", "value"),
    [("dayStart", "24:00"), ("dayStart", "4:00"), ("weekStart", 8), ("timeZone", "Nowhere/Else"), ("role", "operator")],
)
async def test_an_invalid_profile_is_rejected(alice: Person, field: str, value: object) -> None:
    answer = await alice.patch("/api/users/me", {field: value})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"/{field}")
    assert (await alice.get("/api/users/me")).json() == alice.user


async def test_a_stale_profile_is_not_overwritten(alice: Person) -> None:
    tag = (await alice.get("/api/users/me")).headers["etag"]
    await alice.patch("/api/users/me", {"name": "One"})
    stale = await alice.patch("/api/users/me", {"name": "Two"}, headers={"if-match": tag})
    assert stale.status_code == 412


async def test_the_etag_with_preferences_is_a_precondition_too(alice: Person) -> None:
    path = "/api/users/me?include=preferences"
    tag = {"if-match": (await alice.get(path)).headers["etag"]}
    made(await alice.patch("/api/users/me", {"name": "One"}, headers=tag), 200)
    assert (await alice.patch("/api/users/me", {"name": "Two"}, headers=tag)).status_code == 412
    tag = {"if-match": (await alice.get(path)).headers["etag"]}
    await alice.patch("/api/users/me/preferences", {"theme": "dark"})
    assert (await alice.patch("/api/users/me", {"name": "Two"}, headers=tag)).status_code == 412


PREFERENCES = {
    "theme": "system",
    "reducedMotion": False,
    "compactLists": False,
    "hidePoints": False,
    "language": None,
    "font": "figtree",
    "hideTeddy": False,
    "sounds": False,
    "singleKeys": True,
    "onboarded": False,
}
"""Those of a new account."""


async def test_the_account_comes_with_its_preferences_if_asked(alice: Person) -> None:
    await alice.patch("/api/users/me/preferences", {"theme": "dark"})
    alone = (await alice.get("/api/users/me")).json()
    with_them = (await alice.get("/api/users/me?include=preferences")).json()
    assert "preferences" not in alone
    assert with_them == alone | {"preferences": (await alice.get("/api/users/me/preferences")).json()}
    assert with_them["preferences"]["theme"] == "dark"
    for unknown in ("sessions", ""):
        assert (await alice.get(f"/api/users/me?include={unknown}")).status_code == 422


async def test_preferences_are_replaced_as_a_whole(alice: Person, bob: Person) -> None:
    assert (await alice.get("/api/users/me/preferences")).json() == PREFERENCES
    await alice.put("/api/users/me/preferences", {"sounds": True, "font": "atkinson"})
    wanted = {"theme": "dark", "reducedMotion": True, "compactLists": False, "hidePoints": True}
    assert made(await alice.put("/api/users/me/preferences", wanted), 200) == PREFERENCES | wanted
    assert (await alice.get("/api/users/me/preferences")).json() == PREFERENCES | wanted
    assert (await bob.get("/api/users/me/preferences")).json() == PREFERENCES


@pytest.mark.parametrize(
    "changes",
    [
        {"language": "ar"},
        {"language": "de", "font": "atkinson", "theme": "light"},
        {"hideTeddy": True, "sounds": True, "singleKeys": False, "onboarded": True},
        {"reducedMotion": True, "compactLists": True, "hidePoints": True},
    ],
)
async def test_single_preferences_are_changed_on_all_devices(
    alice: Person, bob: Person, changes: dict[str, Any]
) -> None:
    path = "/api/users/me/preferences"
    made(await alice.patch(path, {"theme": "dark"}), 200)
    expected = PREFERENCES | {"theme": "dark"} | changes
    assert made(await alice.patch(path, changes), 200) == expected
    assert (await alice.get(path)).json() == expected
    last = (await alice.changes())[-1]
    assert (last["type"], last["data"]) == ("preferences.updated", expected)
    made(await alice.patch(path, changes), 200)
    assert (await alice.changes())[-1] == last
    assert made(await alice.patch(path, {"language": None}), 200) == expected | {"language": None}
    assert (await bob.get(path)).json() == PREFERENCES


async def test_preferences_that_several_devices_change_at_once_are_all_kept(alice: Person) -> None:
    changes: list[dict[str, Any]] = [{"language": "fr"}, {"sounds": True}, {"font": "atkinson"}, {"theme": "light"}]
    answers = await asyncio.gather(*(alice.patch("/api/users/me/preferences", one) for one in changes))
    assert [answer.status_code for answer in answers] == [200] * 4
    expected = PREFERENCES | {name: value for one in changes for name, value in one.items()}
    assert (await alice.get("/api/users/me/preferences")).json() == expected


@pytest.mark.parametrize(
    "changes", [{"language": "xx"}, {"language": "de-AT"}, {"font": "comic"}, {"sounds": None}, {"singleKeys": 1}]
)
async def test_an_unknown_preference_is_refused(alice: Person, changes: dict[str, Any]) -> None:
    answer = await alice.patch("/api/users/me/preferences", changes)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"/{next(iter(changes))}")


async def test_devices_are_listed_and_signed_out_one_by_one(alice: Person, guest: httpx2.AsyncClient) -> None:
    other = made(await log_in(guest, alice), 200)["accessToken"]
    devices = (await alice.get("/api/auth/sessions")).json()["items"]
    assert sorted(device["current"] for device in devices) == [False, True]
    (foreign,) = [device for device in devices if not device["current"]]
    assert (await alice.delete(f"/api/auth/sessions/{foreign['id']}")).status_code == 204
    assert (await guest.get("/api/auth/me", headers=bearer(other))).status_code == 401
    assert (await alice.delete(f"/api/auth/sessions/{foreign['id']}")).status_code == 404


async def test_a_new_password_ends_all_other_sessions(system: System, alice: Person, guest: httpx2.AsyncClient) -> None:
    other = made(await log_in(guest, alice), 200)["accessToken"]
    new = "quite another sentence"
    answer = await alice.post("/api/auth/change-password", {"currentPassword": PASSWORD, "newPassword": new})
    assert answer.status_code == 200
    assert (await alice.get("/api/auth/me")).status_code == 200
    assert (await guest.get("/api/auth/me", headers=bearer(other))).status_code == 401
    assert (await log_in(guest, alice)).status_code == 401
    assert (await log_in(guest, alice, new)).status_code == 200
    await system.work()
    notifications = (await alice.get("/api/notifications")).json()["items"]
    assert "security" in [note["type"] for note in notifications]


async def test_the_current_password_is_required(alice: Person) -> None:
    wanted = {"currentPassword": "not the password", "newPassword": "quite another sentence"}
    answer = await alice.post("/api/auth/change-password", wanted)
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_password")


async def key(person: Person, *scopes: str, **fields: Any) -> dict[str, Any]:
    wanted = {"name": "Script", "scopes": list(scopes), **fields}
    return made(await person.post("/api/auth/api-keys", wanted))


async def test_a_key_is_limited_to_its_scopes(alice: Person, guest: httpx2.AsyncClient) -> None:
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
async def test_a_key_cannot_access_account_routes(
    alice: Person, guest: httpx2.AsyncClient, method: str, path: str
) -> None:
    both = (await key(alice, "read", "write"))["key"]
    answer = await guest.request(method, path, json={}, headers=bearer(both))
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_a_key_is_shown_once_and_its_use_is_recorded(alice: Person, guest: httpx2.AsyncClient) -> None:
    created = await key(alice, "read")
    await guest.get("/api/tasks", headers=bearer(created["key"]))
    answer = await alice.get("/api/auth/api-keys")
    (listed,) = answer.json()["items"]
    assert created["key"] not in answer.text
    assert listed["prefix"] == created["key"][:8]
    assert listed["lastUsedAt"] is not None


async def test_a_revoked_or_expired_key_is_rejected(system: System, alice: Person, guest: httpx2.AsyncClient) -> None:
    revoked = await key(alice, "read")
    await alice.delete(f"/api/auth/api-keys/{revoked['apiKey']['id']}")
    ended = await key(alice, "read", expiresAt=(datetime.now(UTC) + timedelta(hours=1)).isoformat())
    admin = await system.admin()
    await admin.execute("UPDATE api_keys SET expires_at = now() WHERE id = $1", ended["apiKey"]["id"])
    await admin.close()
    for each in (revoked["key"], ended["key"], "st_" + "A" * 43):
        assert (await guest.get("/api/tasks", headers=bearer(each))).status_code == 401


async def test_a_key_cannot_expire_in_the_past(alice: Person) -> None:
    wanted = {"name": "Late", "scopes": ["read"], "expiresAt": "2020-01-01T00:00:00Z"}
    answer = await alice.post("/api/auth/api-keys", wanted)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "in_the_past")


async def test_an_account_has_at_most_fifty_keys_the_newest_first(alice: Person) -> None:
    """Revoked ones don't count, and aren't listed."""
    made_keys = [await key(alice, "read", name=f"key {n}") for n in range(50)]
    wanted = {"name": "one too many", "scopes": ["read"]}
    answer = await alice.post("/api/auth/api-keys", wanted)
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_keys")
    revoked = made_keys.pop(7)["apiKey"]["id"]
    assert (await alice.delete(f"/api/auth/api-keys/{revoked}")).status_code == 204
    assert (await alice.delete(f"/api/auth/api-keys/{revoked}")).status_code == 404
    made_keys.append(await key(alice, "read"))
    listed = [one["id"] for one in (await alice.get("/api/auth/api-keys")).json()["items"]]
    assert listed == [one["apiKey"]["id"] for one in reversed(made_keys)]


async def test_the_use_of_a_key_is_recorded_once_a_minute(
    system: System, alice: Person, guest: httpx2.AsyncClient
) -> None:
    """A write for every request would make each of them wait for the last."""
    found = await key(alice, "read")
    key_id = UUID(found["apiKey"]["id"])
    admin = await system.admin()

    async def used_at(ago: timedelta | None) -> bool:
        """Use the key as if it had last been used so long ago; return whether that is recorded."""
        at = None if ago is None else datetime.now(UTC) - ago
        await admin.execute("UPDATE api_keys SET last_used_at = $2 WHERE id = $1", key_id, at)
        assert (await guest.get("/api/tasks", headers=bearer(found["key"]))).status_code == 200
        return bool(
            at != (await admin.fetchval("SELECT last_used_at FROM api_keys WHERE id = $1", found["apiKey"]["id"]))
        )

    assert [await used_at(ago) for ago in (None, timedelta(seconds=50), timedelta(seconds=61))] == [True, False, True]
    await admin.execute("UPDATE users SET disabled_at = now() WHERE id = $1", UUID(alice.user["id"]))
    assert (await guest.get("/api/tasks", headers=bearer(found["key"]))).status_code == 401
    await admin.close()


async def test_the_device_used_last_is_listed_first(alice: Person, guest: httpx2.AsyncClient) -> None:
    others = [made(await log_in(guest, alice), 200) for _ in range(2)]
    await guest.post("/api/auth/refresh", json={"refreshToken": others[0]["refreshToken"]})
    devices = (await alice.get("/api/auth/sessions")).json()["items"]
    used = [one["lastUsedAt"] for one in devices]
    assert (used, devices[2]["current"]) == (sorted(used, reverse=True), True)


async def test_exports_are_listed_the_newest_first(alice: Person) -> None:
    asked = [made(await alice.post("/api/users/export"), 202)["id"] for _ in range(3)]
    assert [one["id"] for one in (await alice.get("/api/users/exports")).json()["items"]] == asked[::-1]


async def test_a_profile_without_changes_publishes_nothing(alice: Person) -> None:
    before = len(await alice.changes())
    assert made(await alice.patch("/api/users/me", {"name": alice.user["name"]}), 200) == alice.user
    wanted = (await alice.get("/api/users/me/preferences")).json()
    assert made(await alice.put("/api/users/me/preferences", wanted), 200) == wanted
    assert len(await alice.changes()) == before
    made(await alice.put("/api/users/me/preferences", {**wanted, "theme": "dark"}), 200)
    assert (await alice.changes())[-1]["data"]["theme"] == "dark"


async def test_only_the_first_of_two_updates_of_the_same_version_succeeds(system: System, alice: Person) -> None:
    """Both wait for the account before they compare versions."""
    tag = {"if-match": (await alice.get("/api/users/me")).headers["etag"]}
    admin = await system.admin()
    async with admin.transaction():
        await admin.execute("SELECT FROM users WHERE id = $1 FOR UPDATE", UUID(alice.user["id"]))
        updates = [
            asyncio.ensure_future(alice.patch("/api/users/me", {"name": name}, headers=tag)) for name in ("One", "Two")
        ]
        await asyncio.sleep(0.3)
    assert sorted(answer.status_code for answer in await asyncio.gather(*updates)) == [200, 412]
    await admin.close()


async def test_an_account_that_is_gone_has_the_usual_day_and_preferences(system: System) -> None:
    """A job may still run for it."""
    user_id = new_id()
    reading = system.running.db.reading(Identity(user_id, user_id))
    boundary = await profile.day_boundary(reading, user_id)
    assert (boundary.time_zone, boundary.day_start) == ("UTC", 4 * 60)
    assert await profile.preferences(reading, user_id) == Preferences()


@pytest.mark.parametrize(("later", "valid"), [(-1, False), (0, False), (1, True)])
async def test_a_key_expires_after_the_moment_of_its_creation(
    system: System, alice: Person, later: int, valid: bool
) -> None:
    user_id = UUID(alice.user["id"])
    async with system.running.db.transaction(Identity(user_id, user_id)) as tx:
        new = NewApiKey("Script", ["read"], tx.now + timedelta(microseconds=later))
        with nullcontext() if valid else pytest.raises(Invalid):
            created = await api_keys.create(tx, new)
            assert len(created.key) == len("st_") + 43, "256 random bits"
