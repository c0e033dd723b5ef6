"""No secret is kept as it is: not in a row of any table, not in Redis, not in a log line."""

from __future__ import annotations

import logging
import re
from base64 import b64encode
from collections.abc import Iterator

import pyotp
import pytest
from redis.asyncio import Redis
from tests.cast import Person, join, made
from tests.conftest import System

from studyteddy.platform.telemetry import configure_logs

PASSWORD, RESET = "a canary sings at dawn 4711", "another canary sings at dusk 4712"
Canaries = dict[str, str]


@pytest.fixture
def told(capfd: pytest.CaptureFixture[str]) -> Iterator[list[str]]:
    """What the program logs, down to the least level."""
    configure_logs("debug")
    yield []
    configure_logs("error")


async def test_no_secret_is_kept_as_it_is(
    system: System, told: list[str], capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    person = await join(system.url, "Canary")
    canaries = await _sing(system, person)
    assert len(canaries) >= 9
    logged = "".join(capfd.readouterr()) + caplog.text
    kept = await _tables(system)
    cached = await _redis(system)
    assert person.email in kept  # the dump shows what is there
    for name, secret in canaries.items():
        for place, text in {"the database": kept, "Redis": cached, "the logs": logged}.items():
            assert not [form for form in _forms(secret) if form in text], f"{name} is in {place}"
    await person.http.aclose()


async def _sing(system: System, person: Person) -> Canaries:
    """Uses every secret that an account can have."""
    found: Canaries = {"access token": person.access_token, "refresh token": person.refresh_token}
    found["password"] = await _change_password(person)
    found["API key"] = made(await person.post("/api/auth/api-keys", {"name": "Bird", "scopes": ["read"]}))["key"]
    assert (await person.get("/api/auth/me", headers=_bearer(found["API key"]))).status_code == 200
    await system.work()
    found["verification token"] = _token(system, person)
    ticket = made(await person.post("/api/realtime/ticket"), 200)["ticket"]
    await person.post("/api/auth/verify-email", {"token": found["verification token"]})
    await person.post("/api/auth/forgot-password", {"email": person.email})
    await system.work()
    found["reset token"] = _token(system, person)
    secret = made(await person.post("/api/auth/second-factor", {"password": PASSWORD}), 200)["secret"]
    codes = made(await person.post("/api/auth/second-factor/confirm", {"code": pyotp.TOTP(secret).now()}), 200)
    found |= {"TOTP secret": secret, "recovery code": codes["recoveryCodes"][0], "ticket": ticket}
    credentials = {"email": person.email, "password": PASSWORD, "code": codes["recoveryCodes"][1]}
    refresh = made(await person.post("/api/auth/login", credentials), 200)["refreshToken"]
    found |= {"used recovery code": codes["recoveryCodes"][1], "second refresh token": refresh}
    await person.post("/api/auth/refresh", {"refreshToken": refresh})
    await person.post("/api/auth/login", credentials | {"password": RESET})
    await system.work()
    return found | {"wrong password": RESET}


async def _change_password(person: Person) -> str:
    change = {"currentPassword": "correct horse battery staple", "newPassword": PASSWORD}
    assert (await person.post("/api/auth/change-password", change)).status_code == 200
    return PASSWORD


def _token(system: System, person: Person) -> str:
    """The token in the last mail that has one."""
    found = [
        match[1] for mail in system.mails(person.email) if (match := re.search(r"[#?]token=([\w.~-]+)", str(mail)))
    ]
    return found[-1]


def _forms(secret: str) -> set[str]:
    """A secret as text, and as what `bytea` and base64 make of it."""
    raw = secret.encode()
    return {secret, raw.hex(), b64encode(raw).decode().rstrip("=")}


async def _tables(system: System) -> str:
    """Every row of every table as text."""
    admin = await system.admin()
    names = await admin.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    texts = [
        row["text"]
        for name in names
        for row in await admin.fetch(f"SELECT row_to_json(t)::text AS text FROM {name['tablename']} AS t")
    ]
    await admin.close()
    return "\n".join(texts)


async def _redis(system: System) -> str:
    """Every key and value of Redis, as Redis would write it down."""
    redis = Redis.from_url(system.engines.redis_url)
    found = b"".join([key + (await redis.dump(key) or b"") async for key in redis.scan_iter()])
    await redis.aclose()
    return found.decode("latin-1")


def _bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}
