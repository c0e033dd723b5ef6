"""The quick-add parser: what it recognises in four languages, what it ignores, and its running time."""

from __future__ import annotations

import re
import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.rules.quick_add_cases import BERLIN, CONTEXT, NOW, SUBJECTS, Case, cases, said

from studyteddy.features.quick_add import service as quick_add
from studyteddy.features.quick_add.parser.languages import PHRASES
from studyteddy.features.quick_add.parser.line import Line
from studyteddy.features.quick_add.parser.parse import ParserContext, parse
from studyteddy.features.quick_add.schemas import ParsedLine
from studyteddy.features.tasks.schemas.tasks import NewTask
from studyteddy.features.tasks.service import occurrences
from studyteddy.platform.errors import Invalid
from studyteddy.platform.local_time.dates import DayBoundary
from studyteddy.platform.text import is_visible

CASES = cases()
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "Australia/Lord_Howe")


def read(text: str, *, now: datetime = NOW, context: ParserContext = CONTEXT, subjects: Any = SUBJECTS) -> ParsedLine:
    return parse(text, now=now, context=context, subjects=subjects)


def test_there_are_enough_cases() -> None:
    counts = Counter(case.language for case in CASES)
    assert len({case.text for case in CASES}) == len(CASES) >= 700
    assert counts["en"] >= 150
    assert min(counts[language] for language in ("de", "es", "fr")) >= 100


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.text)
def test_a_line_is_parsed_as_in_the_table(case: Case) -> None:
    parsed = read(case.text)
    assert said(parsed) == case.expected
    check(case.text, parsed)


REPEATING = [case for case in CASES if read(case.text).task.recurrence]


@pytest.mark.parametrize("case", REPEATING, ids=lambda case: case.text)
def test_a_parsed_recurrence_can_be_created(case: Case) -> None:
    new = quick_add._new(read(case.text).task)
    assert new.recurrence is not None
    planned = occurrences.plan(new, new.recurrence, series_id=UUID(int=1), boundary=CONTEXT.boundary, now=NOW)
    begins = occurrences.first_moment(planned)
    assert occurrences.due(planned, begins) == (new.due_date, new.due_at) or begins.date() >= NOW.date()


def test_many_lines_repeat() -> None:
    assert len(REPEATING) >= 60


def check(text: str, parsed: ParsedLine) -> None:
    """Check the invariants: ordered spans, choices that start with the task's value, fields in range."""
    ends = [0, *(span.end for span in parsed.spans)]
    assert all(last <= span.start < span.end for last, span in zip(ends, parsed.spans, strict=False))
    assert ends[-1] <= len(text)
    task = msgspec.to_builtins(parsed.task)
    held: dict[str, Any] = {
        **task,
        "dueAt": parsed.task.due_at and parsed.task.due_at.isoformat().replace("+00:00", "Z"),
        "recurrence": parsed.task.recurrence and parsed.task.recurrence.rule,
    }
    for span in parsed.spans:
        assert span.value in held["labels"] if span.field == "labels" else span.value == str(held[span.field])
    for choice in parsed.choices:
        values = [option.value for option in choice.options]
        assert values[0] == str(held[choice.field])
        assert 2 <= len(set(values)) == len(values)
        assert 0 <= choice.start < choice.end <= len(text)
    assert msgspec.convert(msgspec.to_builtins(quick_add._new(parsed.task)), NewTask) == quick_add._new(parsed.task)
    assert (parsed.task.due_zone is None) is (parsed.task.due_at is None and parsed.task.due_date is None)


GRAMMAR = (Path(__file__).parents[2] / "docs/quick-add.md").read_text()
EXAMPLES = [
    (kind.strip(), language, example.strip())
    for kind, *cells in re.findall(r"^\| ([a-z][^|]*)\|([^|]*)\|([^|]*)\|([^|]*)\|([^|]*)\|$", GRAMMAR, re.MULTILINE)
    for language, cell in zip(("en", "de", "es", "fr"), cells, strict=True)
    for example in re.split(r", | (?=!)", re.sub(r" \([^)]*\)| to ", ", " if kind.startswith("in any") else "", cell))
    if example.strip(" ,")
]


