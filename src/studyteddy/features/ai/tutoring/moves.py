"""The moves of a tutor, and which one a student's message allows: a state machine outside the prompt.

A session goes from a goal and an own attempt over hints to checks. The model fills the move that is chosen here and has
no say in it. For assessed work the solution isn't among the moves at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from studyteddy.features.ai.tutoring import remembering
from studyteddy.features.ai.tutoring.attempts import (
    asks_concept,
    asks_help,
    asks_on,
    asks_similar,
    demands_text,
    fingerprint,
    is_attempt,
    is_demand,
    is_question,
    proposes,
    states,
)

Move = Literal["ask", "hint", "check", "explain", "twin", "solution"]
"""Ask for a goal or an attempt, give a hint, check an attempt, explain, solve a similar problem, solve the problem."""

MAX_HINT_LEVEL: Final = 4
TWIN_LEVEL: Final = 3
"""The hint level from which a similar problem is solved, and in practice the problem itself."""
MAX_CHECKS: Final = 3
"""Attempts at an assessed problem that are checked; more would let a student try out answers."""
MASTERED: Final = 0.8
_ASSESSED: Final[frozenset[Move]] = frozenset(("ask", "hint", "check", "explain", "twin"))
_GOAL_CHARACTERS = 300
_REMEMBERED = 60

Need = Literal["twin", "solution", "tries", "hint", "check", "steps"]
"""What a message doesn't get yet: a similar problem, the solution (with an attempt or without), a further hint, a check
beyond the maximum, or a check of a result without its steps."""
OPENED: Final[frozenset[Need]] = frozenset(("twin", "solution", "tries", "hint", "check"))
"""What a response without a model says how to get. A result without steps can also be talk: a model responds to it."""

Share = Annotated[float, Meta(ge=0, le=1)]


class Situation(msgspec.Struct, frozen=True, rename="camel"):
    """What the choice of a move depends on."""

    problem: str
    assessed: bool
    goal: str = ""
    attempts: Annotated[int, Meta(ge=0)] = 0
    questions: Annotated[int, Meta(ge=0)] = 0
    hint_level: Annotated[int, Meta(ge=0, le=MAX_HINT_LEVEL)] = 0
    mastery: Share = 0.0
    practised: Annotated[int, Meta(ge=0)] = 0
    turns: Annotated[int, Meta(ge=0)] = 0
    attempted: bool = False
    """Whether the latest message has an attempt that was not seen before."""
    rose: bool = False
    """Whether the latest message raised the hint level."""
    seen: tuple[str, ...] = ()
    """Digests of the messages with an attempt or a question, by which repetitions are recognised."""
    hinted: int = -1
    """The hint level of the latest hint."""
    repeats: bool = False
    """Whether the hint for the latest message was given before, since nothing was tried or asked in between."""
    from_task: bool = False
    """Whether the problem is the text of a task, instead of the first message."""


def observe(situation: Situation, message: str, *, exercises: Sequence[str] = ()) -> Situation:
    """Return the situation after a student's message; `exercises` are those that earlier messages brought.

    The hint level rises by one when the student asks for help, and never above the number of attempts and questions.
    """
    digest = fingerprint(message)
    is_new = digest not in situation.seen
    attempted = is_new and is_attempt(message, problem="\n".join((situation.problem, *exercises)))
    asked = is_new and not attempted and is_question(message)
    efforts = situation.attempts + situation.questions + attempted + asked
    rises = asks_help(message) and situation.hint_level < min(efforts, MAX_HINT_LEVEL)
    found = msgspec.structs.replace(
        situation,
        goal=situation.goal or _goal(message),
        attempts=situation.attempts + attempted,
        questions=situation.questions + asked,
        hint_level=situation.hint_level + rises,
        turns=situation.turns + 1,
        attempted=attempted,
        rose=rises,
        repeats=False,
        seen=(*situation.seen, digest)[-_REMEMBERED:] if attempted or asked else situation.seen,
    )
    if next_move(found, message) != "hint":
        return found
    repeats = not (attempted or asked) and situation.hinted >= found.hint_level
    return msgspec.structs.replace(found, hinted=found.hint_level, repeats=repeats)


def next_move(situation: Situation, message: str) -> Move:
    """Return the move after `observe`; what the situation doesn't allow becomes a question to the student.

    A demand for text to hand in is met by a question too.
    """
    if situation.assessed and demands_text(message):
        return "ask"
    move = _wanted(situation, message)
    return move if move in allowed(situation) else "ask"


def needed(situation: Situation, move: Move, message: str) -> Need | None:
    """Return what a message asks for and doesn't get, so that the response says what opens it; None if nothing."""
    if situation.assessed and demands_text(message):
        return None
    if asks_similar(message) and move == "ask":
        return "twin"
    if is_demand(message):
        return _needed_for_solution(situation, move)
    if move == "hint":
        return "hint" if situation.repeats and asks_on(message) else None
    if move != "ask" or remembering.asked(message):
        return None
    if situation.attempted:
        return "check"
    # The first message is the problem, unless there is a task.
    is_reply = situation.turns > 1 or (situation.from_task and situation.turns == 1)
    return "steps" if is_reply and (proposes(message, problem=situation.problem) or states(message)) else None


def _needed_for_solution(situation: Situation, move: Move) -> Need | None:
    """Return what the solution needs; that of assessed work isn't promised."""
    if situation.assessed or move in ("solution", "twin"):
        return None
    return "solution" if situation.attempts else "tries"


def allowed(situation: Situation) -> frozenset[Move]:
    """Return the moves that a situation allows."""
    moves: set[Move] = {"ask", "explain"}
    if situation.hint_level > 0 or situation.attempts > 0:
        moves.add("hint")
    if situation.attempted and (situation.attempts <= MAX_CHECKS or not situation.assessed):
        moves.add("check")
    if situation.hint_level >= TWIN_LEVEL:
        moves.add("twin")
    if situation.assessed:
        return _ASSESSED & moves
    if _is_earned(situation):
        moves.add("solution")
    return frozenset(moves)


def after(situation: Situation, move: Move, *, right: bool | None = None) -> Situation:
    """Return the situation after a move was made; `right` is the result of a check, if there is one."""
    if move != "check" or right is None:
        return situation
    mastery = situation.mastery + 0.3 * (1 - situation.mastery) if right else situation.mastery * 0.8
    return msgspec.structs.replace(situation, mastery=mastery, practised=situation.practised + 1)


def _wanted(situation: Situation, message: str) -> Move:
    if asks_similar(message) and not situation.attempted:
        return "twin"
    if is_demand(message):
        return _nearest_to_solution(situation)
    if situation.attempted:
        return "check"
    if asks_concept(message):
        return "ask" if situation.mastery >= MASTERED and situation.practised else "explain"
    if asks_help(message):
        return "twin" if _has_heard(situation) and asks_on(message) else "hint"
    return "ask"


def _nearest_to_solution(situation: Situation) -> Move:
    if not situation.assessed and _is_earned(situation):
        return "solution"
    return "twin" if situation.hint_level >= TWIN_LEVEL else "hint"


def _has_heard(situation: Situation) -> bool:
    """Return whether the hint of a high level was given, so that a similar problem is next."""
    return situation.hint_level >= TWIN_LEVEL and not situation.rose


def _is_earned(situation: Situation) -> bool:
    """Return whether the student has tried and used the hints."""
    return situation.attempts > 0 and situation.hint_level >= TWIN_LEVEL


def _goal(message: str) -> str:
    return "" if is_demand(message) else " ".join(message.split())[:_GOAL_CHARACTERS]
