"""Whether a sentence says the answer in words: the words themselves, parts of them, runs of words, or most of them.

Translations and paraphrases can't be recognised by comparing text; their numbers and formulas still are.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from functools import lru_cache

from studyteddy.features.ai.tutoring.disguises import initials, shifted
from studyteddy.features.ai.tutoring.languages import words
from studyteddy.features.ai.tutoring.solutions import Solution
from studyteddy.features.ai.tutoring.views import View
from studyteddy.features.ai.tutoring.word_forms import Forms

_SHORT_ANSWER = 5
"""An answer with at most as many words is said by any of its words; a longer one by a run of them."""
_RUN, _STEP_RUN = 4, 8
_MIN_COVERED, _COVERAGE = 4, 0.6
_RECENT_WORDS = 60
_SHORT_NAME = 6
_LONG_WORD = 7
"""Letters of a word that is found even if it is cut into pieces."""
_ENDING = re.compile(r"(?<=\w{3})(?:ings?|edly|ed|es|s|er|en|em|est|et|e|t|ly)$")
_DIGITS = re.compile(r"\d")
_STOPWORDS = frozenset(
    words(
        "the and for with that this from was were are has have its his her their not you your which what when where "
        "who into than then there because also can will would about between der die das und ist sind ein eine mit von "
        "den dem für auf les des une est dans pour que los las una con por del como في من على إلى هو هي"
    )
)


class TextLeaks:
    """The words of an answer, against the words that were said."""

    def __init__(self, answer: View, solution: Solution, steps: Sequence[View], problem: View) -> None:
        self._set_words([words(text) for text in solution.texts], problem)
        self._set_runs([words(text) for text in solution.texts], steps, problem)
        whole = (answer.compact, *map("".join, map(words, solution.texts)))
        self._whole = [one for one in whole if len(one) > 3 and not one.isdigit() and one not in problem.compact]
        self._bare = [one for one in (re.sub(r"\d", "", one) for one in self._whole) if len(one) > 3]
        long = (word for word in self._single if len(word) >= _LONG_WORD)
        self._joined = [*self._whole, *self._run_letters, *long]
        self._recent: deque[str] = deque(maxlen=_RECENT_WORDS)
        self._letters: deque[str] = deque(maxlen=_RECENT_WORDS)
        self._initials: deque[str] = deque(maxlen=_RECENT_WORDS)

    def _set_words(self, answers: list[list[str]], problem: View) -> None:
        """Keep the words of short answers, each of which says the answer, and those of long ones."""
        known = frozenset(problem.words)
        content = [word for answer in answers for word in answer if is_content(word)]
        short = content if all(len(answer) <= _SHORT_ANSWER for answer in answers) else []
        self._single = [word for word in short if word not in known]
        self._given = [word for word in short if word in known]
        self._ciphers = {cipher for word in self._single if len(word) > 3 for cipher in shifted(word)}
        self._covered = {word for word in content if len(word) > 3 and word not in known}
        self._single_forms, self._given_forms, self._covered_forms = map(
            Forms, (self._single, self._given, self._covered)
        )

    def _set_runs(self, answers: list[list[str]], steps: Sequence[View], problem: View) -> None:
        """Keep the runs of words of answers and steps that the problem doesn't have."""
        own = [run for answer in answers for run in _grams(answer, _RUN) if sum(map(_is_long, run)) >= 2]
        self._runs = set(map(_stems, own)).difference(_grams(_stems(problem.words), _RUN) if own else ())
        self._run_letters = ["".join(run) for run in own if _stems(run) in self._runs]
        step_runs = {run for step in steps for run in _grams(_stems(step.words), _STEP_RUN)}
        self._step_runs = step_runs.difference(_grams(_stems(problem.words), _STEP_RUN) if step_runs else ())

    def reveals(self, view: View) -> bool:
        """Return whether a sentence says the answer, with what was said before it."""
        return (
            any(self._is_word(word) for word in view.words)
            or (self._given != [] and self._states_given(view))
            or any(joined in _window(self._recent, view) for joined in self._joined)
            or self._is_run(view)
            or self._is_spelled(view)
        )

    def deciphers(self, view: View) -> bool:
        """Return whether a decoded text says the answer; it has no context."""
        return any(self._is_word(word) for word in view.words) or any(
            one in view.compact for one in (*self._joined, *self._bare)
        )

    def hear(self, view: View) -> None:
        """Remember the words of a sentence, with which later ones can form the answer."""
        self._recent += view.words
        self._letters += _single_letters(view)
        self._initials.append(initials(view.text)[:1])

    def _is_word(self, said: str) -> bool:
        return said in self._ciphers or self._single_forms.has(said) or self._single_forms.has_misspelled(said)

    def _states_given(self, view: View) -> bool:
        """Return whether a word of the problem is called the answer, or stands by itself."""
        said = sum(map(self._given_forms.has, view.words))
        if said < len(self._given):
            return False
        return view.states_an_answer or view.says("no") or view.says("option") or len(view.words) <= said + 3

    def _is_run(self, view: View) -> bool:
        """Return whether a run of words is that of the answer or a step, or most of its words were said."""
        if not (self._runs or self._step_runs or len(self._covered) >= _MIN_COVERED):
            return False
        said = [*self._recent, *view.words]
        new, stems = len(view.words), _stems(said)
        if any(run in self._runs for run in _grams(stems[-(new + _RUN - 1) :], _RUN)):
            return True
        if any(run in self._step_runs for run in _grams(stems[-(new + _STEP_RUN - 1) :], _STEP_RUN)):
            return True
        adds = any(map(self._covered_forms.has, view.words))
        covered = set[str]().union(*map(self._covered_forms.of, said))
        return adds and len(self._covered) >= _MIN_COVERED and len(covered) >= _COVERAGE * len(self._covered)

    def _is_spelled(self, view: View) -> bool:
        """Return whether the answer is spelled letter by letter, by the initials of sentences, or with blanks."""
        wanted = [*self._single, *self._given]
        letters = _single_letters(view)
        spelled = "".join((*self._letters, *letters))
        first = "".join((*self._initials, initials(view.text)[:1]))
        if any(_ends_with_part(spelled, word) for word in self._single if letters):
            return True
        if any(len(word) > 3 and first.endswith(word) for word in self._single):
            return True
        if view.says("letter") and any(letter in word for letter in letters for word in wanted):
            return True
        return any(_fits(pattern, word) for pattern in view.blanks for word in self._single)


