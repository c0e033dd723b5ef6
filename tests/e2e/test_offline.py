"""Without a network the app opens and takes changes; the server gets each of them once."""

from __future__ import annotations

from collections import Counter

from playwright.async_api import Page, expect
from tests.cast import Person
from tests.e2e.student import (
    add,
    complete,
    databases,
    day,
    eventually,
    go,
    move_to_tomorrow,
    open_app,
    row,
    tasks_of,
    waiting,
)

TITLES = ("Problem set", "Lab report", "Essay draft", "Vocabulary")


async def test_changes_made_offline_reach_the_server_once(ada: Person, desk: Page) -> None:
    ids = {title: (await ada.task(title, dueDate=day()))["id"] for title in TITLES}
    before = (await ada.changes())[-1]["seq"]
    await open_app(desk, "/tasks")
    for title in TITLES:
        await expect(row(desk, title)).to_be_visible()
    await desk.context.set_offline(True)

    for title in TITLES[:3]:
        await complete(desk, title)
        await expect(row(desk, title)).to_have_count(0)
    await add(desk, "Read chapter 5 tomorrow 3pm 45m")
    await move_to_tomorrow(desk, "Vocabulary")
    await expect(row(desk, "Vocabulary")).to_contain_text("Tomorrow")
    assert len(await waiting(desk)) == 5

    await desk.reload()
    await expect(desk.get_by_role("heading", level=1, name="Tasks")).to_be_visible()
    await expect(row(desk, "Vocabulary")).to_contain_text("Tomorrow")
    await expect(row(desk, "Read chapter 5 tomorrow 3pm 45m")).to_be_visible()
    await expect(desk.get_by_text("Offline. 5 changes are saved on this device.").first).to_be_visible()
    await go(desk, "Today")
    done = desk.get_by_role("group").filter(has=desk.get_by_role("heading", name="Done"))
    await done.locator("summary").click()
    for title in TITLES[:3]:
        await expect(done.get_by_role("checkbox", name=f"Done: {title}")).to_be_checked()
    assert len(await waiting(desk)) == 5
    # The worker may still tell what it has done with the tasks as they were.
    assert [event["type"] for event in await ada.changes(before) if event["type"].startswith("task.")] == []

    await desk.context.set_offline(False)

    async def is_complete() -> bool:
        found = await tasks_of(ada)
        return len(found) == 5 and sum(task["status"] == "completed" for task in found.values()) == 3

    await eventually(is_complete, within=5)
    await eventually(lambda: nothing_waits(desk), within=5)
    found = await tasks_of(ada)
    assert {found[ids[title]]["completions"] for title in TITLES[:3]} == {1}
    assert found[ids["Vocabulary"]]["dueDate"] == day(1)
    [added] = [task for task in found.values() if task["title"] == "Read chapter 5"]
    assert added["estimatedMinutes"] == 45
    kinds = Counter((event["type"], event["data"].get("id")) for event in await ada.changes(before))
    assert {count for (kind, _), count in kinds.items() if kind in ("task.created", "task.completed")} == {1}
    assert sum(kind == "task.created" for kind, _ in kinds) == 1
    assert sum(kind == "task.completed" for kind, _ in kinds) == 3


async def nothing_waits(page: Page) -> bool:
    return await waiting(page) == []


async def test_the_app_is_read_from_this_device_without_a_network(ada: Person, desk: Page) -> None:
    await ada.task("Problem set", dueDate=day())
    await open_app(desk)
    await desk.context.set_offline(True)
    await desk.goto("/week")
    await expect(desk.get_by_role("heading", level=1)).to_be_visible()
    await desk.goto("/tasks")
    await expect(row(desk, "Problem set")).to_be_visible()
    await desk.goto("/insights")
    await expect(desk.get_by_role("heading", level=1)).to_be_visible()
    assert len(await databases(desk)) == 1
