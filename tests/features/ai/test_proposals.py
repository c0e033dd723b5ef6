"""Assignments split into steps: by a model that may say anything, by a template, and what accepting one saves."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from tests.cast import Person, made, today
from tests.conftest import System
from tests.features.ai.conftest import Assisted, assisted, kept
from tests.peers.completions import raw, refuses, says
from tests.platform.test_texts import PDF, pdf

from studyteddy.bootstrap import runtime
from studyteddy.features.ai.service.proposals import MAX_PROPOSALS
from studyteddy.features.ai.splitting.languages import WORDINGS, Language
from studyteddy.features.ai.splitting.languages.wording import Note
from studyteddy.platform import telemetry
from studyteddy.platform.files import texts
from studyteddy.platform.telemetry import AI_STEPS

BRIEF = """Lab report: density of three liquids
1. Measure the mass and the volume of each liquid.
2. Plot mass against volume and find the density.
3. Discuss two sources of error and compare with the literature.
"""


def answer(**changed: Any) -> str:
    """What a good model answers, but for what is changed in its first step."""
    quotes = ["Measure the mass and the volume", "Plot mass against volume", "Discuss two sources of error"]
    titles = ["Measure mass and volume", "Plot the results", "Discuss the errors"]
    steps = [
        {"title": title, "minutes": 40, "size": "medium", "dueDate": None, "quotes": [quote], "after": []}
        for title, quote in zip(titles, quotes, strict=True)
    ]
    steps[0] |= changed
    return json.dumps({"steps": steps, "notes": ["Take a pipette."]})


NO_MODEL = {"ai_url": "", "ai_key": "", "ai_model": "", "ai_own_keys": "off"}


async def split(person: Person, status: int = 200, **fields: Any) -> dict[str, Any]:
    body = {name: value for name, value in ({"brief": BRIEF} | fields).items() if value is not None}
    return made(await person.post("/api/ai/taskify", body), status)


async def test_without_a_model_a_template_splits_the_assignment(student: Person) -> None:
    due = str(today() + timedelta(days=10))
    found = await split(student, totalMinutes=180, granularity=5, dueDate=due)
    assert (found["source"], found["usage"]) == ("template", {"tokens": 0, "model": None})
    assert len(found["steps"]) == 5
    assert sum(step["minutes"] for step in found["steps"]) == 180
    assert found["steps"][-1]["dueDate"] == due
    cited = {BRIEF[span["start"] : span["end"]] for step in found["steps"] for span in step["cites"]}
    assert any("Plot mass against volume" in text for text in cited)
    assert "Lab report: density of three liquids" in cited
    assert all(step["cites"] for step in found["steps"])
    assert (await student.get("/api/tasks")).json()["items"] == []
    assert (await student.get(f"/api/ai/proposals/{found['proposalId']}")).json() == found


@pytest.mark.parametrize(("locale", "word"), [("de-AT", "Bearbeite"), ("ar", "تحضير"), ("fr", "Prepare")])
async def test_a_template_speaks_the_students_language(student: Person, locale: str, word: str) -> None:
    made(await student.patch("/api/users/me", {"locale": locale}), 200)
    titles = " ".join(step["title"] for step in (await split(student, granularity=8))["steps"])
    assert word in titles


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"brief": None}, "/brief"),
        ({"attachmentId": "0197a3f0-5b7c-7d4e-9a51-3c2f60d1e8ab"}, "/attachmentId"),
        ({"brief": "\u200b\u2800 "}, "/brief"),
        ({"brief": "x" * 50_001}, "/brief"),
        ({"granularity": 2}, "/granularity"),
        ({"granularity": 16}, "/granularity"),
        ({"totalMinutes": 14}, "/totalMinutes"),
        ({"dueDate": "1000-01-01"}, "/dueDate"),
    ],
)
async def test_what_cannot_be_split_is_refused(student: Person, fields: dict[str, Any], pointer: str) -> None:
    problem = await split(student, 422, **fields)
    assert [fault["pointer"] for fault in problem["errors"]] == [pointer]


async def test_the_text_of_an_attachment_is_split(student: Person, bob: Person) -> None:
    task = await student.task()
    found = await student.attachment(task["id"], pdf("Measure the mass.", "Plot the results."), "brief.pdf", type=PDF)
    proposal = await split(student, brief=None, attachmentId=found["id"])
    assert "Measure the mass." in proposal["brief"]
    both = await split(student, brief="My own words first.", attachmentId=found["id"])
    assert both["brief"].startswith("My own words first.\n\nMeasure the mass.")
    assert (await split(bob, 422, brief=None, attachmentId=found["id"]))["code"] == "no_such_attachment"
    waiting = (await student.attach(task["id"]))["attachment"]
    assert (await split(student, 422, brief=None, attachmentId=waiting["id"]))["code"] == "no_such_attachment"
    blank = await student.attachment(task["id"], pdf(""), "blank.pdf", type=PDF)
    assert (await split(student, 422, brief=None, attachmentId=blank["id"]))["code"] == "unreadable_attachment"


async def test_the_text_of_an_attachment_is_extracted_once(
    ai: Assisted, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = await ai.student.task()
    pages = ("Measure the mass.\n\n" + "Plot the results of this part of the work. " * 40, "", "Discuss the errors.")
    found = await ai.student.attachment(task["id"], pdf(*pages), "brief.pdf", type=PDF)
    extracted = (await split(ai.student, brief=None, attachmentId=found["id"]))["brief"]
    await runtime.worker(ai.running).run_due()
    other = await ai.student.attachment(task["id"], pdf("Another text."), "other.pdf", type=PDF)
    asked: list[str] = []
    text_of = texts.text_of

    def noted(media_type: str, data: bytes) -> str:
        asked.append(media_type)
        return text_of(media_type, data)

    monkeypatch.setattr(texts, "text_of", noted)
    again = await split(ai.student, brief=None, attachmentId=found["id"], granularity=7)
    assert (again["brief"], asked) == (extracted, [])
    assert extracted.count("\f") == 2
    assert "Another text." in (await split(ai.student, brief=None, attachmentId=other["id"]))["brief"]
    assert asked == [PDF]
    assert (await split(bob, 422, brief=None, attachmentId=found["id"]))["code"] == "no_such_attachment"
    assert (await ai.student.delete(f"/api/tasks/{task['id']}")).status_code == 204
    assert (await split(ai.student, 422, brief=None, attachmentId=found["id"]))["code"] == "no_such_attachment"


async def test_a_task_or_a_subject_of_somebody_else_is_not_found(alice: Person, bob: Person) -> None:
    task, subject = await bob.task(), await bob.subject()
    await split(alice, 422, taskId=task["id"])
    await split(alice, 422, subjectId=subject["id"])
    proposal = await split(bob)
    assert (await alice.get(f"/api/ai/proposals/{proposal['proposalId']}")).status_code == 404
    accepted = await alice.post(f"/api/ai/proposals/{proposal['proposalId']}/accept", {"steps": [{"index": 0}]})
    assert accepted.status_code == 404
    own = await split(alice)
    for wrong in ({"taskId": task["id"]}, {"task": {"title": "A", "subjectId": subject["id"]}}):
        body = wrong | {"steps": [{"index": 0}]}
        assert (await alice.post(f"/api/ai/proposals/{own['proposalId']}/accept", body)).status_code == 422


async def test_a_part_is_accepted_with_changes_once_however_often(student: Person) -> None:
    task = await student.task("Lab report")
    proposal = await split(student, granularity=5)
    steps = [{"index": 2, "title": "My own words"}, {"index": 0, "minutes": 7}]
    path, body = f"/api/ai/proposals/{proposal['proposalId']}/accept", {"taskId": task["id"], "steps": steps}
    answers = await asyncio.gather(*(student.post(path, body) for _ in range(8)))
    assert {one.status_code for one in answers} <= {201, 409, 503}
    accepted = made(await student.post(path, body))
    assert kept(accepted["subtasks"], "title", "estimatedMinutes") == [
        ("My own words", proposal["steps"][2]["minutes"]),
        (proposal["steps"][0]["title"], 7),
    ]
    assert accepted["id"] == task["id"]
    other = made(await student.post(path, {"task": {"title": "Another"}, "steps": [{"index": 1}]}))
    assert (other["id"], len(other["subtasks"])) == (task["id"], 2)
    assert len((await student.get("/api/tasks")).json()["items"]) == 1


async def test_what_the_student_changed_is_recorded(system: System, student: Person) -> None:
    proposal = await split(student, granularity=5)
    steps = [{"index": 3, "title": "Mine"}, {"index": 1, "minutes": 1}, {"index": 4}]
    body = {"task": {"title": "Report"}, "steps": steps}
    made(await student.post(f"/api/ai/proposals/{proposal['proposalId']}/accept", body))
    admin = await system.admin()
    changes = await admin.fetchval("SELECT changes FROM ai_proposals WHERE id = $1", proposal["proposalId"])
    await admin.close()
    assert json.loads(changes) == {"proposed": 5, "kept": 3, "retitled": 1, "retimed": 1, "reordered": True}


def counted(source: str) -> dict[str, float]:
    """What the operator's metric says about the steps of a source."""
    (metric,) = AI_STEPS.collect()
    found = [one for one in metric.samples if one.name.endswith("_total") and one.labels["source"] == source]
    return {one.labels["outcome"]: one.value for one in found}


