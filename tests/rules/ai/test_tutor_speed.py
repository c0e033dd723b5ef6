"""No message takes long to look at, however it is written: each bound is far above what is usual, for slow machines."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from studyteddy.features.ai.tutoring.digests import ALL_PARTS, digests
from studyteddy.features.ai.tutoring.exercises import Exercise, brings_exercise, has_exercise
from studyteddy.features.ai.tutoring.keys import Key
from studyteddy.features.ai.tutoring.leaks import ChatGuard
from studyteddy.features.ai.tutoring.moves import Situation, observe
from studyteddy.features.ai.tutoring.sources import Page, covers, rank

DICE = random.Random(1)
WORDS = ["".join(DICE.choices("abcdefghijklmnoprstuvw", k=DICE.randint(4, 10))) for _ in range(3000)]
PROBLEM = "\n".join(f"{n}x + {n + 3}y = {n * 5 + 1}" for n in range(1, 400))[:6000]
MESSAGES = {
    "equations": "\n".join(f"{n + 1}x + {n + 3}y = {n * 5 + 2}" for n in range(1, 400)),
    "a chain": "=".join(f"{n}x+y" for n in range(600)),
    "short equations": "2x=3 " * 800,
    "results": " ".join(f"x={n}" for n in range(900)),
    "numbers": " ".join(str(n * 7) for n in range(1500)),
    "questions": " ".join(f"Which w{n}ord names thing{n} of cell{n}?" for n in range(150)),
    "brackets": "(" * 4000,
    "operators": "1+" * 2000,
    "letters": "a b c d " * 500,
}
LOOKS: dict[str, Callable[[str], object]] = {
    "observe": lambda message: observe(Situation(PROBLEM, assessed=True), message),
    "brings": lambda message: brings_exercise(message, [PROBLEM]),
    "has": lambda message: has_exercise(f"{message} "),
    "digests": lambda message: digests(f"{message} ", ALL_PARTS),
}


def text(count: int) -> str:
    return " ".join(DICE.choices(WORDS, k=count))


@contextmanager
def within(seconds: float) -> Iterator[None]:
    start = time.process_time()
    yield
    assert time.process_time() - start < seconds


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", MESSAGES)
def test_no_message_takes_long(name: str, look: str) -> None:
    with within(1.5):
        LOOKS[look](MESSAGES[name][:4000])


def test_what_goes_beyond_the_formulas_that_are_looked_at_was_pasted() -> None:
    given = [f"{n}x + 4 = 25" for n in range(2, 60)]
    assert not brings_exercise("\n".join(given[:30]), ["\n".join(given)])
    assert brings_exercise(
        "\n".join((*(f"{n} + 4 = {n + 4} + 0" for n in range(40)), "17x - 3 = 14")), ["Solve 4 + 9."]
    )


def test_long_questions_are_ranked_at_once() -> None:
    passages = [Page(number, 0, text(130)) for number in range(100)]
    question = " ".join(WORDS)[:4000]
    with within(0.5):
        ranked = rank(question, passages)
        covers(question, ranked)
    assert ranked


def test_many_exercises_with_many_names_are_guarded_at_once() -> None:
    exercises = [
        Exercise(
            f"Which {text(500)}? Solve {n}x + 5 = {n * 7}.",
            Key(f"{text(3)}, x = {n}4", [f"{text(12)} {n}x = {n + 2}"] * 20, [text(2) for _ in range(30)]),
        )
        for n in range(8)
    ]
    with within(3):
        guard = ChatGuard(exercises, texts=[], said=[f"{text(12)}." for _ in range(40)])
    with within(1):
        for _ in range(10):
            guard.leaks(f"Look at the {text(14)} and 3 plus 5, then what do you see?")