class NameLeaks:
    """A short name of an answer, such as a formula or an abbreviation, as it is written: CO₂, NO."""

    def __init__(self, name: str, problem: View) -> None:
        shown = View(name).shown.strip()
        is_short = 2 <= len(shown) <= _SHORT_NAME and " " not in shown
        self._name = re.compile(rf"(?<!\w){re.escape(shown)}(?!\w)") if is_short else None
        if self._name and self._name.search(problem.shown):
            self._name = None

    def reveals(self, view: View) -> bool:
        """Return whether a sentence has the name."""
        return self._name is not None and self._name.search(view.shown) is not None

    def hear(self, view: View) -> None:
        """A name isn't said in pieces."""


@lru_cache(8192)
def stem(word: str) -> str:
    """Return a word without the endings of its forms in English and German, so that those are the same."""
    if len(word) <= 4 or not word.isascii():
        return word.removeprefix("ال") if len(word) > 4 else word
    bare = _ENDING.sub("", word)
    return bare[:-1] if len(bare) > 3 and bare[-1] == bare[-2] and bare[-1] not in "aeiou" else bare


def is_content(word: str) -> bool:
    """Return whether a word has a meaning by itself."""
    return len(word) > 2 and word not in _STOPWORDS and not word.isdigit()


def _is_long(word: str) -> bool:
    return len(word) > 4 and word not in _STOPWORDS


def _stems(text: Sequence[str]) -> tuple[str, ...]:
    return tuple(map(stem, text))


def _grams(text: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    return (tuple(text[at : at + size]) for at in range(len(text) - size + 1))


def _window(recent: Sequence[str], view: View) -> str:
    """Return the letters of the last words before a sentence, and its own: as formula, as text, and without digits."""
    before = "".join([*recent][-6:])
    return "\n".join(f"{before}{one}" for one in (view.compact, view.letters, _DIGITS.sub("", view.compact)))


def _single_letters(view: View) -> list[str]:
    """Return the letters that stand by themselves, except articles and pronouns."""
    return [word for word in view.words if len(word) == 1 and word.isalpha() and word not in ("a", "i", "y", "o")]


def _ends_with_part(spelled: str, word: str) -> bool:
    """Return whether spelled letters end with at least half of a word."""
    size = max(3, (len(word) + 1) // 2)
    return any(spelled.endswith(word[at : at + size]) for at in range(len(word) - size + 1))


def _fits(pattern: str, word: str) -> bool:
    return len(pattern) == len(word) and all(mark in ("_", letter) for mark, letter in zip(pattern, word, strict=True))
