"""Attachments: declared, uploaded, verified, downloaded and deleted."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
from tests.cast import Person, made
from tests.conftest import System

from studyteddy.features.attachments import service as attachments
from studyteddy.features.attachments.schemas import NewAttachment, NoSpaceLeft
from studyteddy.features.attachments.service import MAX_TOTAL_BYTES
from studyteddy.features.auth.service import account_deletion
from studyteddy.platform.files.object_storage import ObjectStorage, folders
from studyteddy.platform.identity import Identity
from studyteddy.platform.ids import new_id

MIB = 1 << 20
PDF = b"%PDF-1.7\nwaves"


def storage_of(system: System) -> ObjectStorage:
    storage: ObjectStorage = system.running.storage
    return storage


async def objects(system: System, person: Person) -> list[str]:
    """Return all stored objects of a user."""
    return [found.key for folder in folders(UUID(person.user["id"])) async for found in storage_of(system).list(folder)]


@pytest.fixture
async def path(alice: Person) -> str:
    """Return the attachments URL of one of Alice's tasks."""
    return f"/api/tasks/{(await alice.task())['id']}/attachments"


def wanted(**fields: Any) -> dict[str, Any]:
    return {"name": "waves.pdf", "type": "application/pdf", "size": len(PDF), **fields}


async def test_a_file_is_declared_uploaded_verified_and_downloaded(system: System, alice: Person, path: str) -> None:
    begun = made(await alice.post(path, wanted()))
    attachment, upload = begun["attachment"], begun["upload"]
    assert {attachment[key] for key in ("name", "type", "status")} == {"waves.pdf", "application/pdf", "waiting"}
    assert (upload["method"], upload["url"]) == ("PUT", f"{path}/{attachment['id']}/content")
    assert (await alice.get(upload["url"])).json()["code"] == "still_waiting"
    assert (await alice.http.put(upload["url"], content=PDF, headers=upload["headers"])).status_code == 200
    done = made(await alice.post(f"{path}/{attachment['id']}/finish"), 200)
    assert done == attachment | {"status": "ready", "updatedAt": done["updatedAt"], "version": 2}
    shown = await alice.get(f"{path}/{attachment['id']}")
    assert shown.json() == done
    again = await alice.get(f"{path}/{attachment['id']}", headers={"if-none-match": shown.headers["etag"]})
    assert again.status_code == 304
    assert (await alice.get(path)).json() == {"items": [done], "nextCursor": None}
    fetched = await alice.get(f"{path}/{attachment['id']}/content")
    assert fetched.content == PDF
    said = [(event["type"], event["data"]) for event in (await alice.changes())[-2:]]
    assert said == [("attachment.created", attachment), ("attachment.updated", done)]
    assert len(await objects(system, alice)) == 1  # the upload is deleted, the stored file exists


async def test_finishing_again_changes_nothing(alice: Person, path: str) -> None:
    task_id = path.split("/")[3]
    attachment = await alice.attachment(task_id)
    before = await alice.changes()
    assert made(await alice.post(f"{path}/{attachment['id']}/finish"), 200) == attachment
    late = await alice.http.put(f"{path}/{attachment['id']}/content", content=b"Other")
    assert (late.status_code, late.json()["code"]) == (409, "already_uploaded")
    assert await alice.changes() == before
    assert (await alice.get(f"{path}/{attachment['id']}/content")).content == b"Waves"


async def test_finishing_concurrently_stores_one_object(system: System, alice: Person, path: str) -> None:
    begun = await alice.attach(path.split("/")[3])
    address = f"{path}/{begun['attachment']['id']}"
    answers = await asyncio.gather(*(alice.post(f"{address}/finish") for _ in range(6)))
    assert {answer.status_code for answer in answers} == {200}
    assert (await alice.get(f"{address}/content")).content == b"Waves"
    assert len(await objects(system, alice)) == 1
    assert [event["type"] for event in await alice.changes()].count("attachment.updated") == 1


