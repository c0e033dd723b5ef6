"""The structure of the source: imports, calls allowed in one place only, and forbidden constructs."""

from __future__ import annotations

import ast
import importlib.metadata
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles

import pytest
from tests.contracts import catalogue
from tests.contracts.snapshot import ROOT

from studyteddy.bootstrap import catalogue as catalogue_module

ALLOWED = {
    "a commit": (r"\.commit\(", ()),
    "the process clock": (
        r"\bdatetime\.(now|utcnow|today)\(|\bdate\.today\(",
        ("platform/db/source.py", "bootstrap/runtime.py", "bootstrap/seed/__init__.py"),
    ),
    "the environment": (r"\bos\.(environ|getenv)\b", ("cli.py", "embedded/")),
    "an event loop task": (
        r"\b(create_task|ensure_future)\(",
        ("platform/", "bootstrap/runtime.py", "bootstrap/processes.py", "embedded/"),
    ),
    "terminal output": (r"(?<![\w.])print\(", ("embedded/",)),
    "a blocking sleep": (r"\btime\.sleep\(", ("embedded/",)),
}
"""Calls allowed in a few places only, as `ast.unparse` prints them."""

OWNERS = {
    "task": "tasks",
    "subtask": "tasks",
    "subtasks": "tasks",
    "ai_key": "ai",
    "calendar": "calendar",
    "feed": "calendar",
    "calendar_account": "calendar",
    "calendar_conflict": "calendar",
    "attachment": "attachments",
    "subject": "subjects",
    "notification": "notifications",
    "notifications": "notifications",
    "user": "auth",
    "preferences": "auth",
    "email": "auth",
    "password": "auth",
    "session": "auth",
    "identity": "auth",
    "api_key": "auth",
    "second_factor": "auth",
    "export": "auth",
    "deletion": "auth",
    "progress": "analytics",
    "points": "gamification",
    "focus": "focus",
    "preset": "focus",
}
"""The feature that owns an event, by the first part of its tag."""

LONGEST_FUNCTION = 60
LONGEST_FILE = 450


def test_the_import_contracts_hold() -> None:
    done = _lint_imports(ROOT, ROOT / "src")
    assert done.returncode == 0, done.stdout


def test_an_import_against_the_contracts_is_detected(tmp_path: Path) -> None:
    """The contracts are read from their file, and they can fail."""
    package = tmp_path / "src"
    subprocess.run(["cp", "-r", ROOT / "src", package], check=True)
    (tmp_path / "benchmarks").symlink_to(ROOT / "benchmarks")
    (package / "studyteddy/platform/ids.py").write_text("from studyteddy import events as events\n")
    (tmp_path / ".importlinter").write_text((ROOT / ".importlinter").read_text())
    done = _lint_imports(tmp_path, package)
    assert done.returncode != 0
    assert "The shape of the system BROKEN" in done.stdout


@pytest.mark.parametrize("thing", ALLOWED)
def test_restricted_calls_stay_in_their_modules(thing: str) -> None:
    pattern, allowed = ALLOWED[thing]
    strays = [
        path for path, tree in catalogue.sources() if _calls(tree, pattern) and not path.startswith(allowed or "/")
    ]
    assert strays == []


@pytest.mark.parametrize(
    ("thing", "text"),
    [
        ("a commit", "async def f(c): await c.commit()"),
        ("the process clock", "at = datetime.now(UTC)"),
        ("the process clock", "day = date.today()"),
        ("the environment", "url = os.environ['URL']"),
        ("the environment", "url = os.getenv('URL')"),
        ("an event loop task", "asyncio.create_task(f())"),
        ("terminal output", "print('x')"),
        ("a blocking sleep", "time.sleep(1)"),
    ],
)
def test_a_restricted_call_elsewhere_is_detected(thing: str, text: str) -> None:
    assert _calls(ast.parse(text), ALLOWED[thing][0])
    assert not _calls(ast.parse(f"async def create_task(): {text!r}"), ALLOWED[thing][0])


def test_an_event_is_created_only_by_the_feature_that_owns_it() -> None:
    made = [(path, name) for path, tree in catalogue.sources() for name in _events_made(tree)]
    assert [(path, name) for path, name in made if not path.startswith(f"features/{_owner(name)}/")] == []
    assert {kind.__name__ for kind in catalogue_module.catalogue()} - {name for _, name in made} == set()


