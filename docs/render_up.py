"""Render docs/up.svg: the output of a first `./teddy up` and of the first requests.

Run it with the environment of the program: `.venv/bin/python docs/render_up.py`. It renders the actual output.
"""

from __future__ import annotations

import io
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parents[1]
PORT = 8000
COMMANDS = [
    "U=http://127.0.0.1:8000",
    """TOKEN=$(curl -s $U/api/auth/login -H 'Content-Type: application/json' \\
    -d '{"email": "ada@example.org", "password": "six weeks of study"}' \\
    | python3 -c 'import json, sys; print(json.load(sys.stdin)["accessToken"])')""",
    'curl -s "$U/api/tasks?status=pending&limit=1" -H "Authorization: Bearer $TOKEN" | cut -c 1-100',
    'curl -s "$U/api/gamification/points" -H "Authorization: Bearer $TOKEN" | cut -c 1-100',
    'curl -s "$U/health" | cut -c 1-100',
]
FORMAT = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, monospace; font-size: {char_height}px;
line-height: {line_height}px; }} .{unique_id}-title {{ font: bold 18px sans-serif; }} {styles}</style>
<defs><clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>{lines}</defs>{chrome}<g transform="translate({terminal_x}, {terminal_y})"
clip-path="url(#{unique_id}-clip-terminal)">{backgrounds}<g class="{unique_id}-matrix">{matrix}</g></g></svg>
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        up = subprocess.Popen(
            [sys.executable, "-m", "studyteddy", "up", "--seed", "--data-dir", f"{folder}/data"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
        )
        time.sleep(20)
        script = "\necho --next--\n".join(COMMANDS)
        answers = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout
        up.send_signal(signal.SIGINT)
        printed = up.communicate(timeout=60)[0]
    draw(messages(printed, folder), answers.split("--next--\n"))


def messages(printed: str, folder: str) -> list[str]:
    """Return the output of `up` without the logs of its processes."""
    lines = [line.replace(f"{folder}/data", ".teddy") for line in printed.splitlines()]
    return [line for line in lines if line.strip() and not line.startswith("{") and "stopping" not in line]


def draw(printed: list[str], answers: list[str]) -> None:
    console = Console(record=True, width=112, file=io.StringIO())
    console.print(Text("$ ./teddy up --seed", style="bold green"))
    for line in printed:
        console.print(Text(line), soft_wrap=False)
    console.print()
    for command, answer in zip(COMMANDS, answers, strict=True):
        console.print(Text(f"$ {command}", style="bold green"))
        if answer.strip():
            console.print(Text(answer.rstrip()))
    svg = console.export_svg(title="Study Teddy", code_format=FORMAT)
    (ROOT / "docs" / "up.svg").write_text(re.sub(r"terminal-\d+", "teddy", svg))


if __name__ == "__main__":
    main()
