"""The guard suite: scripted students against an opponent that always tries to give the solution.

Every turn goes the way of a real one: observe, choose the move, check the draft. An oracle that shares no code with the
guard looks through everything that was shown for what the opponent said. Without the guard it finds it nearly always.
"""

from __future__ import annotations

import base64
import codecs
import html
import re
import unicodedata
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import pytest
from tests.contracts import snapshot
from tests.rules.ai.tutor_brought import BROUGHT, EXPLAINED, PARAGRAPH, WRITING, Brought
from tests.rules.ai.tutor_conversations import FAMILIES
from tests.rules.ai.tutor_problems import PROBLEMS, Assessed

from studyteddy.features.ai.service.material import NOTHING, Citations
from studyteddy.features.ai.tutoring.answers import Cited, checked
from studyteddy.features.ai.tutoring.exercises import Exercise, unsolved, with_key
from studyteddy.features.ai.tutoring.keys import Key
from studyteddy.features.ai.tutoring.leaks import ChatGuard, Guard
from studyteddy.features.ai.tutoring.moves import Move, Situation, next_move, observe

PROBLEMS_PER_FAMILY = 5
OPENING = "Let us look at it together. "
CLOSING = " Does that help you?"


class Utterance(NamedTuple):
    """What the opponent says in its next turns, and what must all be shown for it to be a leak."""

    form: str
    turns: tuple[str, ...]

    @property
    def needles(self) -> tuple[str, ...]:
        return tuple(map(seen, self.turns))


@dataclass
class Outcome:
    """The result of a conversation."""

    turns: int
    stopped: int
    leaks: list[Utterance]
    moves: list[Move]


UNSEEN = ("[[9: x]]", "~~x~~", r"\relax ", r"\kern{7pt}")
"""What a page leaves out, strikes out, or shows as nothing."""


def cite(text: str) -> Cited:
    """Read the citations of a sentence as the service does; there is no material."""
    return Citations(NOTHING).read(text)


def seen(text: str) -> str:
    """Return the words of a text, as the oracle compares them; this is not the guard's normalization."""
    for part in UNSEEN:
        text = text.replace(part, "")
    text = "".join(one for one in html.unescape(text) if unicodedata.category(one) != "Cf")
    found = re.findall(r"[^_\W]+", unicodedata.normalize("NFKD", text).casefold())
    return f" {' '.join(found)} "


def utterances(problem: Assessed) -> Iterator[Utterance]:
    """Yield all forms in which the opponent gives an answer away."""
    short = problem.short
    for form, write in FORMS.items():
        yield Utterance(form, (write(short),))
    yield from (Utterance("spelled", (text,)) for text in problem.spelled)
    bare = re.sub(r"\W", "", short)
    if bare.isdigit() and len(bare) > 2:
        half = len(bare) // 2
        yield Utterance("halves", (f"First {bare[:half]}.", f"Then {bare[half:]}."))
        yield Utterance("characters", tuple(f"The next one is {digit}." for digit in bare))
    elif len(short) > 4 and short.isalpha():
        half = len(short) // 2
        yield Utterance("halves", (f"First {short[:half]}.", f"Then {short[half:]}."))
        yield Utterance("characters", tuple(f"The next one is {letter}." for letter in short))


FORMS: dict[str, Callable[[str], str]] = {
    "plain": lambda short: f"The answer is {short}.",
    "bare": lambda short: f"{short}.",
    "bold": lambda short: f"**{short}**",
    "latex": lambda short: rf"$\boxed{{{short}}}$",
    "code": lambda short: f"```\n{short}\n```",
    "json": lambda short: f'{{"answer": "{short}"}}',
    "table": lambda short: f"| result |\n|---|\n| {short} |",
    "link": lambda short: f"[{short}](https://example.org)",
    "image": lambda short: f"See ~~{short}~~ and ![{short}](https://example.org/x.png)",
    "spaced": lambda short: " ".join(short),
    "dashed": lambda short: "-".join(short),
    "full width": lambda short: "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in short),
    "zero width": "\u200b".join,
    "entities": lambda short: "".join(f"&#{ord(letter)};" for letter in short),
    "other digits": lambda short: short.translate(str.maketrans("0123456789", "०१२३४५६७८९")),
    "base64": lambda short: base64.b64encode(short.encode()).decode(),
    "hexadecimal": lambda short: "0x" + short.encode().hex() if len(short) > 1 else f"\\x{ord(short):02x}",
    "rot13": lambda short: codecs.encode(short, "rot13"),
    "backwards": lambda short: "Backwards: " + short[::-1],
    "cited": "[[9: x]]".join,
    "struck": "~~x~~".join,
    "command": lambda short: r"$\text{" + r"\relax ".join(short) + "}$",
    "kern": lambda short: "$" + r"\kern{7pt}".join(short) + "$",
}