@pytest.mark.parametrize(("kind", "language", "example"), EXAMPLES)
def test_every_example_of_the_grammar_is_recognised(kind: str, language: str, example: str) -> None:
    often = {"en": "every day", "de": "jeden Tag", "es": "cada día", "fr": "chaque jour"}[language]
    needs = kind in ("its end", "after completion") and "!" not in example
    line = f"Mathe {often} {example}" if needs else f"Mathe {example.strip(', ')}"
    parsed = read(line, context=CONTEXT._replace(locale=language))
    assert parsed.task.title == "Mathe"
    assert bool(parsed.choices) >= (kind == "unclear")


def test_the_grammar_has_examples() -> None:
    assert Counter(language for _, language, _ in EXAMPLES)["en"] > 40
    assert len(EXAMPLES) > 130


# What “today” is, and when a time is.


@pytest.mark.parametrize(
    ("text", "now", "local"),
    [
        ("today", "2026-11-24 02:00", "2026-11-23"),  # before four it is still the day before
        ("tomorrow", "2026-11-24 02:00", "2026-11-24"),
        ("today", "2026-11-24 04:00", "2026-11-24"),
        ("tue", "2026-11-24 02:00", "2026-11-24"),
        ("3am", "2026-11-24 02:00", "2026-11-24 03:00"),
        ("1am", "2026-11-24 02:00", "2026-11-25 01:00"),
        ("1am", "2026-11-23 22:00", "2026-11-24 01:00"),
        ("3pm", "2026-11-24 02:00", "2026-11-24 15:00"),
        ("9am", "2026-11-23 09:00", "2026-11-24 09:00"),  # this very minute is over
        ("thu", "2026-11-26 12:00", "2026-12-03"),
        ("thu 3pm", "2026-11-26 12:00", "2026-11-26 15:00"),
        ("thu 3pm", "2026-11-26 15:00", "2026-12-03 15:00"),
        ("this thu", "2026-11-26 12:00", "2026-11-26"),
        ("this weekend", "2026-11-28 12:00", "2026-11-28"),
        ("this weekend", "2026-11-29 12:00", "2026-11-29"),
        ("30 nov", "2026-11-30 12:00", "2026-11-30"),
        ("30 nov", "2026-12-01 12:00", "2027-11-30"),
        ("the 31st", "2027-02-01 12:00", "2027-03-31"),
        ("in 1 month", "2027-01-31 12:00", "2027-02-28"),
        ("end of month", "2028-02-03 12:00", "2028-02-29"),
        ("every monday 8am", "2026-11-23 09:00", "2026-11-30 08:00"),
        ("every day 8am", "2026-11-23 09:00", "2026-11-24 08:00"),
        ("every last friday of the month", "2026-11-28 09:00", "2026-12-25"),
        ("every month on the 31st", "2027-02-01 09:00", "2027-03-31"),
        ("2027-03-28 02:30", "2026-11-23 09:00", "2027-03-28 03:30"),  # skipped: forward with the clocks
        ("in 2 hours", "2027-03-28 01:30", "2027-03-28 04:30"),
    ],
)
def test_the_students_clock_decides(text: str, now: str, local: str) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=BERLIN).astimezone(UTC)
    task = read(text, now=at).task
    found = f"{task.due_at.astimezone(BERLIN):%Y-%m-%d %H:%M}" if task.due_at else str(task.due_date)
    assert found == local


def test_the_first_of_a_repeated_time_is_used() -> None:
    assert read("2027-10-31 02:30").task.due_at == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


def test_the_zone_is_set_with_the_date() -> None:
    assert read("essay friday").task.due_zone == "Europe/Berlin"
    assert read("essay").task.due_zone is None


@pytest.mark.parametrize(
    ("text", "locale", "day"),
    [
        ("essay 5/6", "en", date(2027, 5, 6)),
        ("essay 5/6", "en-US", date(2027, 5, 6)),
        ("essay 5/6", "en-GB", date(2027, 6, 5)),
        ("essay 5/6", "de", date(2027, 6, 5)),
        ("essay 5/6", "fr-CA", date(2027, 6, 5)),
        ("essay 5/6", "ja", date(2027, 6, 5)),
        ("essay 3.4.", "en", None),
        ("essay 3.4.", "de-AT", date(2027, 4, 3)),
        ("essay mar", "es", date(2026, 11, 24)),
        ("essay mar", "en", None),
        ("essay do", "de", date(2026, 11, 26)),
        ("essay do", "fr", None),
        ("essay sat", "en", date(2026, 11, 28)),
        ("essay sat", "de", None),
    ],
)
def test_the_locale_decides_what_is_unclear(text: str, locale: str, day: date | None) -> None:
    assert read(text, context=CONTEXT._replace(locale=locale)).task.due_date == day


