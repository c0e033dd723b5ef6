"""Formulas: reading them, and their equality."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyteddy.features.ai.tutoring.formulas import (
    Equation,
    Formula,
    chunks,
    constant,
    equal,
    equations,
    evaluate,
    formulas,
    parse,
    same_equation,
    solved_by,
)
from studyteddy.features.ai.tutoring.normalization import plain


def formula(text: str) -> Formula:
    found = parse(chunks(plain(text))[0])
    assert found
    return found


def equation(text: str) -> Equation:
    return next(equations(plain(text)))


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("2(x+1)", "2x + 2"),
        ("(x+2)(x+3)", "x² + 5x + 6"),
        (r"\frac{7}{2}", "7/2"),
        (r"\frac12 x", "0.5x"),
        (r"\sqrt{2gh}", "(2*g*h)^(1/2)"),
        (r"\sqrt{2}\cdot\sqrt{gh}", "sqrt(2gh)"),
        ("x ÷ 2 · 4", "2x"),
        ("−(−x)", "x + 0"),
        ("2^3^2", "512 + 0"),
        ("x**2", "x*x"),
        ("sin(x)^2 + cos(x)^2", "2 - 1"),
        ("ln(exp(x))", "x*1"),
        ("2 π r", r"2\pi r"),
        ("3½ + 0", "7/2"),
    ],
)
def test_equal_formulas(one: str, two: str) -> None:
    assert equal(formula(one), formula(two))


@pytest.mark.parametrize(
    ("one", "two"), [("2x+1", "2x+2"), ("x^2", "2x"), ("x/y", "y/x"), ("sqrt(x)", "x/2"), ("1/(x-x)", "x+1")]
)
def test_different_formulas(one: str, two: str) -> None:
    assert not equal(formula(one), formula(two))


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ("x = 3", "3 = x", True),
        ("x = 3", "2x = 6", True),
        ("x = 3", "x = 3.5", False),
        ("2x + 5 = 11", "x = 3", False),
        ("x = 7/2", "x = 3.5", True),
        ("v^2 = 2gh", "2*g*h = v*v", True),
        ("x - 3 = 0", "2x - 6 = 0", True),
    ],
)
def test_equations_are_the_same_by_their_sides(one: str, two: str, same: bool) -> None:
    assert same_equation(equation(one), equation(two)) is same


@pytest.mark.parametrize(
    ("text", "solved"),
    [
        ("x - 3 = 0", True),
        ("x^2 = 9", True),
        ("2x + 5 = 11", True),
        ("x = 4", False),
        ("x = x", False),
        ("y = 3", False),
    ],
)
def test_an_equation_is_solved_by_its_roots(text: str, solved: bool) -> None:
    assert solved_by(equation(text), "x", constant(3.0)) is solved


@pytest.mark.parametrize(("text", "solved"), [("h = v^2/(2g)", True), ("v/2 = sqrt(g h/2)", True), ("v = g h", False)])
def test_a_rearranged_formula_is_solved_by_the_original(text: str, solved: bool) -> None:
    assert solved_by(equation(text), "v", formula("sqrt(2gh)")) is solved


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("So x = 7/2 is it", ["x = 7/2"]),
        ("subtract 5 from both sides of 2x + 5 = 11?", ["2x + 5 = 11"]),
        ("energy is e = mc^2 here", ["e = mc^2"]),
        ("no formula at all", []),
        ("about 2x only", ["2x"]),
    ],
)
def test_formulas_are_found_in_sentences(text: str, expected: list[str]) -> None:
    assert chunks(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "(" * 200 + "1" + ")" * 200,
        "1+" * 500 + "1",
        "-" * 200 + "1",
        "^".join("2" * 100),
        "sqrt" * 60 + "2",
        "1/",
        "x=",
        ")(",
    ],
)
def test_what_is_too_deep_too_long_or_broken_is_no_formula(text: str) -> None:
    assert parse(text) is None
    assert all(one.variables or one.is_simple for one in formulas(text))


def test_large_powers_have_no_value() -> None:
    for text in ("9^9^9^9", "2^65", "10^64*10^64*10^64*10^64*10^64", "1/0", "sqrt(0-1)", "ln(0)"):
        found = parse(text)
        assert found is not None
        assert not math.isfinite(evaluate(found.node, {}))


NUMBERS = st.integers(1, 20).map(str)
EXPRESSIONS = st.recursive(
    NUMBERS | st.sampled_from(["x", "y"]),
    lambda inner: st.builds("({}{}{})".format, inner, st.sampled_from("+-*/"), inner),
    max_leaves=8,
)


@given(EXPRESSIONS, EXPRESSIONS)
def test_sums_and_products_commute(one: str, two: str) -> None:
    for symbol in "+*":
        left, right = parse(f"{one}{symbol}{two}"), parse(f"{two}{symbol}{one}")
        assert left
        assert right
        finite = [evaluate(side.node, {"x": 1.3, "y": 2.1}) for side in (left, right)]
        assert not all(map(math.isfinite, finite)) or equal(left, right)


@given(st.text(alphabet="0123456789xyabc+-*/^()=. {}\\sqrtfrac\n", max_size=120))
def test_any_text_is_read_without_an_error(text: str) -> None:
    for found in formulas(text):
        evaluate(found.node, {"x": 2.0})
    list(equations(text))
