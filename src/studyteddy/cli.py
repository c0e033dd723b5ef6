"""The command line. Commands import what they need themselves: `teddy version` waits for no web server."""

from __future__ import annotations

import base64
import json
import os
import shutil
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
from studyteddy.embedded.folder import CHECKOUT, Trouble
from studyteddy.embedded.place import environment_here
from studyteddy.platform.errors import Problem
from studyteddy.platform.settings import BadSettings, Settings, load

app = typer.Typer(
    help="Study Teddy, a study planner. `teddy up` starts it; the rest is for those who build or run it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
jobs = typer.Typer(help="Background jobs that failed for good.", no_args_is_help=True)
app.add_typer(jobs, name="jobs")
keys = typer.Typer(help="The keys that seal secrets at rest.", no_args_is_help=True)
app.add_typer(keys, name="keys")

PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True}
DataDir = Annotated[Path | None, typer.Option(help="Where everything is kept; `.teddy` beside the launcher.")]


def main() -> None:
    """Run the command; what the user can mend is told without a traceback and ends with code 2."""
    try:
        app(prog_name="teddy")
    except (Trouble, Problem) as trouble:
        refuse(str(trouble))
    except BadSettings as bad:
        refuse("the settings are not right:\n  " + "\n  ".join(bad.faults))


def refuse(why: str) -> None:
    typer.echo(f"teddy: {why}", err=True)
    sys.exit(2)


def settings_here(data_dir: Path | None = None) -> Settings:
    """The environment's settings, completed beside a running `teddy up` by what it remembers."""
    return load(environment_here(os.environ, data_dir))


# --- running -------------------------------------------------------------------------------------------


@app.command()
def up(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the API.")] = 8000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    data_dir: DataDir = None,
    dev: Annotated[bool, typer.Option("--dev", help="Start again when the source changes.")] = False,
    seed: Annotated[bool, typer.Option("--seed", help="Fill in an account that has been studying.")] = False,
) -> None:
    """Start everything: database, cache, API and worker. Nothing else needs to be installed or running."""
    from studyteddy.embedded.supervisor import Wish, up

    up(Wish(host, port, data_dir, dev, seed), os.environ)


@app.command()
def serve() -> None:
    """Run one API process."""
    from studyteddy import bootstrap

    bootstrap.serve(settings_here())


@app.command()
def work() -> None:
    """Run one worker, which does the background jobs."""
    from studyteddy import bootstrap

    bootstrap.work(settings_here())


@app.command()
def migrate(data_dir: DataDir = None) -> None:
    """Bring the database's schema up to date. Safe to run twice, and by several at once."""
    from studyteddy.platform import migrations

    settings = settings_here(data_dir)
    role = migrations.app_role(settings.database_url)
    migrations.upgrade(settings.migration_database_url or settings.database_url, app_role=role)


