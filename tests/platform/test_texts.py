"""The text of documents: what it is, and what a hostile document can't do."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import docx
import pytest

from studyteddy.platform.files.text_child import MAX_CHARACTERS
from studyteddy.platform.files.texts import WORD, Unreadable, text_of

PDF = "application/pdf"


def pdf(*pages: str, stream: bytes | None = None) -> bytes:
    """A PDF with these lines, one page each; `stream` replaces the content of each page."""
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, line in enumerate(pages):
        content = stream or f"BT /F1 12 Tf 72 720 Td ({line}) Tj ET".encode()
        packed = zlib.compress(content)
        page = f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {5 + 2 * number} 0 R"
        objects.append(f"{page} /Resources << /Font << /F1 3 0 R >> >> >>".encode())
        objects.append(b"<< /Length %d /Filter /FlateDecode >>\nstream\n%b\nendstream" % (len(packed), packed))
    out = b"%PDF-1.4\n"
    places = []
    for number, one in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n%b%b" % (len(objects) + 1, table, trailer)


def word(*paragraphs: str) -> bytes:
    document = docx.Document()
    for one in paragraphs:
        document.add_paragraph(one)
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "Criterion", "Points"
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_pages_of_a_pdf_are_separated() -> None:
    assert [page.strip() for page in text_of(PDF, pdf("Read chapter 5.", "Answer question 2.")).split("\f")] == [
        "Read chapter 5.",
        "Answer question 2.",
        "",
    ]


def test_paragraphs_and_tables_of_a_word_document_are_read_in_order() -> None:
    assert text_of(WORD, word("Schreibe einen Aufsatz.", "اقرأ الفصل.")).split("\n")[:3] == [
        "Schreibe einen Aufsatz.",
        "اقرأ الفصل.",
        "Criterion\tPoints",
    ]


def test_plain_text_loses_its_controls_and_its_length_is_limited() -> None:
    assert text_of("text/plain", b"\xef\xbb\xbfa\r\nb\x00\x1bc\xff") == "a\nbc\ufffd"
    assert len(text_of("text/markdown", b"x" * 1_000_000)) == MAX_CHARACTERS


def _with_document(change: Callable[[bytes], bytes]) -> tuple[str, bytes]:
    """A Word document whose main part is changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(word("x"))) as whole, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as changed:
        for name in whole.namelist():
            content = whole.read(name)
            changed.writestr(name, change(content) if name == "word/document.xml" else content)
    return WORD, out.getvalue()


def _many_paragraphs() -> tuple[str, bytes]:
    return _with_document(lambda text: text.replace(b"</w:body>", b"<w:p/>" * 10_000_000 + b"</w:body>"))


def _entities() -> tuple[str, bytes]:
    nested = b"".join(b'<!ENTITY l%d "%b">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 12))
    return _with_document(
        lambda _: b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY l0 "lol">' + nested + b"]><d>&l11;</d>"
    )


BOMBS: dict[str, Callable[[], tuple[str, bytes]]] = {
    "page": lambda: (PDF, pdf("x", stream=b"q\n" * (1 << 27))),
    "arrays": lambda: (PDF, pdf("x", stream=b"[" * 5_000_000)),
    "paragraphs": _many_paragraphs,
    "entities": _entities,
}
"""Documents that would take a lot of memory or time."""


# Memory is measured in a small process of its own: a peak is kept for the life of a process, and a child starts with
# its parent's. The document is read from standard input; own and child's peaks (KiB) and the characters are printed.
_MEASURED = """
import resource, sys
from studyteddy.platform.files.texts import Unreadable, text_of
document = sys.stdin.buffer.read()
def peak():
    return int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
before = peak()
try:
    characters = len(text_of(sys.argv[1], document))
except Unreadable:
    characters = 0
print(peak() - before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, characters)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is measured in /proc, which only Linux has")
@pytest.mark.parametrize("name", ["page", "paragraphs", "entities", "arrays"])
def test_a_bomb_takes_neither_memory_nor_time_of_this_process(name: str) -> None:
    media_type, data = BOMBS[name]()
    measured = subprocess.run(
        [sys.executable, "-c", _MEASURED, media_type], input=data, capture_output=True, timeout=60, check=True
    )
    own, child, characters = map(int, measured.stdout.split())
    assert own < 100_000
    assert child < 1_300_000
    assert characters <= MAX_CHARACTERS


@pytest.mark.parametrize(
    ("media_type", "data"),
    [(PDF, b"%PDF-1.4\nnothing"), (PDF, pdf("")), (PDF, b""), (WORD, b"PK\x03\x04"), ("text/plain", b" \n\t")],
)
def test_a_document_without_text_is_unreadable(media_type: str, data: bytes) -> None:
    with pytest.raises(Unreadable):
        text_of(media_type, data)
