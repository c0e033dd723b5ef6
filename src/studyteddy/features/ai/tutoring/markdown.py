"""Markdown that can't load, link or run anything: text from a model is shown without images, links and HTML."""

from __future__ import annotations

import re

_TAGS = (
    "a|abbr|address|applet|area|article|aside|audio|b|base|bdi|bdo|big|blink|blockquote|body|br|button|canvas|caption|"
    "center|cite|code|col|colgroup|data|datalist|dd|del|details|dfn|dialog|dir|div|dl|dt|em|embed|fieldset|figcaption|"
    "figure|font|footer|form|frame|frameset|h[1-6]|head|header|hr|html|i|iframe|img|image|input|ins|isindex|kbd|label|"
    "legend|li|link|main|map|mark|marquee|math|menu|meta|meter|nav|noscript|object|ol|optgroup|option|output|p|param|"
    "picture|pre|progress|q|rp|rt|ruby|s|samp|script|search|section|select|slot|small|source|span|strike|strong|style|"
    "sub|summary|sup|svg|table|tbody|td|template|textarea|tfoot|th|thead|time|title|tr|track|tt|u|ul|var|video|wbr|x"
)
_TAG = re.compile(
    rf"</?(?:{_TAGS})(?:[\s/][^<>]*)?/?>|<!--.*?-->|<(?:https?|mailto|javascript|data):[^<>]*>",
    re.IGNORECASE | re.DOTALL,
)
_TARGET = r"\((?:[^()\n]|\([^()\n]*\))*\)|\[[^\]\n]*\]"
_IMAGE = re.compile(rf"!\[[^\]\n]*\](?:{_TARGET})?")
_LINK = re.compile(rf"\[([^\]\n]*)\](?:{_TARGET})")
_DEFUSED = (
    (re.compile(r"<(?=[a-zA-Z/!?]|\Z)"), "< "),
    (re.compile(r"\](?=[(\[:])"), "] "),
    (re.compile(r"!(?=\[)"), "! "),
    (re.compile(r"\b(javascript|vbscript)(?=:)", re.IGNORECASE), r"\1 "),
    (re.compile(r"\b(data)(?=:\w+/)", re.IGNORECASE), r"\1 "),
    # A bare address would become a link; its words stay.
    (re.compile(r"\b(?:https?|ftp)://", re.IGNORECASE), ""),
    (re.compile(r"\b(www)(?=\.)", re.IGNORECASE), r"\1 "),
)
"""What remains of a syntax that begins or ends in another sentence gets a space, which breaks it."""


def plain(text: str) -> str:
    """Return Markdown without images and HTML tags; of links only their text remains."""
    text = _LINK.sub(r"\1", _IMAGE.sub("", _without_tags(text)))
    for pattern, replacement in _DEFUSED:
        text = pattern.sub(replacement, text)
    return text


def _without_tags(text: str) -> str:
    """Remove tags until none is left, since removing one can form another."""
    for _ in range(4):
        text, removed = _TAG.subn("", text)
        if not removed:
            break
    return text
