"""What a brief enumerates, and where."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyteddy.features.ai.splitting import deliverables


def found(brief: str) -> list[str]:
    """Each deliverable, and what it cites if that is something else."""
    items = deliverables.find(brief)
    cited = [brief[item.span.start : item.span.end] for item in items]
    return [
        item.task if item.task == cite else f"{item.task} < {cite}" for item, cite in zip(items, cited, strict=True)
    ]


@pytest.mark.parametrize(
    ("brief", "items"),
    [
        ("Do this:\n1. Read\n2. Write", ["Read", "Write"]),
        ("1) Read\r\n2) Write\r\n", ["Read", "Write"]),
        ("(1) Read\n(2) Write", ["Read", "Write"]),
        ("a) Read\nb) Write", ["Read", "Write"]),
        ("i. Read\nii. Write", ["Read", "Write"]),
        ("١. اقرأ\n٢. اكتب", ["اقرأ", "اكتب"]),
        ("1、阅读\n2、写作", ["阅读", "写作"]),
        ("- Read\n- Write", ["Read", "Write"]),
        ("\t• Read  \n\t• Write", ["Read", "Write"]),
        ("- [ ] Read\n- [x] Write", ["Read", "Write"]),
        ("\u200f1. اقرأ\n\u202b2. اكتب", ["اقرأ", "اكتب"]),
        ("\ufeff1. Read\n2. Write", ["Read", "Write"]),
        ("Part A: Theory\ntext\nPart B: Practice", ["Part A: Theory", "Part B: Practice"]),
        ("## Part 1\n- x\n- y\n## **Part 2**\n", ["Part 1", "Part 2**"]),
        ("Aufgabe 1 Zeige es.\nAufgabe 2 Beweise es.", ["Aufgabe 1 Zeige es.", "Aufgabe 2 Beweise es."]),
        ("السؤال 1 عرف\nالسؤال 2 اشرح", ["السؤال 1 عرف", "السؤال 2 اشرح"]),
        ("Thesis (20 points)\nStyle: 5 points", ["Thesis < Thesis (20 points)", "Style < Style: 5 points"]),
        ("| Inhalt | 60 % |\n| Form | 40 % |", ["Inhalt < Inhalt | 60 % |", "Form < Form | 40 % |"]),
        ("1. Read (5 pts)\n2. Write", ["Read < Read (5 pts)", "Write"]),
        ("Do Questions 2-4 at home.", [f"Question {number} < Questions 2-4" for number in (2, 3, 4)]),
        ("Aufgaben 1 bis 2", ["Aufgabe 1 < Aufgaben 1 bis 2", "Aufgabe 2 < Aufgaben 1 bis 2"]),
        ("الأسئلة 1-2", ["السؤال 1 < الأسئلة 1-2", "السؤال 2 < الأسئلة 1-2"]),
        ("Write an essay.", []),
        ("1. Only one", []),
        ("- - -\n---\n- ", []),
        ("1. \n2. ", []),
        ("1.5 hours\n2.5 hours", []),
        ("Question a friend\nPart of it", []),
        ("Questions 4-2", []),
        ("Questions 1-900", []),
        ("", []),
        (" \n\t\u200b", []),
    ],
)
def test_lists_are_found(brief: str, items: list[str]) -> None:
    assert found(brief) == items


def test_points_weigh() -> None:
    brief = "1. Read (10 points)\n2. Write (30 points)\n3. Check (200 points)"
    assert [item.weight for item in deliverables.find(brief)] == [0.5, 0.5, 2.0]
    assert [item.weight for item in deliverables.find(brief.replace("(30 points)", ""))] == [1.0, 1.0, 1.0]
    assert [item.weight for item in deliverables.find("1. Read (0 points)\n2. Write (0 points)")] == [1.0, 1.0]


def test_points_weigh_inside_a_line() -> None:
    brief = "Aufgabe 1 (10 Punkte) Zeige, dass x > 0 ist.\nAufgabe 2 [30 P.] Beweise es."
    assert [item.weight for item in deliverables.find(brief)] == [0.5, 1.5]
    assert [deliverables.without_points(item.task) for item in deliverables.find(brief)] == [
        "Aufgabe 1 Zeige, dass x > 0 ist.",
        "Aufgabe 2 Beweise es.",
    ]


def test_a_list_that_begins_late_is_material() -> None:
    late = "x" * deliverables.READ_CHARACTERS + "\n1. Read\n2. Write"
    assert found(late) == []
    assert found(late[500:]) == ["Read", "Write"]


@given(
    st.lists(
        st.one_of(st.text(max_size=20), st.sampled_from(["1. ", "- ", "Part A", "(5 points)", "Questions 1-3"])),
        max_size=12,
    ),
    st.sampled_from(["", "\n", " "]),
)
def test_spans_are_in_the_brief_and_in_order(pieces: list[str], gap: str) -> None:
    brief = gap.join(pieces)
    items = deliverables.find(brief)
    starts = [item.span.start for item in items]
    assert starts == sorted(starts)
    for item in items:
        assert 0 <= item.span.start < item.span.end <= len(brief)
        cited = brief[item.span.start : item.span.end]
        assert cited == cited.strip()
        assert cited.startswith(item.task) or item.task[-1].isdigit()
