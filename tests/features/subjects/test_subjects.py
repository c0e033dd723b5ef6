"""Subjects over HTTP."""

from __future__ import annotations

import pytest
from tests.cast import Person, made


async def test_a_subject_is_added_and_read_back(alice: Person) -> None:
    links = [{"title": "Notes", "url": "https://example.org/notes"}]
    subject = await alice.subject("Physik", icon="atom", description="Waves", resources=links, weeklyTargetMinutes=90)
    read = await alice.get(f"/api/subjects/{subject['id']}")
    assert read.json() == subject
    assert (subject["name"], subject["resources"], subject["archived"]) == ("Physik", links, False)


@pytest.mark.parametrize(
    ("first", "name"),
    [
        ("Physics", "physics"),
        ("Physics", "PHYSICS"),
        ("Physics", "Physics"),
        ("Ökologie", "ÖKOLOGIE"),
        ("Химия", "химия"),
    ],
)
async def test_names_are_unique_ignoring_case(alice: Person, first: str, name: str) -> None:
    await alice.subject(first)
    answer = await alice.post("/api/subjects", {"name": name, "color": "#000000"})
    assert (answer.status_code, answer.json()["code"]) == (409, "name_taken")


async def test_two_students_may_use_one_name(alice: Person, bob: Person) -> None:
    assert (await alice.subject("History"))["name"] == (await bob.subject("History"))["name"]


async def test_a_patch_changes_given_fields_and_null_clears(alice: Person) -> None:
    subject = await alice.subject("Latin", icon="scroll", description="Caesar")
    changed = made(await alice.patch(f"/api/subjects/{subject['id']}", {"icon": None, "color": "#112233"}), 200)
    assert (changed["icon"], changed["color"], changed["description"]) == (None, "#112233", "Caesar")
    assert changed["updatedAt"] > subject["updatedAt"]


async def test_renaming_to_a_taken_name_is_rejected(alice: Person) -> None:
    await alice.subject("Art")
    other = await alice.subject("Music")
    answer = await alice.patch(f"/api/subjects/{other['id']}", {"name": "ART"})
    assert (answer.status_code, answer.json()["code"]) == (409, "name_taken")


async def test_archiving_hides_and_deletes_nothing(alice: Person) -> None:
    subject = await alice.subject("Chemistry")
    await alice.patch(f"/api/subjects/{subject['id']}", {"archived": True})
    assert subject["id"] not in [one["id"] for one in (await alice.get("/api/subjects")).json()["items"]]
    archived = (await alice.get("/api/subjects", params={"archived": "true"})).json()["items"]
    assert [one["id"] for one in archived] == [subject["id"]]


async def test_deleting_a_subject_keeps_its_tasks_without_it(alice: Person) -> None:
    subject = await alice.subject("Geography")
    task = await alice.task(subjectId=subject["id"])
    assert task["subjectName"] == "Geography"
    assert (await alice.delete(f"/api/subjects/{subject['id']}")).status_code == 204
    left = (await alice.get(f"/api/tasks/{task['id']}")).json()
    assert (left["subjectId"], left["subjectName"]) == (None, None)
    assert (await alice.get(f"/api/subjects/{subject['id']}")).status_code == 404


async def test_pages_are_in_order_of_names_and_complete(alice: Person) -> None:
    names = ["delta", "Alpha", "charlie", "Bravo", "echo", *("😀" * 99 + letter for letter in "abc")]
    for name in reversed(names):
        await alice.subject(name)
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await alice.get("/api/subjects", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))).json()
        seen += [one["name"] for one in page["items"]]
        cursor = page["nextCursor"]
    assert seen == sorted(names, key=str.lower)


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("name", "", "too_short"),
        ("name", "   ", "malformed"),
        ("name", "x" * 101, "too_long"),
        ("name", "a\u0000b", "malformed"),
        ("name", 5, "wrong_type"),
        ("icon", "x" * 51, "too_long"),
        ("description", "x" * 501, "too_long"),
        ("resources", [{"title": "x", "url": "https://example.org"}] * 51, "too_long"),
        ("color", "red", "too_short"),
        ("color", "#12345g", "malformed"),
        ("weeklyTargetMinutes", 0, "out_of_range"),
        ("weeklyTargetMinutes", 10_081, "out_of_range"),
        ("resources", [{"title": "x", "url": "javascript:alert(1)"}], "malformed"),
        ("unheardOf", 1, "unknown_field"),
    ],
)
async def test_an_invalid_field_is_reported(alice: Person, field: str, value: object, code: str) -> None:
    answer = await alice.post("/api/subjects", {"name": "Fine", "color": "#000000", field: value})
    assert answer.status_code == 422
    assert [(fault["pointer"].split("/")[1], fault["code"]) for fault in answer.json()["errors"]] == [(field, code)]
    assert (await alice.get("/api/subjects")).json()["items"] == []