@pytest.mark.parametrize("source", ["template", "model"])
async def test_what_became_of_the_steps_is_a_metric(ai: Assisted, source: str) -> None:
    before = counted(source)
    ai.endpoint.otherwise = says(answer()) if source == "model" else refuses(400)
    proposal = await split(ai.student, granularity=3)
    assert proposal["source"] == source
    same = proposal["steps"][2]
    steps = [{"index": 0, "title": "Mine", "minutes": 5}, {"index": 2, "title": same["title"]}]
    body = {"task": {"title": "Report"}, "steps": steps}
    path = f"/api/ai/proposals/{proposal['proposalId']}/accept"
    for _ in range(2):
        made(await ai.student.post(path, body))
    made(await ai.student.post(path, body | {"steps": [{"index": 1}]}))
    after = {outcome: value - before.get(outcome, 0) for outcome, value in counted(source).items()}
    assert after == {"proposed": 3, "unchanged": 1, "edited": 1, "dropped": 1}
    metrics = telemetry.metrics().decode()
    assert f'studyteddy_ai_steps_total{{outcome="edited",source="{source}"}}' in metrics


async def test_a_new_task_gets_the_subject_and_the_due_date_of_the_proposal(student: Person) -> None:
    subject, due = await student.subject(), str(today() + timedelta(days=3))
    proposal = await split(student, subjectId=subject["id"], dueDate=due)
    body = {"task": {"title": "Report"}, "steps": [{"index": 0}, {"index": 1}]}
    task = made(await student.post(f"/api/ai/proposals/{proposal['proposalId']}/accept", body))
    assert (task["title"], task["subjectId"], task["dueDate"]) == ("Report", subject["id"], due)
    assert (task["subtaskCount"], len(task["subtasks"])) == (2, 2)


