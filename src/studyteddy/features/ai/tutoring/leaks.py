"""The guard of an assessed problem: whether a sentence reveals the answer, alone or with what was shown before.

It compares numbers in all notations, formulas by their values, and words by their letters, and it decodes common
disguises. Of translations it knows those that the key has; paraphrases of an answer in words it can't recognise, but
their numbers and formulas.
In doubt a sentence counts as a leak, since the student then gets a prepared hint instead.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from msgspec.structs import replace

from studyteddy.features.ai.tutoring.attempts import MAX_MESSAGE, is_attempt, names_text, proposes
from studyteddy.features.ai.tutoring.exercises import Exercise
from studyteddy.features.ai.tutoring.formula_leaks import FormulaLeaks, is_given
from studyteddy.features.ai.tutoring.keys import Key
from studyteddy.features.ai.tutoring.languages import length_at, words
from studyteddy.features.ai.tutoring.number_leaks import NumberLeaks, has_numbers, values_outside
from studyteddy.features.ai.tutoring.option_leaks import OptionLeaks
from studyteddy.features.ai.tutoring.rendering import looks_different
from studyteddy.features.ai.tutoring.solutions import solution
from studyteddy.features.ai.tutoring.text_leaks import NameLeaks, TextLeaks
from studyteddy.features.ai.tutoring.views import View

_SAID = 40
"""Sentences that are remembered."""
_SYNONYMS = 30
"""Other names of an answer that are guarded, and answers of further problems of a text: all that a key can have."""
_MAX_SENTENCE = 2000
_MAX_NUMBERS = 40
"""A sentence with more numbers is not a hint, and would take long to check."""


class ChatGuard:
    """Watches what is said in one chat, about all of its exercises.

    While there is none, the texts of the chat are all that is known: numbers and equations beyond them are leaks.
    """

    def __init__(self, exercises: Sequence[Exercise], *, texts: Sequence[str], said: Sequence[str] = ()) -> None:
        found = [one for one in exercises if one.is_one]
        self._guards = [Guard(one.key, problem=one.problem) for one in found]
        self._guards = self._guards or [Guard(None, problem="\n".join(texts))]
        self._problems = [one.problem for one in found] or [*texts]
        self.has_key = all(one.key for one in found)
        """Whether drafts can be compared: every exercise is solved, or there is none."""
        self.is_choice = any(one.is_choice for one in self._guards)
        self.in_words = any(one.in_words for one in self._guards)
        for text in said[-_SAID:]:
            self._remember(View(text[:_MAX_SENTENCE]))

    def leaks(self, sentence: str) -> bool:
        """Return whether a sentence reveals an answer. If not, it counts as said."""
        view = View(sentence)
        if self.reveals(view):
            return True
        self._remember(view)
        return False

    def reveals(self, sentence: str | View) -> bool:
        """Return whether a sentence reveals an answer, without remembering it."""
        view = _view(sentence)  # one for all guards: reading a sentence takes most of the time
        return any(one.reveals(view) for one in self._guards)

    def _remember(self, view: View) -> None:
        for one in self._guards:
            one.remember(view)

    def judges(self, sentence: str, message: str) -> bool:
        """Return whether a sentence judges a guess or an attempt, which only a check may do."""
        return any(one.judges(sentence, message) for one in self._guards)

    def is_guess(self, message: str) -> bool:
        """Return whether a student's message proposes an answer, and is neither an exercise nor work on one."""
        if message in self._problems or is_attempt(message, problem="\n".join(self._problems)):
            return False
        return all(one.is_guess(message) for one in self._guards) or self.contains(message)

    def contains(self, message: str) -> bool:
        """Return whether a student's message has the answer of a key; steps on the way don't count."""
        return any(one.contains(message) for one in self._guards)

    def hear(self, message: str) -> None:
        """Remember the numbers of a student's message, which a reply could complete."""
        view = View(message[:MAX_MESSAGE])
        for one in self._guards:
            one.hear(view)


