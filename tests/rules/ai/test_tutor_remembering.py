"""What a message asks to remember."""

from __future__ import annotations

import pytest

from studyteddy.features.ai.tutoring.moves import Situation, needed, next_move, observe
from studyteddy.features.ai.tutoring.remembering import asked, remembered


@pytest.mark.parametrize(
    ("message", "fact"),
    [
        ("Remember that I prefer short answers", "I prefer short answers"),
        ("Merk dir, dass ich Beispiele mag", "dass ich Beispiele mag"),
        ("Merk dir dass", None),
        ("تذكر أنني أفضل الأمثلة", "أفضل الأمثلة"),
        ("Remember that this works?", None),
    ],
)
def test_a_fact_is_kept_in_words_that_read_well(message: str, fact: str | None) -> None:
    assert asked(message) == fact


@pytest.mark.parametrize(("language", "start"), [("en", "I'll remember"), ("de-AT", "Ich merke mir"), ("ar", "سأتذكر")])
def test_what_is_remembered_is_confirmed(language: str, start: str) -> None:
    text = remembered("I like {braces}", language)
    assert text.startswith(start)
    assert "I like {braces}" in text


def test_a_fact_is_no_answer() -> None:
    situation = Situation("Solve 2x + 5 = 11 for x.", assessed=True, turns=3)
    message = "Remember that I prefer short answers"
    situation = observe(situation, message)
    assert needed(situation, next_move(situation, message), message) is None
