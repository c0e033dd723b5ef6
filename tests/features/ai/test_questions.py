"""Practice questions: made of the student's own material, with answers that stand in it, and graded by the server."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.cast import Person, made
from tests.features.ai.conftest import Assisted
from tests.features.ai.test_chats import told
from tests.peers.completions import Behaviour, raw, refuses, says
from tests.platform.test_texts import PDF, pdf

from studyteddy.bootstrap import runtime

TEXT = (
    "Photosynthesis converts light energy into chemical energy. "
    "Mitochondria release energy from glucose by respiration. "
    "Chloroplasts contain the pigment chlorophyll, which absorbs light."
)


async def ask(person: Person, status: int = 201, **fields: Any) -> dict[str, Any]:
    return made(await person.post("/api/ai/practice-questions", {"text": TEXT} | fields), status)


def question(**changed: Any) -> str:
    """What a good model answers, but for what is changed."""
    one = {
        "question": "What does a chloroplast contain that absorbs light?",
        "answer": "chlorophyll",
        "options": ["chlorophyll", "glucose", "starch", "water"],
        "page": 1,
        "quote": "Chloroplasts contain the pigment chlorophyll",
    }
    return json.dumps({"questions": [one | changed]})


async def test_without_a_model_sentences_have_a_gap(student: Person) -> None:
    found = await ask(student, count=3)
    assert (found["source"], found["usage"]) == ("template", {"tokens": 0, "model": None})
    assert len(found["questions"]) == 3
    for one in found["questions"]:
        assert "____" in one["question"]
        assert (len(set(one["options"])), one["answer"], one["quote"]) == (4, None, None)


async def test_the_first_answer_is_graded_and_the_right_one_shown(student: Person) -> None:
    found = await ask(student)
    path = f"/api/ai/practice-questions/{found['id']}"
    for option in found["questions"][0]["options"]:
        graded = made(await student.post(f"{path}/answers", {"index": 0, "answer": f" {option.upper()}. "}), 200)
        first = graded["questions"][0]
        assert first["given"].strip(" .").lower() == found["questions"][0]["options"][0]
        assert first["right"] is (first["answer"] == found["questions"][0]["options"][0])
        assert first["question"].replace("____", first["answer"]).lower() == first["quote"].lower()
    assert (await student.get(path)).json() == graded
    assert graded["questions"][1]["answer"] is None
    assert (await student.post(f"{path}/answers", {"index": 9, "answer": "x"})).status_code == 422


async def test_questions_belong_to_their_student(student: Person, bob: Person) -> None:
    found = await ask(student)
    path = f"/api/ai/practice-questions/{found['id']}"
    assert (await bob.get(path)).status_code == 404
    assert (await bob.post(f"{path}/answers", {"index": 0, "answer": "x"})).status_code == 404
    assert (await bob.delete(path)).status_code == 404
    assert [one["id"] for one in (await student.get("/api/ai/practice-questions")).json()["items"]] == [found["id"]]
    assert (await student.delete(path)).status_code == 204
    assert (await student.get("/api/ai/practice-questions")).json()["items"] == []


async def test_too_little_text_is_refused(student: Person) -> None:
    assert (await ask(student, 422, text="Read chapter 5."))["code"] == "no_material"
    task = await student.task()
    answer = await student.post("/api/ai/practice-questions", {"taskId": task["id"]})
    assert (answer.status_code, answer.json()["code"]) == (422, "no_material")


async def test_attachments_of_a_subject_are_asked_about(ai: Assisted) -> None:
    ai.endpoint.otherwise = refuses(500)
    subject = await ai.student.subject("Biology")
    task = await ai.student.task("Notes", subjectId=subject["id"])
    await ai.student.attachment(task["id"], pdf(*TEXT.split(". ")), "notes.pdf", type=PDF)
    await runtime.worker(ai.running).run_due()
    found = made(await ai.student.post("/api/ai/practice-questions", {"subjectId": subject["id"]}), 201)
    assert {one["title"] for one in found["questions"]} == {"notes.pdf"}
    assert {one["page"] for one in found["questions"]} <= {1, 2, 3}
    assert {(one["attachmentId"], one["start"]) for one in found["questions"]} == {(None, None)}
    body = {"index": 0, "answer": found["questions"][0]["options"][0]}
    path = f"/api/ai/practice-questions/{found['id']}/answers"
    one = made(await ai.student.post(path, body), 200)["questions"][0]
    material = f"/api/ai/material/attachments/{one['attachmentId']}"
    page = (await ai.student.get(material, params={"page": one["page"]})).json()
    quoted = page["text"][one["start"] - page["start"] : one["end"] - page["start"]]
    assert " ".join(quoted.split()) == one["quote"]


async def test_a_sound_question_of_a_model_is_asked(ai: Assisted) -> None:
    ai.endpoint.otherwise = says(question(), tokens=250)
    found = await ask(ai.student)
    assert (found["source"], found["usage"]) == ("model", {"tokens": 250, "model": "small"})
    assert [one["question"] for one in found["questions"]] == ["What does a chloroplast contain that absorbs light?"]
    assert "chlorophyll" not in json.dumps([one["answer"] for one in found["questions"]])
    usage = (await ai.student.get("/api/ai/usage")).json()
    assert usage["byFeature"]["questions"] == 250


@pytest.mark.parametrize(
    "behaviour",
    [
        says(question(quote="Chloroplasts are blue")),
        says(question(page=2)),
        says(question(answer="starch and more")),
        says(question(options=["chlorophyll", "chlorophyll", "a", "b"])),
        says(question(question="Is it chlorophyll?")),
        says(question(answer="")),
        says(question(answer="glucose")),
        says(question(answer="carotene", options=[])),
        says(question(options=["chlorophyll", "glucose", "starch", "all of the above"])),
        says(question(options=["chlorophyll", "glucose", "starch", "7"])),
        says("no JSON"),
        says(question(), finish="length"),
        raw(b"<html>"),
        refuses(429, code="insufficient_quota"),
    ],
)
async def test_an_unsound_question_is_not_asked(ai: Assisted, behaviour: Behaviour) -> None:
    ai.endpoint.otherwise = behaviour
    found = await ask(ai.student)
    assert (found["source"], found["usage"]["model"]) == ("template", None)
    assert all("____" in one["question"] for one in found["questions"])


async def test_exercises_of_assessed_work_get_gaps_only(ai: Assisted) -> None:
    exercise = "Which pigment of the chloroplasts absorbs the light of the sun?"
    ai.endpoint.otherwise = says("What do you know about light?")
    await told(ai.student, exercise)
    before = len(ai.endpoint.requests)
    found = await ask(ai.student, text=f"{TEXT}\n{exercise}")
    assert (found["source"], len(ai.endpoint.requests)) == ("template", before)


async def test_material_that_is_off_is_not_sent(ai: Assisted) -> None:
    subject = await ai.student.subject("Biology")
    task = await ai.student.task("Notes", subjectId=subject["id"])
    await ai.student.attachment(task["id"], TEXT.encode())
    await runtime.worker(ai.running).run_due()
    made(await ai.student.put("/api/ai/settings", {"off": ["material"]}), 200)
    found = made(await ai.student.post("/api/ai/practice-questions", {"taskId": task["id"]}), 201)
    assert found["source"] == "template"
    assert ai.endpoint.requests == []
