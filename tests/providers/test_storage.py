"""Object storage behaves the same in S3, a folder, and memory."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import httpx2
import pytest
from obstore.store import S3Store
from tests.providers.seaweed import BUCKET, OWNER, READER, Seaweed, seaweed

from studyteddy.platform.files.object_storage import (
    CHUNK,
    NoSuchObject,
    ObjectStorage,
    StorageUnavailable,
    from_settings,
)


@pytest.fixture(scope="module")
def server() -> Iterator[Seaweed]:
    with seaweed() as running:
        yield running


def s3(server: Seaweed, credentials: tuple[str, str] = OWNER, bucket: str = BUCKET) -> ObjectStorage:
    key, secret = (quote(part, safe="") for part in credentials)
    return from_settings(f"s3://{key}:{secret}@{bucket}/{uuid4().hex}?endpoint={server.endpoint}")


@pytest.fixture(params=["s3", "folder", "memory"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStorage:
    if request.param == "s3":
        return s3(request.getfixturevalue("server"))
    return from_settings("memory:" if request.param == "memory" else f"file://{tmp_path}/new/folder")


async def chunks(*, count: int, size: int) -> AsyncIterator[bytes]:
    for number in range(count):
        yield bytes([number % 256]) * size


@pytest.mark.parametrize("data", [b"", b"one", bytes(range(256)) * 400])
async def test_get_returns_what_was_put(storage: ObjectStorage, data: bytes) -> None:
    await storage.put("avatars/alice.webp", data, content_type="image/webp")
    assert await storage.get("avatars/alice.webp") == data
    assert b"".join([chunk async for chunk in storage.read("avatars/alice.webp")]) == data
    assert await stored(storage, "avatars/alice.webp")


async def stored(storage: ObjectStorage, key: str) -> bool:
    """Return whether there is an object with this key."""
    try:
        await storage.size(key)
    except NoSuchObject:
        return False
    return True


async def test_put_replaces_an_object(storage: ObjectStorage) -> None:
    await storage.put("a/b", b"first", filename="b.txt")
    await storage.put("a/b", b"second")
    assert await storage.get("a/b") == b"second"


async def test_a_missing_object_is_not_found_and_can_be_deleted(storage: ObjectStorage) -> None:
    assert not await stored(storage, "a/nothing")
    with pytest.raises(NoSuchObject):
        await storage.get("a/nothing")
    with pytest.raises(NoSuchObject):
        await anext(storage.read("a/nothing"))
    await storage.delete("a/nothing")


async def test_a_deleted_object_is_not_found(storage: ObjectStorage) -> None:
    await storage.put("a/b", b"x")
    await storage.delete("a/b")
    assert not await stored(storage, "a/b")
    await storage.delete("a/b")


async def test_a_listing_contains_only_keys_below_the_prefix(storage: ObjectStorage) -> None:
    inside = [f"exports/alice/{number}" for number in range(7)]
    for key in [*inside, "exports/alice-2/1", "exports/bob/1"]:
        await storage.put(key, b"12345")
    found = [one async for one in storage.list("exports/alice")]
    assert sorted(one.key for one in found) == inside
    assert {one.size for one in found} == {5}
    assert all(abs(one.changed_at.timestamp() - time.time()) < 60 for one in found)
    assert [one async for one in storage.list("exports/carol")] == []


async def test_a_large_object_is_streamed_in_chunks(storage: ObjectStorage) -> None:
    size = CHUNK // 4
    await storage.write("exports/large", chunks(count=11, size=size), content_type="application/zip")
    read = [chunk async for chunk in storage.read("exports/large")]
    assert b"".join(read) == b"".join([chunk async for chunk in chunks(count=11, size=size)])
    assert max(map(len, read)) <= CHUNK or len(read) == 1  # memory returns the whole object


async def test_a_failing_source_stores_nothing(storage: ObjectStorage) -> None:
    async def broken() -> AsyncIterator[bytes]:
        async for chunk in chunks(count=9, size=CHUNK // 4):
            yield chunk
        raise RuntimeError("the source broke")

    await storage.put("exports/kept", b"before")
    with pytest.raises((RuntimeError, StorageUnavailable)):
        await storage.write("exports/kept", broken())
    with pytest.raises((RuntimeError, StorageUnavailable)):
        await storage.write("exports/new", broken())
    assert await storage.get("exports/kept") == b"before"
    assert [one.key async for one in storage.list("exports")] == ["exports/kept"]


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/",
        "/a",
        "a/",
        "a//b",
        "..",
        "../a",
        "a/../b",
        "a/..",
        ".",
        ".hidden",
        "a/.hidden",
        "a\\b",
        "a b",
        "a\0b",
        "a\nb",
        "a\n",
        "%2e%2e/a",
        "ä",
        "a?b",
        "a#b",
        "~",
        "a" * 501,
        "C:/a",
        "a..b",
    ],
)
async def test_invalid_keys_are_rejected(storage: ObjectStorage, key: str) -> None:
    with pytest.raises(ValueError, match="invalid storage key"):
        await storage.put(key, b"x")
    for call in (storage.get(key), storage.size(key), storage.delete(key), storage.link(key, seconds=5)):
        await _refused(call)
    with pytest.raises(ValueError, match="invalid storage key"):
        await anext(storage.read(key))
    with pytest.raises(ValueError, match="invalid storage key"):
        await anext(storage.list(key))


async def _refused(call: object) -> None:
    try:
        found = await call  # type: ignore[misc]
    except ValueError:
        return
    assert found is None  # no presigned URL available


async def test_a_folder_contains_plain_files_and_no_partial_ones(tmp_path: Path) -> None:
    storage = from_settings(f"file://{tmp_path}/kept%20here")
    await storage.put("avatars/a", b"x")
    assert (tmp_path / "kept here/avatars/a").read_bytes() == b"x"
    await storage.delete("avatars/a")
    assert os.listdir(tmp_path / "kept here") == []


async def test_only_s3_has_presigned_urls(tmp_path: Path) -> None:
    for url in ("memory:", f"file://{tmp_path}"):
        storage = from_settings(url)
        await storage.put("a", b"x")
        assert await storage.link("a", seconds=60) is None
        assert await storage.place("a", seconds=60, content_type="image/png", size=1) is None


async def test_a_download_url_allows_one_object_until_it_expires(server: Seaweed) -> None:
    storage = s3(server)
    await storage.put("exports/a", b"mine", content_type="application/zip", filename="data.zip")
    await storage.put("exports/b", b"other")
    link = await storage.link("exports/a", seconds=2)
    assert link is not None
    async with httpx2.AsyncClient(trust_env=False) as http:
        answer = await http.get(link)
        assert (answer.status_code, answer.content) == (200, b"mine")
        assert answer.headers["content-type"] == "application/zip"
        assert answer.headers["content-disposition"] == 'attachment; filename="data.zip"'
        assert (await http.get(link.replace("exports/a", "exports/b"))).status_code == 403
        assert (await http.get(link[:-4] + "0000")).status_code == 403
        assert (await http.get(link.partition("?")[0])).status_code == 403
        assert (await http.put(link, content=b"changed")).status_code == 403
        await asyncio.sleep(3)
        assert (await http.get(link)).status_code == 403


async def test_a_download_url_sets_the_response_headers(server: Seaweed) -> None:
    storage = s3(server)
    await storage.put("a", b"mine", content_type="text/html")
    link = await storage.link(
        "a", seconds=5, content_type="text/plain", disposition="attachment; filename*=UTF-8''%C3%A4"
    )
    assert link is not None
    async with httpx2.AsyncClient(trust_env=False) as http:
        answer = await http.get(link)
        assert (answer.status_code, answer.content) == (200, b"mine")
        assert answer.headers["content-type"] == "text/plain"
        assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''%C3%A4"
        assert (await http.get(link.replace("plain", "html"))).status_code == 403


async def test_an_upload_url_allows_one_type_and_size_until_it_expires(server: Seaweed) -> None:
    storage = s3(server)
    place = await storage.place("incoming/a", seconds=2, content_type="image/png", size=4)
    assert place is not None
    kind = {"content-type": "image/png"}
    async with httpx2.AsyncClient(trust_env=False) as http:
        for body in (b"", b"abc", b"abcde"):
            assert (await http.put(place, content=body, headers=kind)).status_code == 403
        for other in ({"content-type": "text/html"}, {}):
            assert (await http.put(place, content=b"abcd", headers=other)).status_code == 403
        assert (
            await http.put(place.replace("incoming/a", "incoming/b"), content=b"abcd", headers=kind)
        ).status_code == 403
        assert (await http.get(place)).status_code == 403
        assert not await stored(storage, "incoming/a")
        assert (await http.put(place, content=b"abcd", headers=kind)).status_code == 200
        await asyncio.sleep(3)
        assert (await http.put(place, content=b"efgh", headers=kind)).status_code == 403
    assert await storage.get("incoming/a") == b"abcd"


async def test_a_copy_is_independent(storage: ObjectStorage) -> None:
    await storage.put("a/one", b"x" * 300)
    await storage.copy("a/one", "b/two")
    await storage.put("a/one", b"y")
    assert (await storage.get("b/two"), await storage.size("b/two"), await storage.size("a/one")) == (
        b"x" * 300,
        300,
        1,
    )
    for call in (storage.copy("a/none", "b/none"), storage.size("a/none")):
        with pytest.raises(NoSuchObject):
            await call


async def test_clear_deletes_only_keys_below_the_prefix(storage: ObjectStorage) -> None:
    for key in ("a/b/1", "a/b/c/2", "a/bc/3", "a/4"):
        await storage.put(key, b"x")
    await storage.clear("a/b")
    await storage.clear("a/b")
    assert sorted([one.key async for one in storage.list("a")]) == ["a/4", "a/bc/3"]


def test_credentials_from_the_environment_sign_no_urls() -> None:
    assert from_settings("s3://bucket?endpoint=http://127.0.0.1:1")._signer is None


@pytest.mark.parametrize("credentials", [(OWNER[0], "wrong"), ("nobody", OWNER[1])])
async def test_wrong_credentials_are_rejected(server: Seaweed, credentials: tuple[str, str]) -> None:
    storage = s3(server, credentials)
    for call in (storage.put("a", b"x"), storage.get("a"), storage.delete("a")):
        with pytest.raises(StorageUnavailable):
            await call


async def test_read_only_credentials_cannot_write(server: Seaweed) -> None:
    with pytest.raises(StorageUnavailable):
        await s3(server, READER).put("a", b"x")
    assert not await stored(s3(server, READER), "a")


async def test_an_unavailable_storage_fails_within_the_timeout() -> None:
    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(never, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        began = time.monotonic()
        with pytest.raises(StorageUnavailable):
            await unknown(port).get("a")
    with pytest.raises(StorageUnavailable):
        await unknown(port).get("a")
    assert time.monotonic() - began < 3


def unknown(port: int) -> ObjectStorage:
    store = S3Store(
        "bucket",
        access_key_id="k",
        secret_access_key="s",
        endpoint=f"http://127.0.0.1:{port}",
        client_options={"allow_http": True},
    )
    return ObjectStorage(store, seconds=0.5)


@pytest.mark.parametrize(
    "url", ["", "s3:", "s3://", "http://bucket", "file://folder", "file:folder", "/folder", "gs://b"]
)
def test_an_invalid_url_is_rejected(url: str) -> None:
    with pytest.raises(ValueError, match="storage URL"):
        from_settings(url)


@pytest.mark.parametrize("filename", ["a\r\nb", 'a".zip', "../a", "ä.zip", ".zip"])
async def test_an_invalid_file_name_is_rejected(filename: str) -> None:
    with pytest.raises(ValueError, match="file name"):
        await from_settings("memory:").put("a", os.urandom(1), filename=filename)
