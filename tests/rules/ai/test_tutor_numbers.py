"""Numbers in words, digits and notations."""

from __future__ import annotations

import math
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyteddy.features.ai.tutoring.normalization import compact, normal
from studyteddy.features.ai.tutoring.numbers import literals, ratios, rejoined, roman, spelled_out
from studyteddy.features.ai.tutoring.results import Known


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("forty-two", "42"),
        ("fortytwo", "42"),
        ("one hundred and five", "105"),
        ("two million three hundred thousand and six", "2300006"),
        ("12 hundred", "1200"),
        ("two three", "2 3"),
        ("two and three", "2 and 3"),
        ("one four two", "1 4 2"),
        ("which one of them", "which one of them"),
        ("zweiundvierzig", "42"),
        ("dreihundertfünfundzwanzig", "325"),
        ("neunzehnhundertneunundachtzig", "1989"),
        ("fuenf", "5"),
        ("quarante-deux", "42"),
        ("soixante et onze", "71"),
        ("quatre-vingt-dix-sept", "97"),
        ("trois mille deux cents", "3200"),
        ("cuarenta y dos", "42"),
        ("mil doscientos cuarenta y dos", "1242"),
        ("اثنان وأربعون", "42"),
        ("ثلاثة عشر", "13"),
        ("ثلاثمائة وخمسة", "305"),
        ("ألف ومئتان واثنان وأربعون", "1242"),
        ("three point one four", "3.14"),
        ("drei Komma fünf", "3.5"),
        ("seven halves", "7/2"),
        ("drei Viertel", "3/4"),
        ("one third", "1/3"),
        ("six times seven", "6*7"),
        ("half of 84", "1/2*84"),
        ("double 21", "2*21"),
        ("one more than two", "2+1"),
        ("the square root of nine", "the sqrt(9)"),
        ("x is three", "x = 3"),
        ("٤٢ ४२ ４２ 𝟒𝟐", "42 42 42 42"),
        ("⁴²", "42"),
        ("4️⃣2️⃣", "42"),
        ("&#52;&#50; \\u0034\\u0032", "42 42"),
        ("四十二", "42"),
        ("x² + 3½", "x^2 + 3 1/2"),
        ("4\u200b2", "42"),
        ("half a dozen", "6"),
        ("a dozen", "a 12"),
        ("three and a half dozen", "42"),
        ("3.5 dozen", "42"),
        ("two score and two", "42"),
        ("half a gross", "72"),
        ("twenty-one pairs", "42"),
        ("ein halbes Dutzend", "6"),
        ("dreieinhalb Dutzend", "42"),
        ("dreieinhalb", "3 1/2"),
        ("une demi-douzaine", "6"),
        ("media docena", "6"),
        ("نصف دزينة", "6"),
        ("a pair of brackets", "a pair of brackets"),
        ("the score of the test", "the score of the test"),
        ("dozens of rules", "dozens of rules"),
    ],
)
def test_numbers_in_words_become_digits(text: str, expected: str) -> None:
    assert spelled_out(text) == expected


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("forty-t wo", "fortytwo"),
        ("for ty two", "forty two"),
        ("f o u r", "four"),
        ("se ven", "seven"),
        ("vier zig", "vierzig"),
        ("zwei und vier zig", "zweiundvierzig"),
        ("خم سة", "خمسه"),
        ("two three", "two three"),
        ("to go on", "to go on"),
    ],
)
def test_broken_number_words_are_whole(text: str, whole: str) -> None:
    assert rejoined(text) == whole


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1,234", {1234, 1.234}),
        ("1.234.567", {1234567}),
        ("1 234 567", {1234567}),
        ("1'234", {1234}),
        ("1,234.5", {1234.5}),
        ("1.234,5", {1234.5}),
        ("3,5", {3.5}),
        (".75", {0.75}),
        ("75 %", {75, 0.75}),
        ("6.02e23", {6.02e23}),
        ("6.02*10^-3", {6.02e-3}),
        ("no number", set()),
    ],
)
def test_a_notation_has_all_its_readings(text: str, values: set[float]) -> None:
    found = {value for literal in literals(text) for value in literal.values}
    assert sorted(found) == pytest.approx(sorted(values))


def test_fractions_have_a_value() -> None:
    assert [value for value, _, _ in ratios("3/4 and 3 1/2 and 1/0")] == [0.75, 3.5]


@pytest.mark.parametrize(
    ("word", "value"), [("XLII", 42), ("MCMLXXXIX", 1989), ("IV", 4), ("IIII", None), ("x", None), ("", None)]
)
def test_roman_numerals(word: str, value: int | None) -> None:
    assert roman(word) == value


@given(st.integers(0, 10**9))
def test_digits_with_separators_are_one_number(number: int) -> None:
    for text in (f"{number:,}", f"{number:,}".replace(",", " "), f"{number:_}".replace("_", "'")):
        assert float(number) in {value for literal in literals(text) for value in literal.values}


@given(st.text(max_size=80))
def test_any_text_is_read(text: str) -> None:
    plain = spelled_out(text)
    assert all(0 <= literal.start < literal.end <= len(plain) for literal in literals(plain))
    assert compact(text).isalnum() or compact(text) == ""


@given(st.text(max_size=80))
def test_normal_text_has_no_digits_of_other_scripts(text: str) -> None:
    assert all(letter.isascii() for letter in normal(text) if letter.isdecimal())


@pytest.mark.parametrize("text", ["9" * 400, f"1e{'9' * 3900}", f"1/{'9' * 400}", f"{'9' * 400}/{'9' * 400}", "2^9999"])
def test_what_is_too_large_to_be_calculated_with_is_no_number(text: str) -> None:
    assert all(math.isfinite(value) for one in literals(text) for value in one.values)
    assert all(math.isfinite(value) for value, _, _ in ratios(text))


REPEATED = (
    "1",
    "9",
    "1,1,",
    "1.9",
    "²",
    "x²",
    "½",
    " ",
    "\n",
    "a",
    "one ",
    "=",
    "x=",
    "(",
    "1(",
    "->",
    "2.(9",
    "1 point ",
    "-1",
)


@pytest.mark.parametrize("part", REPEATED)
def test_the_time_of_a_long_text_is_proportional_to_its_length(part: str) -> None:
    """Four times the text takes about four times as long, and sixteen times if each place is compared with the rest."""

    def seconds(length: int) -> float:
        text, taken = (part * length)[:length] + "!", []
        for _ in range(3):
            began = process_time()
            literals(spelled_out(text))
            Known(f"{text} x = 5").lacks_result_of(f"x = 5, {text}")
            taken.append(process_time() - began)
        return min(taken)

    assert seconds(12_000) <= 8 * seconds(3_000) + 0.01


def test_an_entity_beyond_all_characters_shows_nothing() -> None:
    assert normal(f"4&#{'1' * 5000};2 &#52;") == "4 2 4"
