"""The sentence model: its tokens and its vectors are those of the reference implementation."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.rules.ai import material

from studyteddy.features.ai.providers import embeddings
from studyteddy.features.ai.providers.minilm import DIMENSIONS, MAX_TOKENS, MiniLM
from studyteddy.features.ai.providers.wordpiece import WordPiece

FOLDER = embeddings.folder()
assert FOLDER is not None, "the extra `embeddings` is part of the development environment"
MODEL = MiniLM(FOLDER)
WORDS = WordPiece(FOLDER / "vocab.txt")

TOKENS = [
    ("Photosynthesis converts light.", [7760, 6038, 25078, 19884, 2422, 1012]),
    ("don't 3.14% naïve Straße", [2123, 1005, 1056, 1017, 1012, 2403, 1003, 15743, 2358, 27807]),
    ("ÉCOLE\xa0İstanbul", [12431, 9960]),
    ("光合作用 日本", [1770, 1792, 100, 100, 1864, 1876]),
    ("الضوء", [1270, 23673, 29827, 29836, 29815]),
    ("x_y-z/w ^~$", [1060, 1035, 1061, 1011, 1062, 1013, 1059, 1034, 1066, 1002]),
    ("\u200bzero\xadwidth\ufffd\x00 tab\tend", [5717, 9148, 11927, 2232, 21628, 2203]),
    ("\ufb01ne Ⅷ ½ µ", [1984, 2638, 100, 1092, 1085]),
    ("🧸 teddy", [100, 11389]),
    ("a" * 101 + " b", [100, 1038]),
    ("mitochondrion’s “ATP”…", [10210, 11663, 15422, 14772, 1521, 1055, 1523, 12649, 1524, 1529]),
    ("", []),
]
"""Written by the package `tokenizers` 0.23.3 with the file `tokenizer.json` of the model."""

SIMILARITIES = [
    ("The weather is lovely today.", "It's so sunny outside!", 0.6660),
    ("The weather is lovely today.", "He drove to the stadium.", 0.1046),
    ("It's so sunny outside!", "He drove to the stadium.", 0.1411),
]
"""Published in the documentation of Sentence Transformers, which computes them with PyTorch."""


@pytest.mark.parametrize(("text", "ids"), TOKENS)
def test_texts_are_split_as_by_the_reference(text: str, ids: list[int]) -> None:
    assert WORDS.tokens(text, 1000) == [101, *ids, 102]


@pytest.mark.parametrize(("one", "other", "published"), SIMILARITIES)
def test_similarities_are_those_that_were_published(one: str, other: str, published: float) -> None:
    assert float(MODEL.vector(one) @ MODEL.vector(other)) == pytest.approx(published, abs=5e-5)


@pytest.mark.parametrize(("one", "other", "published"), SIMILARITIES)
def test_half_floats_change_a_similarity_by_less_than_a_thousandth(one: str, other: str, published: float) -> None:
    a, b = MODEL.embed(one), MODEL.embed(other)
    assert a is not None
    assert b is not None
    assert len(a) == len(b) == 2 * DIMENSIONS
    assert MODEL.similarities(a, [b, a]) == pytest.approx([published, 1], abs=1e-3)


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=300))
def test_every_text_has_a_vector_of_length_one(text: str) -> None:
    vector = MODEL.vector(text)
    assert vector.shape == (DIMENSIONS,)
    assert float(np.linalg.norm(vector)) == pytest.approx(1, abs=1e-5)


@given(st.text(max_size=2000), st.integers(2, MAX_TOKENS))
def test_tokens_have_a_limit(text: str, limit: int) -> None:
    found = WORDS.tokens(text, limit)
    assert len(found) <= limit
    assert (found[0], found[-1]) == (101, 102)
    assert found[:-1] == WORDS.tokens(text, 10_000)[: len(found) - 1]


def test_what_follows_the_first_256_tokens_does_not_count() -> None:
    long = "Light becomes sugar. " * 100
    assert np.array_equal(MODEL.vector(long), MODEL.vector(f"{long} Feudalism."))


def test_english_is_known_even_with_many_terms() -> None:
    terms = (
        "Phosphofructokinase catalyses the phosphorylation of fructose 6-phosphate in glycolysis. Hyperkalaemia and"
        " rhabdomyolysis are complications."
    )
    passages = [passage for passages in material.MATERIALS.values() for passage in passages]
    questions = [question for _, question, _ in (*material.WORDED, *material.PARAPHRASED)]
    questions += [question for _, question in (*material.NEAR, *material.FAR)]
    assert [text for text in (*passages, *questions, terms) if not MODEL.knows(text)] == []


@pytest.mark.parametrize("text", [*material.GERMAN, *material.ARABIC])
def test_passages_in_other_languages_get_no_embedding(text: str) -> None:
    assert MODEL.embed(text) is None


def test_a_process_computes_in_one_thread() -> None:
    """Otherwise a text would take all the cores from requests."""
    code = (
        "import os, studyteddy.cli; from studyteddy.features.ai.providers import embeddings, minilm;"
        "minilm.MiniLM(embeddings.folder()).vector('light ' * 300); print(len(os.listdir('/proc/self/task')))"
    )
    own = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    done = subprocess.run([sys.executable, "-c", code], env=own, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "1\n"
