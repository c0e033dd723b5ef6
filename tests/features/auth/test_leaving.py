"""Taking everything along, and leaving for good."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
from tests.cast import PASSWORD, Person, made
from tests.conftest import System

from studyteddy.features.auth.service import leaving


async def archive(system: System, person: Person) -> zipfile.ZipFile:
    export = made(await person.post("/api/users/export"), 202)
    await system.work()
    done = (await person.get(f"/api/users/exports/{export['id']}")).json()
    assert (done["status"], done["progress"]) == ("ready", 100)
    answer = await person.get(f"/api/users/exports/{export['id']}/download")
    assert answer.headers["content-type"] == "application/zip"
    assert len(answer.content) == done["size"]
    return zipfile.ZipFile(io.BytesIO(answer.content))


def table(found: zipfile.ZipFile, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(found.read(f"{name}.json"))
    return rows


async def test_an_archive_holds_everything_of_mine_and_nothing_of_others(
    system: System, alice: Person, bob: Person
) -> None:
    subject = await alice.subject("Physics 🧸")
    tasks = [await alice.task(f"Task {n}", subjectId=subject["id"]) for n in range(3)]
    await alice.post(f"/api/tasks/{tasks[0]['id']}/subtasks", {"title": "Step"})
    await alice.post(f"/api/tasks/{tasks[0]['id']}/complete")
    foreign = await bob.task("Bob's secret")
    await system.work()
    found = await archive(system, alice)
    assert sorted(row["title"] for row in table(found, "tasks")) == ["Task 0", "Task 1", "Task 2"]
    assert [row["name"] for row in table(found, "subjects")] == ["Physics 🧸"]
    assert [row["title"] for row in table(found, "subtasks")] == ["Step"]
    assert [row["points"] for row in table(found, "points_ledger")] == [10]
    assert [row["email"] for row in table(found, "users")] == [alice.email]
    assert len(table(found, "events")) >= 8
    everything = b"".join(found.read(name) for name in found.namelist()).decode()
    for secret in (foreign["id"], "Bob's secret", "password_hash", "$2b$"):
        assert secret not in everything


async def test_progress_is_told_while_it_is_made(system: System, alice: Person) -> None:
    await archive(system, alice)
    shown = [event["data"] for event in await alice.changes() if event["type"] == "export.updated"]
    percents = [one["progress"] for one in shown]
    assert percents == sorted(percents)
    assert (percents[0], percents[-1], shown[-1]["status"]) == (0, 100, "ready")
    assert len(percents) > 5


async def test_an_archive_can_be_cancelled(system: System, alice: Person) -> None:
    export = made(await alice.post("/api/users/export"), 202)
    early = await alice.get(f"/api/users/exports/{export['id']}/download")
    assert (early.status_code, early.json()["code"]) == (409, "not_ready")
    assert (await alice.delete(f"/api/users/exports/{export['id']}")).status_code == 204
    await system.work()
    assert (await alice.get("/api/users/exports")).json()["items"] == []
    storage = system.running.resources["storage"]
    assert [one async for one in storage.list(f"users/{alice.user['id']}")] == []


async def test_an_archive_is_its_owners(system: System, alice: Person, bob: Person) -> None:
    export = made(await alice.post("/api/users/export"), 202)
    await system.work()
    for path in ("", "/download"):
        assert (await bob.get(f"/api/users/exports/{export['id']}{path}")).status_code == 404


async def test_an_archive_is_thrown_away_after_seven_days(system: System, alice: Person, bob: Person) -> None:
    storage = system.running.resources["storage"]
    try:
        system.clock.ahead = -timedelta(days=7, minutes=1)
        await archive(system, alice)
        system.clock.ahead = -timedelta(days=6, hours=23)
        await archive(system, alice)
        system.clock.ahead = -timedelta(days=7, minutes=1)
        stuck = made(await bob.post("/api/users/export"), 202)
    finally:
        system.clock.ahead = timedelta()
    before = {one["id"]: one for one in (await alice.get("/api/users/exports")).json()["items"]}
    assert await leaving.expire_exports(system.running.db, storage) >= 2
    after = {one["id"]: one for one in (await alice.get("/api/users/exports")).json()["items"]}
    (gone,) = before.keys() - after.keys()
    assert len(after) == 1
    kept = [one.key async for one in storage.list(f"users/{alice.user['id']}/exports")]
    assert kept == [leaving.key_of(UUID(alice.user["id"]), UUID(*after))]
    said = [event["data"] for event in await alice.changes() if event["type"] == "export.deleted"]
    assert said == [{"id": gone}]
    assert (await bob.get(f"/api/users/exports/{stuck['id']}")).status_code == 404
    assert await leaving.expire_exports(system.running.db, storage) == 0


async def test_a_deletion_asks_for_the_password_and_waits(system: System, alice: Person) -> None:
    wrong = await alice.post("/api/users/me/delete", {"password": "not it"})
    assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong_password")
    user = made(await alice.post("/api/users/me/delete", {"password": PASSWORD}), 200)
    assert user["deletionAt"] is not None
    await leaving.erase_due(system.running.db, system.running.resources["storage"])
    assert (await alice.get("/api/auth/me")).status_code == 200
    assert made(await alice.post("/api/users/me/restore"), 200)["deletionAt"] is None


async def test_when_the_grace_is_over_nothing_is_left(
    system: System, alice: Person, bob: Person, guest: httpx2.AsyncClient
) -> None:
    task = await alice.task()
    await alice.post(f"/api/tasks/{task['id']}/complete")
    await system.work()
    await archive(system, alice)
    kept = await bob.task()
    await alice.post("/api/users/me/delete", {"password": PASSWORD})
    admin = await system.admin()
    storage = system.running.resources["storage"]
    user_id = alice.user["id"]
    await admin.execute("UPDATE users SET deletion_at = now() - interval '1 minute' WHERE id = $1", user_id)
    assert await leaving.erase_due(system.running.db, storage) == 0
    assert (await guest.post("/api/auth/refresh", json={"refreshToken": alice.refresh_token})).status_code == 401
    await admin.execute("UPDATE users SET deletion_at = now() - interval '21 minutes' WHERE id = $1", user_id)
    assert await leaving.erase_due(system.running.db, storage) == 1
    owned = await admin.fetch("SELECT table_name FROM information_schema.columns WHERE column_name = 'user_id'")
    for row in owned:
        left = await admin.fetchval(f"SELECT count(*) FROM {row['table_name']} WHERE user_id = $1", user_id)
        assert left == 0, row["table_name"]
    assert await admin.fetchval("SELECT count(*) FROM users WHERE id = $1", user_id) == 0
    assert [one async for one in storage.list(f"users/{user_id}")] == []
    assert (await bob.get(f"/api/tasks/{kept['id']}")).status_code == 200
    await admin.close()


async def test_the_owner_is_told_when_the_archive_is_ready(system: System, alice: Person) -> None:
    await archive(system, alice)
    await system.work()
    told = (await alice.get("/api/notifications")).json()["items"]
    assert [note["title"] for note in told if note["type"] == "export_ready"] == ["Your data is ready"]


@pytest.mark.parametrize("stays", [False, True])
async def test_a_deletion_is_mailed_unless_it_was_stopped(system: System, alice: Person, stays: bool) -> None:
    admin = await system.admin()
    await admin.execute("UPDATE users SET email_verified_at = now() WHERE id = $1", alice.user["id"])
    await admin.close()
    await alice.post("/api/users/me/delete", {"password": PASSWORD})
    if stays:
        await alice.post("/api/users/me/restore")
    await system.work()
    subjects = [mail.subject for mail in system.mails(alice.email)]
    assert [one for one in subjects if "deleted" in one] == (
        [] if stays else ["Study Teddy: Your account will be deleted"]
    )
