"""Two-factor authentication."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
import pyotp
import pytest
from tests.cast import PASSWORD, Person, made
from tests.conftest import System

from studyteddy.features.auth.store import two_factor as two_factor_store
from studyteddy.platform.db.transaction import Tx


@pytest.fixture
async def protected(system: System, alice: Person) -> dict[str, Any]:
    """Alice's two-factor secret and recovery codes, confirmed with the code before the current one."""
    begun = made(await alice.post("/api/auth/second-factor", {"password": PASSWORD}), 200)
    totp = pyotp.TOTP(begun["secret"])
    confirmed = await alice.post(
        "/api/auth/second-factor/confirm", {"code": totp.at(datetime.now(UTC), counter_offset=-1)}
    )
    return {"totp": totp, "codes": made(confirmed, 200)["recoveryCodes"], "uri": begun["uri"]}


async def log_in(guest: httpx2.AsyncClient, person: Person, **fields: str) -> httpx2.Response:
    return await guest.post("/api/auth/login", json={"email": person.email, "password": PASSWORD, **fields})


async def test_sign_in_requires_the_code(alice: Person, guest: httpx2.AsyncClient, protected: dict[str, Any]) -> None:
    assert protected["uri"].startswith("otpauth://totp/Study%20Teddy")
    asked = await log_in(guest, alice)
    assert (asked.status_code, asked.json()["code"]) == (401, "second_factor_required")
    assert (await log_in(guest, alice, code=protected["totp"].now())).status_code == 200


async def test_a_wrong_password_does_not_reveal_two_factor(
    alice: Person, guest: httpx2.AsyncClient, protected: dict[str, Any]
) -> None:
    answer = await guest.post(
        "/api/auth/login", json={"email": alice.email, "password": "wrong one", "code": protected["totp"].now()}
    )
    assert answer.json()["code"] == "bad_credentials"


async def test_a_code_is_valid_once_even_in_a_race(
    alice: Person, guest: httpx2.AsyncClient, protected: dict[str, Any]
) -> None:
    code = protected["totp"].now()
    answers = await asyncio.gather(*(log_in(guest, alice, code=code) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 5


async def test_a_small_clock_drift_is_accepted_and_a_larger_one_is_not(
    system: System, alice: Person, guest: httpx2.AsyncClient, protected: dict[str, Any]
) -> None:
    code = protected["totp"].at(datetime.now(UTC), counter_offset=4)
    assert (await log_in(guest, alice, code=code)).json()["code"] == "bad_code"
    system.clock.ahead = timedelta(seconds=90)
    try:
        assert (await log_in(guest, alice, code=code)).status_code == 200
    finally:
        system.clock.ahead = timedelta()


async def test_a_recovery_code_is_valid_once(
    alice: Person, guest: httpx2.AsyncClient, protected: dict[str, Any]
) -> None:
    code = protected["codes"][3]
    assert len(set(protected["codes"])) == 10
    assert (await log_in(guest, alice, code=code.upper())).status_code == 200
    assert (await log_in(guest, alice, code=code)).json()["code"] == "bad_code"
    assert (await alice.get("/api/auth/second-factor")).json() == {"enabled": True, "recoveryCodesLeft": 9}


async def test_turning_it_off_requires_the_password(
    system: System, alice: Person, guest: httpx2.AsyncClient, protected: dict[str, Any]
) -> None:
    wrong = await alice.post("/api/auth/second-factor/end", {"password": "not it at all"})
    assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong_password")
    await alice.post("/api/auth/second-factor/end", {"password": PASSWORD})
    assert (await log_in(guest, alice)).status_code == 200
    await system.work()
    titles = [note["title"] for note in (await alice.get("/api/notifications")).json()["items"]]
    assert [title for title in titles if "Two-factor" in title] == [
        "Two-factor authentication was turned off",
        "Two-factor authentication was turned on",
    ]


async def test_a_confirmed_secret_is_not_replaced(alice: Person, protected: dict[str, Any]) -> None:
    begun = made(await alice.post("/api/auth/second-factor", {"password": PASSWORD}), 200)
    answer = await alice.post("/api/auth/second-factor/confirm", {"code": pyotp.TOTP(begun["secret"]).now()})
    assert (answer.status_code, answer.json()["code"]) == (409, "no_factor_begun")


async def test_the_secret_is_encrypted_at_rest(system: System, alice: Person, protected: dict[str, Any]) -> None:
    admin = await system.admin()
    stored = await admin.fetchval("SELECT secret FROM second_factors WHERE user_id = $1", alice.user["id"])
    dump = await admin.fetchval("SELECT string_agg(r::text, '') FROM recovery_codes AS r")
    await admin.close()
    assert protected["totp"].secret.encode() not in stored
    assert all(code.replace("-", "") not in dump for code in protected["codes"])


async def test_a_wrong_code_with_the_right_password_is_in_the_audit_log(
    alice: Person, guest: httpx2.AsyncClient, protected: dict[str, Any]
) -> None:
    assert (await log_in(guest, alice, code="000000")).json()["code"] == "bad_code"
    items = (await alice.get("/api/users/audit")).json()["items"]
    assert (items[0]["action"], items[0]["address"]) == ("second_factor.refused", "127.0.0.1")


async def test_a_secret_that_cannot_be_decrypted_refuses_codes_but_not_recovery_codes(
    system: System, alice: Person, guest: httpx2.AsyncClient, protected: dict[str, Any]
) -> None:
    admin = await system.admin()
    change = "UPDATE second_factors SET secret = $2 WHERE user_id = $1"
    intact = await admin.fetchval("SELECT secret FROM second_factors WHERE user_id = $1", alice.user["id"])
    await admin.execute(change, alice.user["id"], b"\x01\x02k1rest")
    refused = await log_in(guest, alice, code=protected["totp"].now())
    assert (refused.status_code, refused.json()["code"]) == (503, "decryption_error")
    assert "key" not in refused.json()["detail"]
    assert (await log_in(guest, alice, code=protected["codes"][0])).status_code == 200
    await admin.execute(change, alice.user["id"], intact)  # other tests re-encrypt all secrets
    await admin.close()


async def test_a_factor_that_was_begun_but_not_confirmed_is_off(alice: Person, guest: httpx2.AsyncClient) -> None:
    off = {"enabled": False, "recoveryCodesLeft": 0}
    assert (await alice.get("/api/auth/second-factor")).json() == off
    made(await alice.post("/api/auth/second-factor", {"password": PASSWORD}), 200)
    assert (await alice.get("/api/auth/second-factor")).json() == off
    assert (await log_in(guest, alice)).status_code == 200


async def test_a_factor_that_ends_while_it_is_confirmed_stays_off(
    alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = made(await alice.post("/api/auth/second-factor", {"password": PASSWORD}), 200)["secret"]
    is_begun = two_factor_store.is_begun

    async def ended(tx: Tx, user_id: UUID) -> bool:
        found = await is_begun(tx, user_id)
        await two_factor_store.end(tx, user_id)
        return found

    monkeypatch.setattr(two_factor_store, "is_begun", ended)
    answer = await alice.post("/api/auth/second-factor/confirm", {"code": pyotp.TOTP(secret).now()})
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_code")
