"""Outlook calendars when anything fails: answers of other forms, cut connections, too many requests, any history."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from tests.peers.outlook_rules import Fault
from tests.providers.outlook_setup import MONDAY, WEEK, WINDOW, Setup, Tokens, checked, own, setup

from studyteddy.features.calendar.providers import outlook_sync
from studyteddy.features.calendar.providers.outlook import Outlook
from studyteddy.features.calendar.providers.provider import Failing, ProviderError, SignInRequired


@pytest.fixture(autouse=True)
def retries_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda low, high: 0.0)


@pytest.fixture
async def at() -> AsyncIterator[Setup]:
    """The emulator and an account; what goes to and fro keeps the vendor's contract."""
    async with checked() as one:
        yield one


@pytest.mark.parametrize(
    "link", ["https://other.example/v1.0/me", "{base}.example/me", "", "/v1.0/me", "{base}/" + "x" * 5000]
)
@pytest.mark.parametrize("name", ["@odata.nextLink", "@odata.deltaLink"])
async def test_a_link_to_elsewhere_is_refused(at: Setup, name: str, link: str) -> None:
    at.graph.faults = [Fault(200, data={"value": [], name: link.replace("{base}", at.graph.base)})]
    with pytest.raises(Failing) as fault:
        await at.copy.sync()
    assert fault.value.reason == "invalid_response"
    assert len(at.graph.requests) == 1


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, "rejected"),
        (403, "forbidden"),
        (413, "rejected"),
        (418, "invalid_response"),
        (423, "unavailable"),
        (500, "unavailable"),
    ],
)
async def test_a_status_has_one_meaning(at: Setup, status: int, reason: str) -> None:
    at.graph.faults = [Fault(status, times=3)]
    with pytest.raises(Failing) as fault:
        await at.account.create(at.copy.calendar, own())
    assert fault.value.reason == reason
    assert "secret" not in str(fault.value)


async def test_a_full_round_reads_no_series_again(at: Setup) -> None:
    store = at.graph.store
    series = store.add_series(at.calendar, [MONDAY, MONDAY + WEEK], subject="Lecture")
    await at.copy.sync()
    store.remove(store.occurrences(series)[0].id)
    at.copy.token = ""
    at.graph.requests.clear()
    await at.copy.sync()
    assert at.copy.shown() == at.truth()
    assert [request.path for request in at.graph.requests if "calendarView" not in request.path] == []


async def test_a_page_cannot_cause_requests_without_end(at: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlook_sync, "MAX_MASTERS", 3)
    rows = [{"id": f"o{n}", "type": "occurrence", "seriesMasterId": f"m{n}"} for n in range(9)]
    at.graph.faults = [Fault(200, data={"value": rows, "@odata.nextLink": f"{at.graph.base}/x"})]
    with pytest.raises(Failing) as fault:
        await at.copy.sync()
    assert (fault.value.reason, len(at.graph.requests)) == ("too_large", 4)