@pytest.mark.parametrize(
    "body",
    [
        {"task": {"title": "A"}, "steps": []},
        {"task": {"title": "A"}, "steps": [{"index": 6}]},
        {"task": {"title": "A"}, "steps": [{"index": 1}, {"index": 1}]},
        {"steps": [{"index": 1}]},
        {"task": {"title": "A"}, "taskId": "0197a3f0-5b7c-7d4e-9a51-3c2f60d1e8ab", "steps": [{"index": 1}]},
    ],
)
async def test_an_acceptance_that_is_none_saves_nothing(student: Person, body: dict[str, Any]) -> None:
    proposal = await split(student)
    path = f"/api/ai/proposals/{proposal['proposalId']}/accept"
    assert (await student.post(path, body)).status_code == 422
    assert (await student.get("/api/tasks")).json()["items"] == []
    made(await student.post(path, {"task": {"title": "A"}, "steps": [{"index": 1}]}))


async def test_the_same_question_gets_the_same_proposal_for_five_minutes(system: System, student: Person) -> None:
    first = await split(student)
    assert (await split(student))["proposalId"] == first["proposalId"]
    assert (await split(student, granularity=7))["proposalId"] != first["proposalId"]
    try:
        system.clock.ahead = timedelta(seconds=301)
        assert (await split(student))["proposalId"] != first["proposalId"]
    finally:
        system.clock.ahead = timedelta()