@app.command()
def seed(data_dir: DataDir = None) -> None:
    """Fill in an account that has been studying for a while, to look around in."""
    from studyteddy import bootstrap

    columns = (TextColumn("seeding"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("seeding")
        how_to_sign_in = bootstrap.seed(
            settings_here(data_dir),
            progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
    typer.echo(how_to_sign_in)


@app.command()
def doctor(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port that `up` should use.")] = 8000,
    host: Annotated[str, typer.Option(help="Address that `up` should listen on.")] = "127.0.0.1",
    data_dir: DataDir = None,
) -> None:
    """Say what is wrong with this set-up and what to do about it."""
    from studyteddy.embedded.doctor import examine

    findings = examine(os.environ, data_dir, host, port)
    table = Table("", "what", Column("found", overflow="fold"), Column("what to do", overflow="fold"), box=None)
    for finding in findings:
        mark = "[green]ok[/]" if finding.fine else "[red]problem[/]"
        table.add_row(mark, finding.about, finding.found, finding.remedy)
    Console().print(table)
    raise typer.Exit(0 if all(finding.fine for finding in findings) else 1)


@jobs.command("list")
def list_dead_jobs(data_dir: DataDir = None) -> None:
    """The jobs that were given up, as one JSON object a line."""
    import msgspec

    from studyteddy import bootstrap

    for job in bootstrap.dead_jobs(settings_here(data_dir)):
        typer.echo(msgspec.json.encode(job).decode())


@jobs.command("retry")
def retry_dead_jobs(
    ids: Annotated[list[int] | None, typer.Argument(help="Numbers from `teddy jobs list`.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every job that was given up.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Give jobs that were given up another full set of attempts."""
    from studyteddy import bootstrap

    if bool(ids) == everything:
        raise typer.BadParameter("name the jobs, or say --all")
    count = bootstrap.retry_dead(settings_here(data_dir), None if everything else ids)
    typer.echo(f"{count} to be tried again")


# --- developing ----------------------------------------------------------------------------------------


@app.command()
def openapi(show: Annotated[bool, typer.Option("--print", help="Print it instead.")] = False) -> None:
    """Write docs/openapi.json, the description of the API."""
    from studyteddy import bootstrap

    publish(json.dumps(bootstrap.openapi(), indent=2, ensure_ascii=False) + "\n", "openapi.json", show=show)


@app.command()
def events(show: Annotated[bool, typer.Option("--print", help="Print it instead.")] = False) -> None:
    """Write docs/events.md, the description of the WebSocket protocol."""
    from studyteddy import bootstrap

    publish(bootstrap.events_page(), "events.md", show=show)


def publish(text: str, name: str, *, show: bool) -> None:
    if show:
        typer.echo(text, nl=False)
        return
    page = CHECKOUT / "docs" / name
    page.parent.mkdir(exist_ok=True)
    page.write_text(text)
    typer.echo(f"wrote {page.relative_to(CHECKOUT)}")


PYTEST = ("python", "-m", "pytest")  # so that tests may import from the folder they are run in
QUICK_STEPS = {
    "format": ["ruff", "format", "--check", "."],
    "lint": ["ruff", "check", "."],
    "imports": ["lint-imports"],
    "types": ["mypy"],
}


class Role(StrEnum):
    """What an account may be."""

    student = "student"
    operator = "operator"


@app.command()
def role(
    email: Annotated[str, typer.Argument(help="Whose account.")],
    role: Annotated[Role, typer.Argument(help="What they are from now on.")],
    data_dir: DataDir = None,
) -> None:
    """Make somebody an operator, or a student again; it bites with their next request."""
    from studyteddy import bootstrap
    from studyteddy.platform.errors import NotFound

    try:
        bootstrap.set_role(settings_here(data_dir), email, "operator" if role is Role.operator else "student")
    except NotFound as fault:
        raise Trouble(f"there is no account of {email}") from fault
    typer.echo(f"{email} is {'an operator' if role is Role.operator else 'a student'} now")


@keys.command("new")
def new_key() -> None:
    """Print a fresh key, for SEALING_KEYS or any other secret."""
    typer.echo(base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip("="))


@keys.command("rotate")
def rotate_keys(data_dir: DataDir = None) -> None:
    """Seal every secret at rest with the first of SEALING_KEYS. Safe beside the running program, and to run again."""
    from studyteddy import bootstrap

    with Progress(TextColumn("{task.description}"), console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("sealing")
        done = bootstrap.rotate_keys(
            settings_here(data_dir),
            progress=lambda place, some: progress.update(task, description=f"{place}: {some} more"),
        )
    typer.echo(f"{done} secrets sealed with the current key")


@app.command(context_settings=PASS_ON)
def test(context: typer.Context) -> None:
    """Check everything: format, lint, imports, types, all tests. Further arguments go to pytest."""
    run_steps(QUICK_STEPS | {"tests": [*PYTEST, "-n", "2", *context.args]})


@app.command(context_settings=PASS_ON)
def check(context: typer.Context) -> None:
    """Check what takes no more than two minutes: all but the slower tests."""
    run_steps(QUICK_STEPS | {"tests": [*PYTEST, "tests/rules", "tests/contracts", *context.args]})


@app.command(context_settings=PASS_ON)
def soak(context: typer.Context) -> None:
    """Show the full figures of the promises under faults, and write them to docs/soak.md."""
    long = ["tests/chaos", "tests/contracts/test_schemathesis.py", "tests/contracts/test_event_consistency.py"]
    run_steps({"soak": [*PYTEST, *long, *context.args]}, {"SOAK": "1"})


@app.command(context_settings=PASS_ON)
def bench(context: typer.Context) -> None:
    """Run the benchmarks; arguments go to benchmarks/run.py."""
    run_steps({"benchmarks": ["python", "benchmarks/run.py", *context.args]})


@app.command(context_settings=PASS_ON)
def lock(context: typer.Context) -> None:
    """Compile requirements/*.in to *.txt. Further arguments, such as --upgrade, go to uv."""
    uv = shutil.which("uv", path=f"{sys.prefix}/.uv/bin") or shutil.which("uv")
    if uv is None:
        raise Trouble("uv was not found: remove .venv, so that ./teddy makes it with uv, or install uv")
    compiling = [uv, "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-header"]
    plainly = ["--no-annotate", "--no-emit-index-url", "--only-binary", ":all:", "--system-certs"]
    for name in ("uv", "lock", "dev"):
        files = [f"requirements/{name}.in", "--output-file", f"requirements/{name}.txt"]
        subprocess.run(
            [*compiling, *plainly, "--python-version", "3.11", *context.args, *files],
            cwd=CHECKOUT,
            check=True,
        )


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def run_steps(steps: Mapping[str, Sequence[str]], extra: Mapping[str, str] | None = None) -> None:
    """Run all of them, whatever fails, and end with the code of the first that did."""
    results: list[tuple[str, int, float]] = []
    for name, command in steps.items():
        typer.secho(f"── {name} ── {' '.join(command)}", bold=True)
        began = time.monotonic()
        tool = Path(sys.executable).with_name(command[0])
        code = subprocess.run([tool, *command[1:]], cwd=CHECKOUT, env={**os.environ, **(extra or {})}).returncode
        results.append((name, code, time.monotonic() - began))
    typer.secho("── summary ──", bold=True)
    for name, code, seconds in results:
        typer.secho(f"{name:<11}{'ok' if code == 0 else 'failed':<8}{seconds:6.1f} s", fg="red" if code else None)
    raise typer.Exit(next((code for _, code, _ in results if code), 0))
