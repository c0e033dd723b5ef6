"""Formulas in a text, and whether two of them are equal.

A small parser reads plain and LaTeX notation into a tree. Equality is numeric: both trees have the same value at
several fixed points. Nothing is evaluated as code; length, depth and the size of powers are bounded.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise

import msgspec

_MAX_TOKENS, _MAX_DEPTH, _MAX_POWER = 150, 24, 64.0
_POINTS = 4
_FUNCTIONS: dict[str, Callable[[float], float]] = {
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "ln": math.log,
    "log": math.log10,
    "exp": math.exp,
    "sqrt": math.sqrt,
    "abs": abs,
}
_LATEX = (
    (re.compile(r"\\(?:left|right|displaystyle|quad|qquad|big|bigl|bigr|limits)\b|\\[,;:! ]|\$|\\[()\[\]]"), " "),
    (re.compile(r"\\(?:boxed|text|mathrm|mathbf|mathit|operatorname|rm)\b"), " "),
    (re.compile(r"\\[dtc]frac\b"), r"\\frac"),
    (re.compile(r"\\frac\s*(\d)\s*(\d)"), r"\\frac{\1}{\2}"),
    (re.compile(r"\\(?:cdot|times|ast)\b"), "*"),
    (re.compile(r"\\div\b"), "/"),
    (re.compile(r"\blg\b"), "log"),
    (re.compile(r"\\?log_?[{(]?(\d+)[})]?\s*(?:\(([^()]{1,40})\)|\s(\d+(?:[.,]\d+)?))"), r"(ln(\2\3)/ln(\1))"),
    (re.compile(r"\\(?:approx|equiv|to|rightarrow|implies|simeq)\b|==|=>|->"), "="),
    (re.compile(r"\\pm\b|±"), "+"),
    (re.compile(r"(?<=[a-zα-ω])_\{?\w{1,8}\}?"), " "),
    (re.compile(r"[{\[]"), "("),
    (re.compile(r"[}\]]"), ")"),
    (re.compile(r"\*\*(?=\s*[\d(a-z])(?<=[\d)a-z]\*\*)"), "^"),
)
_NAMES = "|".join((*_FUNCTIONS, "frac", "pi"))
_TOKEN = re.compile(rf"\\?(?:{_NAMES})|\d+(?:[.,]\d+)?|[a-zα-ω]|[-+*/^()]")
_PIECE = (
    rf"\d+(?:[.,]\d+)?|\\(?:{_NAMES})(?![a-z])|(?:{_NAMES})(?=\s*[(\da-z])(?![b-z]{{2}})|[-+*/^()=\s]"
    r"|(?<![^\W\d_])[a-zα-ω](?![^\W\d_])|(?<=[\d()^*/+=-])[a-z]{2,3}(?![^\W\d_])|(?<==\s)[a-z]{2,3}(?![^\W\d_])|(?<![^\W\d_])[a-z]{2,3}(?=[\^*/+(=-])"
)
_CHUNK = re.compile(rf"(?:{_PIECE})+")
_MIXED = re.compile(r"(?<![\w/.,^)])(\d+) (\d+/\d+)(?!\d)")
"""A whole number with a fraction, which is not a product."""
_OPERAND_GAP = re.compile(r"(?<=[\w)])\s+(?=[\w(\\])")


class Constant(msgspec.Struct, frozen=True):
    """A number."""

    value: float


class Variable(msgspec.Struct, frozen=True):
    """A letter."""

    name: str


class Operation(msgspec.Struct, frozen=True):
    """An operator or a function with its operands."""

    symbol: str
    operands: tuple[Node, ...]


Node = Constant | Variable | Operation


class Formula(msgspec.Struct, frozen=True):
    """One side of an equation, or an expression by itself."""

    node: Node
    text: str
    """As it was written, without spaces."""
    variables: frozenset[str]

    @property
    def is_simple(self) -> bool:
        """Return whether there is no operation in it."""
        return not isinstance(self.node, Operation)


class Equation(msgspec.Struct, frozen=True):
    """Two sides."""

    left: Formula
    right: Formula

    @property
    def variables(self) -> frozenset[str]:
        """Return the letters of both sides."""
        return self.left.variables | self.right.variables


def without_latex(text: str) -> str:
    """Return a plain text whose LaTeX commands are operators, brackets, or gone."""
    for pattern, replacement in _LATEX:
        text = pattern.sub(replacement, text)
    return text


def chunks(text: str) -> list[str]:
    """Return the parts of a plain text that look like formulas, with `=` between sides."""
    text = _MIXED.sub(r"(\1+\2)", without_latex(text))
    found = (match[0].strip(" \n\t,") for match in _CHUNK.finditer(text))
    return [chunk for line in found for chunk in line.split("\n") if _is_formula(chunk)]


def formulas(text: str) -> Iterator[Formula]:
    """Yield the expressions and sides of equations in a plain text."""
    for chunk in chunks(text):
        for side in chunk.split("="):
            yield from _variants(side)


def equations(text: str) -> Iterator[Equation]:
    """Yield the equations of a plain text; a chain a = b = c yields each pair of neighbours, and its ends."""
    for chunk in chunks(text):
        sides = [list(_variants(side)) for side in chunk.split("=")]
        pairs = [*pairwise(sides), (sides[0], sides[-1])] if len(sides) > 2 else list(pairwise(sides))
        yield from (Equation(left, right) for lefts, rights in pairs for left in lefts for right in rights)


def parse(text: str) -> Formula | None:
    """Return the expression that a text holds, or None if it is none."""
    names = _TOKEN.findall(text)
    if not names or len(names) > _MAX_TOKENS or "".join(names) != re.sub(r"\s", "", text):
        return None
    try:
        node = _Parser(names).read()
    except ValueError:
        return None
    return Formula(node, squeezed(text), frozenset(_letters(node)))


def squeezed(text: str) -> str:
    """Return a formula without spaces and LaTeX, to compare notations letter by letter.

    Multiplication signs stay between digits only: 3*2 is not 32, but 2*x is 2x.
    """
    return re.sub(r"(?<!\d)\*|\*(?!\d)", "", re.sub(r"[\s\\]", "", without_latex(text)))


def evaluate(node: Node, values: Mapping[str, float]) -> float:
    """Return the value of a tree; NaN if it has none."""
    try:
        return _value(node, values)
    except (ArithmeticError, ValueError):
        return math.nan


def equal(one: Formula, two: Formula) -> bool:
    """Return whether two expressions have the same values."""
    pairs = [(evaluate(one.node, values), evaluate(two.node, values)) for values in _SAMPLES]
    known = [pair for pair in pairs if not any(map(math.isnan, pair))]
    return len(known) >= 2 and all(math.isclose(left, right, rel_tol=1e-7, abs_tol=1e-9) for left, right in known)


Sampled = list[tuple[float, float]]
"""The values of both sides of an equation at the fixed points."""


def sampled(equation: Equation) -> Sampled:
    """Return the values of an equation, by which many equations are compared without evaluating each of them again."""
    return [(evaluate(equation.left.node, values), evaluate(equation.right.node, values)) for values in _SAMPLES]


def same_equation(one: Equation, two: Equation) -> bool:
    """Return whether two equations have the same sides, in any order and up to a common factor."""
    return same_values(sampled(one), sampled(two))


def same_values(one: Sampled, two: Sampled) -> bool:
    """Return whether the equations with these values are the same."""
    return _proportional(one, two) or _proportional(one, [(right, left) for left, right in two])


def solved_by(equation: Equation, name: str, solution: Formula) -> bool:
    """Return whether an equation holds if a variable has the value of a formula, and not for every value."""
    if name not in equation.variables or not equation.variables <= solution.variables | {name}:
        return False
    solved = [values | {name: evaluate(solution.node, values)} for values in _SAMPLES]
    return all(_residue(equation, values) <= 1e-6 for values in solved) and any(
        _residue(equation, values) > 1e-6 for values in _SAMPLES
    )


def constant(value: float) -> Formula:
    """Return a number as a formula."""
    return Formula(Constant(value), f"{value:g}", frozenset())


def _residue(equation: Equation, values: Mapping[str, float]) -> float:
    """Return the relative difference of the sides; infinity if a side has no value."""
    left, right = evaluate(equation.left.node, values), evaluate(equation.right.node, values)
    if math.isnan(left) or math.isnan(right):
        return math.inf
    return abs(left - right) / max(1.0, abs(left), abs(right))


def _proportional(one: Sampled, two: Sampled) -> bool:
    factors = []
    for mine, others in zip(one, two, strict=True):
        sides = list(zip(mine, others, strict=True))
        if any(math.isnan(value) for side in sides for value in side):
            continue
        factors += [0.0 if mine == other == 0 else mine / other if other else math.inf for mine, other in sides]
    finite = [factor for factor in factors if factor != 0.0]
    return len(factors) >= 4 and bool(finite) and _close_together(finite)


def _close_together(values: Sequence[float]) -> bool:
    return all(math.isfinite(value) and math.isclose(value, values[0], rel_tol=1e-7) for value in values)


def _sample(letter: str, point: int) -> float:
    """Return a value between 1.1 and 2.6 that has no simple relation to those of other letters."""
    return 1.1 + (ord(letter) * 7919 + point * 104_729) % 997 / 664.6


_SAMPLES = [
    {letter: _sample(letter, point) for letter in "abcdefghijklmnopqrstuvwxyzαβγδεζηθικλμνξοπρςστυφχψω"}
    for point in range(_POINTS)
]


def _is_formula(chunk: str) -> bool:
    """Return whether a part has an operator or is a product: 2x."""
    return (
        re.search(r"[=+*/^(\\-]", chunk) is not None or re.fullmatch(r"\d+(?:\.\d+)?\s?[a-z]{1,3}", chunk) is not None
    )


def _variants(side: str) -> Iterator[Formula]:
    """Yield a side as a whole, and what remains of it beside a word that looks like a variable."""
    bare = side.strip(" +*/=^\n,").rstrip("-( ").lstrip(") ")
    pieces = _OPERAND_GAP.split(bare)
    for text in dict.fromkeys((bare, pieces[0], pieces[-1])):
        if found := parse(_balanced(text)):
            yield found


def _balanced(text: str) -> str:
    """Drop one bracket around a formula that is part of the sentence: (x = 3)."""
    missing = text.count("(") - text.count(")")
    if missing == 1 and text.startswith("("):
        return text[1:]
    return text[:-1] if missing == -1 and text.endswith(")") else text


def _letters(node: Node) -> Iterator[str]:
    if isinstance(node, Variable):
        yield node.name
    elif isinstance(node, Operation):
        for operand in node.operands:
            yield from _letters(operand)


def _value(node: Node, values: Mapping[str, float]) -> float:
    if isinstance(node, Constant):
        return node.value
    if isinstance(node, Variable):
        return values.get(node.name, math.nan)
    operands = [_value(operand, values) for operand in node.operands]
    if node.symbol in _FUNCTIONS:
        return float(_FUNCTIONS[node.symbol](operands[0]))
    return _OPERATORS[node.symbol](*operands)


def _power(base: float, exponent: float) -> float:
    if abs(exponent) > _MAX_POWER:
        return math.nan
    return math.pow(base, exponent)


_OPERATORS: dict[str, Callable[..., float]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
    "^": _power,
    "negative": lambda operand: -operand,
}


class _Parser:
    """Recursive descent over tokens: sums of products of powers; a missing operator is a product."""

    def __init__(self, names: list[str]) -> None:
        self._names = names
        self._at = 0
        self._depth = 0

    def read(self) -> Node:
        node = self._sum()
        if self._at < len(self._names):
            raise ValueError
        return node

    def _next(self) -> str:
        return self._names[self._at] if self._at < len(self._names) else ""

    def _take(self) -> str:
        name = self._next()
        self._at += 1
        return name

    def _go_deeper(self) -> None:
        """Count a level; functions never return theirs, which only bounds their number as well."""
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise ValueError

    def _sum(self) -> Node:
        self._go_deeper()
        node = self._product()
        while self._next() in ("+", "-"):
            node = Operation(self._take(), (node, self._product()))
        self._depth -= 1
        return node

    def _product(self) -> Node:
        node = self._signed()
        while self._next() not in ("", "+", "-", ")"):
            symbol = self._take() if self._next() in ("*", "/") else "*"
            node = Operation(symbol, (node, self._signed()))
        return node

    def _signed(self) -> Node:
        signs = 0
        while self._next() in ("+", "-"):
            signs += self._take() == "-"
        node = self._powered()
        return Operation("negative", (node,)) if signs % 2 else node

    def _powered(self) -> Node:
        base = self._operand()
        if self._next() != "^":
            return base
        self._take()
        self._go_deeper()
        node = Operation("^", (base, self._signed()))
        self._depth -= 1
        return node

    def _operand(self) -> Node:
        name = self._take().removeprefix("\\")
        if name == "(":
            return self._group()
        if name == "pi":
            return Constant(math.pi)
        if name == "frac":
            self._go_deeper()
            return Operation("/", (self._operand(), self._operand()))
        if name in _FUNCTIONS:
            self._go_deeper()
            return Operation(name, (self._operand() if self._next() == "(" else self._powered(),))
        if name[:1].isdigit():
            return Constant(float(name.replace(",", ".")))
        if not name.isalpha():
            raise ValueError
        return Variable(name)

    def _group(self) -> Node:
        node = self._sum()
        if self._take() != ")":
            raise ValueError
        return node
