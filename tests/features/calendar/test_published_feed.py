"""The calendar that other programs subscribe to."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
from tests.cast import PASSWORD, Person, made
from tests.conftest import System

DAYS = [(datetime.now(UTC) + timedelta(days=20 + number)).date() for number in range(4)]
"""Four days in a few weeks."""


@pytest.fixture
async def ada(system: System, alice: Person) -> Person:
    """Alice with a verified address."""
    admin = await system.admin()
    await admin.execute("UPDATE users SET email_verified_at = now() WHERE id = $1", UUID(alice.user["id"]))
    await admin.close()
    return alice


def path(feed: dict[str, Any]) -> str:
    """The address, on the server of the test."""
    found: str = feed["url"]
    return found[found.index("/api/") :]


async def read(person: Person, feed: dict[str, Any], **headers: str) -> Any:
    """Read the calendar as a stranger does: without a token of the account."""
    return await person.http.get(path(feed), headers={"authorization": "", **headers})


def events(text: str) -> list[dict[str, str]]:
    found = []
    for part in text.replace("\r\n ", "").split("BEGIN:VEVENT\r\n")[1:]:
        pairs = (line.partition(":") for line in part.split("END:VEVENT")[0].split("\r\n") if line)
        found.append({name.partition(";")[0]: value for name, _, value in pairs})
    return found


async def test_due_tasks_and_focus_sessions_are_shown(ada: Person) -> None:
    subject = await ada.subject("History")
    essay = await ada.task("Essay", dueAt=f"{DAYS[1]}T17:00:00Z", subjectId=subject["id"], description="Two pages.")
    await ada.task("Read", dueDate=DAYS[2].isoformat())
    done = await ada.task("Done", dueDate=DAYS[2].isoformat())
    await ada.post(f"/api/tasks/{done['id']}/complete", {})
    await ada.task("Some day")
    at = f"{DAYS[0]}T15:00:00Z"
    session = {"type": "custom", "plannedMinutes": 50, "taskId": essay["id"], "startAt": at}
    planned = made(await ada.post("/api/focus-sessions", session))
    feed = made(await ada.post("/api/calendar/feed", {"alarmMinutes": 15}))
    answer = await read(ada, feed)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert [(one["UID"], one["SUMMARY"], one["DTSTART"], one["DTEND"]) for one in events(answer.text)] == [
        (
            f"focus-{planned['id']}@studyteddy",
            "Focus session: Essay",
            f"{DAYS[0]:%Y%m%d}T150000Z",
            f"{DAYS[0]:%Y%m%d}T155000Z",
        ),
        (f"task-{essay['id']}@studyteddy", "Due: Essay", f"{DAYS[1]:%Y%m%d}T170000Z", f"{DAYS[1]:%Y%m%d}T170000Z"),
        *((one["UID"], "Due: Read", f"{DAYS[2]:%Y%m%d}", f"{DAYS[3]:%Y%m%d}") for one in events(answer.text)[2:3]),
    ]
    assert [one.get("TRIGGER") for one in events(answer.text)] == ["-PT15M", "-PT15M", None]
    assert (events(answer.text)[1]["CATEGORIES"], events(answer.text)[1]["TRANSP"]) == ("History", "TRANSPARENT")
    assert (await ada.get("/api/calendar/feed")).json()["readAt"] is not None


async def test_hidden_titles_show_no_text_of_the_student(ada: Person) -> None:
    subject = await ada.subject("Secret subject")
    task = await ada.task(
        "Secret title", dueDate=DAYS[2].isoformat(), subjectId=subject["id"], description="Secret notes"
    )
    session = {"type": "custom", "plannedMinutes": 50, "taskId": task["id"], "startAt": f"{DAYS[0]}T15:00:00Z"}
    made(await ada.post("/api/focus-sessions", session))
    feed = made(await ada.post("/api/calendar/feed", {"titlesHidden": True}))
    text = (await read(ada, feed)).text
    assert "Secret" not in text
    assert [one["SUMMARY"] for one in events(text)] == ["Focus session", "Task due"]


async def test_a_calendar_of_one_subject(ada: Person, bob: Person) -> None:
    subject = await ada.subject("History")
    await ada.task("Essay", dueDate=DAYS[2].isoformat(), subjectId=subject["id"])
    await ada.task("Other", dueDate=DAYS[2].isoformat())
    feed = made(await ada.post("/api/calendar/feed", {"subjectId": subject["id"]}))
    assert [one["SUMMARY"] for one in events((await read(ada, feed)).text)] == ["Due: Essay"]
    foreign = await bob.subject("Physics")
    answer = await ada.post("/api/calendar/feed", {"subjectId": foreign["id"]})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/subjectId")
    assert (await ada.delete(f"/api/subjects/{subject['id']}")).status_code == 204
    assert (await read(ada, feed)).status_code == 404


async def test_a_new_address_ends_the_old_one_and_deleting_ends_all(ada: Person) -> None:
    first = made(await ada.post("/api/calendar/feed", {}))
    second = made(await ada.post("/api/calendar/feed", {}))
    assert first["url"] != second["url"]
    assert [(await read(ada, one)).status_code for one in (first, second)] == [404, 200]
    assert (await ada.get("/api/calendar/feed")).json()["url"] == second["url"]
    assert (await ada.delete("/api/calendar/feed")).status_code == 204
    assert (await read(ada, second)).status_code == 404
    assert (await ada.get("/api/calendar/feed")).status_code == 404
    assert (await ada.delete("/api/calendar/feed")).status_code == 404


async def test_who_knows_an_old_address_cannot_use_up_the_readings_of_the_new_one(ada: Person) -> None:
    old = made(await ada.post("/api/calendar/feed", {}))
    new = made(await ada.post("/api/calendar/feed", {}))
    assert {(await read(ada, old)).status_code for _ in range(25)} == {404, 429}
    assert (await read(ada, new)).status_code == 200


async def test_what_has_not_changed_is_not_sent_again(ada: Person) -> None:
    task = await ada.task("Essay", dueDate=DAYS[2].isoformat())
    feed = made(await ada.post("/api/calendar/feed", {}))
    tag = (await read(ada, feed)).headers["etag"]
    again = await read(ada, feed, **{"if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")
    made(await ada.patch(f"/api/tasks/{task['id']}", {"title": "Long essay"}), 200)
    changed = await read(ada, feed, **{"if-none-match": tag})
    assert (changed.status_code, events(changed.text)[0]["UID"]) == (200, f"task-{task['id']}@studyteddy")


async def test_an_address_needs_a_verified_account_that_is_not_disabled(
    system: System, ada: Person, bob: Person
) -> None:
    answer = await bob.post("/api/calendar/feed", {})
    assert (answer.status_code, answer.json()["code"]) == (403, "email_not_verified")
    feed = made(await ada.post("/api/calendar/feed", {}))
    admin = await system.admin()
    await admin.execute("UPDATE users SET disabled_at = now() WHERE id = $1", UUID(ada.user["id"]))
    await admin.close()
    assert (await read(ada, feed)).status_code == 404


async def test_a_forged_address_is_not_found(ada: Person, bob: Person) -> None:
    feed = made(await ada.post("/api/calendar/feed", {}))
    url = path(feed)
    for forged in (url[:-1] + ("A" if url[-1] != "A" else "B"), url.split("token=")[0] + "token=", url + "x"):
        assert (await ada.http.get(forged)).status_code == 404
    assert (await ada.http.get("/api/calendar/feed.ics")).status_code in (400, 422)


async def test_an_api_key_can_neither_see_nor_make_the_address(ada: Person) -> None:
    key = made(await ada.post("/api/auth/api-keys", {"name": "Script", "scopes": ["read", "write"]}))["key"]
    bearer = {"authorization": f"Bearer {key}"}
    assert (await ada.http.get("/api/calendar/feed", headers=bearer)).status_code == 403
    assert (await ada.http.post("/api/calendar/feed", json={}, headers=bearer)).status_code == 403


async def test_titles_are_in_the_language_of_the_student(ada: Person) -> None:
    await ada.task("Aufsatz", dueDate=DAYS[2].isoformat())
    made(await ada.patch("/api/users/me/preferences", {"language": "de"}), 200)
    feed = made(await ada.post("/api/calendar/feed", {}))
    assert [one["SUMMARY"] for one in events((await read(ada, feed)).text)] == ["Fällig: Aufsatz"]


async def test_publishing_is_told_in_the_app_and_by_mail(system: System, ada: Person) -> None:
    made(await ada.post("/api/calendar/feed", {}))
    await system.work()
    notices = (await ada.get("/api/notifications")).json()["items"]
    assert "Your calendar was published" in [one["title"] for one in notices]
    assert any("Your calendar was published" in mail.text for mail in system.mails(ada.email))


async def test_a_reset_password_ends_the_address_and_a_changed_one_does_not(
    system: System, ada: Person, guest: httpx2.AsyncClient
) -> None:
    feed = made(await ada.post("/api/calendar/feed", {}))
    change = {"currentPassword": PASSWORD, "newPassword": "another good password"}
    assert (await ada.post("/api/auth/change-password", change)).status_code < 300
    await system.work()
    assert (await read(ada, feed)).status_code == 200
    await guest.post("/api/auth/forgot-password", json={"email": ada.email})
    await system.work()
    (token,) = re.findall(r"reset-password\?token=(\S+)", "".join(mail.text for mail in system.mails(ada.email)))
    answer = await guest.post("/api/auth/reset-password", json={"token": token, "newPassword": "a third good password"})
    assert answer.status_code < 300, answer.text
    await system.work()
    assert (await read(ada, feed)).status_code == 404
