"""Signing in with a second factor."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pyotp
import pytest
from tests.cast import PASSWORD, Person, made
from tests.conftest import System


@pytest.fixture
async def protected(system: System, alice: Person) -> dict[str, Any]:
    """Alice's second factor, confirmed with the code before the present one."""
    begun = made(await alice.post("/api/auth/second-factor", {"password": PASSWORD}), 200)
    totp = pyotp.TOTP(begun["secret"])
    confirmed = await alice.post(
        "/api/auth/second-factor/confirm", {"code": totp.at(datetime.now(UTC), counter_offset=-1)}
    )
    return {"totp": totp, "codes": made(confirmed, 200)["recoveryCodes"], "uri": begun["uri"]}


async def log_in(guest: httpx2.AsyncClient, person: Person, **fields: str) -> httpx2.Response:
    return await guest.post("/api/auth/login", json={"email": person.email, "password": PASSWORD, **fields})


async def test_signing_in_asks_for_the_code(
    alice: Person, guest: httpx2.AsyncClient, protected: dict[str, Any]
) -> None:
    assert protected["uri"].startswith("otpauth://totp/Study%20Teddy")
    asked = await log_in(guest, alice)
    assert (asked.status_code, asked.json()["code"]) == (401, "second_factor_required")
    assert (await log_in(guest, alice, code=protected["totp"].now())).status_code == 200


async def test_a_wrong_password_says_nothing_of_a_second_factor(
    alice: Person, guest: httpx2.AsyncClient, protected: dict[str, Any]
) -> None:
    answer = await guest.post(
        "/api/auth/login", json={"email": alice.email, "password": "wrong one", "code": protected["totp"].now()}
    )
    assert answer.json()["code"] == "bad_credentials"


async def test_a_code_is_good_once_even_in_a_race(
    alice: Person, guest: httpx2.AsyncClient, protected: dict[str, Any]
) -> None:
    code = protected["totp"].now()
    answers = await asyncio.gather(*(log_in(guest, alice, code=code) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 5


async def test_a_late_phone_is_forgiven_and_a_later_one_is_not(
    system: System, alice: Person, guest: httpx2.AsyncClient, protected: dict[str, Any]
) -> None:
    code = protected["totp"].at(datetime.now(UTC), counter_offset=4)
    assert (await log_in(guest, alice, code=code)).json()["code"] == "bad_code"
    system.clock.ahead = timedelta(seconds=90)
    try:
        assert (await log_in(guest, alice, code=code)).status_code == 200
    finally:
        system.clock.ahead = timedelta()


async def test_a_recovery_code_is_good_once(
    alice: Person, guest: httpx2.AsyncClient, protected: dict[str, Any]
) -> None:
    code = protected["codes"][3]
    assert len(set(protected["codes"])) == 10
    assert (await log_in(guest, alice, code=code.upper())).status_code == 200
    assert (await log_in(guest, alice, code=code)).json()["code"] == "bad_code"
    assert (await alice.get("/api/auth/second-factor")).json() == {"enabled": True, "recoveryCodesLeft": 9}


async def test_switching_it_off_asks_for_the_password(
    system: System, alice: Person, guest: httpx2.AsyncClient, protected: dict[str, Any]
) -> None:
    wrong = await alice.post("/api/auth/second-factor/end", {"password": "not it at all"})
    assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong_password")
    await alice.post("/api/auth/second-factor/end", {"password": PASSWORD})
    assert (await log_in(guest, alice)).status_code == 200
    await system.work()
    titles = [note["title"] for note in (await alice.get("/api/notifications")).json()["items"]]
    assert [title for title in titles if "second factor" in title] == [
        "Your second factor was switched off",
        "Your second factor was switched on",
    ]


async def test_one_that_counts_is_not_replaced_unasked(alice: Person, protected: dict[str, Any]) -> None:
    begun = made(await alice.post("/api/auth/second-factor", {"password": PASSWORD}), 200)
    answer = await alice.post("/api/auth/second-factor/confirm", {"code": pyotp.TOTP(begun["secret"]).now()})
    assert (answer.status_code, answer.json()["code"]) == (409, "no_factor_begun")


async def test_the_secret_is_sealed_where_it_lies(system: System, alice: Person, protected: dict[str, Any]) -> None:
    admin = await system.admin()
    kept = await admin.fetchval("SELECT secret FROM second_factors WHERE user_id = $1", alice.user["id"])
    dump = await admin.fetchval("SELECT string_agg(r::text, '') FROM recovery_codes AS r")
    await admin.close()
    assert protected["totp"].secret.encode() not in kept
    assert all(code.replace("-", "") not in dump for code in protected["codes"])
