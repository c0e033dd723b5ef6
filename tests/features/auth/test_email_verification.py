"""E-mail verification and password reset."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from uuid import UUID

import httpx2
import pytest
from tests.cast import PASSWORD, Person, made
from tests.conftest import System

from studyteddy.features.auth.service import password_reset
from studyteddy.platform.mail import MailLater, Outbox

NEW = "quite another sentence"


def mailed(system: System, person: Person, words: str) -> str:
    """Return the latest mail to the person that contains these words, or an empty text."""
    return next((mail.text for mail in reversed(system.mails(person.email)) if words in mail.text), "")


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
    return token_in(mailed(system, person, "#/reset-password"))


async def test_a_new_address_is_verified(system: System, alice: Person, guest: httpx2.AsyncClient) -> None:
    await system.work()
    (mail,) = system.mails(alice.email)
    token = token_in(mail.text)
    assert token in mail.html
    answer = await guest.post("/api/auth/verify-email", json={"token": token})
    assert (answer.status_code, answer.json()["emailVerified"]) == (200, True)
    again = await guest.post("/api/auth/verify-email", json={"token": token})
    assert (again.status_code, again.json()["code"]) == (422, "bad_mail_token")


async def test_a_verified_address_gets_no_second_mail(system: System, alice: Person, guest: httpx2.AsyncClient) -> None:
    await verify(system, alice, guest)
    assert (await alice.post("/api/auth/verify-email/resend")).status_code == 202
    await system.work()
    assert len(system.mails(alice.email)) == 1


async def test_a_forgotten_password_is_reset(system: System, alice: Person, guest: httpx2.AsyncClient) -> None:
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
    assert mailed(system, alice, "Your password was changed. All devices were signed out.")


@pytest.mark.parametrize("names", ["a", "ab"])
async def test_a_reset_revokes_all_api_keys_and_reports_it(
    system: System, alice: Person, guest: httpx2.AsyncClient, names: str
) -> None:
    """Someone who knew the old password may have created one."""
    await verify(system, alice, guest)
    made_keys = [
        made(await alice.post("/api/auth/api-keys", {"name": name, "scopes": ["read"]}))["key"] for name in names
    ]
    token = await reset_token(system, alice, guest)
    await guest.post("/api/auth/reset-password", json={"token": token, "newPassword": NEW})
    for key in made_keys:
        answer = await guest.get("/api/tasks", headers={"authorization": f"Bearer {key}"})
        assert answer.status_code == 401
    await system.work()
    assert mailed(system, alice, "All devices were signed out, and all API keys were revoked.")
    signed_in = made(await guest.post("/api/auth/login", json={"email": alice.email, "password": NEW}), 200)
    again = {"authorization": f"Bearer {signed_in['accessToken']}"}
    notifications = (await guest.get("/api/notifications", headers=again)).json()["items"]
    (told,) = [note["body"] for note in notifications if note["title"] == "Your password was changed"]
    assert told.startswith("All devices were signed out, and all API keys were revoked. ")
    assert told.endswith("If this wasn't you, reset your password now.")
    assert (await guest.get("/api/auth/api-keys", headers=again)).json()["items"] == []


@pytest.mark.parametrize(
    ("keep", "status"), [({}, 401), ({"revokeApiKeys": True}, 401), ({"revokeApiKeys": False}, 200)]
)
async def test_a_password_change_revokes_the_api_keys_unless_they_are_kept(
    system: System, alice: Person, guest: httpx2.AsyncClient, keep: dict[str, bool], status: int
) -> None:
    await verify(system, alice, guest)
    key = made(await alice.post("/api/auth/api-keys", {"name": "Script", "scopes": ["read"]}))["key"]
    wanted = {"currentPassword": PASSWORD, "newPassword": NEW, **keep}
    assert (await alice.post("/api/auth/change-password", wanted)).status_code == 200
    assert (await guest.get("/api/tasks", headers={"authorization": f"Bearer {key}"})).status_code == status
    await system.work()
    assert ("API keys" in mailed(system, alice, "Your password was changed")) is (status == 401)
    notes = (await alice.get("/api/notifications")).json()["items"]
    (told,) = [note["body"] for note in notes if note["title"] == "Your password was changed"]
    assert ("API keys" in told) is (status == 401)


async def test_a_changed_password_invalidates_reset_links(
    system: System, alice: Person, guest: httpx2.AsyncClient
) -> None:
    await verify(system, alice, guest)
    token = await reset_token(system, alice, guest)
    change = {"currentPassword": PASSWORD, "newPassword": NEW}
    assert (await alice.post("/api/auth/change-password", change)).status_code == 200
    late = await guest.post("/api/auth/reset-password", json={"token": token, "newPassword": "a third sentence"})
    assert (late.status_code, late.json()["code"]) == (422, "bad_mail_token")


async def test_a_new_password_is_not_the_address(system: System, alice: Person, guest: httpx2.AsyncClient) -> None:
    await verify(system, alice, guest)
    change = {"currentPassword": PASSWORD, "newPassword": alice.email}
    changed = await alice.post("/api/auth/change-password", change)
    reset = {"token": await reset_token(system, alice, guest), "newPassword": alice.email}
    for answer in (changed, await guest.post("/api/auth/reset-password", json=reset)):
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "common_password")


async def test_a_reset_makes_the_browser_a_known_device(
    system: System, alice: Person, guest: httpx2.AsyncClient
) -> None:
    """So that its owner isn't kept out by the guesses of strangers."""
    await verify(system, alice, guest)
    wrong = {"email": alice.email, "password": "not the password"}
    assert [(await guest.post("/api/auth/login", json=wrong)).status_code for _ in range(11)][-1] == 429
    reset = {"token": await reset_token(system, alice, guest), "newPassword": NEW}
    done = await guest.post("/api/auth/reset-password", json=reset)
    cookie = done.headers["set-cookie"].partition(";")[0]
    assert cookie.startswith("device=")
    guest.cookies.clear()
    right = {"email": alice.email, "password": NEW}
    assert (await guest.post("/api/auth/login", json=right)).status_code == 429
    assert (await guest.post("/api/auth/login", json=right, headers={"cookie": cookie})).status_code == 200


