"""Data export and account deletion."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import httpx2
import pytest
from PIL import Image
from tests.cast import PASSWORD, Person, made
from tests.conftest import System

from studyteddy.bootstrap.catalogue import DATA_EXPORTS
from studyteddy.features.auth.service import account_deletion, data_export
from studyteddy.features.auth.store import account_deletion as account_deletion_store
from studyteddy.features.auth.store import data_export as data_export_store
from studyteddy.platform.identity import Identity


async def archive(system: System, person: Person) -> zipfile.ZipFile:
    export = made(await person.post("/api/users/export"), 202)
    await system.work()
    done = (await person.get(f"/api/users/exports/{export['id']}")).json()
    assert (done["status"], done["progress"]) == ("ready", 100)
    answer = await person.get(f"/api/users/exports/{export['id']}/download")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert len(answer.content) == done["size"]
    return zipfile.ZipFile(io.BytesIO(answer.content))


def table(found: zipfile.ZipFile, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(found.read(f"{name}.json"))
    return rows


async def test_an_export_contains_all_own_data_and_no_other_data(system: System, alice: Person, bob: Person) -> None:
    subject = await alice.subject("Physics 🧸")
    tasks = [await alice.task(f"Task {n}", subjectId=subject["id"]) for n in range(3)]
    await alice.post(f"/api/tasks/{tasks[0]['id']}/subtasks", {"title": "Step"})
    await alice.post(f"/api/tasks/{tasks[0]['id']}/complete")
    await alice.patch("/api/users/me/preferences", {"language": "es", "hideTeddy": True})
    foreign = await bob.task("Bob's secret")
    await system.work()
    found = await archive(system, alice)
    assert sorted(row["title"] for row in table(found, "tasks")) == ["Task 0", "Task 1", "Task 2"]
    assert [row["name"] for row in table(found, "subjects")] == ["Physics 🧸"]
    assert [row["title"] for row in table(found, "subtasks")] == ["Step"]
    assert [row["points"] for row in table(found, "points_ledger")] == [10]
    (user,) = table(found, "users")
    assert user["email"] == alice.email
    assert (user["preferences"]["language"], user["preferences"]["hideTeddy"]) == ("es", True)
    assert len(table(found, "events")) >= 8
    everything = b"".join(found.read(name) for name in found.namelist()).decode()
    for secret in (foreign["id"], "Bob's secret", "password_hash", "$2b$"):
        assert secret not in everything


async def test_progress_is_published(system: System, alice: Person) -> None:
    await archive(system, alice)
    shown = [event["data"] for event in await alice.changes() if event["type"] == "export.updated"]
    percents = [one["progress"] for one in shown]
    assert percents == sorted(percents)
    assert (percents[0], percents[-1], shown[-1]["status"]) == (0, 100, "ready")
    assert len(percents) > 5


async def test_an_export_can_be_cancelled(system: System, alice: Person) -> None:
    export = made(await alice.post("/api/users/export"), 202)
    early = await alice.get(f"/api/users/exports/{export['id']}/download")
    assert (early.status_code, early.json()["code"]) == (409, "not_ready")
    assert (await alice.delete(f"/api/users/exports/{export['id']}")).status_code == 204
    await system.work()
    assert (await alice.get("/api/users/exports")).json()["items"] == []
    storage = system.running.storage
    assert [one async for one in storage.list(f"users/{alice.user['id']}")] == []


async def test_an_export_is_private(system: System, alice: Person, bob: Person) -> None:
    export = made(await alice.post("/api/users/export"), 202)
    await system.work()
    for path in ("", "/download"):
        assert (await bob.get(f"/api/users/exports/{export['id']}{path}")).status_code == 404


async def test_an_export_is_deleted_after_seven_days(system: System, alice: Person, bob: Person) -> None:
    storage = system.running.storage
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
    assert await data_export.expire(system.running.db, storage) >= 2
    after = {one["id"]: one for one in (await alice.get("/api/users/exports")).json()["items"]}
    (deleted,) = before.keys() - after.keys()
    assert len(after) == 1
    stored = [one.key async for one in storage.list(f"users/{alice.user['id']}/exports")]
    assert [key.rpartition("/")[0] for key in stored] == [data_export.folder_of(UUID(alice.user["id"]), UUID(*after))]
    said = [event["data"] for event in await alice.changes() if event["type"] == "export.deleted"]
    assert said == [{"id": deleted}]
    assert (await bob.get(f"/api/users/exports/{stuck['id']}")).status_code == 404
    assert await data_export.expire(system.running.db, storage) == 0


async def test_account_deletion_requires_the_password_and_waits(system: System, alice: Person) -> None:
    wrong = await alice.post("/api/users/me/delete", {"password": "not it"})
    assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong_password")
    user = made(await alice.post("/api/users/me/delete", {"password": PASSWORD}), 200)
    assert user["deletionAt"] is not None
    await account_deletion.erase_due(system.running.db, system.running.storage)
    assert (await alice.get("/api/auth/me")).status_code == 200
    assert made(await alice.post("/api/users/me/restore"), 200)["deletionAt"] is None


async def test_all_data_is_erased_after_the_grace_period(
    system: System, alice: Person, bob: Person, guest: httpx2.AsyncClient
) -> None:
    task = await alice.task()
    await alice.post(f"/api/tasks/{task['id']}/complete")
    await system.work()
    await archive(system, alice)
    stored = await bob.task()
    await alice.post("/api/users/me/delete", {"password": PASSWORD})
    admin = await system.admin()
    storage = system.running.storage
    user_id = alice.user["id"]
    await admin.execute("UPDATE users SET deletion_at = now() - interval '1 minute' WHERE id = $1", user_id)
    assert await account_deletion.erase_due(system.running.db, storage) == 0
    assert (await guest.post("/api/auth/refresh", json={"refreshToken": alice.refresh_token})).status_code == 401
    assert await admin.fetchval("SELECT disabled_at IS NOT NULL FROM users WHERE id = $1", user_id)
    await admin.execute("UPDATE users SET deletion_at = now() - interval '21 minutes' WHERE id = $1", user_id)
    assert await account_deletion.erase_due(system.running.db, storage) == 1
    owned = await admin.fetch("SELECT table_name FROM information_schema.columns WHERE column_name = 'user_id'")
    for row in owned:
        left = await admin.fetchval(f"SELECT count(*) FROM {row['table_name']} WHERE user_id = $1", user_id)
        assert left == 0, row["table_name"]
    assert await admin.fetchval("SELECT count(*) FROM users WHERE id = $1", user_id) == 0
    assert [one async for one in storage.list(f"users/{user_id}")] == []
    assert (await bob.get(f"/api/tasks/{stored['id']}")).status_code == 200
    await admin.close()


async def test_the_owner_is_notified_when_the_export_is_ready(system: System, alice: Person) -> None:
    await archive(system, alice)
    await system.work()
    notifications = (await alice.get("/api/notifications")).json()["items"]
    assert [note["title"] for note in notifications if note["type"] == "export_ready"] == ["Your data export is ready"]


@pytest.mark.parametrize("stays", [False, True])
async def test_account_deletion_is_mailed_unless_cancelled(system: System, alice: Person, stays: bool) -> None:
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


async def test_a_run_that_goes_on_after_its_lease_harms_no_finished_export(system: System, alice: Person) -> None:
    """Both runs write at the same time; the file of the first to finish stays."""
    running = system.running
    export = made(await alice.post("/api/users/export"), 202)
    identity = Identity(UUID(alice.user["id"]), UUID(alice.user["id"]))
    arguments = (running.db, running.storage, DATA_EXPORTS, identity, UUID(export["id"]))
    await asyncio.gather(*(data_export.pack(*arguments) for _ in range(4)))
    done = (await alice.get(f"/api/users/exports/{export['id']}")).json()
    answer = await alice.get(f"/api/users/exports/{export['id']}/download")
    assert (done["status"], len(answer.content)) == ("ready", done["size"])
    folder = f"users/{alice.user['id']}/exports"
    assert len([one async for one in running.storage.list(folder)]) == 1
    assert (await alice.delete(f"/api/users/exports/{export['id']}")).status_code == 204
    assert [one async for one in running.storage.list(folder)] == []
    await system.work()


async def test_an_export_contains_the_files_of_the_student_but_no_other_export(system: System, alice: Person) -> None:
    out = io.BytesIO()
    Image.new("RGB", (10, 10)).save(out, "PNG")
    made(await alice.http.put("/api/users/me/avatar", content=out.getvalue()), 200)
    shown = (await alice.get("/api/users/me/avatar")).content
    for _ in range(2):
        found = await archive(system, alice)
        (name,) = [one for one in found.namelist() if "/" in one]
        assert (name.rpartition("/")[0], found.read(name)) == ("files/avatars", shown)


async def test_the_tables_are_nine_tenths_of_the_progress(system: System, alice: Person) -> None:
    await archive(system, alice)
    percents = [event["data"]["progress"] for event in await alice.changes() if event["type"] == "export.updated"]
    steps = [after - before for before, after in pairwise(percents[:-1])]
    assert (percents[-2:], max(steps) - min(steps) <= 1) == ([90, 100], True)


async def test_a_file_is_written_in_chunks_of_a_mebibyte() -> None:
    """The server never holds more of it."""
    mebibyte = 1024 * 1024
    found = [len(chunk) async for chunk in data_export._chunks(io.BytesIO(bytes(2 * mebibyte + 5)))]
    assert found == [mebibyte, mebibyte, 5]


async def test_an_account_is_deleted_after_seven_days(system: System, alice: Person) -> None:
    user = made(await alice.post("/api/users/me/delete", {"password": PASSWORD}), 200)
    left = datetime.fromisoformat(user["deletionAt"]) - system.clock()
    assert timedelta(days=6, hours=23) < left <= timedelta(days=7)


async def test_an_account_whose_deletion_is_cancelled_meanwhile_is_kept(
    system: System, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was due when the accounts were looked up."""

    async def due(*_: object) -> list[UUID]:
        return [UUID(alice.user["id"]), UUID(int=1)]

    monkeypatch.setattr(account_deletion_store, "due", due)
    await account_deletion.erase_due(system.running.db, system.running.storage)
    assert (await alice.get("/api/auth/me")).status_code == 200
    again = await alice.post("/api/auth/login", {"email": alice.email, "password": PASSWORD})
    assert again.status_code == 200