@pytest.mark.parametrize(("locale", "language"), [("es", "de"), ("fr", "fr"), ("de", "de"), ("en", "de")])
def test_a_tie_between_languages_has_one_result(locale: str, language: str) -> None:
    assert Line("essay du", locale).language == language  # “du” is German and French


@pytest.mark.parametrize("locale", ["en", "en-GB", "de", "es-MX", "fr", "ja"])
@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("essay tomorrow", date(2026, 11, 24)),
        ("Aufsatz bis Freitag", date(2026, 11, 27)),
        ("ensayo para el viernes", date(2026, 11, 27)),
        ("dissertation pour vendredi", date(2026, 11, 27)),
        ("essay 30/11", date(2026, 11, 30)),
        ("essay 30 nov", date(2026, 11, 30)),
    ],
)
def test_every_language_is_parsed_in_every_locale(text: str, due: date, locale: str) -> None:
    assert read(text, context=CONTEXT._replace(locale=locale)).task.due_date == due


@pytest.mark.parametrize(
    ("text", "week_start", "expected"),
    [
        ("run every 2 weeks on friday", 1, "run | due=2026-11-27 | rule=FREQ=WEEKLY;INTERVAL=2;BYDAY=FR"),
        ("run every 2 weeks on friday", 7, "run | due=2026-11-27 | rule=FREQ=WEEKLY;INTERVAL=2;BYDAY=FR;WKST=SU"),
        ("run every friday", 7, "run | due=2026-11-27 | rule=FREQ=WEEKLY;BYDAY=FR"),
        ("run next week", 1, "run | due=2026-11-30"),
        ("run next week", 7, "run | due=2026-11-29"),
        ("run end of week", 1, "run | due=2026-11-29"),
        ("run end of week", 7, "run | due=2026-11-28"),
        ("run next sunday", 1, "run | due=2026-12-06 | or=2026-11-29"),
        ("run next sunday", 7, "run | due=2026-11-29"),
    ],
)
def test_the_week_begins_when_the_student_says(text: str, week_start: int, expected: str) -> None:
    assert said(read(text, context=CONTEXT._replace(week_start=week_start))) == expected


# Spans, titles, labels.


def test_offsets_count_code_points() -> None:
    parsed = read("🎓👩‍🎓 é́ssay tomorrow")
    (span,) = parsed.spans
    assert ("🎓👩‍🎓 é́ssay tomorrow"[span.start : span.end], span.field, span.value) == (
        "tomorrow",
        "dueDate",
        "2026-11-24",
    )
    assert span.start == 12


def test_the_spans_of_a_line_are_returned() -> None:
    text = "Study physics thu 3pm 60m !high #exam every week"
    at = "2026-11-26T14:00:00Z"
    assert [(text[span.start : span.end], span.field, span.value) for span in read(text).spans] == [
        ("physics", "subjectId", str(SUBJECTS[0][0])),
        ("thu 3pm", "dueAt", at),
        ("60m", "estimatedMinutes", "60"),
        ("!high", "priority", "high"),
        ("#exam", "labels", "exam"),
        ("every week", "recurrence", "FREQ=WEEKLY;BYDAY=TH"),
    ]


def test_a_date_and_a_time_apart_are_two_parts_of_one_instant() -> None:
    parsed = read("3pm essay thursday")
    assert [(span.start, span.end, span.value) for span in parsed.spans] == [
        (0, 3, "2026-11-26T14:00:00Z"),
        (10, 18, "2026-11-26T14:00:00Z"),
    ]


