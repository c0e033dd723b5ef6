"""The exercises of a chat: its problem, what later messages bring in, and those of the student's own material.

Each is solved before anything is drafted.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated

import msgspec
from msgspec import Meta

from studyteddy.features.ai.tutoring.attempts import MAX_MESSAGE, has_subject, is_work
from studyteddy.features.ai.tutoring.keys import Key
from studyteddy.features.ai.tutoring.languages import length_at, words
from studyteddy.features.ai.tutoring.number_leaks import has_numbers, values_outside
from studyteddy.features.ai.tutoring.pasted import pasted
from studyteddy.features.ai.tutoring.sentences import sentences
from studyteddy.features.ai.tutoring.text_leaks import is_content, stem
from studyteddy.features.ai.tutoring.views import View

MAX_EXERCISES, MAX_TALK, MAX_MATERIAL = 8, 8, 4
"""Exercises of a chat that are guarded, messages without one that are remembered, and texts of material."""
MAX_TRIES = 3
"""How often a model is asked to solve an exercise."""
_MIN_WORDS, _MIN_CONTENT = 4, 2
_BEGINNING = 3
"""Words of a sentence among which an imperative or a question word begins it."""
_BARE = 12
"""Words of a message that names a subject and nobody, as titles and headings do: capital of Australia."""
_PEOPLE = frozenset(
    words("i me my mine we us our you your he she ich mich mir mein meine wir du dir dein je moi yo mi أنا")
)
_FILLERS = frozenset(
    words(
        "notes note compare begin start here there now this these those again more some any many much very just only "
        "really still yet too well way "
        "thing things something anything mean means exactly work works kind hier jetzt dies diese dieser dieses "
        "nochmal mehr viel sehr nur noch schon auch etwas ding dinge genau denn eigentlich ici encore aquí هنا هذا هذه "
        "الآن أيضا"
    )
)
"""Words that are about no subject."""


_STUDYING = frozenset(
    stem(word)
    for word in words(
        "worksheet exercise exercises homework assignment task problem question page chapter notes essay text texts "
        "paragraph sentence step steps rule rules example examples number numbers other both help helps find look "
        "graded due arbeitsblatt blatt hausaufgabe übung aufgabe frage seite kapitel notizen aufsatz absatz satz "
        "schritt regel beispiel zahl zahlen andere beide "
        "ورقة تمرين واجب مسألة سؤال صفحة فصل نص فقرة جملة خطوة قاعدة مثال أرقام"
    )
)
"""What questions about studying are about, and not about a subject."""


class Exercise(msgspec.Struct, frozen=True):
    """A text that was given to a model to solve, and what came of it."""

    problem: str
    key: Key | None = None
    """None if no model could solve it so far."""
    tries: Annotated[int, Meta(ge=0)] = 0
    from_material: bool = False
    """Whether the text is made of passages of the student's material."""

    @property
    def is_one(self) -> bool:
        """Return whether the text has an exercise, as far as is known."""
        return self.key is None or self.key.exercise


def unsolved(exercises: Sequence[Exercise], *, problem: str, message: str) -> list[str]:
    """Return the texts that a model should solve before it answers a message: two at most."""
    found = {one.problem: one for one in exercises}
    wanted = [] if problem in found else [problem]
    # What was only talk may be asked about now: its words aren't those of a known exercise.
    known = [*(one.problem for one in exercises if one.is_one), *wanted]
    is_new = message not in found and message != problem
    if is_new and brings_exercise(message, known, untold=not any(one.is_one for one in exercises)):
        wanted.append(message)
    again = (one for one in exercises if one.key is None and one.tries < MAX_TRIES and not one.from_material)
    open_ = [one.problem for one in again]
    return [*wanted, *reversed(open_)][:2]


def unsolved_material(
    exercises: Sequence[Exercise], passages: Sequence[str], *, problem: str, tries: int | None = None
) -> list[str]:
    """Return the passages that may have an exercise which isn't solved; those of the problem and of messages are known.

    With `tries`, what was tried so often doesn't count.
    """
    known = [_spaced(one) for one in (problem, *(one.problem for one in exercises if _is_settled(one, tries)))]
    new = (one for one in passages if not any(_spaced(one) in text for text in known))
    return [one for one in new if has_exercise(one)]


