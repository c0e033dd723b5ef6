"""The sentence model all-MiniLM-L6-v2 on numpy: texts of similar meaning get similar embeddings.

It knows English only. The weights are mapped, not read: the processes of a machine share their memory.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from studyteddy.features.ai.providers.wordpiece import WordPiece, words

DIMENSIONS = 384
MAX_TOKENS = 256
"""The model was trained with texts up to this length; what follows doesn't count."""
_MAX_PIECES = 1.9
"""Pieces per word up to which a text is taken for English; in German and Arabic there are more than two."""
_MIN_COMMON = 0.1
"""The share of common words from which a text with more pieces, such as one with many terms, is English too."""
_COMMON = frozenset(("the", "of", "and", "to", "is", "are", "that", "it", "as", "with", "by", "for", "from", "which"))
_LAYERS, _HEADS = 6, 12
_EPSILON = 1e-12

Array = npt.NDArray[np.float32]


class MiniLM:
    """The model, with the weights and the vocabulary of a folder."""

    def __init__(self, folder: Path) -> None:
        self._words = WordPiece(folder / "vocab.txt")
        self._weights = _weights(folder / "model.safetensors")

    def embed(self, text: str) -> bytes | None:
        """Return the embedding of an English text as half floats; None if it is in another language."""
        return self.vector(text).astype(np.float16).tobytes() if self.knows(text) else None

    def similarities(self, embedding: bytes, others: Sequence[bytes]) -> list[float]:
        """Return the cosines between an embedding and others, from -1 to 1."""
        one = np.frombuffer(embedding, np.float16).astype(np.float32)
        many = np.frombuffer(b"".join(others), np.float16).reshape(len(others), DIMENSIONS).astype(np.float32)
        found: list[float] = (many @ one).tolist()
        return found

    def knows(self, text: str) -> bool:
        """Return whether a text is English: its words are in the vocabulary, or there are common ones among them."""
        if self._words.pieces_per_word(text) <= _MAX_PIECES:
            return True
        found = list(words(text))
        return sum(word in _COMMON for word in found) >= _MIN_COMMON * len(found)

    def vector(self, text: str) -> Array:
        """Return the embedding of a text: 384 numbers, together of length one. Takes tens of milliseconds."""
        tokens = self._words.tokens(text, MAX_TOKENS)
        w = self._weights
        pieces, places = w["embeddings.word_embeddings.weight"], w["embeddings.position_embeddings.weight"]
        x = pieces[tokens] + places[: len(tokens)] + w["embeddings.token_type_embeddings.weight"][0]
        x = self._normalized(x, "embeddings.LayerNorm")
        for number in range(_LAYERS):
            x = self._layer(x, f"encoder.layer.{number}")
        mean: Array = x.mean(axis=0)
        embedding: Array = mean / np.linalg.norm(mean)
        return embedding

    def _layer(self, x: Array, name: str) -> Array:
        q, k, v = (self._heads(self._linear(x, f"{name}.attention.self.{part}")) for part in ("query", "key", "value"))
        seen = _softmax(q @ k.transpose(0, 2, 1) / math.sqrt(DIMENSIONS / _HEADS)) @ v
        joined = seen.transpose(1, 0, 2).reshape(len(x), DIMENSIONS)
        x = self._normalized(
            x + self._linear(joined, f"{name}.attention.output.dense"), f"{name}.attention.output.LayerNorm"
        )
        inner = _gelu(self._linear(x, f"{name}.intermediate.dense"))
        return self._normalized(x + self._linear(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")

    def _linear(self, x: Array, name: str) -> Array:
        y: Array = x @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]
        return y

    def _normalized(self, x: Array, name: str) -> Array:
        centred = x - x.mean(axis=-1, keepdims=True)
        scaled = centred / np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + _EPSILON)
        y: Array = scaled * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]
        return y

    def _heads(self, x: Array) -> Array:
        return x.reshape(len(x), _HEADS, -1).transpose(1, 0, 2)


def _weights(path: Path) -> dict[str, Array]:
    """Map a safetensors file: the length of the header, the header as JSON, then the numbers."""
    data = np.memmap(path, np.uint8, "r").view(np.ndarray)
    start = 8 + int.from_bytes(data[:8].tobytes(), "little")
    header: dict[str, Any] = json.loads(data[8:start].tobytes())
    header.pop("__metadata__", None)
    found = {}
    for name, one in header.items():
        if one["dtype"] == "F32":
            first, last = one["data_offsets"]
            found[name] = data[start + first : start + last].view(np.float32).reshape(one["shape"])
    return found


def _softmax(x: Array) -> Array:
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    shares: Array = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def _gelu(x: Array) -> Array:
    y: Array = x * 0.5 * (1 + _erf(x * np.float32(math.sqrt(0.5))))
    return y


def _erf(x: Array) -> Array:
    """Return the error function, up to 1.5e-7 (Abramowitz and Stegun, 7.1.26)."""
    t = 1 / (1 + 0.3275911 * np.abs(x))
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    y: Array = np.copysign(1 - series * np.exp(-x * x), x)
    return y
