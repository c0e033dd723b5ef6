"""Text as people see it: the fold by which names are compared, and the characters that show nothing by themselves.

The characters are those of the Unicode data of this Python (`unicodedata.unidata_version`): general categories M
(marks), Z (spaces), Cc, Cf and Cs (controls, formats, surrogates), the properties Default_Ignorable_Code_Point and
Noncharacter_Code_Point, and three symbols by category that show nothing: the Braille pattern without dots, the object
replacement character, and the null notehead. Unassigned and private characters may show something: what is new in
Unicode is unassigned in the data of an older Python.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

_IGNORABLE = (
    *((0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F)),
    *((0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF)),
    *((0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF)),
)
"""Default_Ignorable_Code_Point of DerivedCoreProperties.txt (Unicode 16.0), which `unicodedata` doesn't have."""
_BLANK_SYMBOLS = (0x2800, 0xFFFC, 0x1D159)
_NONCHARACTERS = (*range(0xFDD0, 0xFDF0), *(plane << 16 | last for plane in range(17) for last in (0xFFFE, 0xFFFF)))
_GAP_CATEGORIES = frozenset(("Zs", "Zl", "Zp", "Cc", "Cf", "Cs"))
_MARK_CATEGORIES = frozenset(("Mn", "Mc", "Me"))
_SCANNED = ((0x0000, 0x33FF), (0xA000, 0xABFF), (0xD800, 0xDFFF), (0xF900, 0x1FFFF), (0xE0000, 0xE0FFF))
"""The code points outside the ideographs, Hangul syllables and private areas, which a test scans as well."""


def fold(text: str) -> str:
    """Return a text without case, accents and compatibility variants: `Ｃｈémie` and `chemie` are equal."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def is_visible(text: str) -> bool:
    """Return whether there is something to see in a text after folding it."""
    return any(ord(letter) not in _HIDDEN for letter in text)


def _find_gaps() -> frozenset[int]:
    """Return the characters that are spaces, controls or formats, or are drawn as nothing."""
    found = (code for code in _scanned() if unicodedata.category(chr(code)) in _GAP_CATEGORIES)
    ignorable = (code for first, last in _IGNORABLE for code in range(first, last + 1))
    return frozenset((*found, *ignorable, *_BLANK_SYMBOLS, *_NONCHARACTERS))


def _find_hidden(gaps: frozenset[int]) -> frozenset[int]:
    """Return the gaps, the marks, and what folds to them, as U+00A8 does: a space with an accent."""
    marks = (code for code in _scanned() if unicodedata.category(chr(code)) in _MARK_CATEGORIES)
    hidden = gaps.union(marks)
    variants = (code for code in _scanned() if unicodedata.decomposition(chr(code)))
    return hidden.union(code for code in variants if hidden.issuperset(map(ord, fold(chr(code)))))


def _scanned() -> Iterator[int]:
    return (code for first, last in _SCANNED for code in range(first, last + 1))


def _ranges(codes: frozenset[int]) -> Iterator[str]:
    """Yield the ranges of a set of code points, as a character class of a regular expression contains them."""
    ordered = sorted(codes)
    start = ordered[0]
    for code, following in zip(ordered, (*ordered[1:], None), strict=True):
        if following != code + 1:
            yield f"\\U{start:08x}-\\U{code:08x}"
            start = following or 0


_GAPS = _find_gaps()
_HIDDEN = _find_hidden(_GAPS)
GAPS = "".join(_ranges(_GAPS))
"""The characters that show nothing in any place, for a character class; marks are not among them."""
INVISIBLE = "".join(_ranges(_HIDDEN))
"""The characters that show nothing by themselves, for a character class; marks are among them."""