async def test_a_subtask_is_split_again_and_the_others_keep_their_ids(student: Person) -> None:
    task = await student.task()
    path = f"/api/tasks/{task['id']}/subtasks"
    one, two, three = [made(await student.post(path, {"title": name, "estimatedMinutes": 60})) for name in "ABC"]
    body = {"taskId": task["id"], "subtaskId": two["id"], "parts": 4}
    found = made(await student.post("/api/ai/breakdown", body), 200)
    assert sum(step["minutes"] for step in found["steps"]) == 60
    steps = [{"index": index} for index in range(4)]
    accepting = f"/api/ai/proposals/{found['proposalId']}/accept"
    refused = await student.post(accepting, {"steps": steps, "task": {"title": "Another task"}})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/task")
    accepted = made(await student.post(accepting, {"steps": steps}))
    ids = [step["id"] for step in accepted["subtasks"]]
    assert (ids[0], ids[-1], len(ids), two["id"] in ids) == (one["id"], three["id"], 6, False)
    assert kept(accepted["subtasks"][1:5], "title") == kept(found["steps"], "title")


async def test_suggested_dates_reach_the_subtasks_and_their_parts(student: Person) -> None:
    due = today() + timedelta(days=8)
    proposal = await split(student, granularity=3, dueDate=str(due))
    steps = [{"index": index} for index in range(3)]
    body = {"task": {"title": "Report"}, "steps": steps}
    task = made(await student.post(f"/api/ai/proposals/{proposal['proposalId']}/accept", body))
    assert kept(task["subtasks"], "dueDate") == kept(proposal["steps"], "dueDate")
    first = task["subtasks"][0]
    assert first["dueDate"] < str(due)
    again = made(await student.post("/api/ai/breakdown", {"taskId": task["id"], "subtaskId": first["id"]}), 200)
    days = [step["dueDate"] for step in again["steps"]]
    assert (days, days[-1]) == (sorted(days), first["dueDate"])


async def test_estimates_follow_the_students_own_ratio(system: System, student: Person) -> None:
    plain = await split(student)
    admin = await system.admin()
    for number in range(5):
        task = await student.task(f"Lab report {number}", estimatedMinutes=30)
        await student.post(f"/api/tasks/{task['id']}/complete")
        await admin.execute("UPDATE tasks SET actual_minutes = 60 WHERE id = $1", task["id"])
    await admin.close()
    corrected = await split(student)
    minutes = [sum(step["minutes"] for step in one["steps"]) for one in (plain, corrected)]
    assert minutes[1] == pytest.approx(2 * minutes[0], abs=10)
    assert (plain["notes"], corrected["notes"]) == ([], [remark("ratio", percent=200)])


async def test_the_steps_of_a_model_are_proposed_with_the_places_they_serve(ai: Assisted) -> None:
    ai.endpoint.otherwise = says(answer(), tokens=321)
    found = await split(ai.student, granularity=3)
    assert (found["source"], found["usage"]) == ("model", {"tokens": 321, "model": "small"})
    assert kept(found["steps"], "title") == [
        ("Measure mass and volume",),
        ("Plot the results",),
        ("Discuss the errors",),
    ]
    assert [BRIEF[one["cites"][0]["start"] : one["cites"][0]["end"]] for one in found["steps"]] == [
        "Measure the mass and the volume",
        "Plot mass against volume",
        "Discuss two sources of error",
    ]
    (request,) = ai.endpoint.requests
    assert request["response_format"]["json_schema"]["strict"] is True
    assert "tools" not in request
    assert ai.endpoint.keys == ["Bearer sk-test"]


@pytest.mark.parametrize(
    "wrong",
    [
        answer(quotes=["Measure the temperature of each liquid"]),
        answer(minutes=4000),
        answer(title="Buy the report online"),
        answer(after=[0]),
        answer(dueDate="1999-01-01"),
        answer(title="Find that the density is 0.789 g/ml"),
        "no JSON at all",
        "[" * 100_000,
    ],
)
async def test_a_step_that_breaks_a_rule_is_repaired(ai: Assisted, wrong: str) -> None:
    ai.endpoint.behaviours = [says(wrong), says(answer())]
    found = await split(ai.student, granularity=3)
    assert (found["source"], found["usage"]["tokens"]) == ("model", 240)
    assert len(ai.endpoint.requests[1]["messages"]) == 4


async def test_after_two_repairs_the_template_is_used(ai: Assisted) -> None:
    ai.endpoint.otherwise = says(answer(quotes=["Nobody wrote this sentence"]))
    found = await split(ai.student, granularity=4)
    assert (found["source"], len(found["steps"]), len(ai.endpoint.requests)) == ("template", 4, 3)
    assert (await ai.student.get("/api/ai/usage")).json()["used"] == 360


