"""Courses that calendars name, and a new address for a calendar."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from tests.cast import Person, made
from tests.conftest import System
from tests.features.calendar.test_feeds import LATER, TOMORROW, School, again, due, look, subscribe, tasks
from tests.features.calendar.test_feeds import school as school

from studyteddy.features.calendar.service import courses
from studyteddy.platform.ids import new_id


def path(feed: dict[str, Any]) -> str:
    return f"/api/calendar/feeds/{feed['id']}/courses"


async def listed(person: Person, feed: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = made(await person.get(path(feed)), 200)["items"]
    return found


async def choose(system: System, person: Person, feed: dict[str, Any], course: str, subject: Any) -> None:
    subject_id = subject and subject["id"]
    made(await person.put(path(feed), {"course": course, "subjectId": subject_id}), 200)
    await system.work()


async def subjects_of(person: Person) -> dict[str, Any]:
    return {one["title"]: one["subjectId"] for one in await tasks(person)}


async def test_a_subject_is_proposed_until_one_is_chosen(system: System, alice: Person, school: School) -> None:
    history = await alice.subject("History")
    school.events = [due(n, f"Essay {n} [HIST 101]", TOMORROW) for n in (1, 2)] + [due(3, "Quiz [ZOO]", TOMORROW)]
    feed = await subscribe(system, alice, school)
    assert await listed(alice, feed) == [
        {"course": "HIST 101", "events": 2, "chosen": False, "subjectId": None, "proposedSubjectId": history["id"]},
        {"course": "ZOO", "events": 1, "chosen": False, "subjectId": None, "proposedSubjectId": None},
    ]
    await choose(system, alice, feed, "ZOO", None)
    assert [one["chosen"] for one in await listed(alice, feed)] == [False, True]
    await choose(system, alice, feed, "HIST 101", history)
    (first, _) = await listed(alice, feed)
    assert (first["chosen"], first["subjectId"], first["proposedSubjectId"]) == (True, history["id"], None)


async def test_tasks_of_a_course_have_its_subject(
    system: System, alice: Person, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courses, "AT_ONCE", 2)
    history, biology, other = [await alice.subject(name) for name in ("History", "Biology", "Other")]
    school.events = [due(n, f"Essay {n} [HIST 101]", TOMORROW) for n in range(5)] + [due(9, "Quiz [BIO]", TOMORROW)]
    feed = await subscribe(system, alice, school, subjectId=other["id"])
    ids = {one["title"]: one["id"] for one in await tasks(alice)}
    made(await alice.patch(f"/api/tasks/{ids['Essay 0 [HIST 101]']}", {"subjectId": biology["id"]}), 200)
    made(await alice.post(f"/api/tasks/{ids['Essay 1 [HIST 101]']}/complete"), 200)
    await choose(system, alice, feed, "HIST 101", history)
    found = await subjects_of(alice)
    assert found.pop("Essay 0 [HIST 101]") == biology["id"], "the student's own choice"
    assert found.pop("Quiz [BIO]") == other["id"]
    finished = made(await alice.get(f"/api/tasks/{ids['Essay 1 [HIST 101]']}"), 200)
    assert finished["subjectId"] == other["id"]
    assert {title: one for title, one in found.items() if title != "Essay 1 [HIST 101]"} == {
        f"Essay {n} [HIST 101]": history["id"] for n in (2, 3, 4)
    }
    school.events += [due(6, "Essay 6 [HIST 101]", LATER)]
    await again(system, alice, feed)
    assert (await subjects_of(alice))["Essay 6 [HIST 101]"] == history["id"]
    await choose(system, alice, feed, "HIST 101", None)
    assert {(await subjects_of(alice))[f"Essay {n} [HIST 101]"] for n in (2, 3, 4, 6)} == {None}


async def test_a_choice_outlives_the_subscription_and_not_the_subject(
    system: System, alice: Person, school: School
) -> None:
    history = await alice.subject("History")
    school.events = [due(1, "Essay [HIST 101]", TOMORROW)]
    feed = await subscribe(system, alice, school)
    await choose(system, alice, feed, "HIST 101", history)
    await alice.delete(f"/api/calendar/feeds/{feed['id']}")
    for task in await tasks(alice):
        await alice.delete(f"/api/tasks/{task['id']}")
    feed = await subscribe(system, alice, school)
    assert await subjects_of(alice) == {"Essay [HIST 101]": history["id"]}
    await alice.delete(f"/api/subjects/{history['id']}")
    assert [one["chosen"] for one in await listed(alice, feed)] == [False]


async def test_a_choice_that_was_changed_meanwhile_has_no_effect(system: System, alice: Person, school: School) -> None:
    history, biology = await alice.subject("History"), await alice.subject("Biology")
    school.events = [due(1, "Essay [HIST 101]", TOMORROW)]
    feed = await subscribe(system, alice, school)
    for subject in (history, biology, history, biology):
        made(await alice.put(path(feed), {"course": "HIST 101", "subjectId": subject["id"]}), 200)
    await system.work()
    assert await subjects_of(alice) == {"Essay [HIST 101]": biology["id"]}


async def test_courses_of_others_are_not_found(system: System, alice: Person, bob: Person, school: School) -> None:
    history = await alice.subject("History")
    school.events = [due(1, "Essay [HIST 101]", TOMORROW)]
    feed = await subscribe(system, alice, school)
    assert (await bob.get(path(feed))).status_code == 404
    choice = {"course": "HIST 101", "subjectId": history["id"]}
    assert (await bob.put(path(feed), choice)).status_code == 404
    assert (await alice.put(path(feed), choice | {"subjectId": str(new_id())})).status_code == 422
    own = await subscribe(system, bob, school)
    assert (await bob.put(path(own), choice)).status_code == 422


async def test_a_new_address_leads_to_the_same_calendar(system: System, alice: Person, school: School) -> None:
    old = school.url
    school.events = [due(1, "Essay", TOMORROW)]
    feed = await subscribe(system, alice, school)
    before = await tasks(alice)
    school.url = old.replace("secret-1234", "secret-5678")
    school.events += [due(2, "Quiz", TOMORROW)]
    made(await alice.patch(f"/api/calendar/feeds/{feed['id']}", {"url": school.url}), 200)
    await system.work()
    assert [str(one.url).endswith("secret-5678.ics") for one in school.seen] == [False, True]
    assert school.seen[-1].headers.get("if-none-match") is None, "another address has other ETags"
    assert (await look(alice, feed))["added"] == 1
    assert [one for one in await tasks(alice) if one["title"] == "Essay"] == before
    admin = await system.admin()
    row = await admin.fetchrow("SELECT * FROM calendar_feeds WHERE id = $1", UUID(feed["id"]))
    await admin.close()
    assert "secret-5678" not in f"{dict(row or {})} {(await alice.get('/api/calendar/feeds')).text}"


async def test_a_new_address_is_checked_like_the_first(system: System, alice: Person, school: School) -> None:
    feed = await subscribe(system, alice, school)
    other = made(await alice.post("/api/calendar/feeds", {"url": "https://10.0.0.1/a.ics"}))
    answer = await alice.patch(f"/api/calendar/feeds/{other['id']}", {"url": school.url})
    assert (answer.status_code, answer.json()["code"]) == (409, "already_subscribed")
    answer = await alice.patch(f"/api/calendar/feeds/{other['id']}", {"url": "https://u@example.org/"})
    assert [one["code"] for one in answer.json()["errors"]] == ["address_refused"]
    seen = len(school.seen)
    made(await alice.patch(f"/api/calendar/feeds/{feed['id']}", {"url": school.url}), 200)
    await system.work()
    assert len(school.seen) == seen, "nothing has changed"
    assert (await alice.patch(f"/api/calendar/feeds/{new_id()}", {"subjectId": None})).status_code == 404


async def test_another_subject_is_that_of_tasks_to_come(system: System, alice: Person, school: School) -> None:
    subject = await alice.subject("History")
    school.events = [due(1, "Essay", TOMORROW)]
    feed = await subscribe(system, alice, school)
    feed = made(await alice.patch(f"/api/calendar/feeds/{feed['id']}", {"subjectId": subject["id"]}), 200)
    assert feed["subjectId"] == subject["id"]
    school.events += [due(2, "Quiz", TOMORROW)]
    await again(system, alice, feed)
    assert await subjects_of(alice) == {"Essay": None, "Quiz": subject["id"]}
    answer = await alice.patch(f"/api/calendar/feeds/{feed['id']}", {"subjectId": str(new_id())})
    assert answer.status_code == 422
