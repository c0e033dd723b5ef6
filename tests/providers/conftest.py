"""A real language model, started once for all tests that need it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.peers.llama import llama


@pytest.fixture(scope="session")
def real_model() -> Iterator[str]:
    """The URL of a real model's API."""
    with llama() as url:
        yield url
