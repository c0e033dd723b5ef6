"""Splitting a stream into sentences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyteddy.features.ai.tutoring.sentences import MAX_SENTENCE, Sentences


def split(*deltas: str, limit: int = 20_000) -> list[str]:
    sentences = Sentences(limit=limit)
    return [*(one for delta in deltas for one in sentences.feed(delta)), *sentences.end()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", ["One. ", "Two! ", "Three? ", "Four"]),
        ("It is 3.5 m long. Yes.", ["It is 3.5 m long. ", "Yes."]),
        ("Use a rule, e.g. the first. Then go on.", ["Use a rule, e.g. the first. ", "Then go on."]),
        ("Nimm z. B. diese Regel. Gut.", ["Nimm z. B. diese Regel. ", "Gut."]),
        ("1. Read.\n2. Write.\n", ["1. Read.\n", "2. Write.\n"]),
        ("Let $a. b$ be it. Fine.", ["Let $a. b$ be it. ", "Fine."]),
        ("ما المعطى؟ فكّر.", ["ما المعطى؟ ", "فكّر."]),
        ("你好。再见。", ["你好。", "再见。"]),
        ("He said “no.” Then left.", ["He said “no.” ", "Then left."]),
        ("Wait… what? Ok.", ["Wait… ", "what? ", "Ok."]),
        ("", []),
    ],
)
def test_sentences_end_where_readers_expect(text: str, expected: list[str]) -> None:
    assert split(text) == expected
    assert split(*text) == expected


@given(st.lists(st.text(alphabet="ab .!?\n$3،؟。", max_size=30), max_size=20))
def test_nothing_is_lost(deltas: list[str]) -> None:
    assert "".join(split(*deltas)) == "".join(deltas)


@given(st.text(alphabet="ab. $\n", max_size=3000), st.integers(1, 50))
def test_sentences_are_bounded_and_independent_of_the_deltas(text: str, size: int) -> None:
    parts = split(*(text[at : at + size] for at in range(0, len(text), size)))
    assert "".join(parts) == text
    assert all(len(part) <= MAX_SENTENCE for part in parts)


@given(st.text(max_size=200), st.integers(0, 100))
def test_the_rest_of_a_long_text_is_dropped(text: str, limit: int) -> None:
    assert "".join(split(text, text, limit=limit)) == (text + text)[:limit]


def test_ten_megabytes_in_one_delta_keep_little() -> None:
    sentences = Sentences()
    found = sentences.feed("x" * 10_000_000)
    assert sentences.is_full
    assert sum(map(len, found)) + sum(map(len, sentences.end())) == 20_000
    assert sentences.feed("more") == []