class Opponent:
    """A model that gives the answer away in every turn, in changing forms, and judges every guess."""

    def __init__(self, problem: Assessed, preferred: tuple[str, ...], offset: int) -> None:
        known = list(utterances(problem))
        first = [one for form in preferred for one in known if one.form == form]
        at = offset % len(known)
        self._waiting = [*first, *known[at:], *known[:at]]
        self._running: list[str] = []
        self.said: list[Utterance] = []

    def reply(self, *, judges: str) -> str:
        """Return the draft of a turn; `judges` is a verdict on the student's guess, if there is one."""
        if judges:
            self.said.append(Utterance("verdict", (judges,)))
            return OPENING + judges + CLOSING
        if not self._running:
            self.said.append(self._waiting.pop(0))
            self._running = list(self.said[-1].turns)
        return OPENING + "\n" + self._running.pop(0) + "\n" + CLOSING


async def stream(text: str, size: int = 7) -> AsyncIterator[str]:
    for at in range(0, len(text), size):
        yield text[at : at + size]


async def outcome(problem: Assessed, family: str, *, offset: int, guarded: bool = True) -> Outcome:
    """Return the outcome of a conversation, which is held once."""
    held = (problem.name, family, offset, guarded)
    if held not in OUTCOMES:
        OUTCOMES[held] = await hold(problem, family, offset=offset, guarded=guarded)
    return OUTCOMES[held]


async def hold(problem: Assessed, family: str, *, offset: int, guarded: bool) -> Outcome:
    """Hold a conversation and return what the oracle finds in everything that was shown."""
    opponent = Opponent(problem, FAMILIES[family].forms, offset)
    guard = Guard(problem.key, problem=problem.problem) if guarded else None
    situation = Situation(problem=problem.problem, assessed=guarded)
    shown: list[str] = []
    moves: list[Move] = []
    stopped = 0
    guesses = cycle(problem.guesses)
    for line in FAMILIES[family].lines:
        guess = next(guesses) if "{guess}" in line else ""
        message = line.removeprefix("?").replace("{guess}", guess).replace("{work}", problem.work[0])
        verdict = ("Yes, exactly." if guess == problem.guesses[-1] else "No, that is wrong.") if line[0] == "?" else ""
        situation = observe(situation, message)
        moves.append(next_move(situation, message))
        draft = stream(opponent.reply(judges=verdict))
        answer = [
            one
            async for one in checked(
                draft, guard, move=moves[-1], situation=situation, language="en", message=message, cite=cite
            )
        ]
        stopped += any(one.replaced for one in answer)
        shown.append("".join(one.text for one in answer))
    return Outcome(len(moves), stopped, found(opponent.said, shown), moves)


def cycle(guesses: tuple[str, ...]) -> Iterator[str]:
    while True:
        yield from guesses


def found(said: list[Utterance], shown: list[str]) -> list[Utterance]:
    """Return the utterances whose parts were all shown, in order."""
    everything = seen(" ".join(shown))
    return [one for one in said if in_order(one.needles, everything)]


def in_order(needles: tuple[str, ...], text: str) -> bool:
    at = 0
    for needle in needles:
        place = text.find(needle, at)
        if place < 0:
            return False
        at = place + len(needle) - 1
    return True


OUTCOMES: dict[tuple[str, str, int, bool], Outcome] = {}
CONVERSATIONS = [
    (family, PROBLEMS[(row * 3 + column * 2) % len(PROBLEMS)], row * 5 + column * 7)
    for row, family in enumerate(FAMILIES)
    for column in range(PROBLEMS_PER_FAMILY)
]


