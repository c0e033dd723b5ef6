"""Attachments in S3: content is uploaded to and downloaded from S3 directly."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx2
import pytest
from tests.cast import Person, join, made
from tests.conftest import System, serving, settings_for
from tests.providers.seaweed import BUCKET, OWNER, Seaweed, seaweed

from studyteddy.bootstrap import runtime
from studyteddy.bootstrap.runtime import Runtime
from studyteddy.platform.files.object_storage import folders

PDF = b"%PDF-1.7 waves"


@pytest.fixture(scope="module")
def server() -> Iterator[Seaweed]:
    with seaweed() as running:
        yield running


@pytest.fixture(scope="module")
async def remote(system: System, server: Seaweed) -> AsyncIterator[tuple[Runtime, str]]:
    """Return a system that stores files in S3, and the S3 URL."""
    key, secret = (quote(part, safe="") for part in OWNER)
    url = f"s3://{key}:{secret}@{BUCKET}/files?endpoint={server.endpoint}"
    async with runtime.runtime(settings_for(system.engines, storage_url=url)) as running, serving(running) as address:
        yield running, address


@pytest.fixture
async def carol(remote: tuple[Runtime, str]) -> AsyncIterator[Person]:
    person = await join(remote[1], "Carol")
    yield person
    await person.http.aclose()


@pytest.fixture
async def outside() -> AsyncIterator[httpx2.AsyncClient]:
    """Return an HTTP client without credentials."""
    async with httpx2.AsyncClient(trust_env=False, timeout=20) as client:
        yield client


async def objects(running: Runtime, person: Person) -> list[str]:
    """Return all stored objects of a user."""
    storage = running.storage
    return [one.key for folder in folders(UUID(person.user["id"])) async for one in storage.list(folder)]


async def begin(person: Person, **fields: Any) -> tuple[str, dict[str, Any]]:
    """Return the URL of a new attachment and its upload."""
    task = await person.task()
    wanted = {"name": "wäves.pdf", "type": "application/pdf", "size": len(PDF), **fields}
    begun = made(await person.post(f"/api/tasks/{task['id']}/attachments", wanted))
    return f"/api/tasks/{task['id']}/attachments/{begun['attachment']['id']}", begun["upload"]


async def test_content_is_uploaded_to_and_downloaded_from_s3(
    remote: tuple[Runtime, str], server: Seaweed, carol: Person, outside: httpx2.AsyncClient
) -> None:
    address, upload = await begin(carol)
    assert upload["url"].startswith(server.endpoint)
    assert (upload["method"], upload["expiresIn"]) == ("PUT", 900)
    assert (await outside.put(upload["url"], content=PDF, headers=upload["headers"])).status_code == 200
    assert made(await carol.post(f"{address}/finish"), 200)["status"] == "ready"
    answer = await carol.get(f"{address}/content")
    assert (answer.status_code, answer.content, answer.headers["cache-control"]) == (302, b"", "private, no-store")
    fetched = await outside.get(answer.headers["location"])
    assert (fetched.status_code, fetched.content) == (200, PDF)
    assert fetched.headers["content-type"] == "application/pdf"
    assert fetched.headers["content-disposition"] == "attachment; filename*=UTF-8''w%C3%A4ves.pdf"
    assert len(await objects(remote[0], carol)) == 1


async def test_the_upload_url_accepts_nothing_else(carol: Person, outside: httpx2.AsyncClient) -> None:
    address, upload = await begin(carol)
    for body, kind in ((PDF + b"!", "application/pdf"), (PDF[:-1], "application/pdf"), (PDF, "text/html")):
        answer = await outside.put(upload["url"], content=body, headers={"content-type": kind})
        assert answer.status_code == 403
    assert (await outside.get(upload["url"])).status_code == 403
    refused = await carol.post(f"{address}/finish")
    assert (refused.status_code, refused.json()["code"]) == (422, "not_uploaded")


async def test_a_file_of_another_type_is_deleted(
    remote: tuple[Runtime, str], carol: Person, outside: httpx2.AsyncClient
) -> None:
    address, upload = await begin(carol)
    await outside.put(upload["url"], content=b"<html>".ljust(len(PDF)), headers=upload["headers"])
    refused = await carol.post(f"{address}/finish")
    assert (refused.status_code, refused.json()["code"]) == (422, "wrong_content")
    assert await objects(remote[0], carol) == []


async def test_verified_content_cannot_be_changed_through_the_upload_url(
    carol: Person, outside: httpx2.AsyncClient
) -> None:
    address, upload = await begin(carol)
    await outside.put(upload["url"], content=PDF, headers=upload["headers"])
    await carol.post(f"{address}/finish")
    evil = b"<script>".ljust(len(PDF))
    assert (await outside.put(upload["url"], content=evil, headers=upload["headers"])).status_code == 200
    assert made(await carol.post(f"{address}/finish"), 200)["status"] == "ready"
    location = (await carol.get(f"{address}/content")).headers["location"]
    assert (await outside.get(location)).content == PDF


async def test_a_secret_url_is_not_stored(system: System, carol: Person) -> None:
    _, upload = await begin(carol)
    signature = upload["url"].partition("X-Amz-Signature=")[2]
    admin = await system.admin()
    tables = await admin.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    for row in tables:
        found = await admin.fetchval(f"SELECT count(*) FROM {row[0]} AS t WHERE strpos(t::text, $1) > 0", signature)
        assert found == 0, row[0]
    await admin.close()
    assert len(signature) == 64


async def test_deleting_deletes_the_objects(
    remote: tuple[Runtime, str], carol: Person, outside: httpx2.AsyncClient
) -> None:
    address, upload = await begin(carol)
    await outside.put(upload["url"], content=PDF, headers=upload["headers"])
    await carol.post(f"{address}/finish")
    assert (await carol.delete(address.partition("/attachments")[0])).status_code == 204
    await runtime.worker(remote[0]).run_due()
    assert await objects(remote[0], carol) == []