def test_each_reading_is_a_choice() -> None:
    date_choice, time_choice = read("essay next friday at 5").choices
    assert [(one.value, one.label) for one in date_choice.options] == [
        ("2026-12-04T16:00:00Z", "2026-12-04 17:00"),
        ("2026-11-27T16:00:00Z", "2026-11-27 17:00"),
    ]
    assert [one.label for one in time_choice.options] == ["2026-12-04 17:00", "2026-12-04 05:00"]
    assert (time_choice.field, time_choice.start, time_choice.end) == ("dueAt", 18, 22)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("tomorrow", "tomorrow"),
        ("  #exam  ", "#exam"),
        ("by friday for 2 hours !high", "by friday for 2 hours !high"),
        ("read   the\tbook\n tomorrow", "read the book"),
        ("read , tomorrow", "read"),
        ("read (tomorrow)", "read"),
        ("read #exam, write", "read, write"),
        ("x" * 500, "x" * 200),
        ("\u200b tomorrow \u200b", "tomorrow"),
    ],
)
def test_a_title_is_never_empty_and_has_no_dangling_words(text: str, title: str) -> None:
    assert read(text).task.title == title


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("x " + " ".join(f"#l{n}" for n in range(25)), [f"l{n}" for n in range(20)]),
        ("x #" + "a" * 50, ["a" * 50]),
        ("x #" + "a" * 51, []),
        ("x #परीक्षा #考试 #امتحان", ["परीक्षा", "考试", "امتحان"]),
        ("x #exam,#lab", ["exam", "lab"]),
        ("x #Exam #exam", ["Exam", "exam"]),
        ("x \\#exam C#sharp #7 ## #", []),
        ("x #e-1_b- y", ["e-1_b"]),
    ],
)
def test_labels_are_bounded_and_of_any_script(text: str, labels: list[str]) -> None:
    assert read(text).task.labels == labels


# Subjects.

NAMES = [
    (UUID(int=n), name)
    for n, name in enumerate(
        (
            "Art",
            "Biology",
            "Biochemistry",
            "Geography",
            "Geology",
            "Linear Algebra",
            "Linear Systems",
            "Música",
            "History of Art",
            "C++",
            "Maths",
        ),
        1,
    )
]


@pytest.mark.parametrize(
    ("text", "found", "title"),
    [
        ("@biology sheet", ["Biology"], "sheet"),
        ("@BIOLOGY sheet", ["Biology"], "sheet"),
        ("@musica canto", ["Música"], "canto"),
        ("@Mu\u0301sica canto", ["Música"], "canto"),
        ("@biol sheet", ["Biology"], "sheet"),
        ("@bio sheet", ["Biology", "Biochemistry"], "sheet"),
        ("@ge sheet", ["Geography", "Geology"], "sheet"),
        ("@linear sheet", ["Linear Algebra", "Linear Systems"], "sheet"),
        ("@linear algebra sheet", ["Linear Algebra"], "sheet"),
        ("@systems sheet", ["Linear Systems"], "sheet"),
        ("@boilogy sheet", ["Biology"], "sheet"),
        ("@biologi sheet", ["Biology"], "sheet"),
        ("@biolog sheet", ["Biology"], "sheet"),
        ("@blology sheet", ["Biology"], "sheet"),
        ("@history of art sheet", ["History of Art"], "sheet"),
        ("@art sheet", ["Art"], "sheet"),
        ("@c++ sheet", ["C++"], "sheet"),
        ("@nothing sheet", [], "@nothing sheet"),
        ("@ biology", ["Biology"], "@ biology"),
        ("biology sheet", ["Biology"], "biology sheet"),
        ("bioolgy sheet", ["Biology"], "bioolgy sheet"),
        ("musica sheet", ["Música"], "musica sheet"),
        ("geog sheet", ["Geography"], "geog sheet"),
        ("linear algebra sheet", ["Linear Algebra"], "linear algebra sheet"),
        ("history of art sheet", ["History of Art", "Art"], "history of art sheet"),
        ("art and biology", ["Art", "Biology"], "art and biology"),
        ("math sheet", ["Maths"], "math sheet"),
        ("arts sheet", [], "arts sheet"),
        ("bio sheet", [], "bio sheet"),
        ("start sheet", [], "start sheet"),
        ("me@biology.org", [], "me@biology.org"),
        ("#biology sheet", [], "sheet"),
        ("xbiology sheet", [], "xbiology sheet"),
    ],
)
def test_a_subject_is_found_by_its_name(text: str, found: list[str], title: str) -> None:
    parsed = read(text, subjects=NAMES)
    options = [option.label for choice in parsed.choices for option in choice.options]
    assert parsed.task.title == title
    assert (options or [name for id, name in NAMES if id == parsed.task.subject_id]) == found
    assert (parsed.task.subject_id is None) is (found == [])


# Whatever is written.

