"""What a large request may cost, told before it is made: the same figures as those of the budget, and no call."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from tests.cast import PASSWORD, Person, made
from tests.conftest import System
from tests.features.ai.conftest import Assisted, assisted
from tests.features.ai.test_usage import BRIEF, split, totals, usage
from tests.peers.completions import says
from tests.platform.test_texts import PDF, pdf

from studyteddy.bootstrap import runtime

NOTES = "Plants turn light into chemical energy. The light is absorbed by chlorophyll in their leaves."
BRIEFS = (BRIEF, BRIEF * 100, "اكتب مقالاً عن أسباب الحرب. " * 50, "1. Measure the mass.\n2. Plot it. 🧪" * 30)


async def estimate(person: Person, feature: str = "taskify", **body: Any) -> dict[str, Any]:
    return made(await person.post(f"/api/ai/{feature}/estimate", body or {"brief": BRIEF}), 200)


async def reserved(system: System, person: Person) -> list[int]:
    """What each call of a student has reserved."""
    admin = await system.admin()
    rows = await admin.fetch("SELECT reserved FROM ai_calls WHERE user_id = $1 ORDER BY id", person.user["id"])
    await admin.close()
    return [row["reserved"] for row in rows]


async def a_step(person: Person) -> dict[str, Any]:
    task = await person.task("Read chapter 5")
    step = made(await person.post(f"/api/tasks/{task['id']}/subtasks", {"title": "Read chapter 5"}))
    return {"taskId": task["id"], "subtaskId": step["id"]}


async def test_an_estimate_asks_no_model_and_reserves_nothing(system: System, ai: Assisted) -> None:
    before = await totals(system)
    for feature, body in (
        ("taskify", {"brief": BRIEF}),
        ("breakdown", await a_step(ai.student)),
        ("practice-questions", {"text": NOTES}),
    ):
        found = await estimate(ai.student, feature, **body)
        assert 0 < found["likely"] < found["most"], feature
        assert (found["left"], found["limit"], found["fits"], found["ownKey"]) == (30_000, 30_000, True, False)
    assert (ai.endpoint.requests, await reserved(system, ai.student)) == ([], [])
    counted = await usage(ai.student)
    assert (counted["used"], counted["reserved"], await totals(system)) == (0, 0, before)


@pytest.mark.parametrize("brief", BRIEFS, ids=("short", "long", "arabic", "emoji"))
async def test_repairs_never_reserve_more_than_the_most(system: System, brief: str) -> None:
    """The model answers as long as it may, and wrongly, so that every repair is asked for."""
    async with assisted(system, ai_daily_tokens="1000000") as ai:
        found = await estimate(ai.student, brief=brief)
        ai.endpoint.otherwise = says("x" * 12_000, tokens=3000)
        await split(ai.student, brief)
        calls = await reserved(system, ai.student)
        assert len(calls) == 3
        assert found["likely"] < calls[0] < sum(calls) <= found["most"] <= sum(calls) + 4200


async def test_one_good_answer_costs_what_is_likely(system: System) -> None:
    """The built-in model gives such an answer, and counts as an endpoint without figures is counted."""
    async with assisted(system, ai_url="scripted:", ai_key="", ai_model="") as ai:
        for feature, path, body in (
            ("taskify", "taskify", {"brief": BRIEF}),
            ("breakdown", "breakdown", await a_step(ai.student)),
            ("practice-questions", "practice-questions", {"text": NOTES}),
        ):
            found = await estimate(ai.student, feature, **body)
            before = (await usage(ai.student))["used"]
            assert (await ai.student.post(f"/api/ai/{path}", body)).status_code < 300
            assert (await usage(ai.student))["used"] - before == found["likely"], feature


async def test_it_fits_exactly_if_the_budget_would_reserve_it(system: System, ai: Assisted) -> None:
    await split(ai.student)
    first = (await reserved(system, ai.student))[0]
    for limit, fits in ((first, True), (first - 1, False)):
        for name in ("ai_daily_tokens", "ai_total_daily_tokens"):
            used = (await totals(system))[0] if name == "ai_total_daily_tokens" else 0
            async with assisted(system, **{name: str(used + limit)}) as found:
                assert (await estimate(found.student))["fits"] is fits, name
                found.endpoint.otherwise = says("no JSON", tokens=1)
                await split(found.student)
                assert bool(found.endpoint.requests) is fits, name


async def test_what_is_left_is_told_and_never_less_than_nothing(system: System) -> None:
    async with assisted(system, ai_daily_tokens="5000") as ai:
        ai.endpoint.otherwise = says("no JSON", tokens=4990)
        await split(ai.student)
        used = (await ai.student.get("/api/ai/usage")).json()["used"]
        found = await estimate(ai.student, brief=f"{BRIEF}2")
        assert (found["left"], found["limit"], found["fits"]) == (5000 - used, 5000, False)
        assert 0 < used <= 5000


async def test_the_same_question_costs_nothing_again(system: System) -> None:
    async with assisted(system, ai_url="scripted:", ai_key="", ai_model="") as ai:
        assert (await estimate(ai.student))["most"] > 0
        await split(ai.student)
        found = await estimate(ai.student)
        assert (found["most"], found["likely"], found["fits"]) == (0, 0, True)


async def test_without_a_model_a_template_is_told(student: Person) -> None:
    found = await estimate(student)
    assert (found["most"], found["likely"], found["fits"]) == (0, 0, False)


async def test_material_is_estimated_by_its_largest_passages_and_costs_nothing_if_not_sent(
    system: System, ai: Assisted
) -> None:
    task = await ai.student.task("Biology notes")
    body = {"taskId": task["id"]}
    none = await ai.student.post("/api/ai/practice-questions/estimate", body)
    assert (none.status_code, none.json()["errors"][0]["code"]) == (422, "no_material")
    pages = [f"Photosynthesis number {n} converts light energy into chemical energy. " * (1 + n % 7) for n in range(30)]
    await ai.student.attachment(task["id"], pdf(*pages), "notes.pdf", type=PDF)
    await runtime.worker(ai.running).run_due()
    found = await estimate(ai.student, "practice-questions", **body)
    for _ in range(3):
        made(await ai.student.post("/api/ai/practice-questions", body))
    most = max(await reserved(system, ai.student))
    assert most <= found["most"] < 2 * most
    await ai.student.put("/api/ai/settings", {"off": ["material"]})
    found = await estimate(ai.student, "practice-questions", **body)
    assert (found["most"], found["fits"]) == (0, False)
    assert (await estimate(ai.student, "practice-questions", text=NOTES))["fits"]


async def test_with_an_own_key_todays_tokens_do_not_matter(system: System) -> None:
    async with assisted(system, ai_daily_tokens="0", ai_total_daily_tokens="0") as ai:
        assert not (await estimate(ai.student))["fits"]
        await ai.student.put("/api/ai/key", {"key": "sk-own-0123456789abcdef", "password": PASSWORD})
        found = await estimate(ai.student)
        assert (found["left"], found["fits"], found["ownKey"]) == (0, True, True)
        assert found["most"] > 3000


async def test_estimates_are_limited_per_minute(system: System) -> None:
    async with assisted(system, limit_ai_estimate="2/60:2") as ai:
        answers: list[httpx2.Response] = [
            await ai.student.post("/api/ai/taskify/estimate", {"brief": BRIEF}) for _ in range(3)
        ]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert "retry-after" in answers[2].headers
