"""A sentence is judged as a page shows it: without the marks of citations, and with its LaTeX and Markdown rendered."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from studyteddy.features.ai.schemas.chats import NotesPassage
from studyteddy.features.ai.service.material import NOTHING, Citations, Material, example
from studyteddy.features.ai.tutoring.answers import checked
from studyteddy.features.ai.tutoring.keys import Key
from studyteddy.features.ai.tutoring.leaks import Guard
from studyteddy.features.ai.tutoring.moves import Situation
from studyteddy.features.ai.tutoring.rendering import looks_different

CELL, MITOCHONDRION = "Which organelle makes ATP?", Key("mitochondrion", [], ["mitochondria"])
SEATS, MANY = "A theatre has 6 rows of 7 seats. How many are there?", Key("42", [])
NOTES = "The energy of a cell comes from mitochondria. Membranes keep its parts from one another."
MATERIAL = Material([NotesPassage(UUID(int=0), "Notes", 1, 0, NOTES, None, None)], exists=True, covers=True)


async def shown(text: str, problem: str, key: Key | None) -> tuple[str, Citations]:
    async def draft() -> AsyncIterator[str]:
        yield text

    guard, citations = Guard(key, problem=problem) if key else None, Citations(MATERIAL)
    situation = Situation(problem, assessed=key is not None, hint_level=1)
    pieces = ""
    async for piece in checked(
        draft(), guard, move="hint", situation=situation, language="en", message="How?", cite=citations.read
    ):
        if not piece.replaced:
            citations.keep()
            pieces += piece.text
    return pieces, citations


@pytest.mark.parametrize(
    ("text", "problem", "key"),
    [
        ("It is the mito[[9: x]]chon[[9: x]]dria that you want.", CELL, MITOCHONDRION),
        ("It is the mito[[9:chon[[dria that you want.", CELL, MITOCHONDRION),
        ("It is the mito]]chon]]dria that you want.", CELL, MITOCHONDRION),
        ("There are 4[[9: y]]2 of them.", SEATS, MANY),
        ("There are 4[[9:2 of them.", SEATS, MANY),
        ("Look here. [[1: The energy of a cell comes from mitochondria]]", CELL, MITOCHONDRION),
    ],
)
async def test_citations_are_read_before_a_sentence_is_judged(text: str, problem: str, key: Key) -> None:
    pieces, citations = await shown(text, problem, key)
    assert pieces in ("", "Look here. ")
    assert citations.found == []


async def test_a_removed_mark_joins_no_words() -> None:
    pieces, _ = await shown("A mito[[9: x]]chon and 4 [[9: y]]2, or so[[9: z]].", CELL, None)
    assert pieces == "A mito chon and 4 2, or so. (not in your material)"


@pytest.mark.parametrize(
    ("draft", "expected"),
    [
        (
            "It comes from mitochondria. [[1: energy of a cell comes from]] Bob invented it. [[1: invented by "
            "Bob Smith]] Where is it?",
            "It comes from mitochondria. [1] Bob invented it. (not in your material) Where is it?",
        ),
        ("Bob invented it [[1: invented by Bob Smith]]. Where?", "Bob invented it. (not in your material) Where?"),
        ("Bob invented it. [[1: invented by Bob Smith]]", "Bob invented it. (not in your material)"),
        ("Bob did it. [[1: Bob Smith did. He was first]] Where?", "Bob did it. (not in your material) Bob Smith did."),
    ],
)
async def test_a_claim_whose_quote_does_not_stand_there_is_marked(draft: str, expected: str) -> None:
    pieces, _ = await shown(draft, CELL, None)
    assert pieces.startswith(expected)
    assert "  " not in pieces


@pytest.mark.parametrize("language", ["en", "de", "ar"])
async def test_the_example_of_a_citation_is_one(language: str) -> None:
    text = example(MATERIAL, language)
    assert text
    pieces, citations = await shown(f"{text}Which part of a cell do you mean?", "Where does energy come from?", None)
    assert [one.text for one in citations.found] == ["The energy of a cell comes from mitochondria"]
    assert "[1]" in pieces
    assert "(" not in pieces
    assert example(NOTHING, language) == ""


async def test_only_citations_of_what_is_shown_are_kept() -> None:
    quote = "[[1: Membranes keep its parts from one another]]"
    pieces, citations = await shown(f"Look at membranes {quote}. What do they do?", CELL, MITOCHONDRION)
    assert pieces == "Look at membranes [1]. What do they do?"
    assert [one.text for one in citations.found] == ["Membranes keep its parts from one another"]
    _, citations = await shown(f"It is the mitochondrion {quote}.", CELL, MITOCHONDRION)
    assert citations.found == []


@pytest.mark.parametrize(
    "text",
    [
        r"$\mathsf{mito}\mathsf{chon}\mathsf{dria}$",
        r"$\textsf{mito}\textsf{chon}\textsf{dria}$",
        r"$\mathbf{mito}\mathit{chon}\operatorname{dria}$",
        r"$\text{mito\relax chon\relax dria}$",
        r"$mito\mathstrut chon\mathstrut dria$",
        r"$\text{mi\limits to\quad chon\displaystyle dria}$",
        "$$\\text{mito%x\nchon%x\ndria}$$",
        r"mi\to{}chondria",
        "mito~~x~~chon~~x~~dria",
        "mito~x~chon~x~dria",
        "mito ~x~ chon ~x~ dria",
    ],
)
def test_a_word_is_a_leak_in_each_rendered_form(text: str) -> None:
    assert Guard(MITOCHONDRION, problem=CELL).leaks(f"Think of {text}.")


@pytest.mark.parametrize(
    "text",
    [
        r"$\char52\char50$",
        r"$\char"
        '"34'
        r"\char"
        '"32$',
        r"$4\kern{7pt}2$",
        r"$4\rule{0pt}{9pt}2$",
        r"$4\phantom{7}2$",
        r"$4\hspace{7pt}2$",
        r"$\mathsf{4}\mathsf{2}$",
        "$$4%7\n2$$",
        "4~~7~~2",
        "4~7~2",
    ],
)
def test_a_number_is_a_leak_in_each_rendered_form(text: str) -> None:
    assert Guard(MANY, problem=SEATS).leaks(f"There are {text} of them.")


@pytest.mark.parametrize(
    "text",
    [
        r"Look at $\frac{a}{b} \cdot \left(x - y\right) \leq \sqrt{\Delta}$ again.",
        r"What is $\text{speed} = \frac{\text{distance}}{\text{time}}$ for?",
        r"Write `print('a\n')`, then indent it with \t.",
        "It takes ~5 minutes or ~10, $5~\\text{m}$ each.",
        "~~~\na = b\n~~~",
        "About 5% of them, or 10 %, are so.",
    ],
)
def test_usual_markup_is_shown_as_it_is_written(text: str) -> None:
    assert not looks_different(text)
