"""Which subject is proposed for a course."""

from __future__ import annotations

import pytest

from studyteddy.features.calendar.service.courses import proposed
from studyteddy.features.subjects.schemas import SubjectName
from studyteddy.platform.ids import new_id


@pytest.mark.parametrize(
    ("course", "subjects", "fitting"),
    [
        ("HIST 101", ["Biology", "History"], "History"),
        ("BIO-201 Cell biology", ["Biology", "Chemistry"], "Biology"),
        ("Organic Chemistry II", ["Chemistry", "Organic chemistry"], "Organic chemistry"),
        ("WS26 Lineare Algebra", ["lineare algebra", "Analysis"], "lineare algebra"),
        ("Physics 1", ["Physics 1", "Physics 2"], None),
        ("الأحياء 101", ["الأحياء", "التاريخ"], "الأحياء"),
        ("Art history", ["Art", "History"], "History"),
        ("CS 50", ["Computer science"], None),
        ("Chemistry", ["Mathematics"], None),
        ("12345", ["Biology", "42"], None),
        ("Biology", [], None),
    ],
)
def test_the_subject_whose_words_are_said_is_proposed(course: str, subjects: list[str], fitting: str | None) -> None:
    names = [SubjectName(new_id(), name) for name in subjects]
    found = proposed(course, names)
    assert next((one.name for one in names if one.id == found), None) == fitting
