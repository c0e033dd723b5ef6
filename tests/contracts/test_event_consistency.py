"""A client's old state plus the events since equal a fresh read: the protocol of the live connection is complete."""

from __future__ import annotations

import asyncio
import json
import os
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from tests.cast import Person, made
from tests.conftest import System
from tests.contracts.calendar_accounts import add_account, planned
from tests.contracts.walk import Recording, Walk, everything, lists_of, state_of

from studyteddy.bootstrap import catalogue, runtime
from studyteddy.features.notifications import service as notifications_service
from studyteddy.features.notifications.schemas import ReadRequest
from studyteddy.features.tasks.schemas.tasks import TaskChanges
from studyteddy.features.tasks.service import series
from studyteddy.platform.identity import Identity

STEPS = 600 if os.environ.get("SOAK") == "1" else 100
EXPORT = Path(os.environ["WALK_EXPORT"]) if "WALK_EXPORT" in os.environ else None
"""Where to write the steps of the walks, for other clients to replay."""


async def test_old_state_plus_events_equals_new_state(system: System, alice: Person, bob: Person) -> None:
    """Fails for a public event that the walks don't cover."""
    public = {kind.tag for kind in catalogue.catalogue() if kind.shows is not None}
    seen_tags: set[str] = set()
    recording = Recording(EXPORT)
    for walk in (Walk(alice, 1), Walk(bob, 2)):
        for _ in range(2):
            session_id = await planned(system, walk.person, (system.clock() + timedelta(days=1)).isoformat())
            await add_account(system, walk.person, session_id=session_id)
        await walk.begin()
        for n in range(4 * STEPS):
            if n >= STEPS and seen_tags | walk.seen_tags == public:
                break  # ids, and so the choice of objects, are random: some walks need longer than others
            await step(system, walk, recording, jobs=n % 3 == 0)
        seen_tags |= walk.seen_tags
    assert seen_tags == public


async def step(system: System, walk: Walk, recording: Recording, *, jobs: bool) -> None:
    """Perform an action, and its jobs if `jobs` is set; compare what the client then keeps with a fresh read."""
    before = lists_of(walk.state)
    done = await walk.act()
    if jobs:
        await system.work()
        done += " and the jobs"
    events = await walk.follow()
    fresh = await everything(walk.person)
    assert walk.state == fresh, done
    recording.add(done, before, events, fresh)


async def test_a_recorded_walk_can_be_replayed(system: System, alice: Person, tmp_path: Path) -> None:
    walk, path = Walk(alice, 6), tmp_path / "walk.jsonl"
    recording = Recording(path)
    await walk.begin()
    for _ in range(12):
        await step(system, walk, recording, jobs=True)
    steps = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(steps) == 12
    for one in steps:
        state = state_of(one["before"])
        for event in one["events"]:
            state.apply(event)
        assert state == state_of(one["after"]), one["action"]


async def test_a_change_without_a_higher_version_is_detected(alice: Person) -> None:
    walk = Walk(alice, 7)
    task = await alice.task()
    await walk.begin()
    with pytest.raises(AssertionError, match="became"):
        walk.state.apply({"type": "task.updated", "data": task | {"title": "Changed"}})


async def test_events_of_concurrent_workers_are_consistent(system: System, alice: Person) -> None:
    walk = Walk(alice, 3)
    subjects = [(await alice.subject())["id"] for _ in range(4)]
    many = [await alice.task(f"{n}", subjectId=subjects[n % 4]) for n in range(40)]
    await walk.begin()
    for task in many:
        await alice.post(f"/api/tasks/{task['id']}/complete")
    await asyncio.gather(*(runtime.worker(system.running).run_due() for _ in range(3)))
    await system.work()
    await walk.follow()
    assert walk.state == await everything(alice)


async def test_an_action_without_changes_publishes_no_events(alice: Person) -> None:
    task = await alice.task()
    step = made(await alice.post(f"/api/tasks/{task['id']}/subtasks", {"title": "one"}))
    subject = await alice.subject()
    last = (await alice.get("/api/changes", params={"since": 2**53})).json()["nextSeq"]
    await alice.post(f"/api/tasks/{task['id']}/reopen")
    await alice.patch(f"/api/tasks/{task['id']}", {"title": task["title"]})
    await alice.put(f"/api/tasks/{task['id']}/subtasks/order", {"ids": [step["id"]]})
    await alice.patch(f"/api/tasks/{task['id']}/subtasks/{step['id']}", {"completed": False})
    await alice.patch(f"/api/subjects/{subject['id']}", {"name": subject["name"]})
    assert (await alice.post("/api/notifications/read", {"all": True})).status_code == 200
    await alice.patch("/api/users/me", {"name": alice.name})
    await alice.put("/api/users/me/preferences", (await alice.get("/api/users/me/preferences")).json())
    await alice.post("/api/users/me/restore")
    await alice.delete("/api/users/me/avatar")
    assert await alice.changes(last) == []


@pytest.mark.parametrize("change", ["moved", "deleted"])
async def test_reopening_is_deducted_from_the_subject_that_was_credited(
    system: System, alice: Person, change: str
) -> None:
    subject = (await alice.subject())["id"]
    path = f"/api/tasks/{(await alice.task(subjectId=subject))['id']}"
    await alice.post(f"{path}/complete")
    await system.work()
    await (alice.patch(path, {"subjectId": None}) if change == "moved" else alice.delete(f"/api/subjects/{subject}"))
    await alice.post(f"{path}/reopen")
    for _ in range(10):
        await system.work()
        await asyncio.sleep(0.05)
    assert (await alice.get("/api/analytics/overview")).json()["tasksCompleted"] == 0


# Concurrent changes in the worst order: the one that reads first commits last.


async def test_a_task_changed_while_its_subject_is_renamed_shows_the_new_name(system: System, alice: Person) -> None:
    walk = Walk(alice, 4)
    subject = (await alice.subject())["id"]
    task = await alice.task(subjectId=subject)
    await walk.begin()
    async with system.running.db.transaction(identity_of(alice)) as tx:
        await series.change(tx, UUID(task["id"]), TaskChanges(title="Changed"), scope="this", if_match=None)
        await alice.patch(f"/api/subjects/{subject}", {"name": "Renamed in between"})
    await walk.follow()
    assert walk.state == await everything(alice)


async def test_a_notification_created_during_read_all_stays_unread(system: System, alice: Person) -> None:
    walk = Walk(alice, 5)
    task = await alice.task()
    await system.work()
    await alice.post(f"/api/tasks/{task['id']}/complete")
    await walk.begin()
    async with system.running.db.transaction(identity_of(alice)) as tx:
        await notifications_service.read(tx, ReadRequest(all=True))
        await system.work()
    await walk.follow()
    assert walk.state == await everything(alice)


def identity_of(person: Person) -> Identity:
    return Identity(UUID(person.user["id"]), UUID(int=0))
