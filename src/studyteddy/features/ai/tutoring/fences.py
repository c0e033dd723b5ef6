"""Code blocks of Markdown in a response: a text that replaces the rest of it must not land in one that is open."""

from __future__ import annotations

import re

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})", re.MULTILINE)
_OPENING = re.compile(r"\s*(?:`{3,}|~{3,})[^`\n]*\n*")


def opens_block(text: str) -> bool:
    """Return whether a text is only the first line of a code block."""
    return _OPENING.fullmatch(text) is not None


def open_fence(text: str) -> str:
    """Return the fence of the code block that a text leaves open; empty if there is none."""
    fence = ""
    for match in _FENCE.finditer(text):
        if not fence:
            fence = match[1]
        elif match[1].startswith(fence):
            fence = ""
    return fence


def apart(shown: str, text: str) -> str:
    """Return a text as it follows what was shown: outside a code block, and not glued to a word or a list."""
    if fence := open_fence(shown):
        return f"{'' if shown.endswith(chr(10)) else chr(10)}{fence}\n\n{text}"
    if not shown or shown.endswith((" ", "\n\n")):
        return text
    return f"\n{text}" if shown.endswith("\n") else f"\n\n{text}"
