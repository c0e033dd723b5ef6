"""What a student's message contains: own work, a guess, a question, a call for help, a demand for the solution.

Claims of authority are recognised only so that they don't count as an argument; they permit nothing.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

from studyteddy.features.ai.tutoring.languages import LANGUAGES, length_at, says, words
from studyteddy.features.ai.tutoring.number_leaks import stated, values_outside
from studyteddy.features.ai.tutoring.option_leaks import named_options
from studyteddy.features.ai.tutoring.pasted import lines, pasted
from studyteddy.features.ai.tutoring.solutions import choices
from studyteddy.features.ai.tutoring.text_leaks import is_content
from studyteddy.features.ai.tutoring.views import View

_DEMAND_WORDS, _TEXT_WORDS = 5, 8
_WISH_WORDS = 4
_PARTS = frozenset(
    words(
        "text part body sentence sentences thesis response analysis review passage satz sätze these antwort frase "
        "frases phrase phrases texte texto réponse respuesta نص النص جملة الجملة إجابة الإجابة موضوع الموضوع"
    )
)
"""Pieces that a student also has from others, to read."""
_STUDENT = frozenset(("i", "ich", "je", "yo"))
_MIN_ARGUMENT, _MIN_STEP = 8, 6
"""Words of an argument, and of a message with one step of calculation."""
MAX_MESSAGE = 4000
"""Characters of a message that are considered: all. An exercise or a demand may follow a long text."""
_GUESS_WORDS, _GUESS_SENTENCE = 3, 12
_DEMANDED = re.compile(r"[?？؟]")
_RESULT = re.compile(r"[a-z]?=?-?[\d.,/]+[a-z]{0,3}")
_SOLVED = re.compile(r"^\s*[a-z]\s*=")


@lru_cache(256)
def is_attempt(message: str, *, problem: str) -> bool:
    """Return whether a message has work of its own: a calculation with steps, or an argument about the problem."""
    return is_work(View(message[:MAX_MESSAGE]), View(problem))


def is_work(view: View, given: View) -> bool:
    """Return whether a message has work of its own on the given problems, as `is_attempt` does."""
    return _calculates(view, given) or _argues(view, given)


def is_demand(message: str) -> bool:
    """Return whether a message asks for the solution itself."""
    text = words(message[:MAX_MESSAGE])
    given = [at for at in range(len(text)) if length_at("give", text, at)]
    wanted = [at for at in range(len(text)) if length_at("solution", text, at)]
    return says("demand", text) or any(0 < there - here <= _DEMAND_WORDS for here in given for there in wanted)


def demands_text(message: str) -> bool:
    """Return whether a message asks for text to hand in: write the next paragraph. What the student writes is none."""
    text = words(message[:MAX_MESSAGE])
    verbs = [at for at in range(len(text)) if length_at("compose", text, at) and not _is_own(text, at)]
    pieces = [at for at in range(len(text)) if length_at("piece", text, at)]
    written = any(0 < abs(here - there) <= _TEXT_WORDS for here in verbs for there in pieces)
    return written or says("prose", text) or (not says("help", text) and _wishes(text))


def names_text(problem: str) -> bool:
    """Return whether a problem names a text to hand in: an essay, a report."""
    return bool(_named(words(problem)))


def _wishes(text: list[str]) -> bool:
    """Return whether a message wishes for a piece of text: give me an introduction. A question isn't one."""
    wishes = [at for at in range(len(text)) if length_at("wish", text, at)]
    named = _named(text)
    return not says("concept", text) and any(abs(here - there) <= _WISH_WORDS for here in wishes for there in named)


def _named(text: list[str]) -> list[int]:
    """Return where a text names texts that only the student writes."""
    pieces = (at for at in range(len(text)) if length_at("piece", text, at) and text[at] not in _PARTS)
    return [at for at in pieces if not length_at("solution", text, at)]


def _is_own(text: list[str], at: int) -> bool:
    """Return whether the student is who does what a verb says."""
    return not _STUDENT.isdisjoint((*text[max(0, at - 1) : at], *text[at + 1 : at + 2]))


def asks_help(message: str) -> bool:
    """Return whether a message asks for help, which a question about the subject does too."""
    return says("help", words(message[:MAX_MESSAGE])) or _DEMANDED.search(message) is not None


def asks_on(message: str) -> bool:
    """Return whether a message asks how to go on, and not only whether something is right."""
    text = words(message[:MAX_MESSAGE])
    return says("help", text) or says("question", text)


def asks_concept(message: str) -> bool:
    """Return whether a message asks what something means or why it is so."""
    return says("concept", words(message[:MAX_MESSAGE])) and not is_demand(message)