@pytest.mark.parametrize("text", ["tx.publish(events.TaskCreated(id), task)", "TaskCreated(task_id=id)"])
def test_a_created_event_is_detected(text: str) -> None:
    assert list(_events_made(ast.parse(text))) == ["TaskCreated"]


def test_functions_are_short() -> None:
    lengths = {
        (path, function.name): _length(function) for path, tree in catalogue.sources() for function in _functions(tree)
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}
    assert median(lengths.values()) <= 8
    assert quantiles(lengths.values(), n=20)[-1] <= 30


def test_files_are_short() -> None:
    lengths = {path: len((catalogue.SOURCE / path).read_text().splitlines()) for path, _ in catalogue.sources()}
    assert {path: length for path, length in lengths.items() if length > LONGEST_FILE} == {}


def test_every_module_has_a_docstring() -> None:
    assert [path for path, tree in catalogue.sources() if not ast.get_docstring(tree)] == []


def test_the_lock_files_name_no_host() -> None:
    locks = sorted((ROOT / "requirements").glob("*.txt"))
    assert len(locks) >= 3
    assert [lock.name for lock in locks if "://" in lock.read_text()] == []
    assert [lock.name for lock in locks if "--hash=sha256:" not in lock.read_text()] == []


def test_the_lock_file_of_the_web_app_names_no_address() -> None:
    """Written by `npm run lock`."""
    lock = ROOT / "web/package-lock.json"
    assert [line for line in lock.read_text().splitlines() if "://" in line] == []
    assert '"integrity": "sha512-' in lock.read_text()


def test_no_file_names_a_package_registry() -> None:
    hosts = [f"py{'pi'}.org", f"python{'hosted'}.org", f"npm{'js'}.org", f"npm{'js'}.com", f"yarn{'pkg'}.com"]
    texts = {path: path.read_bytes() for path in _project_files()}
    assert len(texts) > 50
    assert [str(path) for path, text in texts.items() if any(host.encode() in text for host in hosts)] == []


def test_every_licence_is_listed_and_none_is_copyleft() -> None:
    rows = re.findall(r"^\| `([\w.-]+)` \| ([^|]+) \|", (ROOT / "docs/licences.md").read_text(), re.MULTILINE)
    locked = re.findall(r"^([a-z0-9][\w.-]*)==", (ROOT / "requirements/embeddings.txt").read_text(), re.MULTILINE)
    assert sorted(name for name, _ in rows) == sorted(set(locked))
    assert [name for name, licence in rows if re.search(r"\b[AL]?GPL", licence)] == []
    assert [name for name, licence in rows if not _declares(name, licence.strip())] == []


@pytest.mark.parametrize(("name", "licence"), [("structlog", "GPL-3.0"), ("uvicorn", "MIT"), ("rich", "Apache-2.0")])
def test_a_wrong_licence_is_detected(name: str, licence: str) -> None:
    assert not _declares(name, licence)


def _lint_imports(folder: Path, source: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [program, "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        timeout=120,
    )


def _calls(tree: ast.AST, pattern: str) -> bool:
    """Return whether a call or name in the source matches `pattern`, ignoring strings and definitions."""
    read = (node for node in ast.walk(tree) if isinstance(node, ast.Call | ast.Attribute))
    heads = (f"{ast.unparse(node.func)}(" if isinstance(node, ast.Call) else ast.unparse(node) for node in read)
    return any(re.search(pattern, head) for head in heads)


def _events_made(tree: ast.AST) -> Iterator[str]:
    known = {kind.__name__ for kind in catalogue_module.catalogue()}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (name := ast.unparse(node.func).removeprefix("events.")) in known:
            yield name


def _owner(name: str) -> str:
    tags = {kind.__name__: kind.tag for kind in catalogue_module.catalogue()}
    return OWNERS[tags[name].partition(".")[0]]


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or 0) - function.lineno + 1


def _project_files() -> list[Path]:
    """Return the project's files: all that Git tracks or would track."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    return [path for name in done.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def _declares(name: str, licence: str) -> bool:
    """Return whether an installed package declares this licence; other packages were reviewed by hand."""
    try:
        about = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        return True
    classifiers = [one for one in about.get_all("Classifier") or [] if one.startswith("License")]
    said = " ".join([*(about.get_all("License-Expression") or []), *(about.get_all("License") or []), *classifiers])
    said = said.replace("Apache Software License", "Apache-2.0")
    return all(part in said for part in re.split(r" (?:AND|OR) ", licence))
