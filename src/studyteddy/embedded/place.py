"""Which data folder a command means, and the variables of the system that lives in it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from studyteddy.embedded.account import Unreachable, settle
from studyteddy.embedded.engine import Memory
from studyteddy.embedded.folder import CHECKOUT, KEYS, SECRETS, DataFolder
from studyteddy.embedded.postgres import APP, OWNER, Postgres, postgres_url
from studyteddy.embedded.valkey import Valkey, valkey_url

DEFAULT = CHECKOUT / ".teddy"
ELSEWHERE = "elsewhere.json"
STATE = Path("/var/lib/study-teddy")


def folder_for(
    asked: Path | None,
    *,
    engines: bool = True,
    default: Path = DEFAULT,
    state: Path = STATE,
    namespaces: bool | None = None,
) -> DataFolder:
    """The folder that was asked for, obeyed or refused; otherwise `.teddy` beside the launcher.

    Where root's engines cannot work there, the data goes to the system's state folder, and stays there.
    """
    folder = located(asked, default)
    if asked or not engines or folder.path != default.resolve():
        return folder
    try:
        settle(folder.path, Postgres.find(), namespaces=namespaces)
    except Unreachable:
        folder.write(ELSEWHERE, {"folder": str(state / secrets.token_hex(4))})
    return located(None, default)


def located(asked: Path | None, default: Path = DEFAULT) -> DataFolder:
    """The folder as the last start left it."""
    if asked:
        return DataFolder.at(asked)
    folder = DataFolder.at(default)
    elsewhere = folder.read(ELSEWHERE).get("folder")
    return DataFolder.at(Path(elsewhere)) if elsewhere else folder


def environment_here(environ: Mapping[str, str], asked: Path | None = None) -> Mapping[str, str]:
    """`environ`, and for a command run by hand beside `teddy up` what that remembers.

    Where the environment says everything, as in production, no folder is looked for.
    """
    complete = all(is_set(environ, name) for name in ("DATABASE_URL", "REDIS_URL", "SEALING_KEYS", *KEYS))
    if complete or environ.get("ENVIRONMENT") == "production" or not (asked or DEFAULT).exists():
        return environ
    return environment_of(located(asked), environ)


def environment_of(folder: DataFolder, environ: Mapping[str, str]) -> dict[str, str]:
    """`environ`, and for what it leaves open the engines and secrets remembered in this folder."""
    remembered = folder.read(SECRETS) | addresses(folder) | {"STORAGE_URL": f"file://{quote(str(folder.path))}/files"}
    return {**environ, **{name: value for name, value in remembered.items() if not is_set(environ, name)}}


def addresses(folder: DataFolder) -> dict[str, str]:
    """The addresses of the engines that were last at work here; nothing for one that never was."""
    postgres, valkey = Memory(folder, f"{Postgres.name}.json"), Memory(folder, f"{Valkey.name}.json")
    found: dict[str, str] = {}
    if port := postgres.last_port():
        found["DATABASE_URL"] = postgres_url(postgres, port, APP)
        found["MIGRATION_DATABASE_URL"] = postgres_url(postgres, port, OWNER)
    if port := valkey.last_port():
        found["REDIS_URL"] = valkey_url(valkey, port)
    return found


def is_set(environ: Mapping[str, str], name: str) -> bool:
    """Whether the environment decides this; with a database of its own it also decides who migrates it."""
    if name == "MIGRATION_DATABASE_URL":
        name = "DATABASE_URL"
    return bool(environ.get(name, "").strip())