@pytest.mark.parametrize(
    "behaviour",
    [
        says("", refusal="I can't."),
        says(answer()[:50], finish="length"),
        says(answer(), finish="content_filter"),
        says(
            "",
            finish="tool_calls",
            tool_calls=[{"id": "1", "type": "function", "function": {"name": "delete", "arguments": "{}"}}],
        ),
        refuses(500),
        refuses(401),
        refuses(429, code="insufficient_quota"),
        raw(b'{"choices": [{"message": 5}]}'),
        raw(b"<html>"),
        raw(b'{"x": "' + b"y" * 5_000_000 + b'"}'),
        raw(b"\xff\xfe"),
    ],
    ids=["refusal", "length", "filter", "tools", "500", "401", "money", "form", "html", "large", "bytes"],
)
async def test_whatever_a_provider_answers_the_template_works(ai: Assisted, behaviour: Any) -> None:
    ai.endpoint.otherwise = behaviour
    found = await split(ai.student)
    assert found["source"] == "template"
    assert "secret of the provider" not in json.dumps(found)
    usage = (await ai.student.get("/api/ai/usage")).json()
    assert usage["reserved"] == 0
    assert (await ai.student.get("/api/tasks")).json()["items"] == []


async def test_two_hundred_proposals_are_kept_and_those_in_use_the_longest(system: System, student: Person) -> None:
    accepted, old = await split(student), await split(student, brief=f"{BRIEF}4. Clean up.")
    path = f"/api/ai/proposals/{accepted['proposalId']}/accept"
    body = {"steps": [{"index": 0}], "task": {"title": "Lab"}}
    made(await student.post(path, body))
    admin = await system.admin()
    await admin.execute(
        "INSERT INTO ai_proposals (user_id, id, kind, brief, source, model, tokens, steps, notes, fingerprint,"
        " created_at) SELECT user_id, gen_random_uuid(), kind, brief, source, model, tokens, steps, notes,"
        " sha256(number::text::bytea), created_at + interval '1 ms' * number FROM ai_proposals, generate_series(1, $2)"
        " AS number WHERE id = $1",
        old["proposalId"],
        MAX_PROPOSALS - 2,
    )
    newest = await split(student, brief=f"{BRIEF}5. Tidy up.")
    count = "SELECT count(*) FROM ai_proposals WHERE user_id = $1"
    assert await admin.fetchval(count, student.user["id"]) == MAX_PROPOSALS
    await admin.close()
    found = [await student.get(f"/api/ai/proposals/{one['proposalId']}") for one in (accepted, old, newest)]
    assert [one.status_code for one in found] == [200, 404, 200]
    assert made(await student.post(path, body))["subtasks"]


def remark(note: Note, language: Language = "en", **values: int | str) -> str:
    return WORDINGS[language].notes[note].format(**values)


@pytest.mark.parametrize(("minutes", "parts", "steps", "calls"), [(20, 5, 4, 1), (45, 8, 8, 1), (12, 4, 4, 0)])
async def test_a_short_subtask_is_split_into_parts_that_can_exist(
    system: System, minutes: int, parts: int, steps: int, calls: int
) -> None:
    async with assisted(system, ai_url="scripted:", ai_key="", ai_model="") as scripted:
        student = scripted.student
        task = await student.task("Essay", dueDate=str(today() + timedelta(days=4)))
        path = f"/api/tasks/{task['id']}/subtasks"
        short = made(await student.post(path, {"title": "Read the sources", "estimatedMinutes": minutes}))
        body = {"taskId": task["id"], "subtaskId": short["id"], "parts": parts}
        found = made(await student.post("/api/ai/breakdown", body), 200)
        assert (found["source"], len(found["steps"])) == ("model" if calls else "template", steps)
        assert len((await student.get("/api/ai/sent")).json()["items"]) == calls
        assert (remark("fewer") in found["notes"]) == (steps < parts)
        assert (remark("short") in found["notes"]) == (not calls)


