"""Registering, signing in, refreshing, signing out."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest
from tests.cast import PASSWORD, Person, join, made
from tests.conftest import System


def account(email: str, **fields: Any) -> dict[str, Any]:
    return {"email": email, "password": PASSWORD, "name": "Zoë 李", **fields}


async def test_a_new_account_is_signed_in(guest: httpx2.AsyncClient) -> None:
    body = made(await guest.post("/api/auth/register", json=account("Zoe@Example.org", timeZone="Asia/Tokyo")))
    assert (body["user"]["email"], body["user"]["name"], body["expiresIn"]) == ("zoe@example.org", "Zoë 李", 900)
    me = await guest.get("/api/auth/me", headers={"authorization": f"Bearer {body['accessToken']}"})
    assert me.json() == body["user"]
    assert (me.json()["timeZone"], me.json()["dayStart"]) == ("Asia/Tokyo", "04:00")


async def test_an_address_has_one_account_whatever_its_case(guest: httpx2.AsyncClient) -> None:
    await guest.post("/api/auth/register", json=account("twice@example.org"))
    answer = await guest.post("/api/auth/register", json=account("TWICE@example.org"))
    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"password": "too short"}, "too_short"),
        ({"password": "x" * 129}, "too_long"),
        ({"password": "Password123"}, "common_password"),
        ({"email": "nobody"}, "malformed"),
        ({"name": "\u0007bell"}, "malformed"),
        ({"timeZone": "Europe/Atlantis"}, "no_such_zone"),
        ({"delivery": "pigeon"}, "not_one_of"),
    ],
)
async def test_a_faulty_registration_is_refused(guest: httpx2.AsyncClient, fields: dict[str, str], code: str) -> None:
    answer = await guest.post("/api/auth/register", json=account("faulty@example.org") | fields)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)


async def test_every_character_of_a_long_password_counts(guest: httpx2.AsyncClient) -> None:
    long = "ä" * 127 + "1"
    await guest.post("/api/auth/register", json=account("long@example.org", password=long))
    right = await guest.post("/api/auth/login", json={"email": "long@example.org", "password": long})
    wrong = await guest.post("/api/auth/login", json={"email": "long@example.org", "password": "ä" * 127 + "2"})
    assert (right.status_code, wrong.status_code) == (200, 401)


async def test_unknown_account_and_wrong_password_answer_the_same(system: System, alice: Person) -> None:
    passwords = system.running.resources["passwords"]
    answers = []
    for email in (alice.email, "unknown@example.org"):
        before = passwords.evaluations
        async with httpx2.AsyncClient(base_url=system.url, trust_env=False) as guest:
            answers.append(await guest.post("/api/auth/login", json={"email": email, "password": "wrong password"}))
        assert passwords.evaluations == before + 1
    known, unknown = answers
    assert known.status_code == unknown.status_code == 401
    assert {**known.json(), "requestId": ""} == {**unknown.json(), "requestId": ""}
    changing = {"x-request-id", "date", "ratelimit"}
    assert [k for k in known.headers if k not in changing] == [k for k in unknown.headers if k not in changing]


async def refresh(client: httpx2.AsyncClient, token: str) -> httpx2.Response:
    return await client.post("/api/auth/refresh", json={"refreshToken": token})


async def test_a_refresh_token_is_exchanged_once(guest: httpx2.AsyncClient, alice: Person) -> None:
    second = made(await refresh(guest, alice.refresh_token), 200)
    third = made(await refresh(guest, second["refreshToken"]), 200)
    assert len({alice.refresh_token, second["refreshToken"], third["refreshToken"]}) == 3


async def test_racing_tabs_get_the_same_successor(guest: httpx2.AsyncClient, alice: Person) -> None:
    answers = await asyncio.gather(*(refresh(guest, alice.refresh_token) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["refreshToken"] for answer in answers}) == 1


async def test_reusing_an_old_token_ends_the_family(guest: httpx2.AsyncClient, alice: Person) -> None:
    second = made(await refresh(guest, alice.refresh_token), 200)["refreshToken"]
    third = made(await refresh(guest, second), 200)["refreshToken"]
    stolen = await refresh(guest, alice.refresh_token)
    assert (stolen.status_code, stolen.json()["code"]) == (401, "session_ended")
    assert (await refresh(guest, third)).status_code == 401
    assert (await alice.get("/api/auth/me")).status_code == 401


@pytest.mark.parametrize("token", ["nonsense", "A" * 70, "../../etc/passwd"])
async def test_a_token_we_did_not_make_is_refused(guest: httpx2.AsyncClient, token: str) -> None:
    assert (await refresh(guest, token)).status_code in (401, 422)


async def test_a_cookie_refreshes_from_our_own_pages_only(guest: httpx2.AsyncClient) -> None:
    answer = await guest.post("/api/auth/register", json=account("cookie@example.org", delivery="cookie"))
    assert "refreshToken" not in answer.json()
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-refresh=")
    assert all(flag in cookie for flag in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/"))
    sent = {"cookie": cookie.partition(";")[0]}
    foreign = await guest.post("/api/auth/refresh", headers=sent | {"origin": "https://evil.example"})
    assert (foreign.status_code, foreign.json()["code"]) == (403, "foreign_origin")
    assert (await guest.post("/api/auth/refresh", headers=sent)).status_code == 403
    own = await guest.post("/api/auth/refresh", headers=sent | {"sec-fetch-site": "same-origin"})
    assert own.status_code == 200
    assert "set-cookie" in own.headers


async def test_logout_ends_this_session_only(system: System, alice: Person, guest: httpx2.AsyncClient) -> None:
    other = made(await guest.post("/api/auth/login", json={"email": alice.email, "password": PASSWORD}), 200)
    assert (await alice.post("/api/auth/logout")).status_code == 200
    assert (await alice.get("/api/auth/me")).status_code == 401
    assert (await refresh(guest, alice.refresh_token)).status_code == 401
    bearer = {"authorization": f"Bearer {other['accessToken']}"}
    assert (await guest.get("/api/auth/me", headers=bearer)).status_code == 200


async def test_logout_all_ends_every_session(alice: Person, guest: httpx2.AsyncClient) -> None:
    other = made(await guest.post("/api/auth/login", json={"email": alice.email, "password": PASSWORD}), 200)
    await alice.post("/api/auth/logout-all")
    bearer = {"authorization": f"Bearer {other['accessToken']}"}
    assert (await guest.get("/api/auth/me", headers=bearer)).status_code == 401


async def test_guessing_one_account_is_slowed(system: System, guest: httpx2.AsyncClient) -> None:
    person = await join(system.url, "Guessed")
    wrong = {"email": person.email, "password": "wrong password"}
    statuses = [(await guest.post("/api/auth/login", json=wrong)).status_code for _ in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    await person.http.aclose()