@pytest.mark.parametrize(
    ("deletion", "disabled", "is_due"),
    [("-1 minute", False, True), ("-1 minute", True, False), ("1 minute", False, False), (None, False, False)],
)
async def test_an_account_is_shut_once_its_grace_period_has_ended(
    system: System, alice: Person, deletion: str | None, disabled: bool, is_due: bool
) -> None:
    user_id = UUID(alice.user["id"])
    admin = await system.admin()
    await admin.execute(
        "UPDATE users SET deletion_at = now() + $2::text::interval,"
        " disabled_at = CASE WHEN $3 THEN now() END WHERE id = $1",
        user_id,
        deletion,
        disabled,
    )
    async with system.running.db.system("tidy") as tx:
        assert (user_id in await account_deletion_store.due(tx, 1000)) is is_due
    async with system.running.db.transaction(Identity(user_id, user_id)) as tx:
        assert await account_deletion_store.is_due(tx, user_id) is (deletion == "-1 minute")
    await admin.execute("UPDATE users SET deletion_at = NULL, disabled_at = NULL WHERE id = $1", user_id)
    await admin.close()


@pytest.mark.parametrize(
    ("created", "finished", "expired"),
    [
        ("-7 days -1 minute", "-7 days -1 minute", True),
        ("-7 days -1 minute", "-6 days -23 hours", False),
        ("-7 days -1 minute", None, True),
        ("-6 days -23 hours", "-6 days -23 hours", False),
        ("-6 days -23 hours", None, False),
    ],
)
async def test_an_export_expires_seven_days_after_it_was_finished_or_else_asked_for(
    system: System, alice: Person, created: str, finished: str | None, expired: bool
) -> None:
    export_id = UUID(made(await alice.post("/api/users/export"), 202)["id"])
    admin = await system.admin()
    await admin.execute(
        "UPDATE exports SET created_at = now() + $2::text::interval, finished_at = now() + $3::text::interval"
        " WHERE id = $1",
        export_id,
        created,
        finished,
    )
    async with system.running.db.system("tidy") as tx:
        assert (export_id in [one.id for one in await data_export_store.expired(tx, 1000)]) is expired
    await admin.execute("DELETE FROM exports WHERE id = $1", export_id)
    await admin.close()
