"""The program that reads the text of a document; `texts` runs it in a process of its own.

It takes the media type as its argument, the document on standard input, and writes UTF-8 to standard output. Pages are
separated by form feeds. It limits itself before it reads anything: what a document could make of it stays inside.
"""

from __future__ import annotations

import io
import resource
import sys
from collections.abc import Iterator

MAX_CHARACTERS = 60_000
MAX_PAGES = 500
_MEMORY = 1 << 30
_CPU_SECONDS = 8
_OUTPUT = 4 * MAX_CHARACTERS + 4096


def main() -> None:
    for limit, value in (
        (resource.RLIMIT_AS, _MEMORY),
        (resource.RLIMIT_CPU, _CPU_SECONDS),
        (resource.RLIMIT_FSIZE, _OUTPUT),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (value, value))
    data, left = sys.stdin.buffer.read(), MAX_CHARACTERS
    parts = _pages(data) if sys.argv[1] == "application/pdf" else _paragraphs(data)
    for part in parts:
        sys.stdout.buffer.write(part[:left].encode("utf-8", "replace"))
        left -= len(part)
        if left <= 0:
            break


def _pages(data: bytes) -> Iterator[str]:
    """Yield the text of each page. Forms and scripts of the document aren't run."""
    import pypdfium2  # type: ignore[import-untyped]  # the other format doesn't need it

    document = pypdfium2.PdfDocument(data)
    for number in range(min(len(document), MAX_PAGES)):
        yield document[number].get_textpage().get_text_bounded().replace("\r\n", "\n") + "\f"


def _paragraphs(data: bytes) -> Iterator[str]:
    """Yield each paragraph of the text and its tables."""
    import docx
    from docx.table import Table

    for block in docx.Document(io.BytesIO(data)).iter_inner_content():
        if isinstance(block, Table):
            yield from ("\t".join(cell.text for cell in row.cells) + "\n" for row in block.rows)
        else:
            yield block.text + "\n"


if __name__ == "__main__":
    main()
