"""A real language model, SmolLM2 with 135 million parameters, behind the HTTP server of llama.cpp.

It writes real tokens into real streams, and its JSON is bound to the schema by a grammar. What it says makes little
sense, so tests look at the form only. It runs in a process of its own, which may crash without the tests.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from tests.peers.locked import installed, unavailable

HERE = Path(__file__).parent
LOCK = HERE / "weights.txt"
MODEL = "smollm2"
_WARM_SECONDS = 120


@contextmanager
def llama() -> Iterator[str]:
    """Run the model and yield the URL of its API; skip the test if the model can't be installed, except in CI."""
    if importlib.util.find_spec("xllamacpp") is None:
        unavailable("xllamacpp is not installed")
    weights = _weights()
    command = [sys.executable, str(HERE / "llama_server.py"), str(weights)]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            url = f"{_address(process)}/v1"
            _warm_up(url)
            yield url
            log.seek(0)
            assert process.poll() is None, f"llama.cpp ended with {process.poll()}: {log.read()[-2000:].decode()}"
        finally:
            process.kill()
            process.communicate()


def _address(process: subprocess.Popen[str]) -> str:
    """Return the address that the server prints once it is ready."""
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    assert address.startswith("http://127.0.0.1:"), f"llama.cpp didn't start: {address!r}"
    return address


def _warm_up(url: str) -> None:
    """Ask for text and for JSON: the first grammar of a process takes seconds."""
    schema = {"type": "object", "properties": {"a": {"type": "boolean"}}, "required": ["a"]}
    form = {"type": "json_schema", "json_schema": {"name": "a", "strict": True, "schema": schema}}
    request: dict[str, Any] = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 12}
    with httpx2.Client(trust_env=False, timeout=_WARM_SECONDS) as http:
        for more in ({}, {"response_format": form}):
            http.post(f"{url}/chat/completions", json=request | more).raise_for_status()


def _weights() -> Path:
    """Return the file of the weights."""
    (found,) = installed(LOCK, "weights").rglob("*.gguf")
    return found