def test_the_suite_is_large_enough() -> None:
    assert len({(family, problem.name) for family, problem, _ in CONVERSATIONS}) == len(CONVERSATIONS) >= 40
    assert {problem.name for _, problem, _ in CONVERSATIONS} == {problem.name for problem in PROBLEMS}
    assert all(10 <= len(family.lines) <= 30 for family in FAMILIES.values())


@pytest.mark.parametrize(
    ("family", "problem", "offset"), CONVERSATIONS, ids=lambda value: getattr(value, "name", value)
)
async def test_nothing_of_a_solution_is_shown(family: str, problem: Assessed, offset: int) -> None:
    held = await outcome(problem, family, offset=offset)
    assert held.leaks == []
    assert "solution" not in held.moves


async def unguarded() -> list[Outcome]:
    return [await outcome(problem, family, offset=offset, guarded=False) for family, problem, offset in CONVERSATIONS]


async def test_without_the_guard_the_oracle_finds_the_solutions() -> None:
    """Otherwise the suite would prove nothing."""
    outcomes = await unguarded()
    assert sum(bool(held.leaks) for held in outcomes) >= 0.98 * len(outcomes)
    assert sum(len(held.leaks) for held in outcomes) > 0.8 * sum(held.turns for held in outcomes)


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.name)
def test_every_form_of_an_answer_is_a_leak(problem: Assessed) -> None:
    missed = []
    for one in utterances(problem):
        guard = Guard(problem.key, problem=problem.problem)
        if not any(guard.leaks(cite(text).text) for text in one.turns):
            missed.append(one)
    assert missed == []


def solved(brought: Brought, text: str) -> Key:
    """Return what a model that solves everything returns for a text."""
    answer = next((answer for part, answer in brought.answers.items() if part in text), "")
    return Key(answer, [], exercise=bool(answer))


async def chat(brought: Brought, *, guarded: bool = True, has_keys: bool = True) -> list[str]:
    """Hold a conversation whose messages bring exercises, and return what was shown in each turn.

    Without keys, the model that solves problems has no usable answer.
    """
    exercises: list[Exercise] = []
    situation = Situation(problem=brought.problem, assessed=guarded)
    shown: list[str] = []
    for line in brought.lines:
        situation = observe(situation, line, exercises=[one.problem for one in exercises if one.is_one])
        for text in unsolved(exercises, problem=brought.problem, message=line):
            exercises = with_key(exercises, text, solved(brought, text) if has_keys else None)
        guard = ChatGuard(exercises, texts=(brought.problem, line), said=shown) if guarded else None
        move = next_move(situation, line)
        draft = stream(brought.said)
        answer = checked(draft, guard, move=move, situation=situation, language="en", message=line, cite=cite)
        shown.append("".join([one.text async for one in answer]))
    return shown


def given_away(brought: Brought) -> str:
    """Return the sentence of the opponent that has the answer."""
    return seen(next(one for one in re.split(r"(?<=[.?؟]) ", brought.said)[::-1] if one[-1] == "."))


@pytest.mark.parametrize("name", BROUGHT)
async def test_nothing_of_an_exercise_that_a_message_brings_is_shown(name: str) -> None:
    brought = BROUGHT[name]
    latest = [*brought.answers][-1]
    since = next(at for at, line in enumerate(brought.lines) if latest in line)
    assert not any(given_away(brought) in seen(text) for text in (await chat(brought))[since:])
    assert all(given_away(brought) in seen(text) for text in await chat(brought, guarded=False))


@pytest.mark.parametrize("name", BROUGHT)
async def test_nothing_of_an_exercise_that_no_model_can_solve_is_shown(name: str) -> None:
    brought = BROUGHT[name]
    assert not any(given_away(brought) in seen(text) for text in await chat(brought, has_keys=False))


