"""`teddy audit verify` says whether the audit log is as it was written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.cast import Person
from tests.conftest import System
from typer.testing import CliRunner, Result

from studyteddy import cli


async def verify(system: System) -> Result:
    """The command beside the running program."""
    settings = system.running.settings
    environ = {name.upper(): str(getattr(settings, name)) for name in settings.__struct_fields__}
    return await asyncio.to_thread(CliRunner().invoke, cli.app, ["audit", "verify"], env=environ)


@asynccontextmanager
async def tampered(system: System, person: Person) -> AsyncIterator[None]:
    """The first entry of this person's log has another address, written by somebody whom no trigger stops."""
    intruder = await system.admin()
    change = "UPDATE audit_log SET address = $2 WHERE user_id = $1 AND seq = 1"
    before = await intruder.fetchval("SELECT address FROM audit_log WHERE user_id = $1 AND seq = 1", person.user["id"])
    await intruder.execute("ALTER TABLE audit_log DISABLE TRIGGER USER")
    try:
        await intruder.execute(change, person.user["id"], "203.0.113.9")
        yield
    finally:
        await intruder.execute(change, person.user["id"], before)
        await intruder.execute("ALTER TABLE audit_log ENABLE TRIGGER USER")
        await intruder.close()


async def test_an_intact_log_is_told_from_a_changed_one(system: System, alice: Person, bob: Person) -> None:
    intact = await verify(system)
    assert (intact.exit_code, "The audit log is intact." in intact.output) == (0, True), intact.output
    async with tampered(system, bob):
        broken = await verify(system)
    assert broken.exit_code == 1
    assert f"account {bob.user['id']}: entry 1 doesn't match the chain" in broken.output
    assert alice.user["id"] not in broken.output
    assert (await verify(system)).exit_code == 0
