"""How often the secrets of an account can be guessed: by strangers, by its devices, by its sessions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx2
import pyotp
import pytest
from tests.cast import PASSWORD, Person, join, made
from tests.conftest import System, serving, settings_for

from studyteddy.bootstrap import runtime
from studyteddy.platform.security.passwords import Passwords

WRONG = "not the password"


@asynccontextmanager
async def limited(system: System, **limits: str) -> AsyncIterator[tuple[str, Passwords]]:
    """The URL and the passwords of another API, which allows three guesses.

    It has no Redis, so that only its own requests count.
    """
    changed = {"limit_login_account": "3/900:3", "redis_url": "redis://127.0.0.1:1/0"} | limits
    settings = settings_for(system.engines, **changed)
    async with runtime.runtime(settings) as running, serving(running) as url:
        yield url, running.passwords


@pytest.fixture
async def owner(system: System) -> AsyncIterator[Person]:
    person = await join(system.url, "Owner")
    yield person
    await person.http.aclose()


async def log_in(url: str, person: Person, password: str = PASSWORD, **fields: Any) -> httpx2.Response:
    async with httpx2.AsyncClient(base_url=url, trust_env=False) as http:
        return await http.post("/api/auth/login", json={"email": person.email, "password": password, **fields})


async def device_token(url: str, person: Person) -> str:
    token: str = made(await log_in(url, person), 200)["deviceToken"]
    return token


async def test_guesses_of_strangers_do_not_lock_a_known_device_out(system: System, owner: Person) -> None:
    known = await device_token(system.url, owner)
    async with limited(system, limit_login_address="4/900:4") as (url, passwords):
        assert [(await log_in(url, owner, WRONG)).status_code for _ in range(6)] == [401] * 3 + [429] * 3
        assert (await log_in(url, owner)).status_code == 429
        before = passwords.evaluations
        assert (await log_in(url, owner, deviceToken=known)).status_code == 200
        assert passwords.evaluations == before + 1


async def test_only_wrong_guesses_use_up_the_budget(system: System, owner: Person) -> None:
    known = await device_token(system.url, owner)
    async with limited(system, limit_login_address="4/900:4") as (url, _):
        for _ in range(8):
            assert (await log_in(url, owner)).status_code == 200
            assert (await log_in(url, owner, deviceToken=known)).status_code == 200
        assert [(await log_in(url, owner, WRONG)).status_code for _ in range(4)] == [401] * 3 + [429]


async def test_a_changed_password_ends_all_device_tokens(system: System, owner: Person) -> None:
    """Whoever knew the old one may have collected some."""
    known = await device_token(system.url, owner)
    body = {"currentPassword": PASSWORD, "newPassword": "a different sentence"}
    assert (await owner.post("/api/auth/change-password", body)).status_code == 200
    async with limited(system) as (url, _):
        assert [(await log_in(url, owner, WRONG)).status_code for _ in range(3)] == [401] * 3
        assert (await log_in(url, owner, WRONG, deviceToken=known)).status_code == 429


async def test_collected_devices_have_three_budgets_together(system: System, owner: Person) -> None:
    known = [await device_token(system.url, owner) for _ in range(5)]
    async with limited(system) as (url, _):
        statuses = [(await log_in(url, owner, WRONG, deviceToken=one)).status_code for one in known for _ in range(3)]
        assert (statuses.count(401), statuses.count(429)) == (9, 6)


async def test_a_known_device_has_a_budget_of_its_own(system: System, owner: Person) -> None:
    first, second = await device_token(system.url, owner), await device_token(system.url, owner)
    async with limited(system) as (url, _):
        guesses = [(await log_in(url, owner, WRONG, deviceToken=first)).status_code for _ in range(5)]
        assert guesses == [401] * 3 + [429] * 2
        renewed = await log_in(url, owner, deviceToken=second)
        assert renewed.status_code == 200
        assert (await log_in(url, owner, deviceToken=first)).status_code == 429


async def test_a_token_renewed_by_a_sign_in_keeps_its_budget(system: System, owner: Person) -> None:
    """Otherwise whoever knows one password could guess a second factor for ever."""
    token = await device_token(system.url, owner)
    async with limited(system) as (url, _):
        statuses = []
        for _ in range(4):
            token = (await log_in(url, owner, deviceToken=token)).json().get("deviceToken", token)
            statuses.append((await log_in(url, owner, WRONG, deviceToken=token)).status_code)
        assert statuses == [401] * 3 + [429]


async def test_a_device_of_another_account_is_a_stranger(system: System, owner: Person, bob: Person) -> None:
    foreign = await device_token(system.url, bob)
    async with limited(system) as (url, _):
        for _ in range(3):
            assert (await log_in(url, owner, WRONG)).status_code == 401
        for token in (foreign, foreign[:-2] + "AA", "made-up"):
            assert (await log_in(url, owner, deviceToken=token)).status_code == 429


async def test_the_address_of_strangers_is_limited(system: System) -> None:
    async with limited(system, limit_login_address="3/900:3") as (url, passwords):
        statuses = []
        async with httpx2.AsyncClient(base_url=url, trust_env=False) as http:
            for n in range(5):
                guess = {"email": f"nobody-{n}@example.org", "password": WRONG}
                statuses.append((await http.post("/api/auth/login", json=guess)).status_code)
        assert statuses == [401] * 3 + [429] * 2
        assert passwords.evaluations == 3


SIDE_DOORS = [
    ("/api/auth/second-factor", {"password": WRONG}, 403),
    ("/api/auth/second-factor/end", {"password": WRONG}, 403),
    ("/api/auth/second-factor/confirm", {"code": "000000"}, 409),
    ("/api/auth/change-password", {"currentPassword": WRONG, "newPassword": "quite another sentence"}, 403),
    ("/api/users/me/delete", {"password": WRONG}, 403),
]
"""Every route of a signed-in student that checks a secret, and how it answers a wrong one."""


@pytest.mark.parametrize(("path", "body", "status"), SIDE_DOORS)
async def test_every_side_door_is_limited(
    system: System, owner: Person, path: str, body: dict[str, str], status: int
) -> None:
    async with limited(system) as (url, passwords):
        statuses = [(await owner.post(f"{url}{path}", body)).status_code for _ in range(5)]
        assert statuses == [status] * 3 + [429] * 2
        assert passwords.evaluations == (0 if "code" in body else 3)


async def test_all_side_doors_share_one_budget(system: System, owner: Person) -> None:
    async with limited(system) as (url, passwords):
        statuses = [(await owner.post(f"{url}{path}", body)).status_code for path, body, _ in SIDE_DOORS]
        assert statuses == [status for _, _, status in SIDE_DOORS[:3]] + [429] * 2
        assert passwords.evaluations == 2
        assert (await owner.post(f"{url}/api/users/me/delete", {"password": PASSWORD})).status_code == 429
        # It delays neither a sign-in nor anything else that the student does.
        assert (await log_in(url, owner)).status_code == 200
        assert (await owner.get(f"{url}/api/auth/me")).status_code == 200


async def test_wrong_codes_count_as_guesses(system: System, owner: Person) -> None:
    secret = made(await owner.post("/api/auth/second-factor", {"password": PASSWORD}), 200)["secret"]
    totp = pyotp.TOTP(secret)
    made(await owner.post("/api/auth/second-factor/confirm", {"code": totp.now()}), 200)
    async with limited(system) as (url, _):
        codes = [(await log_in(url, owner, code=f"00000{n}")).json()["code"] for n in range(5)]
        assert codes == ["bad_code"] * 3 + ["too_many_requests"] * 2


async def test_a_browser_is_known_by_its_cookie(system: System, guest: httpx2.AsyncClient, owner: Person) -> None:
    credentials = {"email": owner.email, "password": PASSWORD, "delivery": "cookie"}
    first = await guest.post("/api/auth/login", json=credentials)
    assert "deviceToken" not in first.json()
    (cookie,) = [one for one in first.headers.get_list("set-cookie") if one.startswith("device=")]
    flags = [flag.strip().lower() for flag in cookie.split(";")[1:]]
    assert {"httponly", "samesite=lax", "path=/", "max-age=31536000"} <= set(flags)
    async with limited(system) as (url, _):
        for _ in range(4):
            await log_in(url, owner, WRONG)
        async with httpx2.AsyncClient(base_url=url, trust_env=False) as browser:
            stranger = await browser.post("/api/auth/login", json=credentials)
            known = await browser.post("/api/auth/login", json=credentials, headers={"cookie": cookie.split(";")[0]})
        assert (stranger.status_code, known.status_code) == (429, 200)


async def test_signing_out_keeps_the_device_known(system: System, owner: Person) -> None:
    signed_in = made(await log_in(system.url, owner), 200)
    bearer = {"authorization": f"Bearer {signed_in['accessToken']}"}
    answer = await owner.post("/api/auth/logout", headers=bearer)
    assert not [one for one in answer.headers.get_list("set-cookie") if one.startswith("device=")]
    read = system.running.device_tokens.read
    before = read(signed_in["deviceToken"])
    after = read(made(await log_in(system.url, owner, deviceToken=signed_in["deviceToken"]), 200)["deviceToken"])
    assert before is not None
    assert before == after


@pytest.mark.parametrize("what", ["register", "export", "reset", "login_address"])
async def test_what_costs_the_server_something_is_limited(system: System, what: str) -> None:
    async with limited(system, **{f"limit_{what}": "2/3600:2"}) as (url, _):
        person = await join(url, "Carol")

        async def ask() -> int:
            match what:
                case "register":
                    new = {"email": f"{uuid4()}@example.org", "password": PASSWORD, "name": "D"}
                    answer = await person.post("/api/auth/register", new)
                case "export":
                    answer = await person.post("/api/users/export")
                case "reset":
                    answer = await person.post("/api/auth/verify-email/resend")
                case _:
                    answer = await person.get("/api/auth/google/callback?code=x&state=y")
            return answer.status_code

        found = [await ask() for _ in range(4)]
        await person.http.aclose()
    allowed = 1 if what == "register" else 2  # joining counts
    assert [status == 429 for status in found] == [False] * allowed + [True] * (4 - allowed)


async def test_what_is_right_uses_up_no_guess_of_a_session(system: System, owner: Person) -> None:
    async with limited(system) as (url, _):

        async def ask(path: str, **body: str) -> int:
            return (await owner.post(f"{url}/api/auth/{path}", body)).status_code

        for _ in range(4):
            assert await ask("second-factor", password=PASSWORD) == 200
            assert await ask("change-password", currentPassword=PASSWORD, newPassword=PASSWORD) == 200
        begun = await owner.post(f"{url}/api/auth/second-factor", {"password": PASSWORD})
        codes = ["000000", "000000", pyotp.TOTP(made(begun, 200)["secret"]).now(), "000000", "000000"]
        assert [await ask("second-factor/confirm", code=code) for code in codes] == [401, 401, 200, 409, 429]
