"""The keys that encrypt secrets: wrong keys prevent a start, and new keys can be rotated in while running."""

from __future__ import annotations

import asyncio

import pyotp
import pytest
from tests.cast import PASSWORD, join, made
from tests.conftest import System, key, settings_for

from studyteddy.bootstrap import operations, runtime
from studyteddy.platform.security.encryption import check_ring
from studyteddy.platform.settings import BadSettings

OLD, NEW, WRONG = f"k1:{key('sealing')}", f"k2:{key('the next one')}", f"k1:{key('another one')}"


async def test_the_program_does_not_start_with_wrong_keys(system: System) -> None:
    await check_ring(system.running.db, system.running.field_encryption)
    for ring in (WRONG, NEW):
        async with runtime.runtime(settings_for(system.engines, sealing_keys=ring)) as running:
            with pytest.raises(BadSettings):
                await check_ring(running.db, running.field_encryption)


async def test_keys_can_be_rotated_while_users_sign_in(system: System) -> None:
    users = [await join(system.url, f"Sealed{n}") for n in range(3)]
    secrets = {}
    for user in users:
        begun = made(await user.post("/api/auth/second-factor", {"password": PASSWORD}), 200)
        await user.post("/api/auth/second-factor/confirm", {"code": pyotp.TOTP(begun["secret"]).now()})
        secrets[user.email] = begun["secret"]
        made(await user.put("/api/ai/key", {"key": "sk-0123456789abcdef", "password": PASSWORD}), 200)
    settings = settings_for(system.engines, sealing_keys=f"{NEW},{OLD}")
    rotated = await asyncio.to_thread(operations.rotate_keys, settings)
    assert rotated >= 6
    assert await asyncio.to_thread(operations.rotate_keys, settings) == 0
    admin = await system.admin()
    stored = [
        row["secret"]
        for row in await admin.fetch("SELECT secret FROM second_factors UNION ALL SELECT secret FROM ai_keys")
    ]
    assert all(value[:4] == b"\x01\x02k2" for value in stored)
    # Rotate back for the following tests in this database.
    back = settings_for(system.engines, sealing_keys=f"{OLD},{NEW}")
    assert await asyncio.to_thread(operations.rotate_keys, back) == len(stored)
    await admin.close()
    for user in users:
        await user.http.aclose()
