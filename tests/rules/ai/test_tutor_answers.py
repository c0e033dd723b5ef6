"""What is shown of a draft, and Markdown that can't load or run anything."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyteddy.features.ai.tutoring.answers import Refused, Shown, checked, prepared
from studyteddy.features.ai.tutoring.fences import apart, open_fence
from studyteddy.features.ai.tutoring.hints import hint, writing_hint
from studyteddy.features.ai.tutoring.keys import Key
from studyteddy.features.ai.tutoring.leaks import Guard
from studyteddy.features.ai.tutoring.markdown import plain
from studyteddy.features.ai.tutoring.moves import Move, Situation

EQUATION = "Solve 2x + 5 = 11 for x."
KEY = Key("x = 3", ["2x = 6"])
QUESTION = "Which rule do I need here?"
ATTEMPT = "I subtracted 5 on both sides and got 2x = 16"


class Draft:
    """A draft of a provider that records how far it was read, and whether it was closed."""

    def __init__(self, *deltas: str, refused: bool = False) -> None:
        self.deltas = deltas
        self.refused = refused
        self.read = 0
        self.closed = False

    async def stream(self) -> AsyncIterator[str]:
        try:
            for delta in self.deltas:
                self.read += 1
                yield delta
            if self.refused:
                raise Refused
        finally:
            self.closed = True


async def show(
    draft: Draft, *, guarded: bool = True, assessed: bool = True, move: Move = "hint", message: str = QUESTION
) -> list[Shown]:
    guard = Guard(KEY, problem=EQUATION) if guarded else None
    situation = Situation(problem=EQUATION, assessed=assessed, hint_level=1)
    shown = checked(draft.stream(), guard, move=move, situation=situation, language="en", message=message)
    return [one async for one in shown]


async def test_clean_sentences_pass_unchanged() -> None:
    draft = Draft("What undoes ", "the + 5? Try it ", "on both sides.")
    assert await show(draft) == [Shown("What undoes the + 5? "), Shown("Try it on both sides.")]
    assert draft.closed


async def test_the_first_leak_ends_the_draft() -> None:
    draft = Draft("Let us see. ", "Then x = 3. ", "More. ", "And more. ")
    shown = await show(draft)
    assert shown == [Shown("Let us see. "), Shown(hint("hint", 1, "en"), replaced=True)]
    assert draft.closed
    assert draft.read < len(draft.deltas)


@pytest.mark.parametrize("message", ["Is it 3?", "Is it 4?", "3", "x = 8"])
async def test_guesses_get_the_same_reply_and_the_draft_is_not_read(message: str) -> None:
    draft = Draft("Yes.")
    assert await show(draft, move="ask", message=message) == [Shown(hint("ask", 1, "en"), replaced=True)]
    assert draft.read == 0


async def test_a_check_may_judge_an_attempt_and_other_moves_may_not() -> None:
    assert await show(Draft("Yes, the first step is right."), move="check", message=ATTEMPT) == [
        Shown("Yes, the first step is right.")
    ]
    (shown,) = await show(Draft("Yes, the first step is right."), move="ask", message=ATTEMPT)
    assert shown.replaced


async def test_the_solution_of_assessed_work_is_not_read_even_if_asked_for() -> None:
    draft = Draft("First, subtract. ")
    assert await show(draft, move="solution") == [Shown(hint("ask", 1, "en"), replaced=True)]
    assert draft.read == 0


@pytest.mark.parametrize("move", ["ask", "hint", "check", "twin", "explain", "solution"])
async def test_assessed_work_without_a_guard_gets_prepared_texts(move: Move) -> None:
    (shown,) = await show(Draft("A harmless sentence."), guarded=False, move=move)
    assert shown.replaced


async def test_without_a_key_only_explanations_are_drafted() -> None:
    async def reply(move: Move, text: str) -> list[Shown]:
        situation = Situation(problem=EQUATION, assessed=True)
        guard = Guard(None, problem=EQUATION)
        shown = checked(Draft(text).stream(), guard, move=move, situation=situation, language="de", message=QUESTION)
        return [one async for one in shown]

    assert await reply("explain", "An equation is a balance.") == [Shown("An equation is a balance.")]
    assert await reply("explain", "So x = 4.") == [Shown(hint("explain", 0, "de"), replaced=True)]
    assert await reply("hint", "An equation is a balance.") == [Shown(hint("hint", 0, "de"), replaced=True)]


CONCEPT = "What does the concept behind it mean?"


async def explained(text: str, problem: str, key: Key | None) -> list[Shown]:
    situation, guard = Situation(problem=problem, assessed=True), Guard(key, problem=problem)
    draft = Draft(text)
    shown = checked(draft.stream(), guard, move="explain", situation=situation, language="en", message=CONCEPT)
    return [one async for one in shown]


WATER, ESSAY = "Which process moves water through a membrane?", "Write an essay of 800 words about the wars of 1792."
EXPLANATION = Shown(hint("explain", 0, "en", in_words=True), replaced=True)


@pytest.mark.parametrize("text", ["Subtract 5 first.", "Look at 2x + 5.", "Begin with 2x = 11 - 5.", "Take five away."])
async def test_without_a_key_explanations_do_not_calculate_with_the_numbers_of_the_problem(text: str) -> None:
    assert await explained(text, EQUATION, None) == [Shown(hint("explain", 0, "en"), replaced=True)]


@pytest.mark.parametrize("problem", [WATER, ESSAY])
async def test_without_a_key_nothing_is_explained_about_work_in_words(problem: str) -> None:
    (shown,) = await explained("Cells have walls. What do you know about them?", problem, None)
    assert shown.replaced


@pytest.mark.parametrize(("problem", "key"), [(WATER, Key("osmosis", [])), (ESSAY, Key("Debts", []))])
async def test_an_explanation_about_work_in_words_is_short_and_leads_to_a_question(problem: str, key: Key) -> None:
    statement, question = "A concept has a name and a meaning. ", "Where did you meet it?"
    for text in (statement + question, question, f"{question} {statement}{question}", statement * 3 + question):
        assert joined(await explained(text, problem, key)) == text
    for text in (statement, statement * 3, statement * 4 + question, f"{'so ' * 70}on. {question}"):
        (shown,) = await explained(text, problem, key)
        assert shown.replaced
    shown_first = await explained(f"{statement}{question} {statement * 6}", problem, key)
    assert joined(shown_first).startswith(statement + question)
    assert joined(shown_first).count(statement) <= 3


async def test_practice_passes_everything_but_markup() -> None:
    draft = Draft("So **x = 3**. ", "<b>See</b> [this](javascript:alert(1)) ![x](https://a.example/p.png).")
    text = "".join(one.text for one in await show(draft, guarded=False, assessed=False, move="solution"))
    assert text == "So **x = 3**. See this ."


async def test_a_draft_is_cut_at_the_maximum() -> None:
    draft = Draft(*["Words without an end. "] * 3000)
    shown = await show(draft, guarded=False, assessed=False)
    assert sum(len(one.text) for one in shown) <= 20_000
    assert draft.closed
    assert draft.read < 1000


def joined(shown: list[Shown]) -> str:
    return "".join(one.text for one in shown)


SENTENCE = "The old order had lost the trust of those who paid for it. "
ASK = Shown(hint("ask", 1, "en"), replaced=True)


@pytest.mark.parametrize(
    ("draft", "shown"),
    [
        ("What have you tried?", [Shown("What have you tried?")]),
        ("Look at it. What is given?", [Shown("Look at it. What is given?")]),
        ("What is given? What is wanted?", [Shown("What is given? "), Shown("What is wanted?")]),
        ("What is given? Look there. More.", [Shown("What is given? ")]),
        ("What is given? And? Or? Well?", [Shown("What is given? "), Shown("And? ")]),
        (SENTENCE, [ASK]),
        (SENTENCE * 2 + "Why?", [ASK]),
        (f"{'so ' * 40}why?", [ASK]),
        ("", [ASK]),
    ],
)
async def test_a_question_keeps_its_form(draft: str, shown: list[Shown]) -> None:
    assert await show(Draft(draft), move="ask") == shown


@pytest.mark.parametrize(("move", "sentences"), [("hint", 4), ("check", 7), ("explain", 10)])
async def test_other_moves_are_bounded(move: Move, sentences: int) -> None:
    shown = await show(Draft(SENTENCE * 40), move=move)
    assert 2 <= len(shown) <= sentences + 1
    assert (shown[-1].text, shown[-1].replaced) == (hint(move, 1, "en"), True)
    assert await show(Draft("Look at it. Why? " * 3), move="check") == [Shown("Look at it. "), Shown("Why? ")] * 3
    assert not any(one.replaced for one in await show(Draft(SENTENCE * 40), move=move, assessed=False))


@pytest.mark.parametrize("move", ["ask", "hint", "twin", "explain"])
async def test_a_demand_for_a_text_gets_a_prepared_one(move: Move) -> None:
    draft = Draft("Revolutions begin with debts. Is that so?")
    (shown,) = await show(draft, move=move, message="Write the next paragraph.")
    assert (shown.replaced, draft.read) == (True, 0)
    if move == "ask":
        assert shown.text == writing_hint("en")


async def test_a_draft_that_is_the_prepared_text_is_no_replacement() -> None:
    moves: tuple[Move, ...] = ("ask", "hint", "check", "explain", "twin")
    for move in moves:
        text = hint(move, 1, "en")
        shown = await show(Draft(text), move=move)
        assert (joined(shown), [one for one in shown if one.replaced]) == (text, [])


@pytest.mark.parametrize("assessed", [True, False])
async def test_a_refused_draft_is_followed_by_the_prepared_text(assessed: bool) -> None:
    text = hint("hint", 1, "en")
    shown = await show(Draft("Look at it. Half of", refused=True), assessed=assessed)
    assert shown == [Shown("Look at it. "), Shown(text, replaced=True)]
    assert await show(Draft(refused=True), assessed=assessed) == [Shown(text, replaced=True)]


async def test_a_replacement_stands_outside_an_open_block() -> None:
    text = hint("hint", 1, "en")
    shown = await show(Draft("Look:\n```python\nsides = [left, right]\nx = 3\n```\n"))
    assert joined(shown) == f"Look:\n```python\nsides = [left, right]\n```\n\n{text}"
    assert joined(await show(Draft("Look:\n```python\nx = 3\n```\n"))) == f"Look:\n\n{text}"
    whole = "Look:\n```python\nsides = [left, right]\n```\nWhich one is wanted?"
    assert joined(await show(Draft(whole))) == whole


@pytest.mark.parametrize(
    ("shown", "fence", "between"),
    [
        ("", "", ""),
        ("A sentence. ", "", ""),
        ("Half of", "", "\n\n"),
        ("- a point\n", "", "\n"),
        ("```\na\n", "```", "```\n\n"),
        ("````py\n```\na", "````", "\n````\n\n"),
        ("~~~\na\n~~~\n\n", "", ""),
        ("```\na\n```\n\n", "", ""),
    ],
)
def test_a_text_is_set_apart_from_what_was_shown(shown: str, fence: str, between: str) -> None:
    assert open_fence(shown) == fence
    assert apart(shown, "Text") == f"{between}Text"


@pytest.mark.parametrize(
    ("problem", "in_words"),
    [
        (EQUATION, False),
        ("A theatre has 27 rows of 46 seats.", False),
        ("Why did the Berlin Wall fall in 1989?", True),
        ("Write an essay of 3 pages about bees.", True),
    ],
)
@pytest.mark.parametrize("language", ["en", "de", "ar"])
def test_prepared_texts_fit_the_kind_of_problem(problem: str, in_words: bool, language: str) -> None:
    situation = Situation(problem=problem, assessed=True)
    for move in ("hint", "check", "twin"):
        text = prepared(move, situation, "Please help me.", language)
        assert text == hint(move, 0, language, in_words=in_words)
        assert text != hint(move, 0, language, in_words=not in_words)


def test_prepared_questions_are_not_the_same_each_time() -> None:
    for language in ("en", "de", "ar"):
        asked = [hint("ask", 0, language, turn=turn) for turn in range(1, 7)]
        assert len(set(asked[:3])) == 3
        assert asked[:3] == asked[3:]
        assert not any(letter.isdigit() for text in asked for letter in text)


@given(st.lists(st.text(alphabet="3x= .!\nab", max_size=12), max_size=12))
async def test_splitting_into_deltas_does_not_change_what_is_shown(deltas: list[str]) -> None:
    whole, parts = await show(Draft("".join(deltas))), await show(Draft(*deltas))
    assert whole == parts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a < b and x<y", "a < b and x< y"),
        ("**bold** and `code`", "**bold** and `code`"),
        ("[text](https://example.org)", "text"),
        ("[text][ref]", "text"),
        ("[ref]: https://example.org", "[ref] : example.org"),
        ("See https://example.org/a, HTTP://www.example.org.", "See example.org/a, www .example.org."),
        ("![alt](https://example.org/x.png)", ""),
        ("![alt][ref] ![alt]", " "),
        ("[![a](x)](y)", ""),
        ("<script>alert(1)</script>", "alert(1)"),
        ("<scr<script>ipt>", ""),
        ("<img src=x onerror=alert(1)", "< img src=x onerror=alert(1)"),
        ("<https://example.org>", ""),
        ("javascript:alert(1)", "javascript :alert(1)"),
        ("data:text/html,x", "data :text/html,x"),
        ("The data: three values", "The data: three values"),
        ("f(x) = [1, 2](3)", "f(x) = 1, 2"),
        ("$x < 3$", "$x < 3$"),
        ("the sign <", "the sign < "),
    ],
)
def test_markdown_is_without_images_links_and_tags(text: str, expected: str) -> None:
    assert plain(text) == expected


@given(
    st.lists(
        st.sampled_from(["<", ">", "img", "!", "[", "]", "(", ")", "a", " ", ":", "/", "x", "\n", "script"]),
        max_size=30,
    )
)
def test_nothing_that_is_left_can_be_a_tag_link_or_image(parts: list[str]) -> None:
    text = "".join(parts)
    joined = "".join(plain(piece) for piece in (text[: len(text) // 2], text[len(text) // 2 :]))
    assert not any(mark in plain(text) for mark in ("](", "][", "![", "]:", "<img", "<script", "<a"))
    assert "<img" not in joined.replace("< ", "<_")


@pytest.mark.parametrize("language", ["en", "de", "ar", "fr", "tlh", ""])
def test_prepared_texts_exist_for_all_moves_and_have_no_digits(language: str) -> None:
    moves: tuple[Move, ...] = ("ask", "hint", "check", "explain", "twin", "solution")
    texts = {hint(move, level, language) for move in moves for level in range(-1, 9)}
    assert len(texts) == 9
    assert not any(letter.isdigit() for text in texts for letter in text)
