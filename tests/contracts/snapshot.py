"""Files that reviewers read: compared with what the program makes, written anew with `UPDATE_SNAPSHOTS=1`."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

ROOT = Path(__file__).parents[2]


def check(path: str, made: str) -> None:
    """Fails with the difference unless the file at `path`, below the checkout, is exactly what was made."""
    file = ROOT / path
    if os.environ.get("UPDATE_SNAPSHOTS") == "1":
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(made)
    kept = file.read_text() if file.exists() else ""
    changes = difflib.unified_diff(kept.splitlines(), made.splitlines(), path, "now", lineterm="", n=2)
    assert kept == made, "\n".join([*changes, f"read it, then write {path} anew: UPDATE_SNAPSHOTS=1"])
