"""Passages of own material, their ranking, and quotes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyteddy.features.ai.tutoring.sources import (
    PASSAGE_CHARACTERS,
    Claim,
    Page,
    Scored,
    covers,
    joined,
    merge,
    not_covered,
    pages,
    rank,
    verified,
)

NOTES = (
    "Photosynthesis turns light into sugar. It happens in the chloroplasts.\n\nThe light reactions split water.\f"
    "Respiration burns sugar in the mitochondria and makes ATP.\f"
    "The Thirty Years' War ended in 1648. Envoys met in Münster\nand Osnabrück."
)
PAGES = pages(NOTES)


@given(st.text(alphabet="ab .\n\f", max_size=4000))
def test_passages_stand_where_they_say(text: str) -> None:
    found = pages(text)
    assert all(text[page.start : page.start + len(page.text)] == page.text for page in found)
    assert all(0 < len(page.text) <= PASSAGE_CHARACTERS for page in found)
    assert all(text[: page.start].count("\f") + 1 == page.number for page in found)
    assert sum(len("".join(page.text.split())) for page in found) == len("".join(text.split()))


@given(st.text(alphabet="ab .\n\f", max_size=4000))
def test_passages_are_joined_to_their_text(text: str) -> None:
    found = joined(pages(text))
    if not text.strip():
        assert found is None
    else:
        assert found is not None
        assert [page.split() for page in found.rstrip().split("\f")] == [
            page.split() for page in text.rstrip().split("\f")
        ]
        assert all(found[page.start : page.start + len(page.text)] == page.text for page in pages(text))
    if not any(line.isspace() or not line for line in text.split("\f")):
        assert found == text


def test_passages_of_which_some_are_missing_are_no_text() -> None:
    assert joined([]) is None
    assert joined([Page(1, 0, "ab"), Page(1, 1, "b")]) is None
    assert joined(pages("a\f" * 3000)) is None


def test_passages_end_with_paragraphs() -> None:
    text = "\n\n".join(f"Paragraph {n}. " + "word " * 60 for n in range(10))
    assert all(page.text.startswith("Paragraph") for page in pages(text))


def test_form_feeds_separate_numbered_pages() -> None:
    assert [page.number for page in PAGES] == [1, 2, 3]
    assert pages("") == pages(" \n\f ") == []


@pytest.mark.parametrize(
    ("query", "page"),
    [("How does photosynthesis work?", 1), ("where is ATP made", 2), ("Thirty Years War end", 3), ("munster", 3)],
)
def test_the_best_passage_comes_first(query: str, page: int) -> None:
    ranked = rank(query, PAGES)
    assert ranked[0].page.number == page
    assert covers(query, ranked)


@pytest.mark.parametrize(
    "query", ["quantum chromodynamics", "How do black holes evaporate in physics?", "", "the of and"]
)
def test_what_the_material_does_not_have_is_not_covered(query: str) -> None:
    assert not covers(query, rank(query, PAGES))


@pytest.mark.parametrize(("language", "start"), [("en", "Your"), ("de-AT", "Dein"), ("ar", "مادتك"), ("fr", "Your")])
def test_it_is_said_that_the_material_does_not_cover_a_question(language: str, start: str) -> None:
    assert not_covered(language).startswith(start)


def test_rankings_are_merged_by_their_ranks() -> None:
    a, b, c = (Page(n, n, str(n)) for n in range(3))
    merged = merge([Scored(a, 9.0), Scored(b, 8.0)], [Scored(b, 0.2), Scored(c, 0.1)], [])
    assert [one.page for one in merged] == [b, a, c]
    assert merged[0].score == pytest.approx(1 / 62 + 1 / 61)
    assert merge() == []


@pytest.mark.parametrize(
    ("page", "quote", "cited"),
    [
        (2, "burns sugar in the mitochondria", "burns sugar in the mitochondria"),
        (2, "BURNS  sugar\nin the Mitochondria", "burns sugar in the mitochondria"),
        (3, "The Thirty Years’ War ended", "The Thirty Years' War ended"),
        (3, "Envoys met in Münster and Osnabrück", "Envoys met in Münster\nand Osnabrück"),
        (1, "burns sugar in the mitochondria", None),
        (9, "burns sugar in the mitochondria", None),
        (2, "burns fat in the mitochondria", None),
        (2, "sugar", None),
        (2, "", None),
    ],
)
def test_only_quotes_that_stand_on_their_page_are_cited(page: int, quote: str, cited: str | None) -> None:
    found = verified([Claim("It is so.", page, quote)], PAGES)
    assert [NOTES[one.start : one.end] for one in found] == ([cited] if cited else [])


@given(st.integers(0, len(NOTES) - 20), st.integers(15, 60))
def test_every_part_of_a_page_can_be_quoted(start: int, length: int) -> None:
    quote = NOTES[start : start + length]
    page = NOTES[:start].count("\f") + 1
    if "\f" not in quote and len("".join(quote.split())) >= 12:
        (found,) = verified([Claim("", page, quote)], PAGES)
        assert "".join(NOTES[found.start : found.end].split()) == "".join(quote.split())
