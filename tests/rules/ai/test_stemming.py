"""Forms of words, and what a question is about."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyteddy.features.ai.tutoring.stemming import asked, is_form, pattern
from studyteddy.platform.fulltext import words


def folded(word: str) -> str:
    (found,) = words(word)
    return found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("cells", "cell"),
        ("mitochondrion", "mitochondria"),
        ("nuclei", "nucleus"),
        ("bacterium", "bacteria"),
        ("energies", "energy"),
        ("divided", "divides"),
        ("analyses", "analysis"),
        ("Zellen", "Zelle"),
        ("Mitochondrium", "Mitochondrien"),
        ("Halbwertszeiten", "Halbwertszeit"),
        ("Kriegen", "Krieg"),
        ("الخلية", "خلية"),
        ("وبالخلية", "الخليات"),
        ("القروض", "قروض"),
        ("الأسعار", "أسعار"),
    ],
)
def test_forms_of_a_word(one: str, other: str) -> None:
    assert is_form(folded(one), folded(other))
    assert is_form(folded(other), folded(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("cell", "celebration"),
        ("war", "warm"),
        ("mass", "mast"),
        ("Wasser", "Wespe"),
        ("خلية", "خطأ"),
        ("gas", "glass"),
    ],
)
def test_different_words(one: str, other: str) -> None:
    assert not is_form(folded(one), folded(other))


@pytest.mark.parametrize(
    ("question", "about"),
    [
        ("Hi Teddy, could you please explain what osmosis is?", ["osmosis"]),
        ("What is the role of the cell?", ["cell"]),
        ("What is work?", ["work"]),
        ("Kannst du mir bitte die Zelle erklären?", ["zelle"]),
        ("هل يمكنك أن تشرح لي التضخم من فضلك؟", ["التضخم"]),
        ("And why is that so?", []),
    ],
)
def test_what_a_question_is_about(question: str, about: list[str]) -> None:
    assert asked(question) == about


@given(st.text(min_size=1, max_size=30))
def test_a_pattern_is_made_for_every_word(text: str) -> None:
    for word in words(text):
        assert re.fullmatch(r"[^%\\]+", pattern(word, word))
        assert is_form(word, word)


@pytest.mark.parametrize(("written", "text"), [("münster", "Munster"), ("الأسعار", "اسعار"), ("zellen", "Zelle")])
def test_a_pattern_matches_other_spellings(written: str, text: str) -> None:
    made = pattern(written, folded(written)).replace("_", ".")
    assert re.search(made, text, re.IGNORECASE)
