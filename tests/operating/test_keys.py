"""The keys that seal secrets: wrong ones do not start, and new ones take over while the program runs."""

from __future__ import annotations

import asyncio

import pyotp
import pytest
from tests.cast import PASSWORD, join, made
from tests.conftest import System, key, settings_for

from studyteddy import bootstrap
from studyteddy.platform.sealing import check_ring
from studyteddy.platform.settings import BadSettings

OLD, NEW, WRONG = f"k1:{key('sealing')}", f"k2:{key('the next one')}", f"k1:{key('another one')}"


async def test_the_program_does_not_start_with_wrong_keys(system: System) -> None:
    await check_ring(system.running.db, system.running.resources["sealer"])
    for ring in (WRONG, NEW):
        async with bootstrap.runtime(settings_for(system.engines, sealing_keys=ring)) as running:
            with pytest.raises(BadSettings):
                await check_ring(running.db, running.resources["sealer"])


async def test_keys_are_changed_while_people_sign_in(system: System) -> None:
    people = [await join(system.url, f"Sealed{n}") for n in range(3)]
    secrets = {}
    for person in people:
        begun = made(await person.post("/api/auth/second-factor", {"password": PASSWORD}), 200)
        await person.post("/api/auth/second-factor/confirm", {"code": pyotp.TOTP(begun["secret"]).now()})
        secrets[person.email] = begun["secret"]
    settings = settings_for(system.engines, sealing_keys=f"{NEW},{OLD}")
    rotated = await asyncio.to_thread(bootstrap.rotate_keys, settings)
    assert rotated >= 3
    assert await asyncio.to_thread(bootstrap.rotate_keys, settings) == 0
    admin = await system.admin()
    kept = [row["secret"] for row in await admin.fetch("SELECT secret FROM second_factors")]
    assert all(value[:4] == b"\x01\x02k2" for value in kept)
    # Back again, for the tests that follow in this database.
    back = settings_for(system.engines, sealing_keys=f"{OLD},{NEW}")
    assert await asyncio.to_thread(bootstrap.rotate_keys, back) == len(kept)
    await admin.close()
    for person in people:
        await person.http.aclose()
