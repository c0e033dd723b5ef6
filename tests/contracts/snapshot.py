"""Generated files under review: compared with the program's output, rewritten with `UPDATE_SNAPSHOTS=1`."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

ROOT = Path(__file__).parents[2]


def check(path: str, generated: str) -> None:
    """Fail with a diff unless the file at `path`, relative to the repository, equals `generated`."""
    file = ROOT / path
    if os.environ.get("UPDATE_SNAPSHOTS") == "1":
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(generated)
    stored = file.read_text() if file.exists() else ""
    changes = difflib.unified_diff(stored.splitlines(), generated.splitlines(), path, "now", lineterm="", n=2)
    assert stored == generated, "\n".join(
        [*changes, f"review the difference, then rewrite {path} with UPDATE_SNAPSHOTS=1"]
    )
