"""The shape of the source: who imports whom, what has its one home, and what must not be there at all."""

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

from studyteddy import bootstrap

HOMES = {
    "a commit": (r"\.commit\(", ()),
    "the process clock": (
        r"\bdatetime\.(now|utcnow|today)\(|\bdate\.today\(",
        ("platform/db/source.py", "bootstrap/runtime.py", "bootstrap/seed.py"),
    ),
    "the environment": (r"\bos\.(environ|getenv)\b", ("cli.py", "embedded/")),
    "a task of the loop": (
        r"\b(create_task|ensure_future)\(",
        ("platform/", "bootstrap/runtime.py", "bootstrap/processes.py", "embedded/"),
    ),
    "words on the screen": (r"(?<![\w.])print\(", ("embedded/",)),
    "a pause of a whole thread": (r"\btime\.sleep\(", ("embedded/",)),
}
"""What may be written only in a few places, as it reads in `ast.unparse`."""

OWNERS = {
    "task": "tasks", "subtask": "tasks", "subtasks": "tasks", "attachment": "tasks", "subject": "subjects",
    "notification": "notifications",
    "notifications": "notifications", "user": "auth",
    "preferences": "auth", "email": "auth", "password": "auth", "second_factor": "auth", "export": "auth",
    "deletion": "auth", "progress": "analytics", "points": "gamification", "focus": "focus", "preset": "focus",
}  # fmt: skip
"""Which feature an event belongs to, by the first part of its tag."""

LONGEST_FUNCTION = 60
LONGEST_FILE = 450


def test_the_import_contracts_are_kept() -> None:
    done = _lint_imports(ROOT, ROOT / "src")
    assert done.returncode == 0, done.stdout


def test_an_import_against_the_order_is_found(tmp_path: Path) -> None:
    """The contracts are read from their file and can fail."""
    package = tmp_path / "src"
    subprocess.run(["cp", "-r", ROOT / "src", package], check=True)
    (package / "studyteddy/platform/ids.py").write_text("from studyteddy import events as events\n")
    (tmp_path / ".importlinter").write_text((ROOT / ".importlinter").read_text())
    done = _lint_imports(tmp_path, package)
    assert done.returncode != 0
    assert "The shape of the system BROKEN" in done.stdout


@pytest.mark.parametrize("thing", HOMES)
def test_it_has_its_home(thing: str) -> None:
    pattern, homes = HOMES[thing]
    strays = [path for path, tree in catalogue.sources() if _calls(tree, pattern) and not path.startswith(homes or "/")]
    assert strays == []


@pytest.mark.parametrize(
    ("thing", "text"),
    [
        ("a commit", "async def f(c): await c.commit()"),
        ("the process clock", "at = datetime.now(UTC)"),
        ("the process clock", "day = date.today()"),
        ("the environment", "url = os.environ['URL']"),
        ("the environment", "url = os.getenv('URL')"),
        ("a task of the loop", "asyncio.create_task(f())"),
        ("words on the screen", "print('x')"),
        ("a pause of a whole thread", "time.sleep(1)"),
    ],
)
def test_a_stray_is_found(thing: str, text: str) -> None:
    assert _calls(ast.parse(text), HOMES[thing][0])
    assert not _calls(ast.parse(f"async def create_task(): {text!r}"), HOMES[thing][0])


def test_an_event_is_made_only_by_the_feature_that_owns_it() -> None:
    made = [(path, name) for path, tree in catalogue.sources() for name in _events_made(tree)]
    assert [(path, name) for path, name in made if not path.startswith(f"features/{_owner(name)}/")] == []
    assert {kind.__name__ for kind in bootstrap.catalogue()} - {name for _, name in made} == set()


@pytest.mark.parametrize("text", ["tx.publish(events.TaskCreated(id), task)", "TaskCreated(task_id=id)"])
def test_a_made_event_is_found(text: str) -> None:
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


def test_every_module_says_what_it_is() -> None:
    assert [path for path, tree in catalogue.sources() if not ast.get_docstring(tree)] == []


def test_the_locks_name_no_place() -> None:
    locks = sorted((ROOT / "requirements").glob("*.txt"))
    assert len(locks) >= 3
    assert [lock.name for lock in locks if "://" in lock.read_text()] == []
    assert [lock.name for lock in locks if "--hash=sha256:" not in lock.read_text()] == []


def test_no_file_names_a_package_registry() -> None:
    hosts = [f"py{'pi'}.org", f"python{'hosted'}.org", f"npm{'js'}.org", f"npm{'js'}.com", f"yarn{'pkg'}.com"]
    texts = {path: path.read_bytes() for path in _kept_files()}
    assert len(texts) > 50
    assert [str(path) for path, text in texts.items() if any(host.encode() in text for host in hosts)] == []


def test_every_licence_is_named_and_none_binds_us() -> None:
    rows = re.findall(r"^\| `([\w.-]+)` \| ([^|]+) \|", (ROOT / "docs/licences.md").read_text(), re.MULTILINE)
    locked = re.findall(r"^([a-z0-9][\w.-]*)==", (ROOT / "requirements/lock.txt").read_text(), re.MULTILINE)
    assert sorted(name for name, _ in rows) == sorted(locked)
    assert [name for name, licence in rows if re.search(r"\b[AL]?GPL", licence)] == []
    assert [name for name, licence in rows if not _says(name, licence.strip())] == []


@pytest.mark.parametrize(("name", "licence"), [("structlog", "GPL-3.0"), ("uvicorn", "MIT"), ("rich", "Apache-2.0")])
def test_a_licence_that_is_not_the_packages_own_is_found(name: str, licence: str) -> None:
    assert not _says(name, licence)


def _lint_imports(folder: Path, source: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [program, "--no-cache"], cwd=folder, env={**os.environ, "PYTHONPATH": str(source)},
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def _calls(tree: ast.AST, pattern: str) -> bool:
    """Whether a call or a name in a piece of source reads like `pattern`; texts and definitions do not count."""
    read = (node for node in ast.walk(tree) if isinstance(node, ast.Call | ast.Attribute))
    heads = (f"{ast.unparse(node.func)}(" if isinstance(node, ast.Call) else ast.unparse(node) for node in read)
    return any(re.search(pattern, head) for head in heads)


def _events_made(tree: ast.AST) -> Iterator[str]:
    known = {kind.__name__ for kind in bootstrap.catalogue()}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (name := ast.unparse(node.func).removeprefix("events.")) in known:
            yield name


def _owner(name: str) -> str:
    tags = {kind.__name__: kind.tag for kind in bootstrap.catalogue()}
    return OWNERS[tags[name].partition(".")[0]]


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or 0) - function.lineno + 1


def _kept_files() -> list[Path]:
    """What belongs to the project: all that Git keeps, or would keep."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    return [path for name in done.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def _says(name: str, licence: str) -> bool:
    """Whether a package that is installed here says the same of itself; others were read by hand."""
    try:
        about = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        return True
    classifiers = [one for one in about.get_all("Classifier") or [] if one.startswith("License")]
    said = " ".join([*(about.get_all("License-Expression") or []), *(about.get_all("License") or []), *classifiers])
    said = said.replace("Apache Software License", "Apache-2.0")
    return all(part in said for part in re.split(r" (?:AND|OR) ", licence))
