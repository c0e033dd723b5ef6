"""What a student sees of a draft: sentence by sentence, each checked before it is shown.

The first sentence of assessed work that reveals an answer, or breaks the form of the move, ends the draft; the prepared
text of the move follows. It also follows a draft that a model refuses to finish.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing

import msgspec

from studyteddy.features.ai.tutoring.attempts import demands_text
from studyteddy.features.ai.tutoring.fences import apart, open_fence, opens_block
from studyteddy.features.ai.tutoring.forms import Form
from studyteddy.features.ai.tutoring.hints import hint, need_hint, writing_hint
from studyteddy.features.ai.tutoring.leaks import ChatGuard, Guard
from studyteddy.features.ai.tutoring.markdown import plain
from studyteddy.features.ai.tutoring.moves import Move, Situation, needed
from studyteddy.features.ai.tutoring.number_leaks import has_numbers, stated
from studyteddy.features.ai.tutoring.sentences import Sentences
from studyteddy.features.ai.tutoring.views import View


class Shown(msgspec.Struct, frozen=True):
    """A piece of the answer; `replaced` says that it is a prepared text in place of the rest of the draft."""

    text: str
    replaced: bool = False


class Cited(msgspec.Struct, frozen=True):
    """A text as it is shown, with numbers for its citations, and the words that they quote.

    `before` and `after` are prepared notes about it, which are shown and not judged.
    """

    text: str
    quotes: Sequence[str] = ()
    before: str = ""
    after: str = ""

    def noted(self, text: str) -> str:
        """Return a form of the text with its notes, apart from its words and before the white space at its end."""
        bare = text.rstrip()
        after = f" {self.after}" if self.after else ""
        before = f"{self.before} " if self.before else ""
        shown = f"{before}{bare.lstrip() if before else bare}{after}"
        return shown + text[len(bare) :]


class Refused(Exception):
    """The model says nothing, or ends a draft that it doesn't want to finish."""


async def checked(
    draft: AsyncIterator[str],
    guard: ChatGuard | Guard | None,
    *,
    move: Move,
    situation: Situation,
    language: str,
    message: str,
    cite: Callable[[str], Cited] = Cited,
) -> AsyncGenerator[Shown, None]:
    """Yield what may be shown of a draft, and close it at its end or at the first leak.

    `cite` reads the citations of a sentence, before it is judged: what is shown is what was checked.

    A guess without work gets the prepared text whether it is right or wrong, and without a look at the draft:
    otherwise the difference between the two replies would tell. Without a guard, assessed work gets prepared texts,
    and so does a demand for a text to hand in. A draft that is the prepared text is no replacement.
    """
    text, shown = prepared(move, situation, message, language), ""
    try:
        watching = guard if situation.assessed else None
        # In a thread: a long message about many exercises takes a while.
        if situation.assessed and (watching is None or await asyncio.to_thread(_is_prepared, watching, move, message)):
            yield Shown(text, replaced=True)
            return
        if watching:
            await asyncio.to_thread(watching.hear, message)
        async with aclosing(_passing(draft, watching, text, move=move, message=message, cite=cite)) as pieces:
            async for piece in pieces:
                shown += piece
                yield Shown(piece)
    except Refused:
        yield Shown(apart(shown, text), replaced=True)
    finally:
        if isinstance(draft, AsyncGenerator):
            await draft.aclose()


def prepared(move: Move, situation: Situation, message: str, language: str) -> str:
    """Return the prepared text for a message: about numbers or words, as the problem is."""
    if move == "ask" and situation.assessed and demands_text(message):
        return writing_hint(language)
    if need := needed(situation, move, message):
        return need_hint(need, language)
    in_words = not any(map(has_numbers, (View(situation.problem), View(message))))
    shown = "ask" if move == "solution" else move
    return hint(shown, situation.hint_level, language, in_words=in_words, turn=situation.turns)


async def _passing(
    draft: AsyncIterator[str],
    guard: ChatGuard | Guard | None,
    text: str,
    *,
    move: Move,
    message: str,
    cite: Callable[[str], Cited],
) -> AsyncGenerator[str, None]:
    """Yield the sentences of a draft that pass; raise `Refused` where the prepared text has to follow."""
    form = Form(move, in_words=guard is not None and guard.in_words)
    read = held = shown = ""
    async with aclosing(_sentences(draft)) as sentences:
        async for sentence in sentences:
            read += sentence
            cited = cite(sentence)
            piece = plain(cited.text)
            if guard and not text.startswith(read.strip()):
                if any(map(guard.reveals, cited.quotes)) or _is_leak(guard, piece, move, message):
                    raise Refused
                is_empty = not piece.strip() or opens_block(piece)
                step = ("show" if form.is_complete else "hold") if is_empty else form.step(piece)
                if step == "break":
                    raise Refused
                if step == "end":
                    break
                if step == "hold":
                    held += cited.noted(piece)
                    continue
            piece = cited.noted(piece)
            if opens_block(piece) and not open_fence(shown + held):
                held += piece
                continue
            shown += held + piece
            yield held + piece
            held = ""
    if guard and not form.is_complete and read.strip() != text:
        raise Refused
    if held:
        yield held


def _is_prepared(guard: ChatGuard | Guard, move: Move, message: str) -> bool:
    """Return whether the draft is not used at all.

    Without a key only concepts are explained, and only if the work has numbers: an answer in words isn't recognised.
    """
    if guard.is_guess(message) or demands_text(message):
        return True
    return move == "solution" or (not guard.has_key and (move != "explain" or guard.in_words))


def _is_leak(guard: ChatGuard | Guard, sentence: str, move: Move, message: str) -> bool:
    """Return whether a sentence reveals the answer or judges one; only checks judge, and never multiple choice.

    Without a key, a sentence with a number or a formula may be a step.
    """
    if not guard.has_key and _calculates(View(sentence)):
        return True
    judges = (move != "check" or guard.is_choice) and guard.judges(sentence, message)
    return judges or guard.leaks(sentence)


def _calculates(view: View) -> bool:
    return bool(stated(view)) or any(not one.is_simple for one in view.formulas)


async def _sentences(draft: AsyncIterator[str]) -> AsyncGenerator[str, None]:
    sentences = Sentences()
    async for delta in draft:
        for sentence in sentences.feed(delta):
            yield sentence
        if sentences.is_full:
            break
    for sentence in sentences.end():
        yield sentence
