"""The text of documents: PDF, Word and plain text. Untrusted ones are read in a process of their own, with limits."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from studyteddy.platform.files import text_child
from studyteddy.platform.files.text_child import MAX_CHARACTERS

SECONDS = 10.0
"""How long a document may take."""
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PLAIN = frozenset({"text/plain", "text/markdown", "text/csv"})
READABLE = PLAIN | {"application/pdf", WORD}
"""The media types whose text can be read."""
_CONTROLS = {code: None for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n\f"}


class Unreadable(Exception):
    """No text can be read from the document: it is broken, protected, too large, or has none."""


def text_of(media_type: str, data: bytes) -> str:
    """Return the text of a document, at most `MAX_CHARACTERS`; raise `Unreadable`.

    Pages of a PDF are separated by form feeds. Takes up to ten seconds: run it in a thread pool.
    """
    text = data.decode("utf-8-sig", "replace") if media_type in PLAIN else _read_apart(media_type, data)
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROLS)[:MAX_CHARACTERS]
    if not text.strip():
        raise Unreadable()
    return text


def _read_apart(media_type: str, data: bytes) -> str:
    with tempfile.TemporaryFile() as document, tempfile.TemporaryFile() as out:
        document.write(data)
        document.seek(0)
        command = [sys.executable, "-I", str(Path(text_child.__file__)), media_type]
        try:
            subprocess.run(  # noqa: S603 - a program of ours, and a media type of a closed list
                command, stdin=document, stdout=out, stderr=subprocess.DEVNULL, timeout=SECONDS, check=True, env={}
            )
        except (subprocess.SubprocessError, OSError) as fault:
            raise Unreadable() from fault
        out.seek(0)
        return out.read().decode("utf-8", "replace")