@pytest.mark.parametrize("language", ["en", "de", "ar"])
async def test_a_template_says_why_no_model_is_used(system: System, language: Language) -> None:
    async with assisted(system, ai_daily_tokens="1000") as poor:
        made(await poor.student.patch("/api/users/me", {"locale": language}), 200)
        found = await split(poor.student)
        assert (found["source"], found["notes"]) == ("template", [remark("used_up", language)])
        assert poor.endpoint.requests == []
    async with assisted(system) as ai:
        made(await ai.student.patch("/api/users/me", {"locale": language}), 200)
        ai.endpoint.otherwise = refuses(500)
        assert (await split(ai.student))["notes"] == [remark("failed", language)]


async def test_a_long_text_in_arabic_reaches_the_model_in_part(ai: Assisted) -> None:
    ai.endpoint.otherwise = says(answer())
    brief = BRIEF + "قياس كثافة السوائل " * 1600
    found = await split(ai.student, brief=brief, granularity=3)
    assert (found["source"], found["brief"]) == ("model", brief)
    (note,) = (one for one in found["notes"] if one != "Take a pipette.")
    assert note == remark("cut", count=len(brief.encode()[:50_000].decode(errors="ignore")))
    assert json.dumps(ai.endpoint.requests[0]["messages"], ensure_ascii=False).count("كثافة") < brief.count("كثافة")


@pytest.mark.parametrize("has_model", [True, False])
async def test_a_file_that_is_too_long_is_said_to_be_cut(system: System, has_model: bool) -> None:
    async with assisted(system, **({} if has_model else NO_MODEL)) as ai:
        ai.endpoint.otherwise = says(answer())
        task = made(await ai.student.post("/api/tasks", {"title": "Report"}))
        text = (BRIEF + "Liquids have a density. " * 50_000).encode()
        found = await ai.student.attachment(task["id"], text, "brief.txt", type="text/plain")
        proposal = await split(ai.student, brief=None, attachmentId=found["id"], granularity=3)
        assert proposal["source"] == ("model" if has_model else "template")
        assert remark("cut", count=50_000) in proposal["notes"]
        assert len(proposal["brief"]) == 50_000


async def test_a_proposal_of_a_model_is_not_given_while_there_is_none(system: System, ai: Assisted) -> None:
    ai.endpoint.otherwise = says(answer())
    first = await split(ai.student, granularity=3)
    async with assisted(system, **NO_MODEL) as off:
        ai.student.http.base_url = off.student.http.base_url
        second = await split(ai.student, granularity=3)
    assert (first["source"], second["source"], second["usage"]["model"]) == ("model", "template", None)


async def test_a_request_that_no_step_serves_is_named(ai: Assisted) -> None:
    ai.endpoint.otherwise = says(answer())
    found = await split(ai.student, brief=f"{BRIEF}Explain your method in one paragraph.", granularity=3)
    assert remark("unserved", text="“Explain your method in one paragraph.”") in found["notes"]


async def test_the_steps_have_the_total_and_the_student_hears_what_it_takes(student: Person) -> None:
    due = today() + timedelta(days=1)
    found = await split(student, totalMinutes=10_080, granularity=3, dueDate=str(due))
    assert sum(step["minutes"] for step in found["steps"]) == 10_080
    assert remark("more") in found["notes"]
    assert any("hours a day" in note for note in found["notes"])
    assert len({step["dueDate"] for step in found["steps"]}) == 2
    enough = await split(student, totalMinutes=600, granularity=5, dueDate=str(due))
    assert (enough["notes"], sum(step["minutes"] for step in enough["steps"])) == ([], 600)
    few = await split(student, totalMinutes=20, granularity=9)
    assert (len(few["steps"]), few["notes"]) == (4, [remark("fewer")])


async def test_the_estimate_of_the_task_is_the_total(student: Person) -> None:
    task = await student.task("Lab report", estimatedMinutes=60)
    assert sum(step["minutes"] for step in (await split(student, taskId=task["id"]))["steps"]) == 60
    given = await split(student, taskId=task["id"], totalMinutes=90)
    assert sum(step["minutes"] for step in given["steps"]) == 90


async def test_a_model_that_is_late_says_so_too(ai: Assisted) -> None:
    ai.endpoint.otherwise = says(answer())
    found = await split(ai.student, granularity=3, dueDate=str(today() - timedelta(days=2)))
    assert (found["source"], found["notes"]) == ("model", ["Take a pipette.", remark("overdue")])
