"""The kind of an assignment."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.rules.ai.briefs import case

from studyteddy.features.ai.splitting.kinds import Kind, kind_of


@pytest.mark.parametrize(
    ("brief", "kind"),
    [
        ("Write a 1,500-word essay on Hamlet with sources.", "essay"),
        ("ESSAY: Hamlet", "essay"),
        ("写一篇关于蜜蜂的作文，800字。", "essay"),
        ("期末论文：环境保护", "essay"),
        ("准备数学考试", "exam_preparation"),
        ("Problem set 4. Solve and prove.", "problem_set"),
        ("Lab report on the pendulum. Write 500 words.", "lab_report"),
        ("Reading assignment: read chapters 3 and 4 (pages 40-80).", "reading"),
        ("Study for the midterm exam on algebra.", "exam_preparation"),
        ("Build a prototype with your team.", "project"),
        ("Schreibt einen Aufsatz über Goethe.", "essay"),
        ("Übungsblatt 3: Berechnen Sie.", "problem_set"),
        ("UEBUNGSAUFGABEN", "project"),
        ("ÜBUNGSAUFGABEN", "problem_set"),
        ("Versuchsprotokoll zum Fadenpendel", "lab_report"),
        ("Lies Kapitel 4 im Roman.", "reading"),
        ("Lernen für die Klausur in Chemie", "exam_preparation"),
        ("Projektarbeit in der Gruppe", "project"),
        ("اكتب مقالة عن البيئة", "essay"),
        ("حل التمارين في الصفحة ٤٠", "problem_set"),
        ("تقرير التجربة في المختبر", "lab_report"),
        ("اقرأ الفصل الثالث", "reading"),
        ("المراجعة للامتحان النهائي", "exam_preparation"),
        ("صمم مشروعا مع فريقك", "project"),
        ("Rédigez une dissertation.", "essay"),
        ("Feuille d'exercices n° 2", "problem_set"),
        ("Compte rendu de TP : expérience", "lab_report"),
        ("Lire le chapitre 3 du roman", "reading"),
        ("Réviser pour l'examen", "exam_preparation"),
        ("Exposé et maquette en équipe", "project"),
        ("Escribe un ensayo de 300 palabras.", "essay"),
        ("Hoja de ejercicios: resuelve", "problem_set"),
        ("Informe de laboratorio", "lab_report"),
        ("Leer el capítulo 5", "reading"),
        ("Estudiar para los exámenes", "exam_preparation"),
        ("Proyecto en equipo", "project"),
        ("", "project"),
        ("12345 !!", "project"),
        ("Examples of essayists", "project"),  # parts of words don't count
    ],
)
def test_words_indicate_the_kind(brief: str, kind: Kind) -> None:
    assert kind_of(brief) == kind
    assert kind_of(brief.upper().replace("ẞ", "SS")) == kind
    assert kind_of(unicodedata.normalize("NFD", brief)) == kind


READ_FIRST = "\n1. {0}\n2. {1}\n3. {0}"
IN_LINES: list[tuple[str, str, str]] = [
    ("Essay on photosynthesis", "Read chapter 7.", "Read pages 3 to 9."),
    ("Report on photosynthesis", "Read chapter 7.", "Compare three experiments."),
    ("Aufsatz über die Photosynthese", "Lies Kapitel 7.", "Löse die Aufgaben."),
    ("اكتب مقالا عن البناء الضوئي", "اقرأ الفصل الثالث", "اقرأ الصفحات 3-9"),
    ("اكتب مقالاً عن البناء الضوئي", "اقرأ الفصل الثالث", "اقرأ الصفحات 3-9"),
    ("اكتب مقالًا عن البناء الضوئي", "اقرأ الفصل الثالث", "اقرأ الصفحات 3-9"),
]


@pytest.mark.parametrize("form", [READ_FIRST, " {0} {1} {0}", "\n\n- {1}\n- {0}"])
@pytest.mark.parametrize(("name", "first", "second"), IN_LINES)
def test_what_names_an_assignment_outweighs_what_it_demands(name: str, first: str, second: str, form: str) -> None:
    assert kind_of(name + form.format(first, second)) == "essay"


@pytest.mark.parametrize(
    ("brief", "kind"),
    [
        ("Problem set 3\n1. Read chapter 7.\n2. Write an essay.", "problem_set"),
        ("Übungsblatt 3\n- Lies Kapitel 7.\n- Schreibe einen Aufsatz.", "problem_set"),
        ("Lab report\n1. Read chapter 7.\n2. Solve the exercises.", "lab_report"),
        ("Write a report on the experiment in the lab.", "lab_report"),
        ("Homework\n1. Write the essay.\n2. Read chapter 4.", "essay"),  # only the lines name it
    ],
)
def test_a_kind_is_named_outside_of_the_lines_first(brief: str, kind: Kind) -> None:
    assert kind_of(brief) == kind


@pytest.mark.parametrize(("bare", "kind"), [("مقال", "essay"), ("مشروع", "project"), ("تقرير مخبري", "lab_report")])
def test_tanwin_makes_no_other_word(bare: str, kind: Kind) -> None:
    for ending in ("", "ا", "اً", "ًا"):
        name = " ".join(f"{word}{ending}" for word in bare.split())
        assert kind_of(f"{name}\n1. اقرأ الفصل الثالث\n2. اقرأ الفصل الرابع") == kind


@pytest.mark.parametrize("number", range(60))
def test_briefs_are_of_their_kind(number: int) -> None:
    found = case(number)
    assert kind_of(found.brief) == found.kind


def test_what_a_text_is_about_does_not_outweigh_what_it_is() -> None:
    assert kind_of("Lab report.\nWrite 300 words. " + "The project was a project. " * 3 + "experiment, experiment") == (
        "lab_report"
    )
    assert kind_of("essay " * 3 + "exam " + "x " * 20_000 + "exam " * 9) == "essay"


def test_long_runs_of_accents_take_no_longer_than_words() -> None:
    def seconds(brief: str) -> float:
        began = time.process_time()
        kind_of(brief)
        return time.process_time() - began

    words = min(seconds("word and " * 2500) for _ in range(3))
    assert min(seconds("\u0301\u0316" * 10_000) for _ in range(3)) < 5 * words


@given(st.text())
def test_any_text_has_one_kind(text: str) -> None:
    assert kind_of(text) == kind_of(text)
