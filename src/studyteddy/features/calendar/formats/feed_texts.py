"""Texts of foreign calendars as plain text: unescaped, without markup and control characters, and bounded."""

from __future__ import annotations

import html
import re
from urllib.parse import urlsplit

from studyteddy.features.calendar.formats.ics import escaped

_MAX_READ = 60_000
"""Characters of a value that are read."""
_MAX_TIMES = 10
_ESCAPE = re.compile(r"\\([nN,;:\"\\])")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_SEPARATED = re.compile(r"(?:[^,\\]|\\.)+", re.DOTALL)
_BLOCKS = frozenset(
    re.split(
        " ",
        "address article blockquote body br dd div dl dt footer h1 h2 h3 h4 h5 h6 head header hr html li ol p pre"
        " section table tbody td th thead title tr ul",
    )
)
_INLINE = frozenset(re.split(" ", "a abbr b big center code em font i img s small span strike strong sub sup tt u"))
_UNSHOWN = frozenset({"head", "script", "style", "title"})
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)((?:[\s/][^<>]*)?)>|<!--[^<>]*-->|<![A-Za-z][^<>]*>")
_SPACES = re.compile(r"[^\S\n]+")
_GAPS = re.compile(r"\n\s*\n\s*")


def unescaped(value: str) -> str:
    return _ESCAPE.sub(lambda found: "\n" if found[1] in "nN" else found[1], value[:_MAX_READ])


def line(value: str, limit: int) -> str:
    """Return an escaped value as one line of plain text."""
    return " ".join(_plain(unescaped(value)).split())[:limit].rstrip()


def stable(title: str, limit: int) -> str:
    """Return a title as it is after it was written and read, however often; "" if nothing is left of it."""
    for _ in range(_MAX_TIMES):
        read = line(escaped(title), limit)
        if read == title:
            return title
        title = read
    return ""


def paragraphs(value: str, limit: int) -> str:
    """Return an escaped value as lines of plain text."""
    text = _SPACES.sub(" ", _plain(unescaped(value)))
    text = "\n".join(part.strip() for part in text.split("\n"))
    return _GAPS.sub("\n\n", text).strip()[:limit].rstrip()


def listed(value: str, limit: int) -> list[str]:
    """Return the items of an escaped list, one line each."""
    items = (line(found[0], limit) for found in _SEPARATED.finditer(value[:_MAX_READ]))
    return [item for item in items if item]


def web_address(value: str, limit: int) -> str:
    """Return a value if it is an http or https URL, else ""."""
    url = html.unescape(unescaped(value)).strip()
    if len(url) > limit or re.search(r"[\s<>\"\x00-\x1f\x7f-\x9f\ud800-\udfff]", url):
        return ""
    try:
        parts = urlsplit(url)
        return url if parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc else ""
    except ValueError:
        return ""


def _plain(text: str) -> str:
    if "<" in text:
        text = _without_tags(text)
    if "&" in text:
        text = html.unescape(text)
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _without_tags(text: str) -> str:
    """Remove the tags of HTML, and what isn't shown. A `<` that begins no known tag stays."""
    parts, position, unshown = list[str](), 0, ""
    for found in _TAG.finditer(text):
        name, closes = (found[2] or "").lower(), found[1] == "/"
        if name and name not in _BLOCKS and name not in _INLINE and name not in _UNSHOWN:
            continue
        if not unshown:
            parts.append(text[position : found.start()])
            parts.append("\n" if name in _BLOCKS else "")
            parts.append("- " if name == "li" and not closes else "")
        position = found.end()
        if name in _UNSHOWN:
            unshown = name if not closes and not unshown else "" if closes and name == unshown else unshown
    return "".join(parts) + ("" if unshown else text[position:])