def _spaced(text: str) -> str:
    """Return a text with single spaces only."""
    return " ".join(text.split())


def _is_settled(exercise: Exercise, tries: int | None) -> bool:
    given_up = tries is not None and exercise.tries >= tries
    return not exercise.from_material or exercise.key is not None or given_up


def with_key(
    exercises: Sequence[Exercise], problem: str, key: Key | None, *, from_material: bool = False
) -> list[Exercise]:
    """Return the exercises with the result of a try: the first one and the latest of each kind, oldest first."""
    tries = next((one.tries for one in exercises if one.problem == problem), 0)
    tried = Exercise(problem, key, tries + 1, from_material)
    rest = [tried if one.problem == problem else one for one in exercises]
    listed = rest if tried in rest else [*rest, tried]
    own = [one for one in listed[1:] if not one.from_material]
    kept = [one for one in own if one.is_one][1 - MAX_EXERCISES :]
    talk = [one for one in own if not one.is_one][-MAX_TALK:]
    material = [one for one in listed if one.from_material][-MAX_MATERIAL:]
    return [one for one in listed if one is listed[0] or one in kept or one in talk or one in material]


def brings_exercise(message: str, known: Sequence[str], *, untold: bool = False) -> bool:
    """Return whether a message may have an exercise that the known texts don't have; a model has the last word.

    Short messages, repetitions and work on what is known have none. `untold` says that none is known, so that whatever
    has a subject may be one.
    """
    return brings(message, View("\n".join(known)), untold=untold)


def brings(message: str, given: View, *, untold: bool = False) -> bool:
    """Return whether a message may have an exercise that the given texts don't have, as `brings_exercise` does."""
    view = View(message[:MAX_MESSAGE])
    if pasted(view, given):
        return True
    works = is_work(view, given)
    if not works and values_outside(view, given) and len(content(view, given)) >= _MIN_CONTENT:
        return True
    parts = [View(one) for one in sentences(message[:MAX_MESSAGE])]
    if any(_asks(one) and len(content(one, given)) >= _MIN_CONTENT for one in parts):
        return True
    if works or not content(view, given):
        return False
    is_bare = len(view.words) <= _BARE and _PEOPLE.isdisjoint(view.words)
    return "__" in message or ((untold or is_bare) and len(content(view, given)) >= _MIN_CONTENT)


@lru_cache(256)
def has_exercise(text: str) -> bool:
    """Return whether a text that nobody has seen yet, such as a passage, may have an exercise."""
    return brings_exercise(text, [])


def poses_question(text: str, given: View, *, is_open: bool = False) -> bool:
    """Return whether a text asks something about a subject that the given texts don't have, in words.

    Then it has an exercise, whatever else it says. Beside known exercises, so has one with other equations; where none
    is known, numbers are guarded without one. `is_open` says that a statement after the question may answer it, as
    notes do.
    """
    view = View(text[:MAX_MESSAGE])
    if has_numbers(view):
        return bool(given.words) and bool(pasted(view, given))
    parts = [View(one) for one in sentences(view.raw)]
    asks = [_asks(one) and len(content(one, given) - _STUDYING) >= _least(one) for one in parts]
    return any(
        one and not (is_open and after is not None and not _asks(after))
        for one, after in zip(asks, (*parts[1:], None), strict=False)
    )


def _least(view: View) -> int:
    """Return how many words about a subject a question has: more, if it may be about the student or the tutor."""
    return _MIN_CONTENT if _PEOPLE.isdisjoint(view.words) else _MIN_CONTENT + 1


def _asks(view: View) -> bool:
    """Return whether a sentence is a question or an order."""
    if len(view.words) < _MIN_WORDS:
        return False
    if any(mark in view.raw for mark in "?？؟"):
        return True
    return any(
        length_at(kind, view.words, at)
        for kind in ("order", "question")
        for at in range(min(_BEGINNING, len(view.words)))
    )


def content(view: View, given: View) -> set[str]:
    """Return the stems of the words of a sentence that are about a subject, and that the known texts don't have."""
    known = {stem(word) for word in given.words}
    own = (word for word in view.words if is_content(word) and has_subject(word) and word not in _FILLERS)
    return {stem(word) for word in own} - known
