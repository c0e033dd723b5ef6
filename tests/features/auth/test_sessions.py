"""Registration, sign-in, refresh, sign-out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx2
import pytest
from tests.cast import PASSWORD, Person, join, made
from tests.conftest import System, serving, settings_for

from studyteddy.bootstrap import operations, runtime
from studyteddy.features.auth.api.cookies import same_origin
from studyteddy.features.auth.schemas.sessions import ForeignOrigin
from studyteddy.features.auth.service import accounts, one_time_tokens


def account(email: str, **fields: Any) -> dict[str, Any]:
    return {"email": email, "password": PASSWORD, "name": "Zoë 李", **fields}


async def test_a_new_account_is_signed_in(guest: httpx2.AsyncClient) -> None:
    body = made(await guest.post("/api/auth/register", json=account("Zoe@Example.org", timeZone="Asia/Tokyo")))
    assert (body["user"]["email"], body["user"]["name"], body["expiresIn"]) == ("zoe@example.org", "Zoë 李", 900)
    me = await guest.get("/api/auth/me", headers={"authorization": f"Bearer {body['accessToken']}"})
    assert me.json() == body["user"]
    assert (me.json()["timeZone"], me.json()["dayStart"]) == ("Asia/Tokyo", "04:00")


async def test_an_address_is_unique_regardless_of_case(guest: httpx2.AsyncClient) -> None:
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
async def test_an_invalid_registration_is_rejected(
    guest: httpx2.AsyncClient, fields: dict[str, str], code: str
) -> None:
    answer = await guest.post("/api/auth/register", json=account("faulty@example.org") | fields)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)


async def test_every_character_of_a_long_password_counts(guest: httpx2.AsyncClient) -> None:
    long = "ä" * 127 + "1"
    await guest.post("/api/auth/register", json=account("long@example.org", password=long))
    right = await guest.post("/api/auth/login", json={"email": "long@example.org", "password": long})
    wrong = await guest.post("/api/auth/login", json={"email": "long@example.org", "password": "ä" * 127 + "2"})
    assert (right.status_code, wrong.status_code) == (200, 401)


async def test_an_unknown_account_and_a_wrong_password_get_the_same_response(system: System, alice: Person) -> None:
    passwords = system.running.passwords
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


async def test_concurrent_refreshes_get_the_same_successor(guest: httpx2.AsyncClient, alice: Person) -> None:
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


async def test_a_client_that_lost_the_response_can_refresh_again_for_thirty_seconds(
    system: System, guest: httpx2.AsyncClient, alice: Person
) -> None:
    admin = await system.admin()
    for seconds, status in ((25, 200), (35, 401)):
        session = made(await guest.post("/api/auth/login", json={"email": alice.email, "password": PASSWORD}), 200)
        body = {"refreshToken": session["refreshToken"]}
        made(await guest.post("/api/auth/refresh", json=body), 200)
        await admin.execute(
            "UPDATE sessions SET rotated_at = rotated_at - $2 * interval '1 second' WHERE user_id = $1",
            alice.user["id"],
            seconds,
        )
        assert (await guest.post("/api/auth/refresh", json=body)).status_code == status
    await admin.close()


@pytest.mark.parametrize("token", ["nonsense", "A" * 70, "../../etc/passwd"])
async def test_a_forged_token_is_rejected(guest: httpx2.AsyncClient, token: str) -> None:
    assert (await refresh(guest, token)).status_code in (401, 422)


async def test_a_cookie_refreshes_only_from_the_same_origin(guest: httpx2.AsyncClient) -> None:
    answer = await guest.post("/api/auth/register", json=account("cookie@example.org", delivery="cookie"))
    assert "refreshToken" not in answer.json()
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("refresh=")
    assert all(flag in cookie.lower() for flag in ("httponly", "samesite=strict", "path=/"))
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


async def test_logout_leaves_the_cookie_of_another_session_in_the_same_browser(
    alice: Person, bob: Person, guest: httpx2.AsyncClient
) -> None:
    """Bob signed in while a page of Alice was still open, which then signs out."""
    entered = {"email": bob.email, "password": PASSWORD, "delivery": "cookie"}
    mine = made(await guest.post("/api/auth/login", json=entered), 200)
    left = await guest.post("/api/auth/logout", headers={"authorization": alice.http.headers["authorization"]})
    assert (left.status_code, left.headers.get("set-cookie")) == (200, None)
    own = {"sec-fetch-site": "same-origin"}
    kept = made(await guest.post("/api/auth/refresh", headers=own), 200)
    assert kept["user"]["id"] == mine["user"]["id"] == bob.user["id"]
    left = await guest.post("/api/auth/logout", headers={"authorization": f"Bearer {kept['accessToken']}"})
    assert "Max-Age=0" in left.headers["set-cookie"]


async def test_logout_all_ends_every_session(alice: Person, guest: httpx2.AsyncClient) -> None:
    other = made(await guest.post("/api/auth/login", json={"email": alice.email, "password": PASSWORD}), 200)
    await alice.post("/api/auth/logout-all")
    bearer = {"authorization": f"Bearer {other['accessToken']}"}
    assert (await guest.get("/api/auth/me", headers=bearer)).status_code == 401


async def test_password_guessing_is_rate_limited(system: System, guest: httpx2.AsyncClient) -> None:
    person = await join(system.url, "Guessed")
    wrong = {"email": person.email, "password": "wrong password"}
    statuses = [(await guest.post("/api/auth/login", json=wrong)).status_code for _ in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    await person.http.aclose()


@pytest.fixture
async def secure(system: System) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of a server whose public URL is https."""
    settings = settings_for(system.engines, public_url="https://study.example")
    async with (
        runtime.runtime(settings, clock=system.clock) as running,
        serving(running) as url,
        httpx2.AsyncClient(base_url=url, trust_env=False) as client,
    ):
        yield client


