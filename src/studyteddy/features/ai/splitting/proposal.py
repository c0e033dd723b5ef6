"""What a model answers: the schema that it must follow, and the reading of an answer, which can be anything."""

from __future__ import annotations

import re
from typing import Any, Literal

import msgspec

MAX_BYTES = 65_536
MAX_RAW_STEPS = 50
_FENCED = re.compile(r"\s*```[a-zA-Z]*[ \t]*\n(?P<json>.*?)\n?[ \t]*```\s*", re.DOTALL)


class RawStep(msgspec.Struct, frozen=True, rename="camel"):
    """A step as the model proposes it: nothing but the types has been checked."""

    title: str
    minutes: int
    size: Literal["short", "medium", "long"]
    due_date: str | None
    quotes: list[str]
    after: list[int]
    """The positions, from zero, of the steps that must be done before."""


class RawProposal(msgspec.Struct, frozen=True):
    """All that the model answers."""

    steps: list[RawStep]
    notes: list[str]


class Malformed(ValueError):
    """The answer is not a proposal."""


def _strict(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _list_of(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


SCHEMA: dict[str, Any] = _strict(
    {
        "steps": _list_of(
            _strict(
                {
                    "title": {"type": "string", "description": "Begins with a verb; at most 120 characters."},
                    "minutes": {"type": "integer", "description": "Between 5 and 480."},
                    "size": {"type": "string", "enum": ["short", "medium", "long"]},
                    "dueDate": {"type": ["string", "null"], "description": "YYYY-MM-DD, or null."},
                    "quotes": _list_of({"type": "string", "description": "Exact words of the assignment."}),
                    "after": _list_of({"type": "integer", "description": "Position of an earlier step, from 0."}),
                }
            )
        ),
        "notes": _list_of({"type": "string", "description": "A remark for the student; at most 150 characters."})
        | {"description": "At most 3."},
    }
)
"""JSON Schema in the strict subset: every property is required, none is added, and numbers have no limits."""


def parse(answer: str) -> RawProposal:
    """Return the proposal in an answer, which may stand between Markdown fences. Raises `Malformed`."""
    content = answer.encode("utf-8", "surrogatepass")
    if len(content) > MAX_BYTES:
        raise Malformed(f"The answer is longer than {MAX_BYTES} bytes.")
    fenced = _FENCED.fullmatch(answer)
    try:
        proposal = msgspec.json.decode(fenced["json"].encode() if fenced else content, type=RawProposal)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise Malformed(f"The answer does not follow the schema: {error}") from error
    if len(proposal.steps) > MAX_RAW_STEPS:
        raise Malformed(f"The answer has more than {MAX_RAW_STEPS} steps.")
    return proposal