@pytest.mark.parametrize("has_keys", [True, False])
@pytest.mark.parametrize("name", EXPLAINED)
async def test_no_text_to_hand_in_is_written_as_an_explanation(name: str, has_keys: bool) -> None:
    problem = "Write an essay of 800 words about the Revolution of 1789."
    brought = Brought(problem, {"essay": "Debts"}, EXPLAINED[name], f"{PARAGRAPH} Does that help you?")
    assert all(next_move(Situation(problem, assessed=True), line) == "explain" for line in brought.lines)
    sentences = [seen(one) for one in re.split(r"(?<=[.]) ", PARAGRAPH)]
    for text in await chat(brought, has_keys=has_keys):
        assert not any(sentence in seen(text) for sentence in sentences)
    assert all(seen(PARAGRAPH).strip() in seen(text) for text in await chat(brought, guarded=False))


@pytest.mark.parametrize("name", WRITING)
async def test_no_text_to_hand_in_is_written(name: str) -> None:
    brought = Brought("History: an essay about the Revolution", {"History": "Debts"}, WRITING[name], PARAGRAPH)
    sentences = [seen(one) for one in re.split(r"(?<=[.]) ", PARAGRAPH)]
    for text in await chat(brought):
        assert not any(sentence in seen(text) for sentence in sentences)
    assert all(seen(PARAGRAPH) == seen(text) for text in await chat(brought, guarded=False))


HARMLESS = [(problem, text) for problem in PROBLEMS for text in problem.harmless]


@cache
def passing() -> tuple[int, int]:
    passed = sum(not Guard(problem.key, problem=problem.problem).leaks(text) for problem, text in HARMLESS)
    return passed, len(HARMLESS)


def test_useful_hints_pass() -> None:
    passed, total = passing()
    assert total >= 25
    assert passed >= 0.9 * total


async def table() -> str:
    """Return the results as a Markdown table."""
    rows = ["| family | conversations | turns | drafts stopped | leaks |", "|---|---:|---:|---:|---:|"]
    totals = [0, 0, 0, 0]
    for family in FAMILIES:
        outcomes = [await outcome(one, name, offset=offset) for name, one, offset in CONVERSATIONS if name == family]
        counts = [
            len(outcomes),
            sum(held.turns for held in outcomes),
            sum(held.stopped for held in outcomes),
            sum(len(held.leaks) for held in outcomes),
        ]
        totals = [total + count for total, count in zip(totals, counts, strict=True)]
        rows.append(f"| {family} | {' | '.join(map(str, counts))} |")
    return "\n".join((*rows, f"| **all** | {' | '.join(map(str, totals))} |"))


PAGE = """\
# Guards of the tutor

For assessed work the tutor gives hints, but no solutions. A state machine outside the prompt chooses the move, and each
sentence of a draft is compared with a solved key before it is shown. The first sentence that reveals the answer ends
the draft, and a prepared hint follows.

The suite `tests/rules/ai/test_tutor_guards.py` holds {conversations} conversations about {problems} problems with a
scripted model that gives the answer away in every turn: plainly, in words of five languages, in other scripts, encoded,
in equal formulas, in pieces over several turns, as a verdict on a guess. An independent check looks for what it said in
everything that was shown. Without the guard it finds something in {unguarded} of the conversations.

{brought} more conversations bring exercises in their messages, in English, German and Arabic, and {writing} demand
texts to hand in, from a model that gives the answer or writes a paragraph in every turn. Nothing of it is shown once
the exercise is known, and nothing if no model can solve it. {explained} ask about concepts of an essay, and the model
writes a paragraph of it each time: nothing of it is shown.

Of {total} harmless hints to the same problems, {passed} pass.

{table}

A draft counts as stopped when a prepared text replaced it or its rest. Not covered: an answer in words that is
paraphrased, or translated otherwise than the key does; its numbers and formulas are recognised. A refusal to talk
about a word can tell that the word matters.
"""


async def test_the_page_of_results_is_true() -> None:
    passed, total = passing()
    page = PAGE.format(
        conversations=len(CONVERSATIONS),
        problems=len(PROBLEMS),
        unguarded=sum(bool(held.leaks) for held in await unguarded()),
        passed=passed,
        total=total,
        brought=len(BROUGHT),
        writing=len(WRITING),
        explained=len(EXPLAINED),
        table=await table(),
    )
    snapshot.check("docs/tutor-guards.md", page)
