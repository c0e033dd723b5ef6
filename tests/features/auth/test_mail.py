"""Proving an address by mail, and the way back in."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

import httpx2
import pytest
from tests.cast import PASSWORD, Person, made
from tests.conftest import System

from studyteddy.platform.mail import MailLater, Outbox

NEW = "quite another sentence"


def token_in(text: str) -> str:
    found = re.search(r"token=([A-Za-z0-9_-]+)", text)
    assert found, text
    return found[1]


async def verify(system: System, person: Person, guest: httpx2.AsyncClient) -> None:
    await system.work()
    token = token_in(system.mails(person.email)[-1].text)
    made(await guest.post("/api/auth/verify-email", json={"token": token}), 200)


async def reset_token(system: System, person: Person, guest: httpx2.AsyncClient) -> str:
    await guest.post("/api/auth/forgot-password", json={"email": person.email})
    await system.work()
    return token_in(system.mails(person.email)[-1].text)


async def test_a_new_address_is_asked_and_proved(system: System, alice: Person, guest: httpx2.AsyncClient) -> None:
    await system.work()
    (mail,) = system.mails(alice.email)
    token = token_in(mail.text)
    assert token in mail.html
    answer = await guest.post("/api/auth/verify-email", json={"token": token})
    assert (answer.status_code, answer.json()["emailVerified"]) == (200, True)
    again = await guest.post("/api/auth/verify-email", json={"token": token})
    assert (again.status_code, again.json()["code"]) == (422, "bad_mail_token")


async def test_a_proved_address_is_not_asked_again(system: System, alice: Person, guest: httpx2.AsyncClient) -> None:
    await verify(system, alice, guest)
    assert (await alice.post("/api/auth/verify-email/resend")).status_code == 202
    await system.work()
    assert len(system.mails(alice.email)) == 1


async def test_a_forgotten_password_is_set_anew(system: System, alice: Person, guest: httpx2.AsyncClient) -> None:
    await verify(system, alice, guest)
    token = await reset_token(system, alice, guest)
    answer = await guest.post("/api/auth/reset-password", json={"token": token, "newPassword": NEW})
    assert answer.status_code == 200
    assert (await alice.get("/api/auth/me")).status_code == 401
    assert (await guest.post("/api/auth/refresh", json={"refreshToken": alice.refresh_token})).status_code == 401
    old = await guest.post("/api/auth/login", json={"email": alice.email, "password": PASSWORD})
    new = await guest.post("/api/auth/login", json={"email": alice.email, "password": NEW})
    assert (old.status_code, new.status_code) == (401, 200)
    await system.work()
    assert "password was changed" in system.mails(alice.email)[-1].text


async def test_a_reset_ends_every_api_key_and_says_so(system: System, alice: Person, guest: httpx2.AsyncClient) -> None:
    """Whoever knew the old password may have made one."""
    await verify(system, alice, guest)
    made_keys = [
        made(await alice.post("/api/auth/api-keys", {"name": name, "scopes": ["read"]}))["key"] for name in "ab"
    ]
    token = await reset_token(system, alice, guest)
    await guest.post("/api/auth/reset-password", json={"token": token, "newPassword": NEW})
    for key in made_keys:
        answer = await guest.get("/api/tasks", headers={"authorization": f"Bearer {key}"})
        assert answer.status_code == 401
    await system.work()
    assert "API keys were revoked" in system.mails(alice.email)[-1].text
    signed_in = made(await guest.post("/api/auth/login", json={"email": alice.email, "password": NEW}), 200)
    again = {"authorization": f"Bearer {signed_in['accessToken']}"}
    told = (await guest.get("/api/notifications", headers=again)).json()["items"]
    assert [note["body"] for note in told if note["type"] == "security"] == [
        "Every device was signed out, and every API key revoked. If this was not you, reset your password now."
    ]
    assert (await guest.get("/api/auth/api-keys", headers=again)).json()["items"] == []


async def test_a_change_by_who_knows_the_password_keeps_the_keys(
    system: System, alice: Person, guest: httpx2.AsyncClient
) -> None:
    await verify(system, alice, guest)
    key = made(await alice.post("/api/auth/api-keys", {"name": "Script", "scopes": ["read"]}))["key"]
    wanted = {"currentPassword": PASSWORD, "newPassword": NEW}
    assert (await alice.post("/api/auth/change-password", wanted)).status_code == 200
    await alice.post("/api/auth/logout-all")
    assert (await guest.get("/api/tasks", headers={"authorization": f"Bearer {key}"})).status_code == 200
    await system.work()
    assert "API keys" not in system.mails(alice.email)[-1].text


async def test_a_reset_token_is_good_once_even_in_a_race(
    system: System, alice: Person, guest: httpx2.AsyncClient
) -> None:
    await verify(system, alice, guest)
    token = await reset_token(system, alice, guest)
    wanted = {"token": token, "newPassword": NEW}
    answers = await asyncio.gather(*(guest.post("/api/auth/reset-password", json=wanted) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [422] * 7


async def test_a_reset_makes_every_other_link_worthless(
    system: System, alice: Person, guest: httpx2.AsyncClient
) -> None:
    await verify(system, alice, guest)
    first = await reset_token(system, alice, guest)
    second = await reset_token(system, alice, guest)
    assert first != second
    await guest.post("/api/auth/reset-password", json={"token": second, "newPassword": NEW})
    late = await guest.post("/api/auth/reset-password", json={"token": first, "newPassword": NEW})
    assert late.status_code == 422


async def test_a_link_ends(system: System, alice: Person, guest: httpx2.AsyncClient) -> None:
    await verify(system, alice, guest)
    token = await reset_token(system, alice, guest)
    admin = await system.admin()
    await admin.execute("UPDATE mail_tokens SET expires_at = now() WHERE user_id = $1", alice.user["id"])
    await admin.close()
    answer = await guest.post("/api/auth/reset-password", json={"token": token, "newPassword": NEW})
    assert answer.status_code == 422


async def test_a_link_is_good_for_its_own_purpose_only(
    system: System, alice: Person, guest: httpx2.AsyncClient
) -> None:
    await system.work()
    token = token_in(system.mails(alice.email)[-1].text)
    answer = await guest.post("/api/auth/reset-password", json={"token": token, "newPassword": NEW})
    assert answer.status_code == 422


@pytest.mark.parametrize("kind", ["unknown", "unverified"])
async def test_no_mail_goes_where_nobody_proved_to_be(
    system: System, alice: Person, guest: httpx2.AsyncClient, kind: str
) -> None:
    await system.work()
    email = {"unknown": "nobody-at-all@example.org", "unverified": alice.email}[kind]
    before = len(system.mails(email))
    answer = await guest.post("/api/auth/forgot-password", json={"email": email})
    assert (answer.status_code, answer.content) == (202, b"")
    await system.work()
    assert len(system.mails(email)) == before


async def test_asking_for_mail_is_slowed(guest: httpx2.AsyncClient) -> None:
    wanted = {"email": "flooded@example.org"}
    statuses = [(await guest.post("/api/auth/forgot-password", json=wanted)).status_code for _ in range(7)]
    assert statuses == [202] * 5 + [429] * 2


async def test_a_mail_that_cannot_go_now_goes_later_and_once(system: System, alice: Person) -> None:
    outbox = system.running.resources["mailer"]
    assert isinstance(outbox, Outbox)
    outbox.fails = MailLater("away")
    try:
        await system.work()
        assert system.mails(alice.email) == []
    finally:
        outbox.fails = None
    for _ in range(50):
        await system.work()
        if system.mails(alice.email):
            break
        await asyncio.sleep(timedelta(milliseconds=50).total_seconds())
    assert len(system.mails(alice.email)) == 1


async def test_no_secret_of_a_mail_lies_in_the_database(
    system: System, alice: Person, guest: httpx2.AsyncClient
) -> None:
    await verify(system, alice, guest)
    token = await reset_token(system, alice, guest)
    admin = await system.admin()
    for table in ("jobs", "jobs_dead", "events", "mail_tokens", "notifications"):
        assert (
            await admin.fetchval(f"SELECT count(*) FROM {table} AS t WHERE t::text LIKE '%' || $1 || '%'", token) == 0
        )
    await admin.close()
