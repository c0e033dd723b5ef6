"""Whether a sentence names or excludes an option of a multiple-choice problem."""

from __future__ import annotations

import re
from collections.abc import Collection

from studyteddy.features.ai.tutoring.languages import LANGUAGES, words
from studyteddy.features.ai.tutoring.solutions import choices
from studyteddy.features.ai.tutoring.views import View

_ORDINALS = {
    word: at
    for module in LANGUAGES.values()
    for at, listed in enumerate(module.ORDINALS.split())
    for name in listed.split("|")
    for word in words(name)
}
_SPELLED = {"alpha": "A", "alfa": "A", "bravo": "B", "charlie": "C", "delta": "D", "echo": "E", "foxtrot": "F"}
_SPELLED |= {word: letter for name, letter in zip("أبجده", "ABCDE", strict=True) for word in words(name)}


class OptionLeaks:
    """The options of a problem, against the letters that a sentence names."""

    def __init__(self, option: str, problem: View) -> None:
        self._option = option
        self._letters = frozenset(choices(problem.raw)) if option else frozenset()

    def reveals(self, view: View) -> bool:
        """Return whether a sentence names the right option or judges any of them."""
        if not self._option:
            return False
        named = named_options(view, self._letters)
        judged = view.states_an_answer or view.says("no") or view.says("option")
        return (
            self._option in named
            or bool(named and judged)
            or bool((view.says("option") or len(view.words) <= 4) and self._counted(view))
        )

    def _counted(self, view: View) -> bool:
        """Return whether a sentence names an option by its position: the second option, option 2."""
        places = {_ORDINALS[word] for word in view.words if word in _ORDINALS}
        places |= {int(value) - 1 for literal in view.literals for value in literal.values if 1 <= value <= 8}
        return bool(places & {ord(letter) - 65 for letter in self._letters})


def named_options(view: View, letters: Collection[str]) -> set[str]:
    """Return the options whose letters a sentence names; an article is none."""
    shown = re.sub(r"\bA(?= [a-z])", "", view.shown)
    found = set(re.findall(r"(?<![^\W_])([A-H])(?![^\W_])", shown))
    found |= {(one or two).upper() for one, two in re.findall(r"\(([a-h])\)|(?:^|\s)([a-h])\)", shown)}
    if view.hidden or len(view.words) <= 4:
        found |= {word.upper() for word in view.words if len(word) == 1 and word != "a"}
    return (found | {_SPELLED[word] for word in view.words if word in _SPELLED}).intersection(letters)