async def test_pages_do_not_go_round_in_circles(at: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    link = f"{at.graph.base}/me/calendars/x/calendarView/delta?$skiptoken=x"
    at.graph.faults = [Fault(200, data={"value": [], "@odata.nextLink": link}, times=50)]
    with pytest.raises(Failing):
        await at.copy.sync()
    assert len(at.graph.requests) == 2
    monkeypatch.setattr(outlook_sync, "MAX_PAGES", 5)
    at.graph.faults = [Fault(200, data={"value": [], "@odata.nextLink": f"{link}{n}"}) for n in range(50)]
    with pytest.raises(Failing):
        await at.copy.sync()
    assert len(at.graph.requests) == 2 + 5


@pytest.mark.parametrize(
    "data", [None, [], "text", {}, {"value": {}}, {"value": [1]}, {"value": [], "@odata.nextLink": 5}, {"error": "x"}]
)
async def test_an_answer_of_another_form_is_refused(at: Setup, data: Any) -> None:
    at.graph.faults = [Fault(200, data=data, times=2)]
    if data is None:
        at.graph.faults = [Fault(204, data="", times=2)]
    with pytest.raises(Failing) as fault:
        await at.copy.sync()
    assert fault.value.reason == "invalid_response"


async def test_an_event_that_cannot_be_read_costs_no_other(at: Setup) -> None:
    time = {"dateTime": "2026-12-07T09:00:00", "timeZone": "UTC"}
    good = {"id": "good", "subject": "Good", "start": time, "end": time}
    bad: list[dict[str, Any]] = [
        {"id": "a"},
        {"id": "b", "start": "x", "end": time},
        {"id": "c", "start": time | {"dateTime": "rubbish"}, "end": time},
        {"id": "d", "start": time | {"dateTime": "0001-01-01T00:00:00"}, "end": time},
        {"id": "e", "start": time | {"dateTime": "9999-12-31T23:00:00"}, "end": time, "isAllDay": True},
        {"id": "f", "start": time, "end": time, "subject": 7},
    ]
    nameless = [{"id": key, "start": time, "end": time} for key in (None, 5, "", "..", "a b", "x" * 600)]
    link = f"{at.graph.base}/me/x"
    at.graph.faults = [Fault(200, data={"value": [*bad, good, *nameless], "@odata.deltaLink": link})]
    (part,) = await at.copy.sync()
    assert at.copy.shown() == [("Good", "20261207T090000Z")]
    assert part.removed == [f"{at.copy.calendar}/{one['id']}" for one in bad]


async def test_a_rejected_access_token_is_replaced(at: Setup) -> None:
    async with httpx2.AsyncClient(trust_env=False) as http:
        assert await Outlook(http, Tokens(["expired", "token"]), at.graph.base).calendars()
        with pytest.raises(SignInRequired):
            await Outlook(http, Tokens(["expired", "revoked"]), at.graph.base).calendars()


FAULTS = {
    "cut": Fault(),
    "cut for long": Fault(times=3),
    "lost answer": Fault(is_after=True),
    "lost answers": Fault(is_after=True, times=3),
    "503": Fault(503, {"retry-after": "5"}),
    "503 for long": Fault(503, {"retry-after": "5"}, times=3),
    "500": Fault(500),
    "429": Fault(429, {"retry-after": "5"}),
    "410": Fault(410, code="syncStateNotFound"),
    "423": Fault(423, code="ErrorMailboxBusy"),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_a_fault_at_any_request_loses_and_doubles_nothing(name: str) -> None:
    """Whatever fails, the same calls made again lead to the same calendars."""
    event, last = own(), 0
    while last < 60:
        async with setup() as one:
            store = one.graph.store
            keys = [store.add(one.calendar, MONDAY, subject=f"Event {n}") for n in range(3)]
            store.add_series(one.calendar, [MONDAY, MONDAY + WEEK], subject="Lecture")
            await one.copy.sync()
            store.remove(keys[0])
            store.edit(keys[1], subject="Changed")
            one.graph.requests.clear()
            model = FAULTS[name]
            fault = Fault(**{**vars(model), "when": lambda request, g=one.graph, n=last: len(g.requests) > n})
            one.graph.faults = [fault]

            async def work(one: Setup = one) -> str:
                made = await one.account.make_calendar("Study Teddy", slug="slug")
                written = await one.account.create(made.ref, event)
                await one.copy.sync()
                return written.ref

            for _ in range(4):
                try:
                    ref = await work()
                    break
                except ProviderError:
                    continue
            one.graph.faults = []
            await one.copy.sync()
            assert one.copy.shown() == one.truth()
            assert [calendar.name for calendar in store.calendars.values()] == ["Calendar", "Study Teddy"]
            ours = [stored for stored in store.events.values() if stored.mark == str(event.id)]
            assert [stored.id.replace("=", "%3D") for stored in ours] == [ref.rpartition("/")[2]]
            if fault.times == model.times:
                return
        last += 1
    pytest.fail("the requests don't end")


@pytest.mark.parametrize("seed", range(12))
async def test_a_copy_follows_any_history(at: Setup, seed: int) -> None:
    rng, store = random.Random(seed), at.graph.store
    for _ in range(30):
        at.graph.sends_masters = rng.random() < 0.7
        day = WINDOW.since + timedelta(days=rng.randrange(-30, 120), hours=rng.randrange(24))
        singles = [key for key, one in store.events.items() if one.type == "singleInstance"]
        members = [key for key, one in store.events.items() if one.master]
        series = [key for key, one in store.events.items() if one.type == "seriesMaster" and store.occurrences(key)]
        match rng.randrange(7):
            case 0 | 1:
                store.add(at.calendar, day, subject=f"Event {rng.randrange(99)}")
            case 2:
                store.add_series(at.calendar, [day + n * WEEK for n in range(1, 5)], subject=f"Series {rng.random()}")
            case 3 if singles or members:
                store.edit(rng.choice(singles + members), start=day, subject=f"Changed {rng.randrange(99)}")
            case 4 if singles or members or series:
                store.remove(rng.choice(singles + members + series))
            case 5 if series:
                store.reschedule(rng.choice(series), [day + n * WEEK for n in range(3)])
            case 6 if rng.random() < 0.3:
                at.graph.forget()
        if rng.random() < 0.6:
            await at.copy.sync()
    at.graph.sends_masters = True
    await at.copy.sync()
    assert at.copy.shown() == at.truth()
