"""What a reader sees in a text: one form for digits, operators, entities and letters that look alike.

Nothing here decides; the leak checks compare texts in this form.
"""

from __future__ import annotations

import html
import re
import unicodedata

from studyteddy.platform.text import GAPS, fold

_RAISED = {
    **dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ", "0123456789+-=()ni", strict=True)),
    **dict(zip("ᵃᵇᶜᵈᵉᶠᵍʰʲᵏˡᵐᵒᵖʳˢᵗᵘᵛʷˣʸᶻ", "abcdefghjklmoprstuvwxyz", strict=True)),
}
_RAISED_RUN = re.compile(f"[{''.join(_RAISED)}]+")
_ALIKE = str.maketrans("аеорсухівһјѕԁɡΑΒΕΖΗΙΚΜΝΟΡΤΥΧАВЕКМНОРСТХІЅ", "aeopcyxibhjsdgABEZHIKMNOPTYXABEKMHOPCTXIS")
_SMALL_CAPITALS = str.maketrans("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz")
_BADGES = {first + at: 97 + at for first in (0x1F150, 0x1F170, 0x1F1E6) for at in range(26)}
"""White letters on black circles and squares, and letters of flags."""
_LOOKALIKES = _ALIKE | str.maketrans("тмкнвοι", "tmkhboi") | _SMALL_CAPITALS | _BADGES
"""Cyrillic and Greek letters that are drawn like Latin ones, and letters that NFKC leaves as they are."""
_SYMBOLS = str.maketrans(
    {
        **dict.fromkeys("×·∙⋅∗✕", "*"),
        **dict.fromkeys("÷⁄∕", "/"),
        **dict.fromkeys("−‐‑‒–—﹣", "-"),
        **dict.fromkeys("’‘ʼ`´", "'"),
        **dict.fromkeys("≈≃≅≡⇒→⟹➜", "="),
        "√": r"\sqrt",
        "π": r"\pi ",
        "٫": ".",
        "٬": ",",
        "،": ",",
        "。": ".",
        "٪": "%",
    }
)
_HIDDEN = re.compile(f"(?![\\n\\t -~])[{GAPS}\\ufe0f\\u20e3]")
_ESCAPE = re.compile(r"\\u\{?([0-9a-fA-F]{2,6})\}?|\\x([0-9a-fA-F]{2})|%([2-7][0-9a-fA-F])")
_NO_ENTITY = re.compile(r"&#\d{9,}+;?")
"""Numbers beyond all characters, which `html.unescape` refuses if they are long."""
_HAN = {letter: value for value, letter in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_HAN_POWERS = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "萬": 10_000}
_HAN_RUN = re.compile(f"[{''.join((*_HAN, *_HAN_POWERS))}]+")


def normal(text: str) -> str:
    """Return a text with ASCII digits and operators, without entities, escapes and what shows nothing."""
    text = _ESCAPE.sub(_unescaped, html.unescape(_NO_ENTITY.sub(" ", text)))
    text = _RAISED_RUN.sub(_raised, text).translate(_SYMBOLS)
    text = _spaced(unicodedata.normalize("NFKC", _fractions_apart(text)))
    text = "".join(map(_ascii_digit, text)).translate(_SYMBOLS).translate(_LOOKALIKES)
    return _HAN_RUN.sub(_han, text)


def plain(text: str) -> str:
    """Return the normal form of a text in lower case without accents."""
    return fold(normal(text))


def compact(text: str, *, is_formula: bool = True) -> str:
    """Return only the letters and digits of the plain form of a text, without LaTeX commands if it is a formula."""
    bare = re.sub(r"\\[a-z]+", "", plain(text)) if is_formula else plain(text)
    return "".join(letter for letter in bare if letter.isalnum())


def _unescaped(match: re.Match[str]) -> str:
    code = int(match[1] or match[2] or match[3], 16)
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else " "


def _raised(match: re.Match[str]) -> str:
    """Return a power: x² becomes x^2, and ⁴² by itself becomes 42."""
    text = "".join(_RAISED[letter] for letter in match[0])
    before = match.string[match.start() - 1 : match.start()]
    if not before.isalnum() and before not in (")", "]"):
        return text
    return f"^{text}" if len(text) == 1 else f"^({text})"


def _fractions_apart(text: str) -> str:
    """Set a space before vulgar fractions, which would join the whole number: 3½."""
    return re.sub(r"(?<=\d)(?=[¼-¾⅐-⅞])", " ", text)


def _spaced(text: str) -> str:
    """Turn spaces of all kinds into plain ones, and remove what shows nothing."""
    text = re.sub(r"[^\S\n]", " ", text)
    return _HIDDEN.sub("", text)


def _ascii_digit(letter: str) -> str:
    if letter.isascii():
        return letter
    digit = unicodedata.digit(letter, None)
    return str(digit) if digit is not None else letter


def _han(match: re.Match[str]) -> str:
    """Return the number that Chinese numerals write, by place (四二) or by power (四十二)."""
    if not any(letter in _HAN_POWERS for letter in match[0]):
        return "".join(str(_HAN[letter]) for letter in match[0])
    total = digit = 0
    for letter in match[0]:
        if letter in _HAN_POWERS:
            total, digit = total + (digit or 1) * _HAN_POWERS[letter], 0
        else:
            digit = _HAN[letter]
    return str(total + digit)
