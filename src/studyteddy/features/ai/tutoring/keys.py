"""The key of a problem: its solution, which is kept on the server and only compared with drafts."""

from __future__ import annotations

import re
from typing import Annotated, Any

import msgspec
from msgspec import Meta

_MAX_KEY = 20_000
_FENCED = re.compile(r"\A\s*```\w*\n(.*?)\n?```\s*\Z", re.DOTALL)

KEY_SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["exercise", "answer", "steps", "synonyms"],
    "properties": {
        "exercise": {
            "type": "boolean",
            "description": "Whether there is anything to solve; if not, the rest is empty.",
        },
        "answer": {"type": "string"},
        "steps": {"type": "array", "items": {"type": "string"}},
        "synonyms": {"type": "array", "items": {"type": "string"}},
    },
}
"""The strict JSON schema of what a model returns for a key; lengths are checked by `parse_key`."""


class Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A solved problem, or that a text has none."""

    answer: Annotated[str, Meta(max_length=2000)]
    steps: Annotated[list[Annotated[str, Meta(max_length=1000)]], Meta(max_length=40)]
    synonyms: Annotated[list[Annotated[str, Meta(max_length=200)]], Meta(max_length=30)] = []
    """Other names of the answer, its abbreviations and translations."""
    exercise: bool = True


NO_EXERCISE = '{"exercise": false, "answer": "", "steps": [], "synonyms": []}'
"""What a model returns for a text without an exercise."""


def parse_key(text: str) -> Key | None:
    """Return the key in the output of a model; None if the output isn't one, or an exercise has a blank answer."""
    if len(text) > _MAX_KEY:
        return None
    fenced = _FENCED.match(text)
    try:
        key = msgspec.json.decode(fenced[1] if fenced else text, type=Key)
    except (msgspec.MsgspecError, UnicodeEncodeError):
        return None
    if not key.exercise:
        return Key("", [], exercise=False)
    steps, synonyms = ([one.replace("\0", "") for one in listed] for listed in (key.steps, key.synonyms))
    key = Key(key.answer.replace("\0", ""), steps, [one for one in synonyms if one.strip()])
    return key if any(letter.isalnum() for letter in key.answer) else None
