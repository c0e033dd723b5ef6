"""The server is killed while a student works: nothing is lost, and nothing happens twice."""

from __future__ import annotations

import os
import signal
from collections import Counter
from contextlib import aclosing

from playwright.async_api import Browser, expect
from tests.e2e.conftest import running_program
from tests.e2e.devices import device, newcomer
from tests.e2e.student import complete, eventually, everything_sent, open_app, row, tasks_of, waiting
from tests.up.conftest import Running

WRITES = 50
KILLS = (8, 24, 40)
"""The writes during which the API is killed."""


async def test_no_change_is_lost_or_doubled_when_the_server_is_killed(browser: Browser) -> None:
    names = [f"Reading {chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(WRITES)]
    known, new = names[: WRITES // 2], names[WRITES // 2 :]
    with running_program() as program:
        ada = await newcomer(program.url)
        async with aclosing(ada.http):
            for title in known:
                await ada.task(title)
            before = (await ada.changes())[-1]["seq"]
            async with device(browser, program.url, ada, viewport={"width": 1280, "height": 2400}) as desk:
                await open_app(desk, "/tasks")
                await expect(row(desk, known[-1])).to_be_visible()
                for number in range(WRITES):
                    if number % 2:
                        await complete(desk, known[number // 2])
                    else:
                        await desk.keyboard.press("a")
                        field = desk.get_by_role("textbox", name="Add a task")
                        await field.fill(new[number // 2])
                        await field.press("Enter")
                        if number in KILLS:
                            await kill_api(program.up)
                        await expect(field).to_be_hidden()
                    if number - 1 in KILLS:
                        assert await waiting(desk), "the API was back before anything waited for it"
                for title in new:
                    await expect(row(desk, title)).to_be_visible()
                await everything_sent(desk, within=120)
                await expect(desk.get_by_text("needs a decision")).to_have_count(0)

            found = await tasks_of(ada)
            assert Counter(task["title"] for task in found.values()) == Counter(names)
            assert {task["title"]: task["completions"] for task in found.values()} == {
                title: int(title in known) for title in names
            }
            ledger = Counter((event["type"], event["data"].get("title")) for event in await ada.changes(before))
            assert {title: ledger["task.created", title] for title in new} == dict.fromkeys(new, 1)
            assert {title: ledger["task.completed", title] for title in known} == dict.fromkeys(known, 1)


async def kill_api(up: Running) -> None:
    """Kill the API as a crash would; its supervisor starts it again."""

    async def runs() -> bool:
        return "API" in up.parts()

    await eventually(runs)
    os.kill(up.parts()["API"], signal.SIGKILL)
