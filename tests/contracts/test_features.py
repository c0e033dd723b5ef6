"""A feature is a value: the program runs without it, and every handler gets the resources that it names."""

from __future__ import annotations

import inspect
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from msgspec import inspect as inspection
from tests.conftest import System, key
from tests.contracts import catalogue as sources
from tests.contracts import sql

from studyteddy.bootstrap import catalogue
from studyteddy.bootstrap.runtime import Runtime
from studyteddy.platform.jobs.registry import Registry

ROOT = Path(__file__).parents[2]
REMOVED = "gamification"

WITHOUT = """
import asyncio, os
import httpx2
from studyteddy.bootstrap import catalogue, runtime
from studyteddy.platform.settings import load

async def main():
    async with runtime.runtime(load(os.environ)) as running:
        transport = httpx2.ASGITransport(runtime.application(running, watching=False))
        async with httpx2.AsyncClient(transport=transport, base_url="http://teddy") as client:
            account = {"email": "without@example.org", "password": "correct horse battery", "name": "Without"}
            registered = await client.post("/api/auth/register", json=account)
            client.headers["authorization"] = "Bearer " + registered.json()["accessToken"]
            task = (await client.post("/api/tasks", json={"title": "Read"})).json()
            completed = await client.post(f"/api/tasks/{task['id']}/complete")
            await runtime.worker(running).run_due()
            notifications = (await client.get("/api/notifications")).json()["items"]
            points = await client.get("/api/gamification/points")
    print(completed.json()["status"], len(notifications), points.status_code)

asyncio.run(main())
"""


def test_a_feature_is_removed_with_its_folder_and_one_line(system: System, tmp_path: Path) -> None:
    """Its migration would drop its table, which the rest of the program doesn't need to be gone."""
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "migrations").symlink_to(ROOT / "migrations")
    package = tmp_path / "src/studyteddy"
    shutil.rmtree(package / "features" / REMOVED)
    names = package / "bootstrap/catalogue.py"
    text, lines = re.subn(rf'^ +"{REMOVED}",\n|"{REMOVED}", |, "{REMOVED}"', "", names.read_text(), flags=re.MULTILINE)
    assert lines == 1
    names.write_text(text)
    secrets = {name: key(name) for name in ("SIGNING_KEY", "REFRESH_KEY", "CURSOR_KEY", "PASSWORD_PEPPER")}
    environment = {
        "PYTHONPATH": str(tmp_path / "src"),
        "DATABASE_URL": system.engines.database_url,
        "REDIS_URL": system.engines.redis_url,
        "SEALING_KEYS": f"k1:{key('sealing')}",
        "MAIL_URL": "outbox:",
        "BCRYPT_COST": "4",
        # Other tests register from this address too.
        "LIMIT_REGISTER": "100000/60:100000",
        **secrets,
    }
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT], env={**os.environ, **environment}, cwd=tmp_path, capture_output=True, text=True
    )
    # Other tests' jobs may be due too, and what the worker logs about them precedes the result.
    assert (done.stdout.splitlines()[-1:], done.stderr) == (["completed 2 404"], ""), done.stdout + done.stderr


def test_no_statement_of_the_platform_names_a_table_of_a_feature() -> None:
    """Retention, exports and key rotation are excluded by their place: stores declare them for their own tables."""
    owned = {table.table for feature in catalogue.FEATURES[1:] for table in feature.data_exports} | {"sign_in_flows"}
    assert {"users", "sessions", "tasks", "points_ledger"} <= owned
    texts = {
        one.place: one.statement.sql
        for one in sources.statements()
        if one.place.startswith("platform.") and ".pages[" not in one.place
    }
    assert len(texts) > 30
    named = {
        place: {table.name for table in sql.tables(text)} & owned for place, text in (texts | sources.raw()).items()
    }
    assert {place: tables for place, tables in named.items() if tables} == {}


def _handlers() -> Iterator[Callable[..., Any]]:
    yield from (route.handler for route in catalogue.routes())
    yield from (job.handler for job in Registry(catalogue.JOBS).jobs.values())


@pytest.mark.parametrize("handler", list(_handlers()), ids=lambda handler: f"{handler.__module__}.{handler.__name__}")
def test_a_handler_names_resources_by_the_type_that_they_have(handler: Callable[..., Any]) -> None:
    provided = get_type_hints(Runtime)
    asked = get_type_hints(handler)
    names = [name for name in inspect.signature(handler).parameters if name in provided]
    assert {name: asked[name] for name in names} == {name: provided[name] for name in names}


def test_a_route_that_runs_several_commands_has_their_cost() -> None:
    """Otherwise one request could do the work of many, past the rate limit."""
    found = {route.name for route in catalogue.routes() if _runs_commands(get_type_hints(route.handler).get("body"))}
    assert found | {"read_together"} == {route.name for route in catalogue.routes() if route.cost is not None}
    assert "batch_tasks" in found


def _runs_commands(body: Any) -> bool:
    """Return whether a body holds a list of tagged structs, each of which is a command."""
    kind = inspection.type_info(body)
    return isinstance(kind, inspection.StructType) and any(_is_commands(field.type) for field in kind.fields)


def _is_commands(kind: inspection.Type) -> bool:
    if isinstance(kind, inspection.Metadata):
        return _is_commands(kind.type)
    if not isinstance(kind, inspection.ListType):
        return False
    items = kind.item_type.types if isinstance(kind.item_type, inspection.UnionType) else (kind.item_type,)
    return all(isinstance(one, inspection.StructType) and one.tag is not None for one in items)
