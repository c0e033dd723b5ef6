"""Presets: five built-in ones and the user's own."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.cast import Person, made
from tests.features.focus.conftest import look

EVENINGS = {"name": "Evenings", "workMinutes": 30, "shortBreakMinutes": 6, "longBreakMinutes": 20, "cycles": 3}
RHYTHM = ("workMinutes", "shortBreakMinutes", "longBreakMinutes", "cycles")


async def listed(person: Person) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = made(await person.get("/api/focus-presets"), 200)["items"]
    return items


async def test_five_are_built_in(alice: Person) -> None:
    found = await listed(alice)
    assert [tuple(one[name] for name in RHYTHM) for one in found] == [
        (25, 5, 15, 4),
        (90, 15, 30, 2),
        (15, 3, 10, 3),
        (45, 10, 20, 3),
        (50, 10, 25, 4),
    ]
    assert all(one["builtIn"] for one in found)
    assert [made(await alice.get(f"/api/focus-presets/{one['id']}"), 200) for one in found] == found


@pytest.mark.parametrize("number", range(5))
async def test_built_in_presets_cannot_be_changed(alice: Person, number: int) -> None:
    before = await listed(alice)
    path = f"/api/focus-presets/{before[number]['id']}"
    for answer in (await alice.patch(path, {"name": "Mine"}), await alice.delete(path)):
        assert (answer.status_code, answer.json()["code"]) == (409, "built_in_preset")
    assert await listed(alice) == before


@pytest.mark.parametrize("number", range(5))
async def test_a_session_uses_the_preset_and_one_round_of_work(alice: Person, number: int) -> None:
    preset = (await listed(alice))[number]
    session = made(await alice.post("/api/focus-sessions", {"type": "deep_work", "presetId": preset["id"]}))
    assert [session[name] for name in RHYTHM] == [preset[name] for name in RHYTHM]
    assert session["plannedMinutes"] == preset["workMinutes"] * preset["cycles"]


async def test_given_minutes_take_precedence(alice: Person) -> None:
    preset = (await listed(alice))[0]
    wanted = {"type": "pomodoro", "presetId": preset["id"], "plannedMinutes": 50}
    assert made(await alice.post("/api/focus-sessions", wanted))["plannedMinutes"] == 50


async def test_a_round_beyond_240_minutes_is_cut(alice: Person) -> None:
    preset = made(await alice.post("/api/focus-presets", EVENINGS | {"cycles": 12}))
    session = made(await alice.post("/api/focus-sessions", {"type": "pomodoro", "presetId": preset["id"]}))
    assert session["plannedMinutes"] == 240


async def test_own_presets_follow_by_name(alice: Person, bob: Person) -> None:
    for name in ("Weekends", "evenings"):
        preset = made(await alice.post("/api/focus-presets", EVENINGS | {"name": name}))
        assert (preset["name"], preset["builtIn"]) == (name, False)
    assert [one["name"] for one in await listed(alice)][5:] == ["evenings", "Weekends"]
    assert len(await listed(bob)) == 5


async def test_a_name_is_unique_per_user(alice: Person, bob: Person) -> None:
    made(await alice.post("/api/focus-presets", EVENINGS))
    other = made(await alice.post("/api/focus-presets", EVENINGS | {"name": "Other"}))
    for answer in (
        await alice.post("/api/focus-presets", EVENINGS | {"name": "EVENINGS"}),
        await alice.patch(f"/api/focus-presets/{other['id']}", {"name": "evenings"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "name_taken")
    made(await bob.post("/api/focus-presets", EVENINGS))


async def test_at_most_twenty_even_concurrently(alice: Person) -> None:
    answers = await asyncio.gather(
        *(alice.post("/api/focus-presets", EVENINGS | {"name": f"Rhythm {n}"}) for n in range(25))
    )
    assert sorted(answer.status_code for answer in answers) == [201] * 20 + [409] * 5
    assert {one.json()["code"] for one in answers if one.status_code == 409} == {"too_many_presets"}
    assert len(await listed(alice)) == 25


async def test_a_break_is_no_longer_than_the_work(alice: Person) -> None:
    answer = await alice.post("/api/focus-presets", EVENINGS | {"shortBreakMinutes": 31, "longBreakMinutes": 40})
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/shortBreakMinutes", "/longBreakMinutes"]
    preset = made(await alice.post("/api/focus-presets", EVENINGS))
    answer = await alice.patch(f"/api/focus-presets/{preset['id']}", {"workMinutes": 19})
    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [
        ("/longBreakMinutes", "longer_than_work")
    ]


async def test_changing_or_deleting_one_leaves_its_sessions_alone(alice: Person) -> None:
    preset = made(await alice.post("/api/focus-presets", EVENINGS))
    path = f"/api/focus-presets/{preset['id']}"
    session = made(await alice.post("/api/focus-sessions", {"type": "custom", "presetId": preset["id"]}))
    tag = (await alice.get(path)).headers["etag"]
    changed = made(await alice.patch(path, {"workMinutes": 40}, headers={"if-match": tag}), 200)
    assert changed == preset | {"workMinutes": 40, "version": 2}
    assert (await alice.patch(path, {"cycles": 2}, headers={"if-match": tag})).status_code == 412
    assert (await alice.delete(path, headers={"if-match": tag})).status_code == 412
    assert (await alice.delete(path)).status_code == 204
    assert (await look(alice, session)) == session
    told = [event["type"] for event in await alice.changes() if event["type"].startswith("preset.")]
    assert told == ["preset.created", "preset.updated", "preset.deleted"]
