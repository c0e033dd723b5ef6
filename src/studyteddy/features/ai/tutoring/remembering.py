"""What a message asks the tutor to remember, in the languages of the app, and how the tutor confirms it."""

from __future__ import annotations

import re

MAX_ASKED = 400
"""Characters of a message that can ask to remember something."""
_ASKED = re.compile(
    r"\s*(?:(?:please|bitte|من فضلك)[\s,]+)?(?:remember|merk(?:e)?\s+dir|تذكر|تذكّر)\b"
    r"[\s,:]*(?:(?:please|bitte|من فضلك)[\s,:]+)?(?:(?:that|أنني|أني|أن)\b[\s,:]*|(?=da(?:ss|ß)\b[\s,:]*\S{2}))"
    r"(.{3,300})(?<![?؟])\s*\Z",
    re.IGNORECASE | re.DOTALL,
)
"""A question doesn't ask for it. German keeps its conjunction: the words after it would be no sentence."""
_REMEMBERED = {
    "en": "I'll remember: “{fact}” You can change or delete it in Settings, AI.",
    "de": "Ich merke mir: „{fact}“ Du kannst es unter Einstellungen, KI ändern oder löschen.",
    "ar": "سأتذكر: «{fact}» يمكنك تغيير ذلك أو حذفه في الإعدادات، الذكاء الاصطناعي.",
}


def asked(message: str) -> str | None:
    """Return what a message asks to remember, in the student's words; None if it doesn't."""
    found = _ASKED.match(" ".join(message.split())) if len(message) <= MAX_ASKED else None
    return found[1] if found else None


def remembered(fact: str, language: str) -> str:
    """Return the sentence that confirms what is remembered; languages other than German and Arabic get English."""
    return _REMEMBERED.get(language[:2].lower(), _REMEMBERED["en"]).format(fact=fact)
