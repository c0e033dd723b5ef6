"""What is known about the calendars of learning platforms: their deadlines, their courses, and UIDs that don't last."""

from __future__ import annotations

import hashlib
import re

_CANVAS = re.compile(r"event-(?:sub-)?(?:assignment|quiz)(?:-override)?-[0-9]")
_CANVAS_EVENT = re.compile(r"event-[a-z-]+-[0-9]")
_CANVAS_COURSE = re.compile(r"\[([^\[\]]+)\]$")
_BLACKBOARD_ITEM = re.compile(r"GradableItem-", re.IGNORECASE)
_BLACKBOARD_STAMP = re.compile(r"^(?:[0-9]{8}T[0-9]{6}Z?|[0-9]{10,17})[-_.@]?")
"""A time that older versions put before the UID, anew at each download."""
_SCHOOLOGY = re.compile(r"@(?:[a-z0-9-]+\.)*schoology\.com$", re.IGNORECASE)
_SCHOOLOGY_DUE = re.compile(r"/(?:assignments?|assessments?|discussions?)(?:/|$)")
_BRIGHTSPACE_DUE = re.compile(r" - Due$", re.IGNORECASE)
_BEGINS = re.compile(
    r"\b(?:opens|available|öffnet|beginnt|abre|comienza|ouvre|s.ouvre|apre|abrem)\b|の開始|開始|يفتح|يبدأ",
    re.IGNORECASE,
)
_DUE = re.compile(
    r"\b(?:due|deadline|closes|submission|hand[ -]?in|fällig|abgabe|abgabefrist|schließt|vencimiento|vence|entrega"
    r"|cierra|à rendre|échéance|ferme|scadenza|consegna|inleveren)\b|提出期限|締切|截止|موعد|تسليم",
    re.IGNORECASE,
)


def is_deadline(*, uid: str, title: str, url: str, program: str, has_length: bool) -> bool:
    """Return whether something is due at an event, rather than taking place. `program` is the calendar's PRODID."""
    if _CANVAS.match(uid) or _BLACKBOARD_ITEM.search(uid):
        return True
    if "D2L" in program:
        return bool(_BRIGHTSPACE_DUE.search(title))
    if _SCHOOLOGY.search(uid):
        return bool(_SCHOOLOGY_DUE.search(url))
    if has_length or _BEGINS.search(title):
        return False
    # Moodle's names are in the language of the site: what has no length there and begins nothing ends something.
    return "moodle" in program.lower() or bool(_DUE.search(title))


def course_of(*, uid: str, summary: str, location: str, categories: list[str], program: str) -> str:
    """Return the course that a learning platform names with an event, or "" if it doesn't."""
    if _CANVAS_EVENT.match(uid):
        course = _CANVAS_COURSE.search(summary)
        return course[1].strip() if course else ""
    if "D2L" in program:
        return location
    return categories[0] if "moodle" in program.lower() and categories else ""


def lasting_uid(uid: str, program: str, *, otherwise: str, limit: int) -> str:
    """Return a UID that stays the same at each download; `otherwise` tells events apart that have none."""
    if not uid:
        return _digest(otherwise)
    if "blackboard" in uid.lower() or "blackboard" in program.lower():
        rest = _BLACKBOARD_STAMP.sub("", uid)
        if rest != uid:
            return _digest(rest if re.search(r"_[0-9]+_[0-9]+", rest) else f"{rest}\n{otherwise}")
    return uid if len(uid) <= limit else _digest(uid)


def _digest(text: str) -> str:
    return "sha256-" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:40]
