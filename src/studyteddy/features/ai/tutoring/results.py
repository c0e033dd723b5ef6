"""Results that a step or a note would give away: equations and values which the brief lacks.

Steps plan work. The numbers of planning (pages, minutes, dates, the numbers of exercises) are free; a number counts as
a result if the text states it (x is 5, the answer 42, distance: 120) or if it has a unit of measurement.
"""

from __future__ import annotations

import re
from functools import cached_property

from studyteddy.features.ai.tutoring.languages import LANGUAGES, phrases
from studyteddy.features.ai.tutoring.numbers import literals, spelled_out

_EQUATION = re.compile(r"(?<![^\s=])(?P<left>[^\s=]++)\s*+(?P<sign>=)\s*+(?P<right>[^\s=]++)")
_YIELDS = re.compile(r"(?<![^\s→])(?P<left>[^\s→]++)\s*+(?P<sign>→)\s*+(?P<right>[^\s→\d]*+\d[^\s→]*+)")
_ARROWS = (("=>", "="), ("->", "→"), ("⟶", "→"))
"""What `normal` leaves; other arrows and signs of approximation are equals signs by then."""
_EDGES = ".,;:!?…()[]{}\"'“”„«»‘’‚‹›$"
_STATES = (
    r"\b(?:is|are|be|becomes|gets?|got|obtains?|erhaltst|erhalt|bekommst|obtiens|obtient|obtienes|equals?|gives?|yields|makes|ist|sind|gleich|ergibt|ergeben|betragt|betragen|lautet|lauten"
    r"|est|sont|egale?|vaut|donne|es|son|vale|da|igual a)\b|يساوي|تساوي|\bهو\b|\bهي\b|يعطي|تعطي"
)
_NAMES = (
    r"\b(?:answer|solution|result|value|ergebnis|losung|antwort|wert|reponse|resultat|valeur|respuesta|resultado"
    r"|solucion|valor)|الجواب|الاجابه|الحل|الناتج|النتيجه"
)
_ABOUT = r"(?:(?:to|about|approximately|roughly|exactly|equal to|then|etwa|ungefahr|rund|genau|environ|تقريبا)\s+){0,2}"
_NUMBER = r"[^\w\s]{0,3}\d"
_STATED = re.compile(
    rf"(?:(?:{_STATES})\s+{_ABOUT}|(?:{_NAMES})s?\s*+[:(]?\s*+|≔\s?|[^\W\d_]\s?:\s?(?=\S+\s*$)|\b[a-z]+\s\d{{1,3}}[a-z]?\s*:\s*(?=\S+\s*$)){_NUMBER}"
)
_UNIT = re.compile(
    r"\s?(?:[mckµ]?m(?:\^[23])?|[mk]?g|k?n|k?j|k?w|m?mol|k?hz|k?pa|m?l|m?v|m?s|°\s?[cf]?|ohm|ω)(?:/\w+(?:\^-?\d)?)?(?![\w^])"
)
_PLANNED = re.compile(
    r"\s?[-–]?\s?(?:\d+\s?)?(?:pages?|words?|characters|minutes?|min|hours?|days?|weeks?|points?|steps?|sources?|parts?"
    r"|seiten?|worter|zeichen|minuten?|stunden?|tage?|wochen?|punkte?|schritte?|quellen?|mots?|heures?|jours?|semaines?"
    r"|paginas?|palabras?|horas?|dias?|semanas?|صفح|كلم|دقيق|دقائق|ساع|يوم|ايام|اسبوع)"
)


_DATED = re.compile(
    r"(?:-\d\d-|/\d{1,2}/|:)\d\d"
    r"|(?:st|nd|rd|th|\.|er)?\s?(?:of |de )?(?:jan|feb|fev|mar|apr|avr|abr|may|mai|jun|juin|jul|juil|aug|aou|ago"
    r"|sep|oct|okt|nov|dec|dez|dic|ene|يناير|فبراير|مارس|ابريل|مايو|يونيو|يوليو|اغسطس|سبتمبر|اكتوبر|نوفمبر|ديسمبر)"
)


def _listed(kind: str) -> str:
    return "|".join(
        sorted({one[0] for module in LANGUAGES.values() for one in phrases(module.WORDS[kind]) if len(one) == 1})
    )


_COUNTED = re.compile(rf"\s(?:{_listed('counted')}|(?:{_listed('counter')})(?:s|n|en|e)?|pm|am|uhr)\b")


class Known:
    """What a brief says itself; it is read in full only when a text has something that could be a result."""

    def __init__(self, brief: str) -> None:
        self._brief = brief

    def lacks_result_of(self, text: str) -> bool:
        """Return whether a text contains an equation or a value that the brief lacks."""
        plain = _plain(text)
        equations = (match for pattern in (_EQUATION, _YIELDS) for match in pattern.finditer(plain))
        return any(not self._has(match) for match in equations) or any(
            self._values.isdisjoint(values) for values in _results(plain)
        )

    def _has(self, equation: re.Match[str]) -> bool:
        """Return whether the brief has an equation, with any white space."""
        letters = equation["left"].lstrip(_EDGES) + equation["sign"] + equation["right"].rstrip(_EDGES)
        written = r"\s*".join(map(re.escape, letters))
        return re.search(rf"(?<![\w^*/+-]){written}(?![\w^*/+-])", self._plain) is not None

    @cached_property
    def _plain(self) -> str:
        return _plain(self._brief)

    @cached_property
    def _values(self) -> set[float]:
        return {value for one in literals(self._plain) for value in one.values}


def _plain(text: str) -> str:
    plain = spelled_out(text)
    for arrow, sign in _ARROWS:
        plain = plain.replace(arrow, sign)
    return plain


def _results(plain: str) -> list[tuple[float, ...]]:
    """Return the readings of each number of a plain text that is stated as a result, or measures something."""
    stated = {match.end() - 1 for match in _STATED.finditer(plain)}
    return [
        one.values
        for one in literals(plain)
        if (one.start in stated and not _is_planning(plain, one.end)) or _UNIT.match(plain, one.end)
    ]


def _is_planning(plain: str, at: int) -> bool:
    """Return whether what follows a number says that it plans: pages, minutes, a date, a time of day."""
    return any(pattern.match(plain, at) for pattern in (_PLANNED, _DATED, _COUNTED))
