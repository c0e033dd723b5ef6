"""docs/request.md: each convention names the test that holds it, and each test of the web layer is named."""

from __future__ import annotations

import re

from tests.contracts.snapshot import ROOT

PAGE = ROOT / "docs/request.md"


def test_what_it_links_is_there() -> None:
    links = re.findall(r"\]\(([^)]+)\)", PAGE.read_text())
    assert len(links) > 20
    assert [link for link in links if not (PAGE.parent / link).is_file()] == []


def test_every_convention_has_its_test() -> None:
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", PAGE.read_text(), re.MULTILINE)[1:]
    assert [name for name, tests in rows if "](../tests/" not in tests] == []


def test_every_test_of_the_web_layer_is_named() -> None:
    text = PAGE.read_text()
    names = sorted(test.name for test in (ROOT / "tests/web").glob("test_*.py"))
    assert [name for name in names if f"web/{name})" not in text] == []
