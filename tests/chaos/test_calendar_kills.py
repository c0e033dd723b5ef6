"""`kill -9` of the worker while it synchronizes a calendar account on a real server."""

from __future__ import annotations

import asyncio
import random
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
from tests.cast import Person, join, made
from tests.chaos.harness import SOAK, Api, Process, environment, soak_row, until
from tests.conftest import settings_for
from tests.peers.caldav_servers import PASSWORD, USER, CalDavServer, caldav_server

from studyteddy.embedded import Engines

KILLS = 100 if SOAK else 8
BASE = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=2)
_EVENT = re.compile(r"UID:focus-([0-9a-f-]{36})@studyteddy.*?DTSTART:(\w+).*?DTEND:(\w+)", re.DOTALL)

Times = dict[str, tuple[str, str]]


async def test_a_killed_worker_leaves_both_sides_equal(fresh: Engines, tmp_path: Path) -> None:
    rng = random.Random(5)
    with caldav_server("radicale") as server:
        settings = settings_for(fresh, job_poll="0.1", egress_allow=f"127.0.0.0/8,127.0.0.1:{server.port}")
        api = Api(settings, tmp_path / "api.log")
        worker = Process("studyteddy", "work", environment=environment(settings), log=tmp_path / "worker.log")
        api.start()
        worker.start()
        try:
            await until(api.ready, within=30, every=0.1)
            student = await join(api.url, "Alice")
            sign_in = {"url": server.url, "username": USER, "password": PASSWORD}
            made(await student.post("/api/calendar/caldav/connect", sign_in))
            for n in range(KILLS):
                for _ in range(3):
                    await change(student, rng)
                await move_there(server, student, rng)
                await asyncio.sleep(rng.uniform(0.0, 0.5))
                worker.kill()
                worker.start()
                if n % 4 == 3:  # time to work, otherwise only the beginning is ever interrupted
                    await until(lambda: equal(server, student), within=200, every=0.5)
            await plan(student, rng)
            await until(lambda: equal(server, student), within=200, every=0.5)
            await student.http.aclose()
        finally:
            worker.kill()
            api.kill()
    soak_row(
        "`kill -9` of a worker that synchronizes a calendar: both sides are equal, nothing is there twice",
        trials=KILLS,
        failures=0,
        figure="Radicale",
    )


async def plan(student: Person, rng: random.Random) -> None:
    body = {"type": "custom", "plannedMinutes": 30, "startAt": (BASE + rng.randrange(300) * HALF).isoformat()}
    made(await student.post("/api/focus-sessions", body))


async def change(student: Person, rng: random.Random) -> None:
    """Plan, move or cancel a session."""
    here = list(await planned(student))
    if len(here) < 4 or rng.random() < 0.5:
        await plan(student, rng)
    elif rng.random() < 0.5:
        start = (BASE + rng.randrange(300) * HALF).isoformat()
        await student.patch(f"/api/focus-sessions/{rng.choice(here)}", {"startAt": start})
    else:
        await student.post(f"/api/focus-sessions/{rng.choice(here)}/cancel", {})


async def planned(student: Person) -> Times:
    items: list[dict[str, Any]] = []
    cursor = None
    while True:
        query = {"status": "scheduled", "limit": 100, **({"cursor": cursor} if cursor else {})}
        page = made(await student.get("/api/focus-sessions", params=query), 200)
        items, cursor = [*items, *page["items"]], page["nextCursor"]
        if cursor is None:
            break
    starts = {one["id"]: datetime.fromisoformat(one["scheduledAt"]) for one in items}
    lengths = {one["id"]: timedelta(minutes=one["plannedMinutes"]) for one in items}
    return {id: (_shown(start), _shown(start + lengths[id])) for id, start in starts.items()}


async def there(server: CalDavServer, student: Person) -> Times:
    """Return the events in the calendar of ours; fail if one is there twice."""
    url = f"{server.calendars}study-teddy-{student.user['id'].replace('-', '')}/"
    async with httpx2.AsyncClient(trust_env=False, auth=(USER, PASSWORD)) as http:
        answer = await http.get(url)
    found = [(id, (start, end)) for id, start, end in _EVENT.findall(answer.text)] if answer.status_code == 200 else []
    assert len(dict(found)) == len(found), "twice"
    return dict(found)


async def equal(server: CalDavServer, student: Person) -> bool:
    return await there(server, student) == await planned(student)


async def move_there(server: CalDavServer, student: Person, rng: random.Random) -> None:
    """Move an event in the calendar, as another program would."""
    found = await there(server, student)
    if not found:
        return
    id = rng.choice(sorted(found))
    url = f"{server.calendars}study-teddy-{student.user['id'].replace('-', '')}/focus-{id}.ics"
    begin = BASE + rng.randrange(300) * HALF
    async with httpx2.AsyncClient(trust_env=False, auth=(USER, PASSWORD)) as http:
        current = await http.get(url)
        body = re.sub(r"DTSTART:\w+", f"DTSTART:{_shown(begin)}", current.text)
        body = re.sub(r"DTEND:\w+", f"DTEND:{_shown(begin + HALF)}", body)
        headers = {"content-type": "text/calendar", "if-match": current.headers.get("etag", '""')}
        await http.put(url, content=body, headers=headers)


HALF = timedelta(minutes=30)


def _shown(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