class Guard:
    """Watches what is said about one problem in one chat.

    Without a key it knows only the problem: then numbers that the problem doesn't have, and equations, are leaks.
    `said` are the texts that the tutor showed earlier in the chat, oldest first.
    """

    def __init__(self, key: Key | None, *, problem: str, said: Sequence[str] = ()) -> None:
        self.has_key = key is not None
        self._problem = View(problem)
        self.in_words = names_text(problem) or not has_numbers(self._problem)
        """Whether the work is a text, or an answer in words."""
        self._said: deque[str] = deque(maxlen=_SAID)
        answer, steps = (key.answer, key.steps) if key else ("", [])
        found, views = solution(answer, problem), [View(step) for step in steps]
        self.is_choice = bool(found.option)
        self._numbers = NumberLeaks(found, self._problem)
        self._formulas = FormulaLeaks(View(answer), views, found, self._problem)
        self._texts = [TextLeaks(View(answer), found, views, self._problem)]
        self._names: list[NumberLeaks | NameLeaks] = []
        for name in key.synonyms[:_SYNONYMS] if key else []:
            other = solution(name, problem)
            if other.targets or other.sequence:
                self._names.append(NumberLeaks(other, self._problem))
            else:
                self._texts.append(TextLeaks(View(name), replace(other, texts=[name]), [], self._problem))
                self._names.append(NameLeaks(name, self._problem))
        self._options = OptionLeaks(found.option, self._problem)
        for text in said[-_SAID:]:
            self.remember(text[:_MAX_SENTENCE])

    def leaks(self, sentence: str) -> bool:
        """Return whether a sentence reveals the answer. If not, it counts as said."""
        view = View(sentence)
        if self.reveals(view):
            return True
        self.remember(view)
        return False

    def reveals(self, sentence: str | View) -> bool:
        """Return whether a sentence reveals the answer, without remembering it."""
        view = _view(sentence)
        if not view.raw.strip():
            return False
        if len(view.raw) > _MAX_SENTENCE or looks_different(view.raw):
            return True
        if len(view.literals) > _MAX_NUMBERS:
            return True
        if not self.has_key:
            return self._goes_beyond(view)
        return self._says(view) or any(map(self._deciphers, view.deciphered)) or any(map(self._says, view.decoded))

    def confirms(self, sentence: str, message: str) -> bool:
        """Return whether a sentence judges a guess, right or wrong: the reply to both must be the same."""
        return _is_verdict(sentence) and self.is_guess(message)

    def judges(self, sentence: str, message: str) -> bool:
        """Return whether a sentence judges a guess or an attempt, which only a check may do."""
        if not _is_verdict(sentence):
            return False
        return _is_bare_verdict(sentence) or self.is_guess(message) or is_attempt(message, problem=self._problem.raw)

    def is_guess(self, message: str) -> bool:
        """Return whether a student's message proposes an answer: a number, an option, a word, or the answer itself."""
        if is_attempt(message, problem=self._problem.raw):
            return False
        return proposes(message, problem=self._problem.raw) or self.contains(message)

    def contains(self, message: str) -> bool:
        """Return whether a student's message has the answer of the key; steps on the way don't count."""
        view = View(message[:MAX_MESSAGE])
        checks = (self._numbers, *self._texts, self._options, *self._names)
        return self.has_key and any(check.reveals(view) for check in checks)

    def hear(self, message: str | View) -> None:
        """Remember the numbers of a student's message, which a reply could complete."""
        self._numbers.hear(_view(message))

    def state(self) -> list[str]:
        """Return what was said, for `said` of a later guard."""
        return [*self._said]

    def remember(self, text: str | View) -> None:
        """Count a text as said."""
        view = _view(text)
        if view.raw.strip():
            self._said.append(view.raw)
            self._numbers.hear(view)
            for one in (*self._texts, *self._names):
                one.hear(view)

    def _says(self, view: View) -> bool:
        checks = (self._numbers, self._formulas, *self._texts, self._options, *self._names)
        return any(check.reveals(view) for check in checks)

    def _deciphers(self, view: View) -> bool:
        return (
            any(one.deciphers(view) for one in self._texts)
            or self._numbers.reveals(view)
            or self._options.reveals(view)
        )

    def _goes_beyond(self, view: View) -> bool:
        """Return whether a sentence has a number or an equation that the problem doesn't have."""
        return any(
            values_outside(one, self._problem)
            or any(not is_given(equation, self._problem.squeezed) for equation in one.equations)
            for one in (view, *view.deciphered, *view.decoded)
        )


def _view(text: str | View) -> View:
    return text if isinstance(text, View) else View(text)


def _is_bare_verdict(sentence: str) -> bool:
    """Return whether a sentence is nothing but a verdict: Correct! No, that is wrong."""
    text = words(sentence)
    verdicts = sum(bool(length_at(kind, text, at)) for kind in ("yes", "no") for at in range(len(text)))
    return len(text) <= 2 or (len(text) <= 6 and verdicts >= 2)


def _is_verdict(sentence: str) -> bool:
    view = View(sentence)
    return view.says("yes") or view.says("no") or any(sign in sentence for sign in "✅✔☑❌✖👍👎🎉🔥🥇💯⭕🙌👏")
