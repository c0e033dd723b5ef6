"""Words: what of a text can be searched for, the same on both sides."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyteddy.features.tasks.service.search import snippet
from studyteddy.platform.errors import Invalid
from studyteddy.platform.words import _MARKS, asked, vector, words

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=60)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("Read chapter 5", ["read", "chapter", "5"]),
        ("well-known, it's C++/x_y", ["well", "known", "it", "s", "c", "x", "y"]),
        ("PRÜFUNG Straße Łódź smørrebrød İstanbul", ["prufung", "strasse", "lodz", "smorrebrod", "istanbul"]),
        ("re\u0301sume\u0301", ["resume"]),
        ("Œuvre Æsop ﬁne ｗｉｄｅ x²", ["oeuvre", "aesop", "fine", "wide", "x2"]),
        ("soft\u00adware zero\u200bwidth", ["software", "zerowidth"]),
        ("宿題", ["宿題", "題"]),
        ("数学N5文法", ["数学", "学", "n5", "文法", "法"]),
        ("ガ ｶﾞ", ["カ", "カ"]),
        ("की कि", ["की", "कि"]),
        ("🧸 … ❤️", []),
        ("مَدْرَسَة", ["مدرسة"]),
    ],
)
def test_a_text_has_its_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize("letter", ["w", "é", "я"])
def test_a_hundred_letters_of_a_word_count(letter: str) -> None:
    (word,) = words(letter * 10_000)
    assert len(word) == 100


def test_ligatures_make_no_endless_text() -> None:
    assert len(words("\ufdfa" * 100)) == 301
    assert len(words("\ufdfa" * 10_000)) < 10_000


def test_accents_are_gone_before_anything_is_sorted() -> None:
    """Sorting many in a row takes time that grows with their square."""
    assert "e\u0301\u0316".translate(_MARKS) == "e"
    assert words("e" + "\u0301\u0316" * 5_000 + " x") == ["e", "x"]


@given(TEXTS)
def test_a_mark_more_or_less_makes_no_other_word(text: str) -> None:
    assert words(unicodedata.normalize("NFD", text)) == words(unicodedata.normalize("NFC", text)) == words(text)


@given(TEXTS)
def test_words_of_words_are_words(text: str) -> None:
    """Nothing is left in a word that a second look would take for a mark, a gap or another case."""
    for word in words(text):
        assert words(word)[0] == word


@given(TEXTS)
def test_case_does_not_count(text: str) -> None:
    if text.upper().lower() == text.lower():  # a few letters have no way back
        assert words(text.upper()) == words(text)


@given(st.text(st.characters(max_codepoint=127), max_size=60))
def test_the_short_way_of_plain_text_is_the_long_one(text: str) -> None:
    assert words(text) == words(text + " é")[:-1]


@given(TEXTS)
def test_a_vector_needs_no_quotes(text: str) -> None:
    for entry in vector((text, "A")).split(" "):
        assert re.fullmatch(r"([^\s':\\&|!()*<>]+:[1-9][0-9]*A)?", entry)


def test_a_vector_numbers_the_words_of_all_its_parts_and_has_each_once_a_part() -> None:
    assert vector(("Read and read", "A"), ("", "B"), ("read on", "D")) == "read:1A and:2A read:3D on:4D"


def test_a_query_has_each_word_once_and_at_most_sixteen() -> None:
    assert asked("Read, READ on") == ["read", "on"]
    assert len(asked(" ".join(f"w{n}" for n in range(30)))) == 16


@pytest.mark.parametrize("text", ["", " ", "🧸", "&|!"])
def test_a_query_needs_a_word(text: str) -> None:
    with pytest.raises(Invalid):
        asked(text)


LONG = "Photosynthesis is how plants make sugar. " * 5 + "Osmosis moves water. " + "Roots drink it. " * 20


@pytest.mark.parametrize(
    ("text", "sought", "expected"),
    [
        ("All about osmosis", ("osmo",), "All about osmosis"),
        ("Über Prüfungen", ("prufung",), "Über Prüfungen"),
        ("All about osmosis", ("diffusion",), None),
        ("", ("x",), None),
        ("x" * 500 + " osmosis", ("osmosis",), "…osmosis"),
    ],
)
def test_a_snippet_shows_where(text: str, sought: tuple[str, ...], expected: str | None) -> None:
    assert snippet(text, sought) == expected


def test_a_snippet_of_a_long_text_is_cut_between_words() -> None:
    found = snippet(LONG, ("osmosis",))
    assert found is not None
    assert len(found) <= 162
    assert re.fullmatch(r"…\w.* Osmosis moves water\. .*\S…", found)
    assert found.strip("…") in LONG


@given(TEXTS.filter(lambda text: bool(words(text))), st.text(max_size=300))
def test_a_snippet_is_a_part_of_its_text(text: str, before: str) -> None:
    whole = f"{before} {text}"
    found = snippet(whole, (words(text)[0],))
    assert found is not None
    assert found.removeprefix("…").removesuffix("…") in whole
