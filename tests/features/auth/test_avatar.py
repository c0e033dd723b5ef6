"""A picture of theirs: taken by content, drawn anew."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image
from tests.cast import Person, made
from tests.conftest import System


def picture(kind: str = "PNG", size: tuple[int, int] = (300, 200), **options: object) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, "#7c3aed").save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
async def test_a_picture_becomes_a_small_square(alice: Person, kind: str) -> None:
    user = made(await alice.http.put("/api/users/me/avatar", content=picture(kind)), 200)
    shown = await alice.get(user["avatarUrl"])
    assert shown.headers["content-type"] == "image/webp"
    with Image.open(BytesIO(shown.content)) as drawn:
        assert (drawn.format, drawn.size) == ("WEBP", (256, 256))


async def test_where_it_was_taken_is_gone(alice: Person) -> None:
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
async def test_anything_else_is_refused(alice: Person, body: bytes, status: int, code: str) -> None:
    answer = await alice.http.put("/api/users/me/avatar", content=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await alice.get("/api/users/me")).json()["avatarUrl"] is None


async def test_a_new_picture_has_a_new_address_and_none_can_be_gone_back_to(system: System, alice: Person) -> None:
    first = made(await alice.http.put("/api/users/me/avatar", content=picture()), 200)["avatarUrl"]
    second = made(await alice.http.put("/api/users/me/avatar", content=picture(size=(10, 10))), 200)["avatarUrl"]
    assert first.partition("?")[0] == second.partition("?")[0]
    assert (await alice.delete("/api/users/me/avatar")).status_code == 204
    assert (await alice.get("/api/users/me/avatar")).status_code == 404
    storage = system.running.resources["storage"]
    assert [one async for one in storage.list(f"users/{alice.user['id']}")] == []


async def test_a_picture_is_its_owners(alice: Person, bob: Person) -> None:
    await alice.http.put("/api/users/me/avatar", content=picture())
    assert (await bob.get("/api/users/me/avatar")).status_code == 404
