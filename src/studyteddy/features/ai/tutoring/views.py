"""A sentence prepared once for all leak checks: its words, numbers and formulas."""

from __future__ import annotations

from functools import cached_property

from studyteddy.features.ai.tutoring.formulas import Equation, Formula, equations, formulas, squeezed, without_latex
from studyteddy.features.ai.tutoring.languages import says, words
from studyteddy.features.ai.tutoring.normalization import compact, normal
from studyteddy.features.ai.tutoring.numbers import Literal, literals, spelled_out


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
    def states_an_answer(self) -> bool:
        """Whether it speaks about an answer, or calls something right."""
        return "\\boxed" in self.raw or self.says("answer") or self.says("yes")

    def says(self, kind: str) -> bool:
        """Return whether a phrase of a kind occurs in it."""
        return says(kind, self.words)
