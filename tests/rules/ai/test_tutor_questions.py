"""What a model may ask about the material: only what its quote answers, with one right option among comparable ones."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyteddy.features.ai.tutoring.questions import Asked, gaps, sound
from studyteddy.features.ai.tutoring.sources import Page
from studyteddy.features.ai.tutoring.stemming import stem
from studyteddy.platform.fulltext import words

TEXT = (
    "Chloroplasts contain the pigment chlorophyll, which absorbs light. The Thirty Years' War ended in 1648. "
    "Water boils at one hundred degrees. Enzymes don't change the equilibrium. تحدث عملية البناء الضوئي في "
    "البلاستيدات الخضراء. 光合作用在叶绿体中进行。"
)
PAGES = [Page(1, 0, TEXT)]


def one(answer: str, options: list[str], quote: str, question: str = "What does the text say?") -> Asked:
    return Asked(question, answer, options, 1, quote)


def chlorophyll(**changed: Any) -> Asked:
    fields = {
        "answer": "chlorophyll",
        "options": ["chlorophyll", "glucose", "starch", "water"],
        "quote": "Chloroplasts contain the pigment chlorophyll",
    }
    return one(**fields | changed)


@pytest.mark.parametrize(
    "asked",
    [
        chlorophyll(),
        chlorophyll(options=[]),
        chlorophyll(answer="Absorbing light", options=[], quote="chlorophyll, which absorbs light"),
        one("1648", ["1618", "1648", "1748", "1815"], "The Thirty Years' War ended in 1648"),
        one("in 1648", ["in 1618", "in 1748", "in 1648", "in 1815"], "The Thirty Years' War ended in 1648"),
        one("100", [], "Water boils at one hundred degrees"),
        one("They don't change it", [], "Enzymes don't change the equilibrium"),
        one("في البلاستيدات", [], "تحدث عملية البناء الضوئي في البلاستيدات الخضراء"),
        one("叶绿体", ["叶绿体", "线粒体", "细胞核", "核糖体"], "光合作用在叶绿体中进行。"),
    ],
    ids=lambda asked: asked.answer,
)
def test_an_answer_that_its_quote_says_is_asked(asked: Asked) -> None:
    assert sound([asked], PAGES) == [asked]


@pytest.mark.parametrize(
    "asked",
    [
        chlorophyll(answer="glucose"),  # another option is right
        chlorophyll(answer="carotene", options=[]),
        chlorophyll(answer="chlorophyll and carotene", options=[]),
        one("1649", [], "The Thirty Years' War ended in 1648"),
        one("16", [], "The Thirty Years' War ended in 1648"),
        one("They change it", [], "Enzymes don't change the equilibrium"),
        chlorophyll(question="Since x = 5 solves exercise 3, which pigment is there?"),
        chlorophyll(question="The answer of exercise 3 is 5. Which pigment is there?"),
        chlorophyll(options=["chlorophyll", "glucose", "starch", "the answer is 5"]),
        chlorophyll(options=["chlorophyll", "glucose", "starch", "x = 5"]),
        one("1648", ["1618", "1648", "1748", "1815 = x"], "The Thirty Years' War ended in 1648"),
        one("الميتوكوندريا", [], "تحدث عملية البناء الضوئي في البلاستيدات الخضراء"),
    ],
    ids=lambda asked: asked.answer,
)
def test_an_answer_that_its_quote_does_not_say_is_not_asked(asked: Asked) -> None:
    assert sound([asked], PAGES) == []


@pytest.mark.parametrize(
    "wrong",
    [
        ["glucose", "glucose!", "starch"],
        ["glucose", "Glucosé", "starch"],
        ["glucose", "CHLOROPHYLL.", "starch"],
        ["glucose", "the pigment chlorophyll", "starch"],
        ["glucose", "All of the above", "starch"],
        ["glucose", "None of these", "starch"],
        ["glucose", "Keine der genannten Antworten", "starch"],
        ["glucose", "Alle davon", "starch"],
        ["glucose", "Aucune de ces réponses", "starch"],
        ["glucose", "Todas las anteriores", "starch"],
        ["glucose", "جميع ما سبق", "starch"],
        ["glucose", "42", "starch"],
        ["glucose", "starch"],
    ],
    ids=lambda wrong: wrong[1],
)
def test_options_that_are_no_choice_are_not_asked(wrong: list[str]) -> None:
    assert sound([chlorophyll(options=["chlorophyll", *wrong])], PAGES) == []


@pytest.mark.parametrize("wrong", [["1618", "1748", "peace"], ["1618", "1,648", "1748"], ["1648.0", "1618", "1748"]])
def test_numbers_stand_among_different_numbers(wrong: list[str]) -> None:
    asked = one("1648", ["1648", *wrong], "The Thirty Years' War ended in 1648")
    assert sound([asked], PAGES) == []


def test_part_of_the_answer_is_no_other_answer() -> None:
    quote = "contain the pigment chlorophyll"
    asked = one("the pigment chlorophyll", ["the pigment chlorophyll", "pigment", "starch", "water"], quote)
    assert sound([asked], PAGES) == []


def test_the_words_of_a_gap_are_no_forms_of_its_answer() -> None:
    text = (
        "The mitochondrion releases energy from sugar. Mitochondria release energies from sugars by respiration. "
        "A chloroplast absorbs light with its pigment."
    )
    for asked in gaps([Page(1, 0, text)], 5):
        assert sound([asked], [Page(1, 0, text)]) == [asked]
        stems = {option[:9] for option in asked.options}
        assert len(stems) == len(asked.options)


def test_no_option_of_a_gap_stands_elsewhere_in_its_sentence() -> None:
    text = (
        "Osmosis is the movement of water through a membrane. The ribosome makes proteins from amino acids. "
        "Chloroplasts absorb light with the pigment chlorophyll. Measure the mass of the sample three times. "
        "Miss die Masse der Probe mit der Waage dreimal. Mitochondria release energy from glucose."
    )
    found = gaps([Page(1, 0, text)], 10)
    assert len(found) >= 3
    assert not any(one.quote.startswith(("Measure", "Miss")) for one in found)
    for one in found:
        assert not {stem(option) for option in one.options} & {stem(word) for word in words(one.question)}, one


def test_a_gap_without_enough_other_words_is_written() -> None:
    text = "Plants turn light into chemical energy. The light is absorbed by chlorophyll in their leaves."
    found = gaps([Page(1, 0, text)], 5)
    assert found
    assert all(len(one.options) in (0, 4) for one in found)
    assert any(not one.options for one in found)


@given(st.text(max_size=60), st.lists(st.text(max_size=20), max_size=5), st.text(max_size=60))
def test_any_question_is_asked_or_dropped(answer: str, options: list[str], quote: str) -> None:
    asked = one(answer, options, quote)
    assert sound([asked], PAGES) in ([], [asked])
