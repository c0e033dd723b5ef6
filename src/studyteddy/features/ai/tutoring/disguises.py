"""What a reader can decode from a sentence: encodings, ciphers, spaced letters, letters written as digits."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from collections.abc import Iterator
from contextlib import suppress

from studyteddy.features.ai.tutoring.languages import says, unified, words
from studyteddy.features.ai.tutoring.normalization import normal
from studyteddy.features.ai.tutoring.numbers import rejoined
from studyteddy.platform.text import fold

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{2,}={1,2}|[A-Za-z0-9+/_-]{3,}")
_BASE32 = re.compile(r"[A-Z2-7]{4,}={0,6}")
_HEX = re.compile(r"0x[0-9a-fA-F]+|(?:[0-9a-fA-F]{2}[\s:,]?){2,}")
_BINARY = re.compile(r"\b[01]{7,8}(?:\s[01]{7,8})+\b|0b[01]+|\b[01]{3,}\b")
_SPACED = re.compile(r"(?<![^\W_])(?:[^\W\d_][\s.\-_·|/,*~+]{1,3}){3,}[^\W\d_](?![^\W_])")
_LEET = str.maketrans("013457@$!", "oieastasi")
_MAX_DECODED = 20


def decoded(text: str) -> Iterator[str]:
    """Yield the texts that encoded parts of a sentence hold: base64, base32, hexadecimal, binary."""
    shown = normal(text)
    for pattern, decode in ((_BASE64, _base64), (_BASE32, _base32), (_HEX, _hexadecimal), (_BINARY, _binary)):
        for match in list(pattern.finditer(shown))[:_MAX_DECODED]:
            yield from (found for found in decode(match[0]) if found)


def deciphered(text: str) -> Iterator[str]:
    """Yield a sentence without digits as read backwards, by ROT13, with spaced letters joined, and by initials."""
    shown = normal(text)
    letters = re.sub(r"\d", "", shown)
    yield letters[::-1]
    yield codecs.encode(letters, "rot13")
    if _SPACED.search(letters):
        yield _SPACED.sub(lambda match: re.sub(r"[^\w]|_", "", match[0]), letters)
    if (whole := rejoined(shown)) != unified(fold(shown)):
        yield whole
    leet = " ".join(word.translate(_LEET) for word in shown.split() if _is_leet(word))
    if leet:
        yield leet
    yield initials(shown)
    if says("backwards", words(shown)):
        yield shown[::-1]


def initials(text: str) -> str:
    """Return the first letters of the words of a text."""
    return "".join(word[0] for word in re.findall(r"[^\W\d_]+", text))


def shifted(word: str) -> Iterator[str]:
    """Yield a word under the Caesar ciphers of the Latin alphabet."""
    for shift in range(1, 26):
        yield "".join(chr((ord(letter) - 97 + shift) % 26 + 97) if "a" <= letter <= "z" else letter for letter in word)


def _is_leet(word: str) -> bool:
    return any(letter in "013457@$!" for letter in word) and sum(map(str.isalpha, word)) >= 2


def _printable(data: bytes) -> str | None:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() and any(map(str.isalnum, text)) else None


def _base64(text: str) -> Iterator[str | None]:
    bare = text.rstrip("=").translate(str.maketrans("-_", "+/"))
    if not text.isdigit():
        with suppress(binascii.Error, ValueError):
            yield _printable(base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True))


def _base32(text: str) -> Iterator[str | None]:
    bare = text.rstrip("=")
    with suppress(binascii.Error, ValueError):
        yield _printable(base64.b32decode(bare + "=" * (-len(bare) % 8)))


def _hexadecimal(text: str) -> Iterator[str | None]:
    """Yield a marked number in decimal, and what at least two bytes spell."""
    bare = re.sub(r"[^0-9a-fA-F]", "", text.removeprefix("0x"))
    if text.startswith("0x"):
        yield str(int(bare[:16], 16))
    if len(bare) >= 4 and len(bare) % 2 == 0:
        yield _printable(bytes.fromhex(bare))


def _binary(text: str) -> Iterator[str | None]:
    """Yield a binary number in decimal, and what groups of eight bits spell."""
    groups = text.removeprefix("0b").split()
    if len(groups) == 1:
        yield str(int(groups[0][:64], 2))
    if all(len(group) in (7, 8) for group in groups):
        yield _printable(bytes(int(group, 2) for group in groups))
