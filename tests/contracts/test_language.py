"""What people read is standard English: phrases that were replaced don't come back."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.contracts.catalogue import sources

from studyteddy.platform.errors import Problem

ROOT = Path(__file__).parents[2]
REPLACED = (
    "There is nothing here",
    "this is not for you",
    "This address knows",
    "does not know that method",
    "does not fit the present state",
    "fields are faulty",
    "is away",
    "are away",
    "away for the moment",
    "access token has ended",
    "field is needed",
    "half a character",
    "no word in",
    "never comes true",
    "a day passes at least",
    "does not end as files",
    "makes no sense",
    "igning in elsewhere",
    "nobody is told",
    "nobody was told",
    "nobody who is known",
    "it bites",
    "bites with",
    "Expected `",
    "thrown away",
    "A part that this needs",
    "one of them.",
    "said, sent",
    "looked at",
    "This took too long",
    "second wall",
    "Two walls",
)
"""Parts of sentences of the dialect that the program once spoke."""
PHRASES = re.compile("|".join(map(re.escape, REPLACED)))


def _problems(kind: type[Problem] = Problem) -> Iterator[type[Problem]]:
    for sub in kind.__subclasses__():
        yield sub
        yield from _problems(sub)


def test_titles_of_problems_are_sentences_in_standard_english() -> None:
    titles = {kind.code: kind.title for kind in _problems()}
    assert len(titles) > 40
    wrong = {code: title for code, title in titles.items() if not re.fullmatch(r"[A-Z`].*[.]", title)}
    assert wrong == {}
    assert {code: title for code, title in titles.items() if PHRASES.search(title)} == {}


def test_every_resource_says_its_name_when_it_is_not_found() -> None:
    missing = [kind for kind in _problems() if kind.status == 404 and kind.code != "not_found"]
    assert missing
    assert [kind.title for kind in missing if not kind.title.endswith(" not found.")] == []
    assert len({kind.title for kind in missing}) == len(missing)


def test_no_string_of_the_source_uses_a_replaced_phrase() -> None:
    """Error details, docstrings, mails, CLI texts and log messages are all string constants."""
    found = [
        f"{path}:{node.lineno} {match[0]}"
        for path, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and (match := PHRASES.search(node.value))
    ]
    assert found == []


def test_no_page_uses_a_replaced_phrase() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").rglob("*.md")]
    assert len(pages) > 20
    found = [f"{page.relative_to(ROOT)}: {match[0]}" for page in pages for match in PHRASES.finditer(page.read_text())]
    assert found == []
