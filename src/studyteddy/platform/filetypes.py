"""Files from strangers: which kinds are taken, how they are called, and whether the bytes are what was said.

Nothing that a browser or a machine would run is among them: no page, no drawing with scripts, no program, and no
document with macros.
"""

from __future__ import annotations

import codecs
import re
import struct
from collections.abc import Callable
from io import BytesIO
from typing import Literal
from zipfile import BadZipFile, ZipFile

FileType = Literal[
    "application/pdf",
    "image/png",
    "image/jpeg",
    "image/webp",
    "image/gif",
    "text/plain",
    "text/markdown",
    "text/csv",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.oasis.opendocument.text",
    "application/zip",
]

ENDINGS: dict[FileType, tuple[str, ...]] = {
    "application/pdf": (".pdf",),
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/webp": (".webp",),
    "image/gif": (".gif",),
    "text/plain": (".txt",),
    "text/markdown": (".md", ".markdown"),
    "text/csv": (".csv",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": (".docx",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": (".xlsx",),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": (".pptx",),
    "application/vnd.oasis.opendocument.text": (".odt",),
    "application/zip": (".zip",),
}
"""How a name must end: whoever opens a saved file goes by its name, not by what we said of it."""

_MOST_DIRECTORY = 1 << 20
"""Bytes of the list of contents of a ZIP file; reading a longer one would take seconds."""
_END_OF_DIRECTORY = struct.Struct("<4s4H2LH")
_ZIP64 = b"PK\x06\x07"
"""Stands twenty bytes before the end of a ZIP file that has a second end with other numbers: none here needs it."""
_MARKUP = re.compile(rb"(<!|<\?|<(html|head|body|script|svg|iframe|math)\b|#!)", re.IGNORECASE)
_CONTROLS = bytes({*range(0x20), 0x7F} - {*b"\t\n\f\r"})
_PIECE = 1 << 20
_PROGRAMS = re.compile(r"(?:^|/)(?:vbaproject\.bin|manifest\.mf|androidmanifest\.xml)$", re.IGNORECASE)
_OPEN_DOCUMENT = b"application/vnd.oasis.opendocument.text"


def fits(name: str, kind: FileType) -> bool:
    """Whether a file of this kind may have this name."""
    return name.lower().endswith(ENDINGS[kind]) and name.lower() not in ENDINGS[kind]


def holds(kind: FileType, data: bytes) -> bool:
    """Whether `data` is a file of this kind, by its content. Takes some milliseconds of CPU for the largest ones."""
    return _TESTS[kind](data)


def _begins(*signs: bytes) -> Callable[[bytes], bool]:
    return lambda data: data.startswith(signs)


def _is_webp(data: bytes) -> bool:
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def _is_text(data: bytes) -> bool:
    """UTF-8 that is not the beginning of a page or a script."""
    plain = data.removeprefix(b"\xef\xbb\xbf")
    if _MARKUP.match(plain.lstrip()[:16]):
        return False
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for at in range(0, len(plain), _PIECE):  # other threads have their turn between two pieces
            piece = plain[at : at + _PIECE]
            if piece.translate(None, _CONTROLS) != piece:
                return False
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _names(data: bytes) -> list[str]:
    """What a ZIP file says it contains; nothing for what is none, or is too large or strange to be looked at."""
    end = data.rfind(b"PK\x05\x06")
    if not data.startswith((b"PK\x03\x04", b"PK\x05\x06")) or end < 0 or len(data) - end < _END_OF_DIRECTORY.size:
        return []
    if _END_OF_DIRECTORY.unpack_from(data, end)[5] > _MOST_DIRECTORY or data[end - 20 :].startswith(_ZIP64):
        return []
    try:
        with ZipFile(BytesIO(data)) as archive:
            return archive.namelist()
    # No archive, fields that contradict each other, a version that is not known, a place outside of the file.
    except (BadZipFile, ValueError, NotImplementedError, OSError):
        return []


def _is_zip(data: bytes) -> bool:
    """An archive that is no program in disguise."""
    names = _names(data)
    return bool(names) and not any(_PROGRAMS.search(name) for name in names)


def _is_office(folder: str) -> Callable[[bytes], bool]:
    def test(data: bytes) -> bool:
        names = _names(data)
        inside = "[Content_Types].xml" in names and any(name.startswith(f"{folder}/") for name in names)
        return inside and not any(_PROGRAMS.search(name) for name in names)

    return test


def _is_open_document(data: bytes) -> bool:
    """Its first part says what it is, unpacked, right behind the header of 30 bytes and the part's name."""
    said = data[38:].startswith(_OPEN_DOCUMENT + b"PK") and data[30:38] == b"mimetype"
    return said and "content.xml" in _names(data) and not any(name.startswith("Basic/") for name in _names(data))


_TESTS: dict[FileType, Callable[[bytes], bool]] = {
    "application/pdf": _begins(b"%PDF-"),
    "image/png": _begins(b"\x89PNG\r\n\x1a\n"),
    "image/jpeg": _begins(b"\xff\xd8\xff"),
    "image/webp": _is_webp,
    "image/gif": _begins(b"GIF87a", b"GIF89a"),
    "text/plain": _is_text,
    "text/markdown": _is_text,
    "text/csv": _is_text,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": _is_office("word"),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": _is_office("xl"),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": _is_office("ppt"),
    "application/vnd.oasis.opendocument.text": _is_open_document,
    "application/zip": _is_zip,
}
