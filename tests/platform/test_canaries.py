"""No secret is stored in plain text: not in any table, not in Redis, not in the logs."""

from __future__ import annotations

import io
import logging
import re
from base64 import b64encode
from collections.abc import Iterator

import pyotp
import pytest
import structlog
from redis.asyncio import Redis
from tests.cast import Person, join, made
from tests.conftest import System

from studyteddy.platform.telemetry import configure_logs

PASSWORD, RESET = "a canary sings at dawn 4711", "another canary sings at dusk 4712"
Canaries = dict[str, str]


@pytest.fixture
def logs() -> Iterator[io.StringIO]:
    """The log output at the lowest level."""
    before, out = structlog.get_config(), io.StringIO()
    configure_logs("debug", out)
    yield out
    structlog.configure(**before)


async def test_no_secret_is_stored_in_plain_text(
    system: System, logs: io.StringIO, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    person = await join(system.url, "Canary")
    canaries = await _use_secrets(system, person)
    assert len(canaries) >= 13
    structlog.get_logger("tests").info("canaries.used", email=person.email)
    places = {"the database": await _tables(system), "the logs": logs.getvalue() + caplog.text}
    assert {place for place, text in places.items() if person.email not in text} == set()  # the search works
    places["Redis"] = await _redis(system)
    found = [(name, place) for name, secret in canaries.items() for place, text in places.items() if _in(secret, text)]
    assert found == []
    await person.http.aclose()


async def _use_secrets(system: System, person: Person) -> Canaries:
    """Use every kind of secret that an account can have."""
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
    found["own AI key"] = "sk-the-canary-that-pays-itself-4713"
    made(await person.put("/api/ai/key", {"key": found["own AI key"], "password": PASSWORD}), 200)
    made(await person.post("/api/ai/taskify", {"brief": "Read chapter 5."}), 200)
    await person.post("/api/auth/refresh", {"refreshToken": refresh})
    await person.post("/api/auth/login", credentials | {"password": RESET})
    await system.work()
    return found | {"wrong password": RESET}


async def _change_password(person: Person) -> str:
    change = {"currentPassword": "correct horse battery staple", "newPassword": PASSWORD}
    assert (await person.post("/api/auth/change-password", change)).status_code == 200
    return PASSWORD


def _token(system: System, person: Person) -> str:
    """Return the token in the last mail with one."""
    found = [
        match[1] for mail in system.mails(person.email) if (match := re.search(r"[#?]token=([\w.~-]+)", str(mail)))
    ]
    return found[-1]


def _in(secret: str, text: str) -> bool:
    return any(form in text for form in _forms(secret))


def test_a_canary_is_found_in_every_encoding() -> None:
    assert all(_in("secret", f"a {form} b") for form in ("secret", b"secret".hex(), "c2VjcmV0"))
    assert not _in("secret", "nothing")


def _forms(secret: str) -> set[str]:
    """Return a secret as text, as `bytea` text, and in base64."""
    raw = secret.encode()
    return {secret, raw.hex(), b64encode(raw).decode().rstrip("=")}


async def _tables(system: System) -> str:
    """Return every row of every table as text."""
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
    """Return every key and serialized value of Redis."""
    redis = Redis.from_url(system.engines.redis_url)
    found = b"".join([key + (await redis.dump(key) or b"") async for key in redis.scan_iter()])
    await redis.aclose()
    return found.decode("latin-1")


def _bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}