def asks_similar(message: str) -> bool:
    """Return whether a message asks for a similar problem that is solved for it."""
    return says("similar", words(message[:MAX_MESSAGE]))


def is_question(message: str) -> bool:
    """Return whether a message is a real question: it has a question word and a subject, and demands no solution."""
    text = words(message[:MAX_MESSAGE])
    subject = [word for word in text if len(word) > 3 and has_subject(word)]
    return says("question", text) and len(subject) >= 2 and not is_demand(message) and not says("claim", text)


def proposes(message: str, *, problem: str) -> bool:
    """Return whether a message proposes an answer without its work; whether the answer is right plays no role."""
    view, given = View(message[:MAX_MESSAGE]), View(problem)
    if _calculates(view, given) or _argues(view, given):
        return False
    has_number = values_outside(view, given) or (view.literals and _is_guess(view))
    has_result = any(_SOLVED.match(f"{one.left.text}=") for one in view.equations)
    has_option = named_options(view, choices(problem))
    return bool(has_number or has_result or has_option) or _names_word(view, given)


def states(message: str) -> bool:
    """Return whether a message says something about a subject, which could be an answer, and asks for nothing."""
    if asks_help(message) or is_demand(message) or asks_concept(message):
        return False
    return any(len(word) > 3 and has_subject(word) for word in words(message[:MAX_MESSAGE]))


def fingerprint(message: str) -> str:
    """Return a digest by which a repeated message is recognised."""
    return hashlib.blake2b(" ".join(words(message[:MAX_MESSAGE])).encode(), digest_size=6).hexdigest()


def _calculates(view: View, given: View) -> bool:
    """Return whether a message has two steps of calculation, or one with a reason, that the problem doesn't give.

    An exercise that was pasted is no step. A fraction is one beside another result: 10/2 gives x = 5.
    """
    foreign = pasted(view, given)
    if view.says("work"):
        numbers = stated(given)
        foreign = [one for one in foreign if numbers.isdisjoint(stated(View(one)))] if numbers else foreign[:1]
    found = (one for one in lines(view, given) if one not in foreign)
    results = {(one.left.text, one.right.text) for one in view.equations}
    steps = [one for one in found if not _RESULT.fullmatch(one) or ("/" in one and len(results) > one.count("="))]
    count = sum(max(1, one.count("=")) for one in steps)
    if count != 1:
        return count > 1
    is_guess = (_SOLVED.match(steps[0]) or _RESULT.fullmatch(steps[0])) and _is_guess(view)
    return view.says("reason") and len(view.words) >= _MIN_STEP and not is_guess


def _is_guess(view: View) -> bool:
    ends_with_doubt = _DEMANDED.search(view.raw) and bool(view.words) and says("yes", view.words[-1:])
    return view.says("guess") or bool(ends_with_doubt) or len(view.words) <= _GUESS_WORDS


def _argues(view: View, given: View) -> bool:
    """Return whether a message gives reasons about the problem in own words, and neither demands nor claims."""
    text = view.words
    if len(text) < _MIN_ARGUMENT or not says("reason", text) or says("claim", text) or is_demand(view.raw):
        return False
    known = {word[:4] for word in given.words if is_content(word)}
    content = [word[:4] for word in text if is_content(word) and has_subject(word)]
    return any(word in known for word in content) and len({word for word in content if word not in known}) >= 3


def _names_word(view: View, given: View) -> bool:
    """Return whether a short message could be an answer in words: osmosis? Is it osmosis?"""
    unknown = [word for word in view.words if len(word) > 2 and has_subject(word)]
    if len(view.words) <= _GUESS_WORDS:
        return bool(unknown)
    asks = _DEMANDED.search(view.raw) is not None and not view.says("question")
    new = [word for word in unknown if word not in given.words]
    return bool(new) and (asks or _is_guess(view)) and len(view.words) <= _GUESS_SENTENCE


def has_subject(word: str) -> bool:
    """Return whether a word belongs to the subject of a problem, not to the talk about it."""
    return not any(length_at(kind, [word], 0) for kind in _TALK) and word not in _TALK_WORDS


_TALK = (
    "give",
    "solution",
    "demand",
    "help",
    "question",
    "concept",
    "reason",
    "claim",
    "greeting",
    "guess",
    "yes",
    "no",
)
_TALK_WORDS = frozenset(
    word
    for module in LANGUAGES.values()
    for kind in ("demand", "help", "claim", "guess", "concept", "greeting", "reason")
    for word in words(module.WORDS[kind].replace("|", " "))
)
