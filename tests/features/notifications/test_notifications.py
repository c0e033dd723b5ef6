"""Listing, reading and deleting notifications."""

from __future__ import annotations

from tests.cast import Person
from tests.conftest import System


async def listed(person: Person, **query: str) -> list[dict[str, object]]:
    items: list[dict[str, object]] = (await person.get("/api/notifications", params=query)).json()["items"]
    return items


async def unread(person: Person) -> int:
    count: int = (await person.get("/api/notifications/unread-count")).json()["count"]
    return count


async def test_a_new_student_is_welcomed_once(system: System, alice: Person) -> None:
    await system.work()
    await system.work()
    assert [note["type"] for note in await listed(alice)] == ["welcome"]
    assert await unread(alice) == 1


async def test_some_or_all_notifications_are_marked_as_read(system: System, alice: Person) -> None:
    for _ in range(3):
        await alice.post(f"/api/tasks/{(await alice.task())['id']}/complete")
    await system.work()
    first = (await listed(alice))[0]["id"]
    some = (await alice.post("/api/notifications/read", {"ids": [first]})).json()
    assert some == {"ids": [first], "all": False, "unread": 3}
    assert len(await listed(alice, unread="true")) == 3
    everything = (await alice.post("/api/notifications/read", {"all": True})).json()
    assert (len(everything["ids"]), everything["unread"], await unread(alice)) == (3, 0, 0)


async def test_notifications_of_others_cannot_be_marked_as_read(system: System, alice: Person, bob: Person) -> None:
    await system.work()
    mine = (await listed(alice))[0]["id"]
    answer = (await bob.post("/api/notifications/read", {"ids": [mine]})).json()
    assert answer["ids"] == []
    assert await unread(alice) == 1


async def test_a_request_without_ids_or_all_is_rejected(alice: Person) -> None:
    answer = await alice.post("/api/notifications/read", {})
    assert (answer.status_code, answer.json()["code"]) == (422, "nothing_named")


async def test_a_notification_can_be_deleted(system: System, alice: Person) -> None:
    await system.work()
    note = (await listed(alice))[0]
    assert (await alice.delete(f"/api/notifications/{note['id']}")).status_code == 204
    assert await listed(alice) == []
    assert (await alice.delete(f"/api/notifications/{note['id']}")).status_code == 404
