"""Full-text search: splitting text and queries into words."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyteddy.features.tasks.schemas.search import Hit, SearchQuery
from studyteddy.features.tasks.service import search
from studyteddy.features.tasks.store import search as store
from studyteddy.platform.errors import Invalid
from studyteddy.platform.fulltext import _MARKS, asked, vector, words
from studyteddy.platform.web.pagination import Cursors

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
def test_a_text_is_split_into_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize("letter", ["w", "é", "я"])
def test_words_are_cut_to_a_hundred_letters(letter: str) -> None:
    (word,) = words(letter * 10_000)
    assert len(word) == 100


def test_ligatures_do_not_make_a_text_too_long() -> None:
    assert len(words("\ufdfa" * 100)) == 301
    assert len(words("\ufdfa" * 10_000)) < 10_000


def test_accents_are_removed_before_normalizing() -> None:
    """Normalization sorts long runs of accents in quadratic time."""
    assert "e\u0301\u0316".translate(_MARKS) == "e"
    assert words("e" + "\u0301\u0316" * 5_000 + " x") == ["e", "x"]


@given(TEXTS)
def test_marks_do_not_change_words(text: str) -> None:
    assert words(unicodedata.normalize("NFD", text)) == words(unicodedata.normalize("NFC", text)) == words(text)


@given(TEXTS)
def test_splitting_is_idempotent(text: str) -> None:
    """A word contains no marks, gaps, or upper case that a second pass would change."""
    for word in words(text):
        assert words(word)[0] == word


@given(TEXTS)
def test_case_is_ignored(text: str) -> None:
    if text.upper().lower() == text.lower():  # some letters don't round-trip
        assert words(text.upper()) == words(text)


@given(st.text(st.characters(max_codepoint=127), max_size=60))
def test_the_ascii_shortcut_has_the_same_result(text: str) -> None:
    assert words(text) == words(text + " é")[:-1]


@given(TEXTS)
def test_a_vector_needs_no_quotes(text: str) -> None:
    for entry in vector((text, "A")).split(" "):
        assert re.fullmatch(r"([^\s':\\&|!()*<>]+:[1-9][0-9]*A)?", entry)


def test_a_vector_numbers_the_distinct_words_of_its_parts() -> None:
    assert vector(("Read and read", "A"), ("", "B"), ("read on", "D")) == "read:1A and:2A read:3D on:4D"


def test_a_query_has_at_most_sixteen_distinct_words() -> None:
    assert asked("Read, READ on") == ["read", "on"]
    assert len(asked(" ".join(f"w{n}" for n in range(30)))) == 16


@pytest.mark.parametrize("text", ["", " ", "🧸", "&|!"])
def test_a_query_without_words_is_rejected(text: str) -> None:
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
def test_a_snippet_contains_the_match(text: str, sought: tuple[str, ...], expected: str | None) -> None:
    assert search.snippet(text, sought) == expected


def test_a_snippet_of_a_long_text_is_cut_between_words() -> None:
    found = search.snippet(LONG, ("osmosis",))
    assert found is not None
    assert len(found) <= 162
    assert re.fullmatch(r"…\w.* Osmosis moves water\. .*\S…", found)
    assert found.strip("…") in LONG


@pytest.mark.parametrize(
    ("words_before", "expected"),
    [
        (20, "x " * 20 + "osmosis"),  # the match is the forty-first character: everything before it is shown
        (21, "…" + "x " * 19 + "osmosis"),
        (100, "…" + "x " * 19 + "osmosis"),
    ],
)
def test_a_snippet_begins_at_most_forty_characters_before_the_match(words_before: int, expected: str) -> None:
    assert search.snippet("x " * words_before + "osmosis", ("osmosis",)) == expected


@pytest.mark.parametrize(
    ("words_after", "length"), [(76, 7 + 2 * 76), (77, 7 + 2 * 76 + 1), (100, 7 + 2 * 76 + 1)], ids=str
)
def test_a_snippet_has_at_most_160_characters(words_after: int, length: int) -> None:
    """Not counting the dots where something is left out."""
    found = search.snippet("osmosis" + " x" * words_after, ("osmosis",))
    assert found is not None
    assert (len(found), found.endswith("…")) == (length, length % 2 == 0)


@given(TEXTS.filter(lambda text: bool(words(text))), st.text(max_size=300))
def test_a_snippet_is_a_part_of_its_text(text: str, before: str) -> None:
    whole = f"{before} {text}"
    found = search.snippet(whole, (words(text)[0],))
    assert found is not None
    assert found.removeprefix("…").removesuffix("…") in whole


async def test_a_page_of_results_leaves_a_turn_to_others_after_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """A snippet of a long text takes milliseconds."""
    ended, turns = asyncio.Event(), 0

    async def others() -> None:
        nonlocal turns
        while not ended.is_set():
            turns += 1
            await asyncio.sleep(0)

    hit = Hit("task", UUID(int=1), None, "Biology", "osmosis", 1)

    async def page(*_: object, **__: object) -> list[tuple[Hit, str]]:
        return [(hit, "1")] * 20

    monkeypatch.setattr(store, "page", page)
    running = asyncio.ensure_future(others())
    query = SearchQuery(q="osmosis")
    found = await search.page(None, UUID(int=1), query, Cursors(b"k" * 32))  # type: ignore[arg-type]
    ended.set()
    await running
    assert len(found.items) == 20
    assert turns >= 20
