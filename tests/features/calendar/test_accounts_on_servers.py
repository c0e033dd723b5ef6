"""Accounts on two real CalDAV servers, beside another client of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx2
from tests.cast import Person, made
from tests.conftest import System
from tests.features.calendar.test_accounts import HOUR, SOON, again, conflicts, events, look, planned, session
from tests.peers.caldav_servers import PASSWORD, USER, CalDavServer, run_client
from tests.peers.memory_calendar import event


def dav(server: CalDavServer, method: str, url: str, body: bytes = b"", kind: str = "text/calendar") -> httpx2.Response:
    with httpx2.Client(trust_env=False, auth=(USER, PASSWORD)) as http:
        answer = http.request(method, url, content=body, headers={"content-type": kind})
    assert answer.status_code < 300, answer.text
    return answer


async def connect(system: System, person: Person, server: CalDavServer) -> dict[str, Any]:
    sign_in = {"url": server.url, "username": USER, "password": PASSWORD}
    account = made(await person.post("/api/calendar/caldav/connect", sign_in))
    await system.work()
    return await look(person, account)


def ours(server: CalDavServer, person: Person) -> str:
    """Return the address of the calendar that focus sessions are written into."""
    return f"{server.calendars}study-teddy-{person.user['id'].replace('-', '')}/"


async def test_both_directions(system: System, alice: Person, server: CalDavServer) -> None:
    dav(server, "PUT", f"{server.calendars}work/1.ics", event("1", "Lecture", SOON, SOON + HOUR))
    mine = await planned(alice, SOON + 3 * HOUR)
    account = await connect(system, alice, server)
    assert (account["state"], account["problem"]) == ("ok", None)
    assert ("Work", True) in [(one["name"], one["busy"]) for one in account["calendars"]]
    assert await events(alice) == [("Lecture", f"{SOON:%Y-%m-%dT%H:%M:%SZ}")]
    url = f"{ours(server, alice)}focus-{mine['id']}.ics"
    body = dav(server, "GET", url).text
    assert "SUMMARY:Focus session" in body
    moved = body.replace(f"DTSTART:{SOON + 3 * HOUR:%Y%m%dT%H%M%SZ}", f"DTSTART:{SOON + 5 * HOUR:%Y%m%dT%H%M%SZ}")
    moved = moved.replace(f"DTEND:{SOON + 4 * HOUR:%Y%m%dT%H%M%SZ}", f"DTEND:{SOON + 7 * HOUR:%Y%m%dT%H%M%SZ}")
    moved = moved.replace("END:VEVENT", "X-MINE:kept\r\nEND:VEVENT")
    dav(server, "PUT", url, moved.encode())
    dav(server, "DELETE", f"{server.calendars}work/1.ics")
    account = await again(system, alice, account)
    found = await session(alice, mine)
    assert (found["scheduledAt"], found["plannedMinutes"]) == (f"{SOON + 5 * HOUR:%Y-%m-%dT%H:%M:%SZ}", 120)
    assert (await events(alice), await conflicts(alice)) == ([], [])
    made(await alice.patch(f"/api/focus-sessions/{mine['id']}", {"plannedMinutes": 60}), 200)
    await system.work()
    body = dav(server, "GET", url).text
    assert f"DTEND:{SOON + 6 * HOUR:%Y%m%dT%H%M%SZ}" in body
    assert "X-MINE:kept" in body
    dav(server, "DELETE", url)
    await again(system, alice, account)
    assert (await session(alice, mine))["status"] == "cancelled"


async def test_a_series_of_another_client_with_a_moved_occurrence(
    system: System, alice: Person, server: CalDavServer
) -> None:
    begin = SOON
    run_client(server.url, USER, PASSWORD, f"{server.calendars}work/", begin.isoformat())
    await connect(system, alice, server)
    query = {"from": (begin - HOUR).isoformat(), "to": (begin + timedelta(days=28)).isoformat()}
    items = made(await alice.get("/api/calendar/events", params=query), 200)["items"]
    starts = [begin, begin + timedelta(days=7, hours=3), begin + timedelta(days=14), begin + timedelta(days=21)]
    assert [one["startsAt"] for one in items] == [f"{one:%Y-%m-%dT%H:%M:%SZ}" for one in starts]
    assert [one["title"] for one in items] == ["Lecture", "Lecture in the large hall", "Lecture", "Lecture"]


async def test_a_wrong_password_and_a_page_that_is_no_server_are_told_apart(
    alice: Person, server: CalDavServer
) -> None:
    sign_in = {"url": server.url, "username": USER, "password": "wrong"}
    wrong = await alice.post("/api/calendar/caldav/connect", sign_in)
    if server.name == "radicale":  # Xandikos, as it runs here, takes every password
        assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/password")
    nothing = await alice.post("/api/calendar/caldav/connect", sign_in | {"url": f"{server.url}{quote('no such')}/x"})
    assert nothing.status_code in (201, 422)
    local = await alice.post("/api/calendar/caldav/connect", sign_in | {"url": "http://10.0.0.1/"})
    assert (local.status_code, local.json()["errors"][0]["pointer"]) == (422, "/url")


async def test_disconnecting_removes_what_was_written(system: System, alice: Person, server: CalDavServer) -> None:
    mine = await planned(alice)
    account = await connect(system, alice, server)
    path = f"/api/calendar/accounts/{account['id']}"
    assert (await alice.delete(path, params={"removeEvents": "true"})).status_code == 204
    await system.work()
    with httpx2.Client(trust_env=False, auth=(USER, PASSWORD)) as http:
        assert http.get(f"{ours(server, alice)}focus-{mine['id']}.ics").status_code == 404