async def test_finishing_concurrently_with_one_key_stores_one_object(system: System, alice: Person, path: str) -> None:
    for n in range(3):
        begun = await alice.attach(path.split("/")[3])
        address = f"{path}/{begun['attachment']['id']}"
        key = {"idempotency-key": str(n)}
        answers = await asyncio.gather(*(alice.post(f"{address}/finish", headers=key) for _ in range(12)))
        assert 200 in {answer.status_code for answer in answers} <= {200, 409, 429}
        assert len(await objects(system, alice)) == n + 1


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("evil\r\nX-Injected: 1.txt", None),
        ("a\";b'(ä) 100%.txt", "attachment; filename*=UTF-8''a%22%3Bb%27%28%C3%A4%29%20100%25.txt"),
        ("波 🧸.txt", "attachment; filename*=UTF-8''%E6%B3%A2%20%F0%9F%A7%B8.txt"),
    ],
)
async def test_a_file_is_downloaded_under_its_name_and_never_displayed(
    alice: Person, path: str, name: str, kind: str | None
) -> None:
    if kind is None:
        refused = await alice.post(path, wanted(name=name, type="text/plain"))
        assert [(one["pointer"], one["code"]) for one in refused.json()["errors"]] == [("/name", "malformed")]
        return
    attachment = await alice.attachment(path.split("/")[3], name=name)
    answer = await alice.get(f"{path}/{attachment['id']}/content")
    assert answer.headers["content-disposition"] == kind
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"].startswith("private")
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"type": "text/html", "name": "a.html"}, "/type", "not_one_of"),
        ({"type": "image/svg+xml"}, "/type", "not_one_of"),
        ({"size": 0}, "/size", "out_of_range"),
        ({"size": 25 * MIB + 1}, "/size", "out_of_range"),
        ({"name": ""}, "/name", "too_short"),
        ({"name": "x" * 197 + ".pdf"}, "/name", "too_long"),
        ({"name": "../a.pdf"}, "/name", "malformed"),
        ({"name": "a\\b.pdf"}, "/name", "malformed"),
        ({"name": "a\0.pdf"}, "/name", "malformed"),
        ({"name": "a.pdf\n"}, "/name", "malformed"),
        ({"name": "fdp.\u202etxt.pdf"}, "/name", "malformed"),
        ({"name": "waves.pdf.exe"}, "/name", "wrong_ending"),
        ({"name": "waves"}, "/name", "wrong_ending"),
    ],
)
async def test_an_unsupported_file_is_rejected_before_the_upload(
    alice: Person, path: str, fields: dict[str, Any], pointer: str, code: str
) -> None:
    answer = await alice.post(path, wanted(**fields))
    assert answer.status_code == 422
    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [(pointer, code)]
    assert (await alice.get(path)).json()["items"] == []


async def test_finishing_needs_an_upload(alice: Person, path: str) -> None:
    attachment = made(await alice.post(path, wanted()))["attachment"]
    answer = await alice.post(f"{path}/{attachment['id']}/finish")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "not_uploaded")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [(PDF + b"!", 422, "wrong_size"), (PDF[:-1], 422, "wrong_size"), (b"x" * (25 * MIB + 1), 413, "body_too_large")],
)
async def test_a_wrong_size_is_rejected(
    system: System, alice: Person, path: str, body: bytes, status: int, code: str
) -> None:
    attachment = made(await alice.post(path, wanted()))["attachment"]
    answer = await alice.http.put(f"{path}/{attachment['id']}/content", content=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code if status == 413 else "wrong_size")
    assert await objects(system, alice) == []


async def test_the_largest_file_is_accepted(alice: Person, path: str) -> None:
    data = b"%PDF-" + b"x" * (25 * MIB - 5)
    attachment = await alice.attachment(path.split("/")[3], data, "large.pdf", type="application/pdf")
    assert (await alice.get(f"{path}/{attachment['id']}/content")).content == data


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
async def test_text_in_another_encoding_is_refused_with_what_to_do(alice: Person, path: str, encoding: str) -> None:
    begun = await alice.attach(path.split("/")[3], "Übung".encode(encoding), "a.txt", type="text/plain")
    answer = await alice.post(f"{path}/{begun['attachment']['id']}/finish")
    assert (answer.status_code, answer.json()["code"]) == (422, "wrong_content")
    assert "UTF-8" in answer.json()["errors"][0]["detail"]


