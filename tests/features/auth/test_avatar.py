"""Avatars: checked by content and re-encoded."""

from __future__ import annotations

import asyncio
from io import BytesIO
from uuid import UUID

import pytest
from PIL import Image
from tests.cast import Person, made
from tests.conftest import System

from studyteddy.features.auth.service import avatar
from studyteddy.platform.errors import Problem
from studyteddy.platform.files.object_storage import ObjectStorage
from studyteddy.platform.identity import Identity
from studyteddy.platform.ids import new_id


def picture(kind: str = "PNG", size: tuple[int, int] = (300, 200), **options: object) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, "#7c3aed").save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
async def test_an_avatar_is_resized_to_a_small_square(alice: Person, kind: str) -> None:
    user = made(await alice.http.put("/api/users/me/avatar", content=picture(kind)), 200)
    shown = await alice.get(user["avatarUrl"])
    assert shown.headers["content-type"] == "image/webp"
    with Image.open(BytesIO(shown.content)) as drawn:
        assert (drawn.format, drawn.size) == ("WEBP", (256, 256))


async def test_location_metadata_is_removed(alice: Person) -> None:
    exif = Image.Exif()
    exif[0x010E] = "my secret place"
    await alice.http.put("/api/users/me/avatar", content=picture("JPEG", exif=exif))
    shown = (await alice.get("/api/users/me/avatar")).content
    assert b"secret place" not in shown
    with Image.open(BytesIO(shown)) as drawn:
        assert not drawn.getexif()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 422, "not_a_picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 422, "not_a_picture"),
        (b"<html><script>alert(1)</script></html>", 422, "not_a_picture"),
        (picture()[:200], 422, "not_a_picture"),
        (picture("PNG", (6000, 6000)), 422, "too_many_pixels"),
        (b"x" * (5 * 1024 * 1024 + 1), 413, "body_too_large"),
    ],
)
async def test_other_content_is_rejected(alice: Person, body: bytes, status: int, code: str) -> None:
    answer = await alice.http.put("/api/users/me/avatar", content=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await alice.get("/api/users/me")).json()["avatarUrl"] is None


async def test_a_new_avatar_has_a_new_url_and_can_be_removed(system: System, alice: Person) -> None:
    first = made(await alice.http.put("/api/users/me/avatar", content=picture()), 200)["avatarUrl"]
    second = made(await alice.http.put("/api/users/me/avatar", content=picture(size=(10, 10))), 200)["avatarUrl"]
    assert first.partition("?")[0] == second.partition("?")[0]
    assert (await alice.delete("/api/users/me/avatar")).status_code == 204
    assert (await alice.get("/api/users/me/avatar")).status_code == 404
    storage = system.running.storage
    assert [one async for one in storage.list(f"users/{alice.user['id']}")] == []


async def test_an_avatar_is_private(alice: Person, bob: Person) -> None:
    await alice.http.put("/api/users/me/avatar", content=picture())
    assert (await bob.get("/api/users/me/avatar")).status_code == 404


class Paused(ObjectStorage):
    """The same objects, through a storage that waits before each deletion and after each upload."""

    def __init__(self, system: System) -> None:
        super().__init__(system.running.storage._store)
        self.waiting, self.go_on = asyncio.Event(), asyncio.Event()

    async def put(self, key: str, data: bytes, *, content_type: str = "", filename: str = "") -> None:
        await super().put(key, data, content_type=content_type, filename=filename)
        await self._pause()

    async def delete(self, key: str) -> None:
        await self._pause()
        await super().delete(key)

    async def _pause(self) -> None:
        self.waiting.set()
        await self.go_on.wait()


def identity_of(person: Person) -> Identity:
    return Identity(UUID(person.user["id"]), UUID(person.user["id"]))


async def check_agreement(system: System, person: Person, *, exists: bool) -> None:
    """Check that the account, the picture that is served and the storage agree."""
    assert ((await person.get("/api/users/me")).json()["avatarUrl"] is not None) is exists
    assert (await person.get("/api/users/me/avatar")).status_code == (200 if exists else 404)
    assert len([one async for one in system.running.storage.list(f"users/{person.user['id']}")]) == exists


@pytest.mark.parametrize("size", [(10, 10), (300, 200)])
async def test_removing_an_avatar_never_deletes_a_newer_one(
    system: System, alice: Person, size: tuple[int, int]
) -> None:
    """The same picture again, too."""
    await alice.http.put("/api/users/me/avatar", content=picture())
    storage = Paused(system)
    removal = asyncio.create_task(avatar.remove(system.running.db, storage, identity_of(alice)))
    await asyncio.wait_for(storage.waiting.wait(), 10)
    made(await alice.http.put("/api/users/me/avatar", content=picture(size=size)), 200)
    storage.go_on.set()
    await removal
    await check_agreement(system, alice, exists=True)


async def test_an_upload_to_an_account_that_is_gone_leaves_no_object(system: System) -> None:
    nobody = Identity(new_id(), new_id())
    with pytest.raises(Problem):
        await avatar.change(
            system.running.db, system.running.storage, system.running.image_threads, nobody, picture(size=(10, 10))
        )
    assert [one async for one in system.running.storage.list(f"users/{nobody.user_id}")] == []


async def test_an_upload_during_a_removal_keeps_its_picture(system: System, alice: Person) -> None:
    await alice.http.put("/api/users/me/avatar", content=picture())
    storage = Paused(system)
    threads = system.running.image_threads
    upload = avatar.change(system.running.db, storage, threads, identity_of(alice), picture(size=(10, 10)))
    change = asyncio.create_task(upload)
    await asyncio.wait_for(storage.waiting.wait(), 10)
    assert (await alice.delete("/api/users/me/avatar")).status_code == 204
    storage.go_on.set()
    await change
    await check_agreement(system, alice, exists=True)


async def test_pictures_that_change_and_go_at_once_agree_with_the_account(system: System, alice: Person) -> None:
    for _ in range(5):
        puts = [alice.http.put("/api/users/me/avatar", content=picture(size=(10 + n, 10))) for n in range(3)]
        reads = [alice.get("/api/users/me/avatar") for _ in range(3)]
        answers = await asyncio.gather(*puts, alice.delete("/api/users/me/avatar"), *reads)
        assert {answer.status_code for answer in answers} <= {200, 204, 404}
        exists = (await alice.get("/api/users/me")).json()["avatarUrl"] is not None
        await check_agreement(system, alice, exists=exists)


async def test_an_avatar_of_an_earlier_version_is_served_and_replaced(system: System, alice: Person) -> None:
    old = f"users/{alice.user['id']}/avatar.webp"
    await system.running.storage.put(old, b"old picture", content_type="image/webp")
    admin = await system.admin()
    await admin.execute("UPDATE users SET avatar = $2 WHERE id = $1", alice.user["id"], "0a" * 32)
    await admin.close()
    assert (await alice.get("/api/users/me/avatar")).content == b"old picture"
    await alice.http.put("/api/users/me/avatar", content=picture())
    await check_agreement(system, alice, exists=True)
