"""How well own material is found by words and by meaning. docs/ai.md has these numbers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import pytest
from tests.contracts.snapshot import ROOT
from tests.rules.ai import material

from studyteddy.features.ai.providers import embeddings
from studyteddy.features.ai.providers.minilm import MiniLM
from studyteddy.features.ai.tutoring import sources
from studyteddy.features.ai.tutoring.sources import Page, Scored

FOLDER = embeddings.folder()
assert FOLDER is not None, "the extra `embeddings` is part of the development environment"
MODEL = MiniLM(FOLDER)
embed = cache(MODEL.embed)
ALL = [
    Page(number, 0, text) for number, text in enumerate(text for texts in material.MATERIALS.values() for text in texts)
]
FIRST = {subject: 6 * number for number, subject in enumerate(material.MATERIALS)}


class Result(NamedTuple):
    """The passages that are sent with a question, and whether the material is said to cover it."""

    sent: list[int]
    covers: bool


def by_words(question: str, pages: Sequence[Page]) -> Result:
    ranked = sources.rank(question, pages)
    return Result([one.page.number for one in ranked[:4]], sources.covers(question, ranked))


def by_both(question: str, pages: Sequence[Page]) -> Result:
    asked, known = embed(question), {page: found for page in pages if (found := embed(page.text))}
    near: list[Scored] = []
    if asked and known:
        compared = zip(known, MODEL.similarities(asked, list(known.values())), strict=True)
        near = sorted((Scored(*one) for one in compared if one[1] >= sources.SIMILAR), key=lambda one: -one.score)
    ranked = sources.rank(question, pages)
    merged = sources.merge(ranked, near)
    return Result([one.page.number for one in merged[:4]], bool(near) or sources.covers(question, ranked))


def found(results: Sequence[Result], answers: Sequence[int]) -> int:
    return sum(answer in result.sent for result, answer in zip(results, answers, strict=True))


def covered(results: Sequence[Result]) -> int:
    return sum(result.covers for result in results)


@pytest.fixture(scope="module")
def measured() -> dict[str, tuple[int, ...]]:
    """Of each kind of question: how many, found and covered by words, found and covered by both."""
    rows: dict[str, tuple[int, ...]] = {}
    for name, asked in (("worded", material.WORDED), ("paraphrased", material.PARAPHRASED)):
        answers = [FIRST[subject] + answer for subject, _, answer in asked]
        words, both = ([search(question, ALL) for _, question, _ in asked] for search in (by_words, by_both))
        rows[name] = (len(asked), found(words, answers), covered(words), found(both, answers), covered(both))
    for name, missing in (("near", material.NEAR), ("far", material.FAR)):
        words, both = ([search(question, ALL) for _, question in missing] for search in (by_words, by_both))
        rows[name] = (len(missing), covered(words), covered(both))
    return rows


def test_both_find_what_words_alone_do_not(measured: dict[str, tuple[int, ...]]) -> None:
    assert measured == {
        "worded": (12, 12, 12, 12, 12),
        "paraphrased": (24, 2, 6, 21, 22),
        "near": (12, 1, 3),
        "far": (8, 0, 1),
    }


def test_the_documentation_has_these_numbers(measured: dict[str, tuple[int, ...]]) -> None:
    text = (ROOT / "docs/ai.md").read_text()
    for name in ("worded", "paraphrased"):
        count, *numbers = measured[name]
        assert f"| {count} | {' | '.join(map(str, numbers))} |" in text
    for name in ("near", "far"):
        count, words, both = measured[name]
        assert f"| {count} | | {words} | | {both} |" in text


@pytest.fixture(scope="module")
def everyday() -> dict[str, tuple[int, ...]]:
    """Of each language: how many questions, found and covered by words; how many without an answer, and covered."""
    rows: dict[str, tuple[int, ...]] = {}
    for language, (texts, asked) in material.EVERYDAY.items():
        passages = [Page(number, 0, text) for number, text in enumerate(texts)]
        results = [(by_words(question, passages), answer) for question, answer in asked]
        known = [(result, answer) for result, answer in results if answer is not None]
        missing = [result for result, answer in results if answer is None]
        hits = found([result for result, _ in known], [answer for _, answer in known])
        rows[language] = (len(known), hits, covered([one for one, _ in known]), len(missing), covered(missing))
    return rows


def test_fillers_and_other_forms_of_words_do_not_hide_material(everyday: dict[str, tuple[int, ...]]) -> None:
    assert everyday == {"English": (18, 18, 14, 9, 0), "German": (14, 14, 11, 7, 0), "Arabic": (12, 11, 11, 6, 0)}


def test_the_documentation_has_the_numbers_of_each_language(everyday: dict[str, tuple[int, ...]]) -> None:
    text = (ROOT / "docs/ai.md").read_text()
    for language, numbers in everyday.items():
        assert f"| {language} | {' | '.join(map(str, numbers))} |" in text


def test_texts_in_other_languages_are_found_by_words() -> None:
    """German passages get no embedding, so questions of all languages are compared with their words only."""
    pages = [Page(number, 0, text) for number, text in enumerate(material.GERMAN)]
    asked = [question for question, _ in material.GERMAN_PARAPHRASED] + material.GERMAN_NEAR
    assert [by_both(question, pages) for question in asked] == [by_words(question, pages) for question in asked]
    assert by_both("Wann endete der Dreißigjährige Krieg?", pages) == ([2], True)


@pytest.mark.parametrize(
    ("passages", "asked", "missing"),
    [
        (material.GERMAN, material.GERMAN_PARAPHRASED, material.GERMAN_NEAR),
        (material.ARABIC, material.ARABIC_PARAPHRASED, material.ARABIC_NEAR),
    ],
    ids=["German", "Arabic"],
)
def test_the_model_is_no_use_in_other_languages(
    passages: list[str], asked: list[tuple[str, int]], missing: list[str]
) -> None:
    """Why they get no embedding: the right passage is mostly not the closest, and nothing would be uncovered."""
    vectors = [MODEL.vector(passage) for passage in passages]
    compared = [[float(MODEL.vector(question) @ one) for one in vectors] for question, _ in asked]
    right = sum(one.index(max(one)) == answer for one, (_, answer) in zip(compared, asked, strict=True))
    assert right == 1
    assert min(max(float(MODEL.vector(question) @ one) for one in vectors) for question in missing) > sources.SIMILAR