WORDS = sorted({word for phrases in PHRASES.values() for phrase in phrases for word in phrase.words})
PIECES = st.one_of(
    st.sampled_from(WORDS),
    st.integers(0, 99).map(str),
    st.sampled_from(["#", "@", "!", "!!", ".", ",", ":", "/", "-", "(", ")", '"', "'", "3pm", "17h30", "1/1", "2026"]),
    st.sampled_from(
        ["physics", "algebra", "chapter", "naïve", "👩‍🎓", "שלום", "e\u0301", "３", "Ⅳ", "ﬃ", "\u202e", "ß"]
    ),
)
LINES = st.one_of(
    st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=500),
    st.builds(
        lambda pieces, gaps: "".join(a + b for a, b in zip(pieces, gaps, strict=False))[:500],
        st.lists(PIECES, min_size=1, max_size=40),
        st.lists(st.sampled_from([" ", " ", " ", ""]), min_size=40),
    ),
).filter(is_visible)
HABITS_OF_ALL = st.builds(
    lambda name, start, locale, week_start: ParserContext(DayBoundary(name, start), locale, week_start),
    st.sampled_from(ZONES),
    st.sampled_from([0, 240, 1439]),
    st.sampled_from(["en", "de", "es", "fr", "en-GB", "ja"]),
    st.integers(1, 7),
)
INSTANTS = st.datetimes(datetime(1971, 1, 2), datetime(2990, 12, 30), timezones=st.just(UTC))


@given(LINES, INSTANTS, HABITS_OF_ALL)
def test_any_line_is_parsed_deterministically_and_in_range(text: str, now: datetime, context: ParserContext) -> None:
    parsed = read(text, now=now, context=context)
    check(text, parsed)
    assert read(text, now=now, context=context) == parsed


REPEATED = (
    "every day ",
    "every! 3 days ",
    "every monday ",
    "jeden 31. im Monat ",
    "tous les jours jusqu'au ",
    "every last friday of the month until ",
    "cada semana ",
    "after completion every ",
)


@given(st.sampled_from(REPEATED), LINES, INSTANTS, HABITS_OF_ALL)
def test_a_parsed_recurrence_can_be_created_unless_it_has_no_occurrences(
    repeated: str, text: str, now: datetime, context: ParserContext
) -> None:
    new = quick_add._new(read((repeated + text)[:500], now=now, context=context).task)
    assert new.recurrence is None or refusals(new, context, now) in ([], ["no_occurrence"])


def refusals(new: NewTask, context: ParserContext, now: datetime) -> list[str]:
    """Return the error code for which a series is rejected."""
    assert new.recurrence is not None
    try:
        occurrences.plan(new, new.recurrence, series_id=UUID(int=1), boundary=context.boundary, now=now)
    except Invalid as refused:
        return [fault.code for fault in refused.faults or []]
    return []


@given(st.sampled_from(CASES), st.integers(0, 3000))
def test_a_line_that_says_when_is_never_due_in_the_past(case: Case, days: int) -> None:
    now = NOW + timedelta(days=days, minutes=days * 7)
    task = read(case.text, now=now).task
    if re.search(
        r"\d{4}|[./-]\d\d$|[./-]\d\d\D|3\.4|today|hoy|heute|jourd|night|afternoon|tarde|abend|midi|soir", case.text
    ):
        return  # the line names its day
    assert task.due_at is None or task.due_at >= now - timedelta(days=1)
    assert task.due_date is None or task.due_date >= CONTEXT.boundary.date_of(now)


# How much work it is.

HOSTILE = [
    "every ",
    "1/",
    "1/1/1/1 ",
    "every mon and ",
    "mon, ",
    "half past ",
    "in ",
    "the day after ",
    "#a ",
    "#",
    "@a ",
    "!",
    "! ",
    "1:",
    "1:1 ",
    "12-",
    "a\u0301",
    "\u0301",
    "שלום ",
    "😀",
    "30 nov ",
    "1.",
    "until ",
    "by the ",
    "a las ",
    "d'",
    "jusqu'",
    "every! ",
    "for ",
    "1 h and ",
    "subjec ",
    "3-5",
    "(",
    '"',
    "x",
    "\u202e",
    "ﷺ",
    "１",
]
MANY = [(UUID(int=n), f"Subject number {n}") for n in range(200)]


@pytest.mark.parametrize("piece", HOSTILE)
def test_the_running_time_is_linear_in_the_length(piece: str) -> None:
    half, whole = (steps((piece * 500)[:length]) for length in (250, 500))
    assert whole <= 2.5 * half
    assert whole <= 200 * 500


def steps(text: str) -> int:
    """Return the number of calls for parsing a line, beyond those for its subjects."""
    return _calls(text, MANY) - _calls("x", MANY)


def _calls(text: str, subjects: Any) -> int:
    count = 0

    def called(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(called)
    try:
        read(text, subjects=subjects)
    finally:
        sys.setprofile(None)
    return count
