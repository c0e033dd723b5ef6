"""A sentence prepared once for all leak checks: its words, numbers and formulas."""

from __future__ import annotations

import re
from functools import cached_property

from studyteddy.features.ai.tutoring.disguises import deciphered, decoded
from studyteddy.features.ai.tutoring.formulas import Equation, Formula, equations, formulas, squeezed, without_latex
from studyteddy.features.ai.tutoring.languages import says, words
from studyteddy.features.ai.tutoring.normalization import compact, normal
from studyteddy.features.ai.tutoring.numbers import Literal, literals, spelled_out

_BLANKS = re.compile(r"(?<![a-z_])(?:[a-z_]\s){3,}[a-z_](?![a-z_])|[a-z_*]{4,}")


class View:
    """A sentence, or what a reader could decode from it."""

    def __init__(self, raw: str, *, hidden: bool = False) -> None:
        self.raw = raw
        self.hidden = hidden
        """Whether it was decoded, so that nothing in it is an accident."""

    @cached_property
    def text(self) -> str:
        """The plain form with digits for number words, and without LaTeX."""
        return without_latex(spelled_out(self.raw))

    @cached_property
    def shown(self) -> str:
        """The normal form, with upper case."""
        return normal(self.raw)

    @cached_property
    def words(self) -> list[str]:
        return words(self.shown)

    @cached_property
    def compact(self) -> str:
        return compact(self.raw)

    @cached_property
    def letters(self) -> str:
        """As `compact`, with the names of LaTeX commands: outside of formulas they are shown."""
        return compact(self.raw, is_formula=False)

    @cached_property
    def squeezed(self) -> str:
        return squeezed(self.text)

    @cached_property
    def formulas(self) -> list[Formula]:
        return list(formulas(self.text))

    @cached_property
    def equations(self) -> list[Equation]:
        return list(equations(self.text))

    @cached_property
    def literals(self) -> list[Literal]:
        return literals(self.text)

    @cached_property
    def deciphered(self) -> list[View]:
        """What a reader can decipher in it."""
        return [View(text, hidden=True) for text in deciphered(self.raw)]

    @cached_property
    def decoded(self) -> list[View]:
        """What encoded parts of it hold."""
        return [View(text, hidden=True) for text in decoded(self.raw)]

    @cached_property
    def blanks(self) -> list[str]:
        """Its words with blanks, as in a guessing game: p _ _ t o."""
        found = (re.sub(r"\s", "", match[0]).replace("*", "_") for match in _BLANKS.finditer(self.shown.lower()))
        return [pattern for pattern in found if pattern.count("_") >= 2 and pattern.strip("_")]

    @cached_property
    def states_an_answer(self) -> bool:
        """Whether it speaks about an answer, or calls something right."""
        return "\\boxed" in self.raw or self.says("answer") or self.says("yes")

    def says(self, kind: str) -> bool:
        """Return whether a phrase of a kind occurs in it."""
        return says(kind, self.words)
