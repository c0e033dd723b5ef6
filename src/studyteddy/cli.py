"""The command line. Each command imports what it needs, so that `teddy version` doesn't load the web server."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Column, Table

from studyteddy import __version__
from studyteddy.embedded import machine
from studyteddy.embedded.folder import CHECKOUT, Trouble
from studyteddy.embedded.place import WEB, command_environment, locate
from studyteddy.platform import base64url
from studyteddy.platform.errors import Problem
from studyteddy.platform.settings import BadSettings, Settings, load

app = typer.Typer(
    help="Study Teddy, a study planner. `teddy up` starts it; the other commands are for development and operation.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
jobs = typer.Typer(help="Manage background jobs that failed permanently.", no_args_is_help=True)
app.add_typer(jobs, name="jobs")
keys = typer.Typer(help="Manage the keys that encrypt secrets at rest.", no_args_is_help=True)
app.add_typer(keys, name="keys")
audit = typer.Typer(help="Verify the tamper-evident audit log.", no_args_is_help=True)
app.add_typer(audit, name="audit")
web = typer.Typer(help="Build the web app, or develop it.", no_args_is_help=True)
app.add_typer(web, name="web")

# Read when numpy is loaded: a text that is embedded shouldn't take all the cores from requests.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

PASS_THROUGH = {"allow_extra_args": True, "ignore_unknown_options": True}


class Language(StrEnum):
    """A language of the sample data."""

    en = "en"
    de = "de"
    ar = "ar"


SeedLanguage = Annotated[
    Language | None, typer.Option(help="Language of the sample data. Default: that of the environment, or English.")
]
DataDir = Annotated[Path | None, typer.Option(help="Data folder. Default: `.teddy` beside the launcher.")]


def main() -> None:
    """Run the command. Errors that the user can fix are printed without a traceback and exit with code 2."""
    try:
        app(prog_name="teddy")
    except (Trouble, Problem) as error:
        fail(str(error))
    except BadSettings as error:
        fail("invalid settings:\n  " + "\n  ".join(error.faults))


def fail(message: str) -> None:
    """Print the message to standard error and exit with code 2."""
    typer.echo(f"teddy: {message}", err=True)
    sys.exit(2)


def local_settings(data_dir: Path | None = None) -> Settings:
    """Load the settings from the environment, completed from the data folder of `teddy up`."""
    return load(command_environment(os.environ, data_dir))


# --- running -------------------------------------------------------------------------------------------


@app.command()
def up(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the API.")] = 8000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    data_dir: DataDir = None,
    dev: Annotated[bool, typer.Option("--dev", help="Restart when the source changes.")] = False,
    seed: Annotated[bool, typer.Option("--seed", help="Add an account with sample data.")] = False,
    language: SeedLanguage = None,
) -> None:
    """Start the database, the cache, the API and the worker. Nothing else needs to be installed or running."""
    from studyteddy.embedded.supervisor import Options, up

    up(Options(host, port, data_dir, dev, seed, seed_language(language)), os.environ)


@app.command()
def serve() -> None:
    """Run one API process."""
    from studyteddy.bootstrap import processes

    processes.serve(local_settings())


@app.command()
def work() -> None:
    """Run one worker process for background jobs."""
    from studyteddy.bootstrap import processes

    processes.work(local_settings())


@app.command()
def migrate(data_dir: DataDir = None) -> None:
    """Migrate the database schema to the current version. Safe to run repeatedly and concurrently."""
    from studyteddy.platform.db import migrations

    settings = local_settings(data_dir)
    role = migrations.app_role(settings.database_url)
    migrations.upgrade(settings.migration_database_url or settings.database_url, app_role=role)


@app.command()
def seed(data_dir: DataDir = None, language: SeedLanguage = None) -> None:
    """Add an account with sample data: a term of eight weeks. Safe to run repeatedly."""
    from studyteddy.bootstrap.seed import DEFAULT_ZONE
    from studyteddy.bootstrap.seed import seed as add_sample_data

    columns = (TextColumn("seeding"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("seeding")
        instructions = add_sample_data(
            local_settings(data_dir),
            language=seed_language(language).value,
            time_zone=machine.time_zone(os.environ) or DEFAULT_ZONE,
            progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
    typer.echo(instructions)


def seed_language(requested: Language | None) -> Language:
    """Return the requested language of the sample data, that of the environment, or English."""
    spoken = machine.language(os.environ)
    return requested or (Language(spoken) if spoken in set(Language) else Language.en)


@app.command()
def doctor(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port that `up` should use.")] = 8000,
    host: Annotated[str, typer.Option(help="Address that `up` should listen on.")] = "127.0.0.1",
    data_dir: DataDir = None,
) -> None:
    """Check the installation, and show problems and how to fix them."""
    from studyteddy.embedded.doctor import diagnose

    findings = diagnose(os.environ, data_dir, host, port)
    table = Table("", "check", Column("result", overflow="fold"), Column("fix", overflow="fold"), box=None)
    for finding in findings:
        mark = "[green]ok[/]" if finding.ok else "[red]problem[/]"
        table.add_row(mark, finding.about, finding.found, finding.remedy)
    Console().print(table)
    raise typer.Exit(0 if all(finding.ok for finding in findings) else 1)


@web.command("build")
def build_web_app(
    out: Annotated[
        Path | None, typer.Option(help="Folder for the built app, for WEB_DIR. Default: the data folder.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Build the web app, unless this version is built already. A running server serves it at once."""
    from studyteddy.embedded import web_build

    end_in_order()
    os.nice(LOWEST_PRIORITY)
    folder = locate(data_dir).path / WEB
    key = web_build.build(folder, os.environ, out=out.absolute() if out else None)
    typer.echo(f"teddy: the web app is in {(out or folder) / key}")


