"""What students are told about the security of their account, in the app and by mail, without flooding either."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pyotp
import pytest
from tests.cast import PASSWORD, Person, made
from tests.conftest import System

from studyteddy.features.auth.schemas.sessions import ClientInfo
from studyteddy.features.notifications.service import device_name
from studyteddy.platform.security.device_tokens import KnownDevice

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"
WRONG_CODE = "Someone tried to sign in to your account with a wrong code"
SIGNED_OUT = "A device was signed out for your security"
NEW_DEVICE = "A new device signed in to your account"


@pytest.fixture
async def verified(system: System, alice: Person) -> Person:
    """Alice, whose address is verified."""
    admin = await system.admin()
    await admin.execute("UPDATE users SET email_verified_at = now() WHERE id = $1", alice.user["id"])
    await admin.close()
    return alice


@pytest.fixture
async def later(system: System) -> AsyncIterator[System]:
    """The system, whose clock a test may move."""
    yield system
    system.clock.ahead = timedelta()


async def told(system: System, person: Person, title: str) -> tuple[list[str], list[str]]:
    """Run all jobs; return the bodies of the notifications with this title, and the mails that contain it."""
    await system.work()
    notifications = (await person.get("/api/notifications")).json()["items"]
    mails = [mail.text for mail in system.mails(person.email) if f"{title}." in mail.text]
    return [note["body"] for note in notifications if (note["type"], note["title"]) == ("security", title)], mails


async def log_in(guest: httpx2.AsyncClient, person: Person, **fields: Any) -> httpx2.Response:
    sent = {"email": person.email, "password": PASSWORD, **fields}
    return await guest.post("/api/auth/login", json=sent, headers={"user-agent": FIREFOX})


async def protect(person: Person) -> None:
    secret = made(await person.post("/api/auth/second-factor", {"password": PASSWORD}), 200)["secret"]
    made(await person.post("/api/auth/second-factor/confirm", {"code": pyotp.TOTP(secret).now()}), 200)


async def test_wrong_codes_are_told_once_an_hour_and_each_is_in_the_audit_log(
    later: System, verified: Person, guest: httpx2.AsyncClient
) -> None:
    await protect(verified)
    later.clock.ahead = timedelta(days=1)
    later.clock.ahead -= timedelta(minutes=later.clock().minute)  # the beginning of an hour
    for _ in range(4):
        assert (await log_in(guest, verified, code="000000")).json()["code"] == "bad_code"
        bodies, mails = await told(later, verified, WRONG_CODE)
        assert (len(bodies), len(mails)) == (1, 1)
    later.clock.ahead += timedelta(hours=1)
    await log_in(guest, verified, code="000000")
    bodies, mails = await told(later, verified, WRONG_CODE)
    assert (len(bodies), len(mails)) == (2, 2)
    assert "Device: Firefox on Windows. Address: 127.0.0.1." in bodies[0]
    assert "\nDevice: Firefox on Windows\n\nAddress: 127.0.0.1\n" in mails[0]
    actions = [entry["action"] for entry in (await verified.get("/api/users/audit")).json()["items"]]
    assert actions.count("second_factor.refused") == 5


async def test_a_reused_refresh_token_is_told(system: System, verified: Person, guest: httpx2.AsyncClient) -> None:
    for _ in range(2):
        session = made(await log_in(guest, verified), 200)
        for token in (session["refreshToken"],) * 2:
            second = await guest.post("/api/auth/refresh", json={"refreshToken": token})
        await guest.post("/api/auth/refresh", json={"refreshToken": second.json()["refreshToken"]})
        reused = await guest.post("/api/auth/refresh", json={"refreshToken": session["refreshToken"]})
        assert reused.json()["code"] == "session_ended"
    bodies, mails = await told(system, verified, SIGNED_OUT)
    assert 1 <= len(bodies) == len(mails) <= 2  # two if the hour has just changed
    actions = [entry["action"] for entry in (await verified.get("/api/users/audit")).json()["items"]]
    assert actions.count("session.reused") == 2


async def test_a_new_device_is_told_and_a_known_one_is_not(
    later: System, verified: Person, guest: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ClientInfo, "known_to", lambda *_: KnownDevice(uuid4(), uuid4(), b""))
    made(await log_in(guest, verified), 200)
    assert await told(later, verified, NEW_DEVICE) == ([], [])
    monkeypatch.setattr(ClientInfo, "known_to", lambda *_: None)
    later.clock.ahead = timedelta(minutes=60 - later.clock().minute)
    for _ in range(3):
        made(await log_in(guest, verified), 200)
    bodies, mails = await told(later, verified, NEW_DEVICE)
    assert (len(bodies), len(mails)) == (1, 1)
    assert "Device: Firefox on Windows. Address: 127.0.0.1." in bodies[0]
    made(await guest.post("/api/auth/login", json={"email": verified.email, "password": PASSWORD}), 200)
    assert len((await told(later, verified, NEW_DEVICE))[0]) == 2


async def test_the_second_factor_and_api_keys_are_told(system: System, verified: Person) -> None:
    await protect(verified)
    await verified.post("/api/auth/second-factor/end", {"password": PASSWORD})
    made(await verified.post("/api/auth/api-keys", {"name": "Script", "scopes": ["read"]}))
    for title in (
        "Two-factor authentication was turned on",
        "Two-factor authentication was turned off",
        "An API key was created",
    ):
        bodies, mails = await told(system, verified, title)
        assert (len(bodies), len(mails)) == (1, 1), title
        assert "Address: 127.0.0.1" in bodies[0]
        assert "Address: 127.0.0.1" in mails[0]


async def test_an_unverified_address_gets_no_mail(system: System, alice: Person) -> None:
    await protect(alice)
    bodies, mails = await told(system, alice, "Two-factor authentication was turned on")
    assert (len(bodies), len(mails)) == (1, 0)


@pytest.mark.parametrize(
    ("client", "name"),
    [
        (FIREFOX, "Firefox on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML) Chrome/128.0 Safari/537.36", "Chrome on Linux"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_6) AppleWebKit/605 Version/17.6 Safari/605", "Safari on macOS"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) Version/17 Mobile Safari/604", "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 Chrome/128 Safari/537 Edg/128.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537 Chrome/128 Mobile Safari/537", "Chrome on Android"),
        ("curl/8.9.1", "curl"),
        ("python-httpx/0.28.1", "python-httpx"),
        ("", "unknown"),
        ("Your account is locked. Go to https://evil.example", "unknown"),
        ("evil.example/1", "unknown"),
        ("<b>Chrome/1</b> at www.evil.example", "Chrome"),
        ("Bad\r\nBcc: x/1", "unknown"),
    ],
)
def test_a_device_is_named_without_what_its_user_agent_may_smuggle_in(client: str, name: str) -> None:
    assert device_name(client) == name
