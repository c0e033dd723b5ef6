"""Links between the pages of the repository lead to files that exist."""

from __future__ import annotations

import re

from tests.contracts.snapshot import ROOT


def test_links_between_pages_lead_somewhere() -> None:
    pages = [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "benchmarks").rglob("*.md"),
        ROOT / "tests/README.md",
    ]
    broken = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in pages
        for link in re.findall(r"\]\((?!https?:|mailto:|#)([^)#]+)(?:#[^)]*)?\)", page.read_text())
        if not (page.parent / link).exists()
    ]
    assert broken == []


def test_files_that_decision_records_name_exist() -> None:
    """Footers such as "Enforced by `tests/web`" name paths of the repository or of the package."""
    missing = [
        f"{record.name}: {path}"
        for record in (ROOT / "docs/adr").glob("*.md")
        for footer in re.findall(
            r"\*\*(?:Enforced|Implemented)[^*]*\*\*(.*?)(?:\n\n|\Z)", record.read_text(), re.DOTALL
        )
        for path in re.findall(r"`([\w./-]+(?:\.py|/))`", footer)
        if not (ROOT / path).exists() and not (ROOT / "src/studyteddy" / path).exists()
    ]
    assert missing == []


def test_the_index_lists_every_page_and_decision_record() -> None:
    """So that a page or record that is added can be found."""
    index = (ROOT / "docs/README.md").read_text()
    pages = [page.relative_to(ROOT / "docs").as_posix() for page in (ROOT / "docs").rglob("*.md")]
    assert [page for page in sorted(pages) if page != "README.md" and f"]({page})" not in index] == []