@web.command("dev")
def serve_web_app_from_source(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the app.")] = 5173,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    api: Annotated[str, typer.Option(help="URL of the API.")] = "http://127.0.0.1:8000",
    data_dir: DataDir = None,
) -> None:
    """Serve the web app from its source, in front of a running API. `teddy up --dev` does this for its own API."""
    from studyteddy.embedded import web_dev

    end_in_order()
    web_dev.serve(locate(data_dir).path / WEB, os.environ, host=host, port=port, api=api)


@web.command("check")
def check_web_app(data_dir: DataDir = None) -> None:
    """Run the checks of the web app: types, lint, tests, and that two builds are equal."""
    from studyteddy.embedded import web_dev

    end_in_order()
    web_dev.check(locate(data_dir).path / WEB, os.environ)


LOWEST_PRIORITY = 19


def end_in_order() -> None:
    """Let SIGTERM end the program as an error would, so that it stops the processes that it has started."""
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))


@jobs.command("list")
def list_dead_jobs(data_dir: DataDir = None) -> None:
    """List the jobs that failed permanently, one JSON object per line."""
    import msgspec

    from studyteddy.bootstrap import operations

    for job in operations.dead_jobs(local_settings(data_dir)):
        typer.echo(msgspec.json.encode(job).decode())


