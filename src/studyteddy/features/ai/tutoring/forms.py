"""The form of each move for assessed work, which a draft keeps whatever its words are: no homework fits into it."""

from __future__ import annotations

import re
from typing import Final, Literal

from studyteddy.features.ai.tutoring.languages import words
from studyteddy.features.ai.tutoring.moves import Move

_MAX_ASKED = 30
"""Words of each of the two sentences of `ask`."""
_BOUNDS: Final[dict[Move, tuple[int, int]]] = {
    "ask": (2, 2 * _MAX_ASKED),
    "hint": (4, 70),
    "check": (7, 110),
    "explain": (10, 170),
    "twin": (40, 260),
    "solution": (0, 0),
}
"""The sentences and words of a move at most; a line of a calculation is a sentence."""
_SHORT: Final = _BOUNDS["hint"]
"""The bounds of an explanation about a text to hand in, or about a question that is answered in words."""
_QUESTION = re.compile(r"[?？؟]\W*\Z")

Step = Literal["show", "hold", "end", "break"]
"""Show a sentence, hold it until the next one is known, leave it out and end there, or end with a prepared text."""


class Form:
    """Follows the sentences of one response.

    An explanation `in_words` is short, and nothing of it is shown before a question to the student: prose that could be
    handed in has none.
    """

    def __init__(self, move: Move, *, in_words: bool = False) -> None:
        self._only_asks = move == "ask"
        self._leads_on = move == "explain" and in_words
        self._sentences, self._words = _SHORT if self._leads_on else _BOUNDS[move]
        self._asked = False
        """Whether the latest sentence is a question."""

    def step(self, sentence: str) -> Step:
        """Return what to do with the next sentence."""
        length, asks = len(words(sentence)), is_question(sentence)
        self._sentences -= 1
        self._words -= length
        if self._sentences < 0 or self._words < 0:
            return "end" if self._asked else "break"
        if self._only_asks and (length > _MAX_ASKED or not asks):
            return "end" if self._asked else "break" if length > _MAX_ASKED or not self._sentences else "hold"
        if self._leads_on and not asks:
            return "hold"
        self._asked = asks
        return "show"

    @property
    def is_complete(self) -> bool:
        """Return whether a response may end here: one that asks or leads on needs its question."""
        return self._asked or not (self._only_asks or self._leads_on)


def is_question(sentence: str) -> bool:
    """Return whether a sentence ends with a question mark."""
    return _QUESTION.search(sentence) is not None
