"""Accepted file types, their file extensions, and checks of the content.

No accepted type can run code in a browser or on a computer: no HTML, no SVG, no programs, and no documents with macros.
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
"""Required file extensions: operating systems open a saved file by its extension, not its declared type."""

_MAX_DIRECTORY = 1 << 20
"""Maximum bytes of the central directory of a ZIP file; reading a larger one takes seconds."""
_END_OF_DIRECTORY = struct.Struct("<4s4H2LH")
_ZIP64 = b"PK\x06\x07"
"""The ZIP64 locator, twenty bytes before the end record, whose numbers may differ; no accepted file needs it."""
_MARKUP = re.compile(rb"(<!|<\?|<(html|head|body|script|svg|iframe|math)\b|#!)", re.IGNORECASE)
_CONTROLS = bytes({*range(0x20), 0x7F} - {*b"\t\n\f\r"})
_CHUNK = 1 << 20
_PROGRAMS = re.compile(r"(?:^|/)(?:vbaproject\.bin|manifest\.mf|androidmanifest\.xml)$", re.IGNORECASE)
_OPEN_DOCUMENT = b"application/vnd.oasis.opendocument.text"


def fits(name: str, kind: FileType) -> bool:
    """Return whether the file extension of `name` matches the type."""
    return name.lower().endswith(ENDINGS[kind]) and name.lower() not in ENDINGS[kind]


def holds(kind: FileType, data: bytes) -> bool:
    """Return whether the content of `data` matches the type. Takes some milliseconds of CPU for large files."""
    return _TESTS[kind](data)


def _starts_with(*signatures: bytes) -> Callable[[bytes], bool]:
    return lambda data: data.startswith(signatures)


def _is_webp(data: bytes) -> bool:
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def _is_text(data: bytes) -> bool:
    """Return whether `data` is UTF-8 text that doesn't start like markup or a script."""
    plain = data.removeprefix(b"\xef\xbb\xbf")
    if _MARKUP.match(plain.lstrip()[:16]):
        return False
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for at in range(0, len(plain), _CHUNK):  # lets other threads run between chunks
            chunk = plain[at : at + _CHUNK]
            if chunk.translate(None, _CONTROLS) != chunk:
                return False
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _names(data: bytes) -> list[str]:
    """List the names in a ZIP file; empty if it is invalid, too large, or unusual."""
    end = data.rfind(b"PK\x05\x06")
    if not data.startswith((b"PK\x03\x04", b"PK\x05\x06")) or end < 0 or len(data) - end < _END_OF_DIRECTORY.size:
        return []
    if _END_OF_DIRECTORY.unpack_from(data, end)[5] > _MAX_DIRECTORY or data[end - 20 :].startswith(_ZIP64):
        return []
    try:
        with ZipFile(BytesIO(data)) as archive:
            return archive.namelist()
    # Not a ZIP file, inconsistent fields, an unknown version, or an offset outside of the file.
    except (BadZipFile, ValueError, NotImplementedError, OSError):
        return []


def _is_zip(data: bytes) -> bool:
    """Return whether `data` is a ZIP file that isn't a program package."""
    names = _names(data)
    return bool(names) and not any(_PROGRAMS.search(name) for name in names)


def _is_office(folder: str) -> Callable[[bytes], bool]:
    def test(data: bytes) -> bool:
        names = _names(data)
        inside = "[Content_Types].xml" in names and any(name.startswith(f"{folder}/") for name in names)
        return inside and not any(_PROGRAMS.search(name) for name in names)

    return test


def _is_open_document(data: bytes) -> bool:
    """Check the first entry, which contains the media type uncompressed after its header of 30 bytes and its name."""
    declared = data[38:].startswith(_OPEN_DOCUMENT + b"PK") and data[30:38] == b"mimetype"
    return declared and "content.xml" in _names(data) and not any(name.startswith("Basic/") for name in _names(data))


_TESTS: dict[FileType, Callable[[bytes], bool]] = {
    "application/pdf": _starts_with(b"%PDF-"),
    "image/png": _starts_with(b"\x89PNG\r\n\x1a\n"),
    "image/jpeg": _starts_with(b"\xff\xd8\xff"),
    "image/webp": _is_webp,
    "image/gif": _starts_with(b"GIF87a", b"GIF89a"),
    "text/plain": _is_text,
    "text/markdown": _is_text,
    "text/csv": _is_text,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": _is_office("word"),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": _is_office("xl"),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": _is_office("ppt"),
    "application/vnd.oasis.opendocument.text": _is_open_document,
    "application/zip": _is_zip,
}