@pytest.mark.parametrize("data", [b"<html><script>alert(1)</script>", b"MZ\x90\x00", b"<svg/>", b"\x89PNG\r\n\x1a\n"])
@pytest.mark.parametrize(("name", "kind"), [("a.pdf", "application/pdf"), ("a.txt", "text/plain")])
async def test_a_file_of_another_type_is_deleted_and_can_be_uploaded_again(
    system: System, alice: Person, path: str, data: bytes, name: str, kind: str
) -> None:
    begun = await alice.attach(path.split("/")[3], data, name, type=kind)
    address = f"{path}/{begun['attachment']['id']}"
    answer = await alice.post(f"{address}/finish")
    assert (answer.status_code, answer.json()["code"]) == (422, "wrong_content")
    assert await objects(system, alice) == []
    assert (await alice.get(address)).json()["status"] == "waiting"
    good = b"%PDF-".ljust(len(data), b"a")[: len(data)] if kind == "application/pdf" else b"a" * len(data)
    if len(data) >= 5:
        assert (await alice.http.put(f"{address}/content", content=good)).status_code == 200
        assert made(await alice.post(f"{address}/finish"), 200)["status"] == "ready"


async def test_a_file_is_renamed(alice: Person, path: str) -> None:
    attachment = await alice.attachment(path.split("/")[3])
    address = f"{path}/{attachment['id']}"
    tag = (await alice.get(address)).headers["etag"]
    assert (await alice.patch(address, {"name": "new.html"})).json()["errors"][0]["code"] == "wrong_ending"
    renamed = await alice.patch(address, {"name": "new.txt"}, headers={"if-match": tag})
    assert (renamed.status_code, renamed.json()["name"]) == (200, "new.txt")
    stale = await alice.patch(address, {"name": "newer.txt"}, headers={"if-match": tag})
    assert stale.status_code == (await alice.delete(address, headers={"if-match": tag})).status_code == 412
    before = await alice.changes()
    assert (await alice.patch(address, {"name": "new.txt"})).status_code == 200
    assert (await alice.patch(address, {})).status_code == 200
    assert await alice.changes() == before
    assert "new.txt" in (await alice.get(f"{address}/content")).headers["content-disposition"]


async def test_an_attachment_is_deleted_with_its_object(system: System, alice: Person, path: str) -> None:
    task_id = path.split("/")[3]
    kept, gone = await alice.attachment(task_id), await alice.attachment(task_id)
    assert (await alice.delete(f"{path}/{gone['id']}")).status_code == 204
    await system.work()
    assert [kept["id"] in key for key in await objects(system, alice)] == [True]
    assert [one["data"] for one in await alice.changes() if one["type"] == "attachment.deleted"] == [{"id": gone["id"]}]
    assert (await alice.get(f"{path}/{kept['id']}/content")).content == b"Waves"


@pytest.mark.parametrize("many", [False, True])
async def test_the_files_of_a_deleted_task_are_deleted(system: System, alice: Person, path: str, many: bool) -> None:
    """This covers single deletions and batches, and uploads that are not verified yet."""
    task_id, other = path.split("/")[3], (await alice.task())["id"]
    await alice.attachment(task_id)
    await alice.attach(task_id)
    kept = await alice.attachment(other)
    if many:
        await alice.post("/api/tasks/batch", {"commands": [{"op": "delete", "id": task_id}]})
    else:
        await alice.delete(f"/api/tasks/{task_id}")
    await system.work()
    assert [kept["id"] in key for key in await objects(system, alice)] == [True]
    await attachments.remove_files(storage_of(system), UUID(alice.user["id"]), UUID(task_id))  # again, without harm


async def test_the_files_of_a_recreated_occurrence_remain(system: System, alice: Person) -> None:
    """It has the id that it had before it was withdrawn, and the cleanup job can run late."""
    task = await alice.task(dueDate="2030-01-03", recurrence={"rule": "FREQ=WEEKLY"})
    for command in ("complete", "reopen", "complete"):
        made(await alice.post(f"/api/tasks/{task['id']}/{command}"), 200)
    (following,) = (await alice.get("/api/tasks?status=pending")).json()["items"]
    file = await alice.attachment(following["id"])
    await system.work()
    kept = await alice.get(f"/api/tasks/{following['id']}/attachments/{file['id']}/content")
    assert (kept.status_code, kept.content) == (200, b"Waves")


async def test_the_files_of_a_deleted_account_are_deleted(system: System, alice: Person, bob: Person) -> None:
    for person in (alice, bob):
        task = await person.task()
        await person.attachment(task["id"])
        await person.attach(task["id"])
    admin = await system.admin()
    await admin.execute("UPDATE users SET deletion_at = now() - interval '21 minutes' WHERE id = $1", alice.user["id"])
    await admin.close()
    await account_deletion.erase_due(system.running.db, storage_of(system))
    assert (await objects(system, alice), len(await objects(system, bob))) == ([], 2)