@pytest.mark.parametrize("https", [False, True], ids=["http", "https"])
async def test_the_cookies_of_a_browser_are_out_of_reach_and_last_as_long_as_what_they_carry(
    alice: Person, guest: httpx2.AsyncClient, secure: httpx2.AsyncClient, https: bool
) -> None:
    """On plain http and loopback they are not `Secure`, because Safari would drop them."""
    credentials = {"email": alice.email, "password": PASSWORD, "delivery": "cookie"}
    client, prefix = (secure, "__Host-") if https else (guest, "")
    answer = await client.post("/api/auth/login", json=credentials)
    assert answer.json()["expiresIn"] == 900
    found = {}
    for header in answer.headers.get_list("set-cookie"):
        (name, _), *attributes = (part.strip().partition("=")[::2] for part in header.split(";"))
        found[name] = {key.lower(): value.lower() for key, value in attributes}
    always = {"path": "/", "httponly": ""} | ({"secure": ""} if https else {})
    assert found == {
        f"{prefix}refresh": {**always, "max-age": str(7 * 86_400), "samesite": "strict"},
        f"{prefix}device": {**always, "max-age": str(365 * 86_400), "samesite": "lax"},
    }
    bearer = {"authorization": f"Bearer {answer.json()['accessToken']}"}
    left = await client.post("/api/auth/logout", headers=bearer)
    assert left.headers["set-cookie"].startswith(f"{prefix}refresh=")
    assert "Max-Age=0" in left.headers["set-cookie"]


async def test_a_cookie_is_accepted_only_in_its_own_setting(
    alice: Person, guest: httpx2.AsyncClient, secure: httpx2.AsyncClient
) -> None:
    credentials = {"email": alice.email, "password": PASSWORD, "delivery": "cookie"}
    for client, name, other in ((guest, "refresh", "__Host-refresh"), (secure, "__Host-refresh", "refresh")):
        answer = await client.post("/api/auth/login", json=credentials)
        (token,) = [
            one.partition(";")[0].partition("=")[2]
            for one in answer.headers.get_list("set-cookie")
            if one.startswith(f"{name}=")
        ]
        client.cookies.clear()
        for sent, status in ((other, 401), (name, 200)):
            headers = {"cookie": f"{sent}={token}", "sec-fetch-site": "same-origin"}
            assert (await client.post("/api/auth/refresh", headers=headers)).status_code == status


async def test_a_session_lasts_a_week_without_use_and_a_month_at_most(
    system: System, alice: Person, guest: httpx2.AsyncClient
) -> None:
    admin = await system.admin()
    user_id, token = UUID(alice.user["id"]), alice.refresh_token
    for column in ("expires_at", "absolute_expires_at"):
        await admin.execute(f"UPDATE sessions SET {column} = now() + interval '5 seconds' WHERE user_id = $1", user_id)
        answer = await guest.post("/api/auth/refresh", json={"refreshToken": token})
        assert answer.status_code == 200
        token = answer.json()["refreshToken"]
        assert len((await alice.get("/api/auth/sessions")).json()["items"]) == 1
    await admin.execute("UPDATE sessions SET absolute_expires_at = now() WHERE user_id = $1", user_id)
    assert (await guest.post("/api/auth/refresh", json={"refreshToken": token})).status_code == 401
    assert (await alice.get("/api/auth/sessions")).json()["items"] == []
    await admin.close()


