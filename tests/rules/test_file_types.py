"""Detection of file types by content."""

from __future__ import annotations

import io
import struct
import zipfile
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from studyteddy.platform.files.file_types import ENDINGS, FileType, fits, holds

WORD, SHEET, SLIDES = [one for one in get_args(FileType) if "openxml" in one]
OPEN: FileType = "application/vnd.oasis.opendocument.text"
TEXTS: list[FileType] = ["text/plain", "text/markdown", "text/csv"]
KINDS: list[FileType] = list(get_args(FileType))


def packed(*names: str, first: str = "", prefix: bytes = b"") -> bytes:
    """Return a ZIP file with entries of these names."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        if first:
            archive.writestr(zipfile.ZipInfo("mimetype"), first)
        for name in names:
            archive.writestr(name, "x" * 50)
    return prefix + out.getvalue()


def picture(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(out, kind)
    return out.getvalue()


GOOD: dict[FileType, bytes] = {
    "application/pdf": b"%PDF-1.7\n\x00\xff",
    "image/png": picture("PNG"),
    "image/jpeg": picture("JPEG"),
    "image/webp": picture("WEBP"),
    "image/gif": picture("GIF"),
    "text/plain": "Wellen, волны, 波 🧸\r\n\tx".encode(),
    "text/markdown": b"\xef\xbb\xbf# Waves\n\n<b>bold</b> later is only text",
    "text/csv": b"a;b\n1;2\n",
    WORD: packed("[Content_Types].xml", "_rels/.rels", "word/document.xml"),
    SHEET: packed("[Content_Types].xml", "xl/workbook.xml"),
    SLIDES: packed("ppt/presentation.xml", "[Content_Types].xml"),
    OPEN: packed("content.xml", first=OPEN),
    "application/zip": packed("notes/a.txt"),
}

EVIL = {
    "a page": b"<!DOCTYPE html><script>alert(1)</script>",
    "a page without a head": b"\n  <SCRIPT>alert(1)</SCRIPT>",
    "a page behind a mark": b"\xef\xbb\xbf<html>",
    "a drawing": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "a drawing behind a declaration": b'<?xml version="1.0"?><svg/>',
    "a script": b"#!/bin/sh\nrm -rf /\n",
    "a Windows program": b"MZ\x90\x00\x03\x00\x00\x00",
    "a Linux program": b"\x7fELF\x02\x01\x01\x00",
    "a Mac program": b"\xcf\xfa\xed\xfe\x07\x00\x00\x01",
    "a program that unpacks itself": packed("a.txt", prefix=b"MZ\x90\x00"),
    "a Java program": packed("META-INF/MANIFEST.MF", "A.class"),
    "an Android program": packed("AndroidManifest.xml", "classes.dex"),
    "a document with macros": packed("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
    "half an archive": packed("a.txt")[:40],
    "an archive of nothing": packed(),
    "another script's text": "Wellen".encode("utf-16"),
    "a text with a NUL": b"a\0b",
    "noise": bytes(range(256)),
    "nothing": b"",
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_matches_only_its_own_type(kind: FileType) -> None:
    """Exceptions: all text types are alike, and documents are archives."""
    found = {other for other in KINDS if holds(other, GOOD[kind])}
    alike = set(TEXTS) if kind in TEXTS else {kind}
    assert found == (alike | {"application/zip"} if GOOD[kind].startswith(b"PK") else alike)


@pytest.mark.parametrize("name", [name for name in EVIL if name != "nothing"])
def test_executable_types_are_not_accepted(name: str) -> None:
    assert [kind for kind in KINDS if holds(kind, EVIL[name])] == []


def test_an_archive_has_a_single_end_record() -> None:
    """A second one for ZIP64 could declare another central directory of any size."""
    data = packed("notes.txt")
    end = data.rindex(b"PK\x05\x06")
    ends = struct.pack(
        "<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, end - data.index(b"PK\x01\x02"), data.index(b"PK\x01\x02")
    ) + struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
    doubled = data[:end] + ends + data[end:]
    assert zipfile.ZipFile(io.BytesIO(doubled)).namelist() == ["notes.txt"]
    assert holds("application/zip", data)
    assert not holds("application/zip", doubled)


@pytest.mark.parametrize("more", [b"\x00", b"\x7f", b"\xff", "é".encode()[:1]])
@pytest.mark.parametrize("letters", [(1 << 20) - 1, 1 << 20])
def test_a_long_text_is_checked_completely(letters: int, more: bytes) -> None:
    text = b" " * letters + "é".encode()
    assert holds("text/plain", text)
    assert not holds("text/plain", text + more)
    assert not holds("text/plain", text.lstrip() + more)


def test_an_empty_file_is_only_text() -> None:
    assert [kind for kind in KINDS if holds(kind, b"")] == TEXTS


def test_an_archive_with_an_oversized_directory_is_rejected() -> None:
    assert not holds("application/zip", packed(*(f"{n:0>200}" for n in range(5_000))))


@given(st.binary(max_size=200), st.sampled_from([b"", b"PK\x03\x04", b"%PDF-", b"RIFF0000WEBP", b"PK\x05\x06"]))
@pytest.mark.parametrize("kind", KINDS)
def test_no_bytes_crash_the_checks(kind: FileType, noise: bytes, head: bytes) -> None:
    assert holds(kind, head + noise) in (True, False)
    assert holds(kind, head + noise + b"PK\x05\x06" + noise) in (True, False)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_extension_matches_its_type(kind: FileType) -> None:
    assert all(fits(f"Waves{ending}", kind) and fits(f"a.b{ending.upper()}", kind) for ending in ENDINGS[kind])
    for wrong in ("waves", "waves.html", "waves.svg", "waves.exe", f"waves{ENDINGS[kind][0]}.html", ENDINGS[kind][0]):
        assert not fits(wrong, kind)