async def test_a_reset_token_is_valid_once_even_in_a_race(
    system: System, alice: Person, guest: httpx2.AsyncClient
) -> None:
    await verify(system, alice, guest)
    token = await reset_token(system, alice, guest)
    wanted = {"token": token, "newPassword": NEW}
    answers = await asyncio.gather(*(guest.post("/api/auth/reset-password", json=wanted) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [422] * 7


async def test_a_reset_invalidates_all_other_links(system: System, alice: Person, guest: httpx2.AsyncClient) -> None:
    await verify(system, alice, guest)
    first = await reset_token(system, alice, guest)
    second = await reset_token(system, alice, guest)
    assert first != second
    await guest.post("/api/auth/reset-password", json={"token": second, "newPassword": NEW})
    late = await guest.post("/api/auth/reset-password", json={"token": first, "newPassword": NEW})
    assert late.status_code == 422


async def test_a_link_expires(system: System, alice: Person, guest: httpx2.AsyncClient) -> None:
    await verify(system, alice, guest)
    token = await reset_token(system, alice, guest)
    admin = await system.admin()
    await admin.execute("UPDATE mail_tokens SET expires_at = now() WHERE user_id = $1", alice.user["id"])
    await admin.close()
    answer = await guest.post("/api/auth/reset-password", json={"token": token, "newPassword": NEW})
    assert answer.status_code == 422


async def test_a_link_is_valid_only_for_its_purpose(system: System, alice: Person, guest: httpx2.AsyncClient) -> None:
    await system.work()
    token = token_in(system.mails(alice.email)[-1].text)
    answer = await guest.post("/api/auth/reset-password", json={"token": token, "newPassword": NEW})
    assert answer.status_code == 422


@pytest.mark.parametrize("kind", ["unknown", "unverified"])
async def test_no_reset_mail_is_sent_to_an_unverified_address(
    system: System, alice: Person, guest: httpx2.AsyncClient, kind: str
) -> None:
    await system.work()
    email = {"unknown": "nobody-at-all@example.org", "unverified": alice.email}[kind]
    before = len(system.mails(email))
    answer = await guest.post("/api/auth/forgot-password", json={"email": email})
    assert (answer.status_code, answer.content) == (202, b"")
    await system.work()
    assert len(system.mails(email)) == before


async def test_no_reset_token_is_created_for_a_disabled_or_unknown_account(
    system: System, alice: Person, guest: httpx2.AsyncClient
) -> None:
    await verify(system, alice, guest)
    assert await password_reset.mint(system.running.db, alice.email) is not None
    admin = await system.admin()
    await admin.execute("UPDATE users SET disabled_at = now() WHERE id = $1", UUID(alice.user["id"]))
    await admin.close()
    assert await password_reset.mint(system.running.db, alice.email) is None
    assert await password_reset.mint(system.running.db, "nobody-at-all@example.org") is None


async def test_reset_requests_are_rate_limited(guest: httpx2.AsyncClient) -> None:
    wanted = {"email": "flooded@example.org"}
    statuses = [(await guest.post("/api/auth/forgot-password", json=wanted)).status_code for _ in range(7)]
    assert statuses == [202] * 5 + [429] * 2


async def test_a_failed_mail_is_retried_and_sent_once(system: System, alice: Person) -> None:
    outbox = system.running.mailer
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


async def test_mail_tokens_are_not_stored(system: System, alice: Person, guest: httpx2.AsyncClient) -> None:
    await verify(system, alice, guest)
    token = await reset_token(system, alice, guest)
    admin = await system.admin()
    for table in ("jobs", "jobs_dead", "events", "mail_tokens", "notifications"):
        assert (
            await admin.fetchval(f"SELECT count(*) FROM {table} AS t WHERE t::text LIKE '%' || $1 || '%'", token) == 0
        )
    await admin.close()


async def test_a_link_to_verify_is_valid_for_a_day_and_one_to_reset_for_an_hour(
    system: System, alice: Person, guest: httpx2.AsyncClient
) -> None:
    await system.work()
    admin = await system.admin()
    sql = "SELECT (extract(epoch FROM expires_at - now()) / 60)::int FROM mail_tokens WHERE user_id = $1"
    assert await admin.fetchval(sql, UUID(alice.user["id"])) == pytest.approx(24 * 60, abs=5)
    await verify(system, alice, guest)
    await reset_token(system, alice, guest)
    assert await admin.fetchval(sql, UUID(alice.user["id"])) == pytest.approx(60, abs=5)
    await admin.close()


async def test_a_link_verifies_only_the_address_it_was_sent_to(
    system: System, alice: Person, guest: httpx2.AsyncClient
) -> None:
    await system.work()
    token = token_in(system.mails(alice.email)[-1].text)
    admin = await system.admin()
    await admin.execute("UPDATE users SET email = 'new-' || email WHERE id = $1", UUID(alice.user["id"]))
    await admin.close()
    answer = await guest.post("/api/auth/verify-email", json={"token": token})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_mail_token")
    assert (await alice.get("/api/users/me")).json()["emailVerified"] is False