async def test_a_data_export_contains_the_files(system: System, alice: Person, bob: Person, path: str) -> None:
    attachment = await alice.attachment(path.split("/")[3], b"Alice's own")
    await bob.attachment((await bob.task())["id"], b"Bob's own")
    await alice.attach(path.split("/")[3], b"not looked at")
    export = made(await alice.post("/api/users/export"), 202)
    await system.work()
    answer = await alice.get(f"/api/users/exports/{export['id']}/download")
    found = zipfile.ZipFile(io.BytesIO(answer.content))
    rows = json.loads(found.read("attachments.json"))
    assert [row["name"] for row in rows] == ["waves.txt", "waves.txt"]
    assert all("token" not in row for row in rows)
    files = [name for name in found.namelist() if name.startswith("files/")]
    assert [attachment["id"] in name for name in files] == [True]
    assert found.read(files[0]) == b"Alice's own"


async def test_at_most_twenty_per_task_even_concurrently(alice: Person, path: str) -> None:
    answers = await asyncio.gather(*(alice.post(path, wanted()) for _ in range(26)))
    codes = sorted(answer.json().get("code", "made") for answer in answers)
    assert codes == ["made"] * 20 + ["too_many_attachments"] * 6
    assert {answer.status_code for answer in answers} == {201, 409}
    assert len((await alice.get(path)).json()["items"]) == 20


async def test_a_task_deleted_concurrently_is_not_found(alice: Person) -> None:
    for _ in range(10):
        task = await alice.task()
        address = f"/api/tasks/{task['id']}"
        answers = await asyncio.gather(
            alice.delete(address), *(alice.post(f"{address}/attachments", wanted()) for _ in range(4))
        )
        assert {answer.status_code for answer in answers} <= {204, 201, 404}


async def test_at_most_one_gibibyte_in_total_even_concurrently(system: System, alice: Person, path: str) -> None:
    """There is space for one more of the largest, and eight are declared concurrently for eight tasks."""
    admin = await system.admin()
    await admin.execute(
        "INSERT INTO attachments (id, user_id, task_id, name, type, size, token, created_at, updated_at)"
        " SELECT gen_random_uuid(), $1, $2, 'a.pdf', 'application/pdf', 25 * 1024 * 1024, repeat('x', 32), now(), now()"
        " FROM generate_series(1, 39)",
        alice.user["id"],
        path.split("/")[3],
    )
    tasks = [await alice.task() for _ in range(8)]
    await _waits_for_the_one_before(system, alice, tasks)
    answers = await asyncio.gather(
        *(alice.post(f"/api/tasks/{task['id']}/attachments", wanted(size=25 * MIB)) for task in tasks)
    )
    total = await admin.fetchval("SELECT sum(size) FROM attachments WHERE user_id = $1", alice.user["id"])
    await admin.close()
    assert total == 40 * 25 * MIB <= MAX_TOTAL_BYTES < total + 25 * MIB
    assert sorted(answer.json().get("code", "made") for answer in answers) == ["made"] + ["no_space_left"] * 7


async def _waits_for_the_one_before(system: System, person: Person, tasks: list[dict[str, Any]]) -> None:
    """Of two that would each fit, the second is counted after the first and rejected."""
    identity, storage = Identity(UUID(person.user["id"]), UUID(int=0)), storage_of(system)
    new = NewAttachment("waves.pdf", "application/pdf", 25 * MIB)

    async def second() -> None:
        async with system.running.db.transaction(identity) as tx:
            await attachments.declare(tx, UUID(tasks[1]["id"]), new, storage=storage)

    async with system.running.db.transaction(identity) as tx:
        begun = await attachments.declare(tx, UUID(tasks[0]["id"]), new, storage=storage)
        waiting = asyncio.ensure_future(second())
        await asyncio.sleep(0.3)
        assert not waiting.done()
    with pytest.raises(NoSpaceLeft):
        await waiting
    await person.delete(f"/api/tasks/{tasks[0]['id']}/attachments/{begun.attachment.id}")