@jobs.command("retry")
def retry_dead_jobs(
    ids: Annotated[list[int] | None, typer.Argument(help="Job ids from `teddy jobs list`.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Retry all jobs that failed permanently.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Retry jobs that failed permanently, with the full number of attempts."""
    from studyteddy.bootstrap import operations

    if bool(ids) == everything:
        raise typer.BadParameter("provide either job ids or --all")
    count = operations.retry_dead(local_settings(data_dir), None if everything else ids)
    typer.echo(f"{count} jobs will be retried")


# --- developing ----------------------------------------------------------------------------------------


@app.command()
def openapi(show: Annotated[bool, typer.Option("--print", help="Print to standard output instead.")] = False) -> None:
    """Generate docs/openapi.json, the OpenAPI description of the API."""
    from studyteddy.bootstrap import catalogue

    publish(json.dumps(catalogue.openapi(), indent=2, ensure_ascii=False) + "\n", "openapi.json", show=show)


@app.command()
def events(show: Annotated[bool, typer.Option("--print", help="Print to standard output instead.")] = False) -> None:
    """Generate docs/events.md, the reference of the WebSocket protocol."""
    from studyteddy.bootstrap import catalogue

    publish(catalogue.events_page(), "events.md", show=show)


def publish(text: str, name: str, *, show: bool) -> None:
    """Write the text to docs/, or print it."""
    if show:
        typer.echo(text, nl=False)
        return
    page = CHECKOUT / "docs" / name
    page.parent.mkdir(exist_ok=True)
    page.write_text(text)
    typer.echo(f"wrote {page.relative_to(CHECKOUT)}")


PYTEST = ("python", "-m", "pytest")  # `-m` puts the current folder on the import path
# Each worker has one half of the list, so that what the tests of a folder share is rarely made twice.
IN_PARALLEL = ("-n", "2", "--dist", "worksteal")
QUICK_STEPS = {
    "format": ["ruff", "format", "--check", "."],
    "lint": ["ruff", "check", "."],
    "imports": ["lint-imports"],
    "types": ["mypy"],
}
WEB_STEP = {"web app": ["python", "-m", "studyteddy", "web", "check"]}


class Role(StrEnum):
    """The role of an account."""

    student = "student"
    operator = "operator"


@app.command()
def role(
    email: Annotated[str, typer.Argument(help="E-mail address of the account.")],
    role: Annotated[Role, typer.Argument(help="The new role.")],
    data_dir: DataDir = None,
) -> None:
    """Set the role of an account. It takes effect with the next request."""
    from studyteddy.bootstrap import operations
    from studyteddy.platform.errors import NotFound

    try:
        operations.set_role(local_settings(data_dir), email, "operator" if role is Role.operator else "student")
    except NotFound as fault:
        raise Trouble(f"account not found: {email}") from fault
    typer.echo(f"{email} is now {'an operator' if role is Role.operator else 'a student'}")


@keys.command("new")
def new_key() -> None:
    """Generate a random key, for SEALING_KEYS or any other secret."""
    typer.echo(base64url.encode(os.urandom(32)))


@keys.command("rotate")
def rotate_keys(data_dir: DataDir = None) -> None:
    """Re-encrypt all secrets at rest with the first of SEALING_KEYS. Safe to run while the program is running."""
    from studyteddy.bootstrap import operations

    with Progress(TextColumn("{task.description}"), console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("encrypting")
        done = operations.rotate_keys(
            local_settings(data_dir),
            progress=lambda column, count: progress.update(task, description=f"{column}: {count} more"),
        )
    typer.echo(f"{done} secrets encrypted with the current key")


@audit.command("verify")
def verify_audit_log(data_dir: DataDir = None) -> None:
    """Check that no entry of an audit log was changed, removed or added. Safe to run while the program is running."""
    from studyteddy.bootstrap import operations

    with Progress(TextColumn("{task.description}"), console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("verifying")
        broken = operations.verify_audit_log(
            local_settings(data_dir),
            progress=lambda done: progress.update(task, description=f"{done} accounts verified"),
        )
    for log in broken:
        where = f"account {log.user_id}: entry" if log.user_id else "events without an account: batch"
        typer.echo(f"{where} {log.entry} doesn't match the chain")
    typer.echo("The audit log has been tampered with." if broken else "The audit log is intact.")
    raise typer.Exit(1 if broken else 0)


@app.command(context_settings=PASS_THROUGH)
def test(context: typer.Context) -> None:
    """Run all checks: format, lint, imports, types, the web app, all tests. Extra arguments are passed to pytest."""
    run_steps(QUICK_STEPS | WEB_STEP | {"tests": [*PYTEST, *IN_PARALLEL, *context.args]})


@app.command(context_settings=PASS_THROUGH)
def check(context: typer.Context) -> None:
    """Run the quick checks: format, lint, imports, types, and the tests of rules and contracts that aren't slow."""
    quick = [*IN_PARALLEL, "-m", "not slow", "tests/rules", "tests/contracts"]
    run_steps(QUICK_STEPS | {"tests": [*PYTEST, *quick, *context.args]})


@app.command(context_settings=PASS_THROUGH)
def soak(context: typer.Context) -> None:
    """Run the long fault-injection tests and write the results to docs/soak.md."""
    long = [
        "tests/chaos",
        "tests/features/auth/test_overlaps.py",
        "tests/contracts/test_schemathesis.py",
        "tests/contracts/test_event_consistency.py",
    ]
    run_steps({"soak": [*PYTEST, *long, *context.args]}, {"SOAK": "1"})


@app.command(context_settings=PASS_THROUGH)
def mutants(context: typer.Context) -> None:
    """Change the program in small ways, show that the tests notice, and write docs/mutants.md (--seed, --count)."""
    run_steps({"mutants": ["python", "-m", "tests.mutants", *context.args]})


@app.command(context_settings=PASS_THROUGH)
def bench(context: typer.Context) -> None:
    """Run the benchmarks. Extra arguments are passed to benchmarks/run.py."""
    run_steps({"benchmarks": ["python", "benchmarks/run.py", *context.args]})


@app.command(context_settings=PASS_THROUGH)
def lock(context: typer.Context) -> None:
    """Compile requirements/*.in to *.txt. Extra arguments, such as --upgrade, are passed to uv."""
    uv = shutil.which("uv", path=f"{sys.prefix}/.uv/bin") or shutil.which("uv")
    if uv is None:
        raise Trouble("uv not found: remove .venv so that ./teddy recreates it with uv, or install uv")
    compile_command = [uv, "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-header"]
    options = ["--no-annotate", "--no-emit-index-url", "--only-binary", ":all:", "--system-certs"]
    for name in ("uv", "lock", "embeddings", "web", "dev", "caldav", "google", "outlook"):
        files = [f"requirements/{name}.in", "--output-file", f"requirements/{name}.txt"]
        subprocess.run(
            [*compile_command, *options, "--python-version", "3.11", *context.args, *files], cwd=CHECKOUT, check=True
        )


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def run_steps(steps: Mapping[str, Sequence[str]], extra: Mapping[str, str] | None = None) -> None:
    """Run all steps even if some fail; exit with the code of the first failure."""
    results: list[tuple[str, int, float]] = []
    for name, command in steps.items():
        typer.secho(f"── {name} ── {' '.join(command)}", bold=True)
        started = time.monotonic()
        tool = Path(sys.executable).with_name(command[0])
        code = subprocess.run([tool, *command[1:]], cwd=CHECKOUT, env={**os.environ, **(extra or {})}).returncode
        results.append((name, code, time.monotonic() - started))
    typer.secho("── summary ──", bold=True)
    for name, code, seconds in results:
        typer.secho(f"{name:<11}{'ok' if code == 0 else 'failed':<8}{seconds:6.1f} s", fg="red" if code else None)
    raise typer.Exit(next((code for _, code, _ in results if code), 0))
