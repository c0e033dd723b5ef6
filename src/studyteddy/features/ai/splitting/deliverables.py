"""What a brief enumerates: its parts, numbered or bulleted lines, graded criteria, or “Questions 1–4”."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from studyteddy.features.ai.schemas.steps import CitedSpan

READ_CHARACTERS = 100_000
"""A list that begins later is part of the material, not of the assignment."""
_MOST_IN_RANGE = 40
_READ_FOR_POINTS = 200
_HIDDEN = "\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\u061c"
_START = rf"[ \t\u00a0{_HIDDEN}]*+"
_NUMBER = r"(?:\d{1,3}|[A-Ha-h]|[ivxIVX]{1,5})"
_LABELS = (
    "part|section|question|problem|exercise|task|chapter|step|teil|abschnitt|frage|aufgabe|übung|kapitel|schritt"
    "|partie|exercice|chapitre|problème|étape|parte|pregunta|ejercicio|problema|capítulo|вопрос|задание|часть|глава"
    "|السؤال|التمرين|المسألة|الجزء|الفصل|المهمة|القسم|سؤال|تمرين"
)
_LINE = re.compile(r"[^\n\r\u2028\u2029]+")
_LABELED = re.compile(rf"{_START}[#>*_ ]{{0,12}}(?P<text>(?i:{_LABELS})\s(?:\d{{1,3}}|[A-H]|[IVX]{{1,5}})\b)")
_NUMBERED = re.compile(rf"{_START}(?:\({_NUMBER}\)|{_NUMBER}[.)]|{_NUMBER}\.\))(?:\s|$)|{_START}\d{{1,3}}[、．]")
_BULLETED = re.compile(rf"{_START}[-*+•–—·▪◦‣●○■□✓☐]\s(?:\s*\[[ xX]?\])?")
_UNIT = r"(?:points?|pts?|marks?|%|Punkte?|P\.|puntos?|درجات|درجة|نقاط)"
_GRADED = re.compile(rf"(?P<points>\d{{1,3}})\s?{_UNIT}[)\]\s|.]*$", re.IGNORECASE)
_GRADED_INSIDE = re.compile(rf"\s?[(\[]\s?(?P<points>\d{{1,3}})\s?{_UNIT}\s?[)\]]", re.IGNORECASE)
_CHAPTER = re.compile(
    r"(?:chapters?|ch\.|sections?|pages?|pp?\.|kapitel|abschnitte?|seiten?|s\.|الفصل|القسم|الصفحات|الصفحة|صفحة|chapitre|capítulo)"
    r"\s?(?:\d|[IVX]+\b|ال)",
    re.IGNORECASE,
)
_READING = re.compile(
    r"(?:(?:re-?)?read|skim|lies|lest|lesen|اقر[أؤ]\w*|قراءة|lire|lis(?:ez)?|lee[rd]?|lean?)\b|阅读|読", re.IGNORECASE
)
_MAKING = re.compile(
    r"(?:write|draft|compose|build|create|develop|solve|do|complete|prepare"
    r"|schreib\w*|verfass\w*|bau\w{0,2}|erstell\w*|entwick\w+|lös\w*|bearbeite\w*"
    r"|(?:اكتب|صمم|أنشئ|أنجز|حل)(?:ي|وا)?|كتابة|تصميم|إنشاء|إنجاز"
    r"|écri\w+|rédige\w*|constru\w+|escrib\w+|redact\w+|résol\w+|resuelv\w+)\b",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"(?:proof-?read|cite|check|revise|edit|format|submit|hand in|turn in|upload|attach"
    r"|(?:add|include|append) (?:an? |the |your |all )?(?:bibliography|references?|sources|works cited)"
    r"|zitier\w*|beleg\w*|korrigier\w*|überarbeite\w*|(?:über)?prüf\w*|formatier\w*|gib\b.*\bab"
    r"|(?:erstell|ergänz|füg)\w* (?:\w+ ){0,2}literaturverzeichnis"
    r"|راجع|مراجعة|دقق|تدقيق|صحح|تصحيح|وثق|توثيق|سلم|تسليم|استشهد|نسق|تنسيق|(?:أضف|إضافة) (?:قائمة )?ال(?:مراجع|مصادر)"
    r"|corrigez|citez|rendez|revisa|corrige|cita|entrega)\b",
    re.IGNORECASE,
)
_BEFORE_POINTS = " \t([|:–—-"
_PLURALS = {
    "questions": "Question",
    "exercises": "Exercise",
    "problems": "Problem",
    "tasks": "Task",
    "chapters": "Chapter",
    "aufgaben": "Aufgabe",
    "fragen": "Frage",
    "übungen": "Übung",
    "kapitel": "Kapitel",
    "exercices": "Exercice",
    "problèmes": "Problème",
    "chapitres": "Chapitre",
    "preguntas": "Pregunta",
    "ejercicios": "Ejercicio",
    "problemas": "Problema",
    "capítulos": "Capítulo",
    "الأسئلة": "السؤال",
    "التمارين": "التمرين",
    "المسائل": "المسألة",
    "الفصول": "الفصل",
}
_RANGE = re.compile(
    rf"\b(?P<plural>{'|'.join(_PLURALS)})\s{{1,3}}(?P<first>\d{{1,3}})"
    r"\s?(?:-|–|—|to|through|bis|à|a|al|إلى)\s?(?P<last>\d{1,3})\b",
    re.IGNORECASE,
)


class Deliverable(NamedTuple):
    """Something that a brief asks for, and where it says so."""

    task: str
    """Its line without the points."""
    span: CitedSpan
    points: int | None = None
    is_numbered: bool = False
    """It is a number of a range, and has no line of its own."""
    is_sentence: bool = False
    """It is a sentence of the brief instead of an item of a list."""
    weight: float = 1.0
    """How long it takes, compared with the average: its points say so, if each deliverable has some."""


def find(brief: str) -> list[Deliverable]:
    """Return what the brief enumerates in the clearest way that occurs at least twice, in its order."""
    text = brief[:READ_CHARACTERS]
    lines = list(_LINE.finditer(text))
    for way in (_labeled, _numbered, _bulleted, _graded):
        found = [item for line in lines for item in way(line) if _says_something(item.task)]
        if len(found) > 1:
            return list(_weighted(found))
    return _ranged(text)


def _weighted(items: Sequence[Deliverable]) -> Iterator[Deliverable]:
    average = sum(item.points or 0 for item in items) / len(items)
    has_all = all(item.points for item in items)
    for item in items:
        yield item._replace(weight=min(max(item.points / average, 0.5), 2.0)) if item.points and has_all else item


def _labeled(line: re.Match[str]) -> Iterator[Deliverable]:
    match = _LABELED.match(line[0])
    if match:
        yield _item(line, match.start("text"))


def _numbered(line: re.Match[str]) -> Iterator[Deliverable]:
    match = _NUMBERED.match(line[0])
    if match:
        yield _item(line, match.end())


def _bulleted(line: re.Match[str]) -> Iterator[Deliverable]:
    match = _BULLETED.match(line[0])
    if match:
        yield _item(line, match.end())


def _graded(line: re.Match[str]) -> Iterator[Deliverable]:
    if _GRADED.search(line[0], max(len(line[0]) - 60, 0)):
        yield _item(line, len(line[0]) - len(line[0].lstrip("| \t")))


def _item(line: re.Match[str], start: int) -> Deliverable:
    """Return the rest of a line from `start`, without white space around it."""
    text = line[0][start:]
    begin = line.start() + start + len(text) - len(text.lstrip())
    text = text.strip()
    graded = _GRADED.search(text, max(len(text) - 60, 0))
    task = text[: graded.start()].rstrip(_BEFORE_POINTS) if graded else text
    graded = graded or _GRADED_INSIDE.search(text[:_READ_FOR_POINTS])
    return Deliverable(task, CitedSpan(begin, begin + len(text)), int(graded["points"]) if graded else None)


def without_points(task: str) -> str:
    """Return the line of a deliverable without points in parentheses."""
    return _GRADED_INSIDE.sub("", task[:_READ_FOR_POINTS]) + task[_READ_FOR_POINTS:]


def is_chapter(task: str) -> bool:
    """Return whether a deliverable is a chapter or pages: it is read."""
    return _CHAPTER.match(task) is not None


def is_reading(task: str) -> bool:
    """Return whether a deliverable is something to read: what else is asked for needs it."""
    return is_chapter(task) or _READING.match(task) is not None


def is_making(task: str) -> bool:
    """Return whether a deliverable is something that is written, built or solved."""
    return _MAKING.match(task) is not None


def is_closing(task: str) -> bool:
    """Return whether a deliverable is done to a finished work, as adding references and proofreading are."""
    return _CLOSING.match(task) is not None


def _ranged(text: str) -> list[Deliverable]:
    """Return each number of a range such as “Questions 1–4”; all are at the same place."""
    found = []
    for match in _RANGE.finditer(text):
        name, numbers = _PLURALS[match["plural"].lower()], range(int(match["first"]), int(match["last"]) + 1)
        if 1 < len(numbers) <= _MOST_IN_RANGE:
            found += [Deliverable(f"{name} {number}", CitedSpan(*match.span()), is_numbered=True) for number in numbers]
    return found


def _says_something(text: str) -> bool:
    return any(unicodedata.category(letter)[0] in "LN" for letter in text[:200])