OWN = b"study.example"


@pytest.mark.parametrize(
    ("site", "origin", "host", "same"),
    [
        ("same-origin", None, OWN, True),
        ("same-origin", "https://evil.example", OWN, True),  # the browser knows better than we do
        ("cross-site", None, OWN, False),
        ("same-site", None, OWN, False),
        (None, None, OWN, False),
        (None, "https://study.example", OWN, True),
        (None, "http://study.example", OWN, True),
        (None, "https://evil.example", OWN, False),
        (None, "https://study.example.evil.example", OWN, False),
        (None, "null", OWN, False),
        (None, "", OWN, False),
        (None, "study.example", OWN, False),
        (None, None, b"", False),
        (None, "null", b"", False),
        (None, None, None, False),
    ],
)
def test_a_request_is_of_the_same_origin_if_the_browser_says_so(
    site: str | None, origin: str | None, host: bytes | None, same: bool
) -> None:
    given = {b"sec-fetch-site": site, b"origin": origin, b"host": host.decode() if host is not None else None}
    request: Any = SimpleNamespace(header=given.get)
    with nullcontext() if same else pytest.raises(ForeignOrigin):
        same_origin(request)


@pytest.mark.parametrize(
    "ending", ["logout", "logout-all", "device", "change-password", "reset-password", "disable", "reuse"]
)
async def test_a_process_knows_at_once_which_sessions_it_has_ended(
    system: System, alice: Person, guest: httpx2.AsyncClient, ending: str
) -> None:
    """Without waiting for a poll."""
    session = made(await guest.post("/api/auth/login", json={"email": alice.email, "password": PASSWORD}), 200)
    bearer = {"authorization": f"Bearer {session['accessToken']}"}
    async with (
        runtime.runtime(settings_for(system.engines)) as running,
        serving(running, runtime.application(running, watching=False)) as url,
    ):
        session_id = running.access_tokens.verify(session["accessToken"]).session_id
        if ending in ("logout", "logout-all"):
            await guest.post(f"{url}/api/auth/{ending}", headers=bearer)
        elif ending == "device":
            await alice.delete(f"{url}/api/auth/sessions/{session_id}")
        elif ending == "change-password":
            body = {"currentPassword": PASSWORD, "newPassword": "quite another sentence"}
            await alice.post(f"{url}/api/auth/change-password", body)
        elif ending == "reset-password":
            async with running.db.system("sign_in") as tx:
                await tx.act_as(UUID(alice.user["id"]))
                user = await accounts.get(tx, tx.user_id)
                token = await one_time_tokens.mint(tx, user, "reset_password")
            body = {"token": token, "newPassword": "quite another sentence"}
            await guest.post(f"{url}/api/auth/reset-password", json=body)
        elif ending == "disable":
            operator = await join(system.url, "Olga")
            await asyncio.to_thread(operations.set_role, settings_for(system.engines), operator.email, "operator")
            await operator.post(f"{url}/api/operator/users/{alice.user['id']}/disable")
            await operator.http.aclose()
        else:
            tokens = [session["refreshToken"]]
            for _ in range(2):
                again = await guest.post(f"{url}/api/auth/refresh", json={"refreshToken": tokens[-1]})
                tokens.append(again.json()["refreshToken"])
            assert not running.revocations.is_revoked(session_id)
            await guest.post(f"{url}/api/auth/refresh", json={"refreshToken": tokens[0]})
        assert running.revocations.is_revoked(session_id)


async def test_refreshes_at_the_same_time_count_as_one(
    system: System, alice: Person, guest: httpx2.AsyncClient
) -> None:
    """All of them read the session before any of them has changed it."""
    admin = await system.admin()
    async with admin.transaction():
        await admin.execute("SELECT FROM sessions WHERE user_id = $1 FOR UPDATE", UUID(alice.user["id"]))
        waiting = [asyncio.ensure_future(refresh(guest, alice.refresh_token)) for _ in range(3)]
        await asyncio.sleep(0.3)
    answers = await asyncio.gather(*waiting)
    assert len({made(answer, 200)["refreshToken"] for answer in answers}) == 1
    sql = "SELECT generation FROM sessions WHERE user_id = $1"
    assert await admin.fetchval(sql, UUID(alice.user["id"])) == 1
    await admin.close()
