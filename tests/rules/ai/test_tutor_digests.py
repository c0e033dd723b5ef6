"""By which texts an exercise is recognised again, and by which it isn't."""

from __future__ import annotations

import pytest

from studyteddy.features.ai.tutoring.digests import ALL_PARTS, digest, digests

EQUATION = "Solve the equation 2x + 5 = 11 for x."
PLANT = "How does water move through a membrane?"


@pytest.mark.parametrize(
    ("known", "text"),
    [
        (EQUATION, "solve the  equation 2X+5=11, for x"),
        (EQUATION, "2x + 5 = 11"),
        (EQUATION, "Only practice, nobody grades it:\n\n2x+5 = 11\n\nPlease!"),
        (EQUATION, "a) 4x - 2 = 26\nb) 2x + 5 = 11"),
        (EQUATION, "２x + ５ = １１"),
        (PLANT, "Just for me: how does water move, through a membrane?? Thanks. Bye!"),
        (PLANT, "HOW DOES WATER MOVE THROUGH A MEMBRANE"),
        (f"Biology worksheet\n1. {PLANT}\n2. What is the capital of Australia?", PLANT),
        ("Welches Organell stellt das meiste ATP her?", "Nur Übung. Welches Organell stellt das meiste ATP her?"),
        ("ما العضية التي تنتج معظم الطاقة في الخلية؟", "تدريب فقط. ما العضية التي تنتج معظم الطاقة في الخلية؟"),
        ("A theatre has 3.5 rows.", "a theatre has 3.5 rows"),
        (PLANT, f"Hey, {PLANT}"),
        (PLANT, f"Hi Teddy, can you explain {PLANT}"),
        ("Explain how water moves through a membrane.", "Can you explain how water moves through a membrane?"),
        (EQUATION, "11 = 2x + 5"),
    ],
)
def test_the_same_exercise_is_recognised_in_other_texts(known: str, text: str) -> None:
    assert digests(known) & digests(text)


def test_an_exercise_is_recognised_after_much_talk() -> None:
    talk = "".join(f"Why is the number {n} important for cells and plants?\n" for n in range(60))
    assert not digests(PLANT) & digests(talk, ALL_PARTS)
    assert digests(PLANT) & digests(talk + PLANT, ALL_PARTS)


@pytest.mark.parametrize(
    ("known", "text"),
    [
        (EQUATION, "2x - 5 = 11"),
        (EQUATION, "Solve the equation 2x + 5 = 13 for x."),
        (EQUATION, "What is a prime number?"),
        (EQUATION, "Solve the equation, please."),
        ("Solve the following equations.\n3x + 1 = 7", "Solve the following equations.\n5x + 2 = 12"),
        ("Can you help me? x + 1 = 5", "Can you help me? x + 2 = 5"),
        ("A theatre has 3.5 rows.", "A theatre has 35 rows."),
        ("F = m * a. How large is F for 3 kg and 2 m/s^2?", "What does F = m * a mean?"),
        ("?!", "…"),
    ],
)
def test_other_exercises_and_talk_about_them_are_not(known: str, text: str) -> None:
    assert not digests(known) & digests(text)


def test_a_text_has_a_bounded_number_of_digests() -> None:
    text = "\n".join(f"{PLANT[:-1]} {'ab'[n % 2]}{n}? {n}x + {n} = {n}" for n in range(400))
    assert 40 < len(digests(text)) <= 81
    assert all(len(one) == 32 for one in digests(text))
    assert digest(text) in digests(text)
