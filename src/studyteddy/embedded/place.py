"""The data folder of a command, and the environment variables for the engines and secrets in it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from studyteddy.embedded.account import Unreachable, choose_account
from studyteddy.embedded.engine import EngineState
from studyteddy.embedded.folder import CHECKOUT, KEYS, SECRETS, DataFolder
from studyteddy.embedded.postgres import APP, OWNER, Postgres, postgres_url
from studyteddy.embedded.valkey import Valkey, valkey_url

DEFAULT = CHECKOUT / ".teddy"
ELSEWHERE = "elsewhere.json"
WEB = "web"
"""The folder of the built web app in the data folder."""
STATE = Path("/var/lib/study-teddy")


def choose_folder(
    requested: Path | None,
    *,
    engines: bool = True,
    default: Path = DEFAULT,
    state: Path = STATE,
    namespaces: bool | None = None,
) -> DataFolder:
    """Return the requested folder, or `.teddy` beside the launcher by default.

    If root's engines can't run in the default folder, the data moves permanently to the system's state folder.
    """
    folder = locate(requested, default)
    if requested or not engines or folder.path != default.resolve():
        return folder
    try:
        choose_account(folder.path, Postgres.find(), namespaces=namespaces)
    except Unreachable:
        folder.write(ELSEWHERE, {"folder": str(state / secrets.token_hex(4))})
    return locate(None, default)


def locate(requested: Path | None, default: Path = DEFAULT) -> DataFolder:
    """Return the requested folder, or the folder used by the last start."""
    if requested:
        return DataFolder.at(requested)
    folder = DataFolder.at(default)
    moved = folder.read(ELSEWHERE).get("folder")
    return DataFolder.at(Path(moved)) if moved else folder


def command_environment(environ: Mapping[str, str], requested: Path | None = None) -> Mapping[str, str]:
    """Return `environ`, completed from the data folder of `teddy up` for commands run by hand.

    If the environment is complete, or in production, no data folder is used.
    """
    complete = all(is_set(environ, name) for name in ("DATABASE_URL", "REDIS_URL", "SEALING_KEYS", *KEYS))
    if complete or environ.get("ENVIRONMENT") == "production" or not (requested or DEFAULT).exists():
        return environ
    return folder_environment(locate(requested), environ)


def folder_environment(folder: DataFolder, environ: Mapping[str, str]) -> dict[str, str]:
    """Return `environ`, completed with the engines and secrets stored in this folder."""
    places = {"STORAGE_URL": f"file://{quote(str(folder.path))}/files", "WEB_DIR": str(folder.path / WEB)}
    stored = folder.read(SECRETS) | addresses(folder) | places
    return {**environ, **{name: value for name, value in stored.items() if not is_set(environ, name)}}


def addresses(folder: DataFolder) -> dict[str, str]:
    """Return the URLs of the engines last run in this folder, by variable name, without engines never run."""
    postgres, valkey = EngineState(folder, f"{Postgres.name}.json"), EngineState(folder, f"{Valkey.name}.json")
    found: dict[str, str] = {}
    if port := postgres.last_port():
        found["DATABASE_URL"] = postgres_url(postgres, port, APP)
        found["MIGRATION_DATABASE_URL"] = postgres_url(postgres, port, OWNER)
    if port := valkey.last_port():
        found["REDIS_URL"] = valkey_url(valkey, port)
    return found


def is_set(environ: Mapping[str, str], name: str) -> bool:
    """Return whether the environment sets the variable. Setting DATABASE_URL also decides MIGRATION_DATABASE_URL."""
    if name == "MIGRATION_DATABASE_URL":
        name = "DATABASE_URL"
    return bool(environ.get(name, "").strip())
