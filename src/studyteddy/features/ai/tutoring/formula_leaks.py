"""Whether a sentence has a formula that equals the answer, or an equation of the solution.

What the problem itself gives, letter by letter, is no leak, even though it is often equal to the answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from studyteddy.features.ai.tutoring.formulas import (
    Equation,
    Formula,
    constant,
    equal,
    parse,
    same_equation,
    solved_by,
    squeezed,
)
from studyteddy.features.ai.tutoring.solutions import Solution
from studyteddy.features.ai.tutoring.views import View


class FormulaLeaks:
    """The formulas of an answer and its steps, against those of a sentence."""

    def __init__(self, answer: View, steps: Sequence[View], solution: Solution, problem: View) -> None:
        self._given = problem.squeezed
        self._expressions = list(self._wanted(answer))
        self._equations = [
            equation
            for view in (answer, *steps)
            for equation in view.equations
            if equation.variables and not any(same_equation(equation, given) for given in problem.equations)
        ]
        names = {name for view in (answer, problem) for equation in view.equations for name in equation.variables}
        signs = (1, -1) if any("-" in view.shown for view in (answer, *steps)) else (1,)
        values = [constant(sign * target.value) for target in solution.targets for sign in signs]
        self._roots = [(name, value) for name in names for value in values]
        self._roots += [root for equation in answer.equations for root in _solved(equation)]

    def reveals(self, view: View) -> bool:
        """Return whether a sentence has a formula of the solution in any equal form."""
        expressions = [one for one in view.formulas if one.variables and not one.is_simple and not self._gives(one)]
        if any(equal(one, wanted) for one in expressions for wanted in self._expressions):
            return True
        return any(self._solves(equation) for equation in view.equations if not is_given(equation, self._given))

    def _wanted(self, answer: View) -> Iterator[Formula]:
        for one in answer.formulas:
            if one.variables and not one.is_simple:
                yield one
                bare = parse(one.text.removesuffix("+c"))
                if bare and bare != one:
                    yield bare

    def _gives(self, one: Formula) -> bool:
        return squeezed(one.text) in self._given

    def _solves(self, equation: Equation) -> bool:
        return any(same_equation(equation, wanted) for wanted in self._equations) or any(
            solved_by(equation, name, value) for name, value in self._roots
        )


def _solved(equation: Equation) -> Iterator[tuple[str, Formula]]:
    """Yield the variable that an equation is solved for, and its value."""
    for side, other in ((equation.left, equation.right), (equation.right, equation.left)):
        if side.is_simple and len(side.variables) == 1 and not side.variables & other.variables:
            yield side.text, other


def is_given(equation: Equation, problem: str) -> bool:
    """Return whether an equation stands in the squeezed text of a problem, or is one side of it and nothing more."""
    return f"{equation.left.text}={equation.right.text}" in problem
