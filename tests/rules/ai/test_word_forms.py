"""Which word is a form of another: the index finds what comparing each pair would find."""

from __future__ import annotations

from difflib import SequenceMatcher

from hypothesis import given
from hypothesis import strategies as st

from studyteddy.features.ai.tutoring.stemming import forms, is_form
from studyteddy.features.ai.tutoring.word_forms import Forms

WORDS = st.text("abet", min_size=1, max_size=12)
LISTS = st.lists(WORDS, max_size=8)


def is_inflected(said: str, word: str) -> bool:
    if said == word:
        return True
    if len(word) < 5 or len(said) < 4:
        return False
    if said.startswith(word[: max(5, len(word) - 3)]):
        return True
    return len(said) >= max(5, (len(word) + 1) // 2) and (word.startswith(said) or word.endswith(said))


def is_misspelled(said: str, word: str) -> bool:
    if min(len(said), len(word)) < 6 or abs(len(said) - len(word)) > 2 or said[0] != word[0]:
        return False
    return SequenceMatcher(None, said, word).ratio() >= 0.8


@given(WORDS, LISTS)
def test_forms_and_misspellings_are_found_by_the_index(said: str, words: list[str]) -> None:
    index = Forms(words)
    assert index.of(said) == {word for word in words if is_inflected(said, word)}
    assert index.has(said) is any(is_inflected(said, word) for word in words)
    assert index.has_misspelled(said) is any(is_misspelled(said, word) for word in words)


@given(LISTS, LISTS)
def test_forms_of_what_is_asked_are_found_by_the_index(asked: list[str], known: list[str]) -> None:
    found = forms(asked, set(known))
    assert {word: sorted(same) for word, same in found.items()} == {
        word: sorted(other for other in set(known) if is_form(word, other)) for word in asked
    }