async def test_a_missing_upload_is_deleted_after_a_day(system: System, alice: Person, path: str) -> None:
    task_id = path.split("/")[3]
    await attachments.delete_abandoned(system.running.db, storage_of(system))  # from other tests
    system.clock.ahead = -timedelta(days=1, minutes=5)
    try:
        lost = (await alice.attach(task_id))["attachment"]
        kept = await alice.attachment(task_id)
        system.clock.ahead = -timedelta(hours=23)
        fresh = (await alice.attach(task_id))["attachment"]
    finally:
        system.clock.ahead = timedelta()
    assert await attachments.delete_abandoned(system.running.db, storage_of(system)) >= 1
    await system.work()
    assert {one["id"] for one in (await alice.get(path)).json()["items"]} == {kept["id"], fresh["id"]}
    assert [one["data"] for one in await alice.changes() if one["type"] == "attachment.deleted"] == [{"id": lost["id"]}]
    assert not [key for key in await objects(system, alice) if lost["id"] in key]
    assert len(await objects(system, alice)) == 2


async def test_leftover_uploads_are_deleted(system: System, alice: Person) -> None:
    """An upload URL can be used after its attachment is deleted."""
    storage, user_id = storage_of(system), alice.user["id"]
    await storage.put(f"incoming/{user_id}/attachments/late", b"x")
    await attachments.delete_abandoned(system.running.db, storage)
    assert len(await objects(system, alice)) == 1
    system.clock.ahead = timedelta(days=1, minutes=1)
    try:
        await attachments.delete_abandoned(system.running.db, storage)
    finally:
        system.clock.ahead = timedelta()
    assert await objects(system, alice) == []


async def test_object_keys_are_opaque_and_unguessable(system: System, alice: Person, path: str) -> None:
    attachment = await alice.attachment(path.split("/")[3], name="my secret diary.txt")
    (key,) = await objects(system, alice)
    token = key.rpartition("/")[2]
    assert "diary" not in key
    assert len(token) == 32
    shown = (await alice.get(f"{path}/{attachment['id']}")).text + json.dumps(await alice.changes())
    assert token not in shown


async def test_another_users_file_looks_missing(
    alice: Person, bob: Person, path: str, guest: httpx2.AsyncClient
) -> None:
    attachment = await alice.attachment(path.split("/")[3])
    for address in (path, f"{path}/{attachment['id']}", f"{path}/{attachment['id']}/content"):
        assert (await bob.get(address)).status_code == 404
        assert (await guest.get(address)).status_code == 401
    assert (await bob.post(path, wanted())).status_code == 404
    assert (await alice.post(f"/api/tasks/{new_id()}/attachments", wanted())).status_code == 404


async def test_an_attachment_and_a_batch_do_not_deadlock(alice: Person) -> None:
    task_id = (await alice.task())["id"]
    for n in range(6):
        commands = [{"op": "update", "id": task_id, "body": {"title": f"{n} {m}"}} for m in range(20)]
        answers = await asyncio.gather(
            *(
                alice.post("/api/tasks/batch", {"commands": commands})
                if m % 2
                else alice.post(f"/api/tasks/{task_id}/attachments", wanted(size=1))
                for m in range(8)
            )
        )
        assert {answer.status_code for answer in answers} <= {200, 201, 409}


async def test_a_download_whose_file_is_missing_is_a_problem(system: System, alice: Person) -> None:
    """The file is opened before the response starts, so the client never receives an empty 200."""
    task = await alice.task()
    attachment = await alice.attachment(task["id"])
    await attachments.remove_files(system.running.storage, UUID(alice.user["id"]), UUID(task["id"]))
    answer = await alice.get(f"/api/tasks/{task['id']}/attachments/{attachment['id']}/content")
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")


async def test_the_files_of_a_task_that_was_created_again_stay(system: System, alice: Person) -> None:
    """A withdrawn occurrence is deleted and may be created again, with the same id."""
    task = await alice.task()
    kept = await alice.attachment(task["id"], name="kept.txt")
    storage, user_id = system.running.storage, alice.user["id"]
    gone = f"users/{user_id}/attachments/{task['id']}/{new_id()}/token"
    await storage.put(gone, b"of an attachment that was deleted with the task")
    identity = Identity(UUID(user_id), UUID(user_id))
    await attachments.remove_files_of_task(system.running.db, storage, identity, UUID(task["id"]))
    keys = [one.key async for one in storage.list(f"users/{user_id}/attachments")]
    assert [key.split("/")[-2] for key in keys] == [kept["id"]]
