"""Checks of a proposal: 200 correct ones pass, and each of 200 planted traps is reported under its rule."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.rules.ai.briefs import MODELS, TODAY, Case, case

from studyteddy.features.ai.schemas.steps import Step
from studyteddy.features.ai.splitting import minutes
from studyteddy.features.ai.splitting.checks import (
    MAX_NOTE_LENGTH,
    MAX_NOTES,
    MAX_QUOTES,
    Fault,
    Rule,
    check,
    is_possible,
)
from studyteddy.features.ai.splitting.drafts import Draft
from studyteddy.features.ai.splitting.proposal import RawProposal, RawStep
from studyteddy.features.ai.splitting.templates import from_template
from studyteddy.features.ai.tutoring.results import Known

CASES = [case(number) for number in range(200)]


def checked(case: Case, raw: RawProposal | None = None) -> tuple[Draft, list[Fault]]:
    return check(
        case.raw if raw is None else raw,
        case.brief,
        language=case.language,
        today=TODAY,
        due=case.due,
        total_minutes=case.total,
        granularity=case.granularity,
    )


def comparable(text: str) -> str:
    """The letters and digits of a text: what a quote must share with its place."""
    return re.sub(r"[\W_]", "", text).lower()


@pytest.mark.parametrize("number", range(200))
def test_a_correct_proposal_passes_and_its_spans_are_the_quotes(number: int) -> None:
    case = CASES[number]
    draft, faults = checked(case)
    assert faults == []
    assert [step.title for step in draft.steps] == [step.title for step in case.raw.steps]
    assert [step.minutes for step in draft.steps] == [step.minutes for step in case.raw.steps]
    assert [step.due_date and str(step.due_date) for step in draft.steps] == [s.due_date for s in case.raw.steps]
    for step, raw in zip(draft.steps, case.raw.steps, strict=True):
        cited = [comparable(case.brief[span.start : span.end]) for span in step.cites]
        assert cited == [comparable(quote) for quote in raw.quotes]
        assert msgspec.convert(msgspec.to_builtins(step), Step) == step
    assert draft.notes == case.raw.notes


def test_the_cases_differ() -> None:
    assert len({case.brief for case in CASES}) == 200
    assert len({(case.kind, case.language) for case in CASES}) >= 12
    assert {case.due is None for case in CASES} == {case.total is None for case in CASES} == {True, False}
    assert {case.granularity is None for case in CASES} == {True, False}


# Traps.

Trap = Callable[[Case, random.Random], RawProposal]


def changed(case: Case, rng: random.Random, **fields: object) -> RawProposal:
    """The proposal with one step changed."""
    return changed_at(case, rng.randrange(len(case.raw.steps)), **fields)


def changed_at(case: Case, place: int, **fields: object) -> RawProposal:
    steps = list(case.raw.steps)
    steps[place] = msgspec.structs.replace(steps[place], **fields)
    return RawProposal(steps, case.raw.notes)


def a_word_of_a_quote_changed(case: Case, rng: random.Random) -> RawProposal:
    place = rng.randrange(len(case.raw.steps))
    words = re.split(r"(\s+)", case.raw.steps[place].quotes[0])
    at = rng.randrange(0, len(words), 2)
    words[at] = f"{words[at]}zebra" if len(words) == 1 else "zebra"
    return changed_at(case, place, quotes=["".join(words)])


def a_digit_of_a_quote_changed(case: Case, rng: random.Random) -> RawProposal:
    lines = case.brief.splitlines()
    places = [
        (line, match.start())
        for number, line in enumerate(lines)
        for match in re.finditer(r"\d", line)
        if number < 2 or match.start() > 4  # not the number in front of the line
    ]
    line, at = rng.choice(places)
    wrong = next(text for digit in "0123456789" if (text := line[:at] + digit + line[at + 1 :]) not in case.brief)
    return changed(case, rng, quotes=[wrong])


def a_digit_of_a_quote_dropped(case: Case, rng: random.Random) -> RawProposal:
    """The quote is part of the brief, letter by letter, but it ends inside of a number."""
    numbers = [match for match in re.finditer(r"\w\S* \S* ?\d\d", case.brief) if " " in match[0] and len(match[0]) > 9]
    wrong = numbers[0][0][:-1] if numbers else "Question 123456"
    return changed(case, rng, quotes=[wrong])


def a_quote_of_another_brief(case: Case, rng: random.Random) -> RawProposal:
    other = rng.choice([model for model in MODELS if model.head[:12] not in case.brief])
    return changed(case, rng, quotes=[rng.choice(other.pairs())[0].format(a=4, b=55)])


def a_quote_with_words_left_out(case: Case, rng: random.Random) -> RawProposal:
    line = max(case.brief.splitlines(), key=lambda line: len(line.split(" ")))
    words = line.split(" ")
    at = len(words) // 2 if len(words) > 4 else 1
    return changed(case, rng, quotes=[" ".join((*words[:at], *words[at + 1 :])) if len(words) > 2 else line[1:-1:2]])


def no_quote(case: Case, rng: random.Random) -> RawProposal:
    return changed(case, rng, quotes=[])


def a_quote_that_says_nothing(case: Case, rng: random.Random) -> RawProposal:
    return changed(case, rng, quotes=[rng.choice(["", "  ", "...", "—", "\u200b", case.brief.split()[0][:2]])])


def many_quotes(case: Case, rng: random.Random) -> RawProposal:
    place = rng.randrange(len(case.raw.steps))
    return changed_at(case, place, quotes=case.raw.steps[place].quotes * (MAX_QUOTES + 1))


def a_step_without_time(case: Case, rng: random.Random) -> RawProposal:
    return changed(case, rng, minutes=rng.choice([-30, 0, 4]))


def a_step_of_more_than_a_day(case: Case, rng: random.Random) -> RawProposal:
    return changed(case, rng, minutes=rng.choice([481, 1440, 10**30]))


def half_of_the_time(case: Case, rng: random.Random) -> RawProposal:
    steps = [msgspec.structs.replace(step, minutes=5) for step in case.raw.steps]
    return RawProposal([*steps[:-1], msgspec.structs.replace(steps[-1], minutes=6)], case.raw.notes)


def double_the_time(case: Case, rng: random.Random) -> RawProposal:
    return RawProposal([msgspec.structs.replace(step, minutes=480) for step in case.raw.steps], [])


def a_cycle(case: Case, rng: random.Random) -> RawProposal:
    steps = [
        msgspec.structs.replace(step, after=[place - 1], due_date=None) for place, step in enumerate(case.raw.steps)
    ]
    return RawProposal([msgspec.structs.replace(steps[0], after=[len(steps) - 1]), *steps[1:]], [])


def a_step_after_itself(case: Case, rng: random.Random) -> RawProposal:
    place = rng.randrange(len(case.raw.steps))
    return changed_at(case, place, after=[place])


def a_step_after_none(case: Case, rng: random.Random) -> RawProposal:
    return changed(case, rng, after=[rng.choice([-1, len(case.raw.steps), 10**20])])


def a_date_in_the_past(case: Case, rng: random.Random) -> RawProposal:
    return changed_at(case, 0, due_date=str(TODAY - timedelta(days=rng.randint(1, 400))), after=[])


def a_date_after_the_due_date(case: Case, rng: random.Random) -> RawProposal:
    last = case.due or TODAY + timedelta(days=366)
    return changed_at(case, len(case.raw.steps) - 1, due_date=str(last + timedelta(days=rng.randint(1, 9))))


def no_date_at_all(case: Case, rng: random.Random) -> RawProposal:
    wrong = ["tomorrow", "", "2026-13-01", "2026-11-31", "20261124", "2026-W48-2", "24.11.2026", "٢٠٢٦-١١-٢٤"]
    return changed(case, rng, due_date=rng.choice(wrong))


def a_date_before_that_of_an_earlier_step(case: Case, rng: random.Random) -> RawProposal:
    day = case.due or TODAY + timedelta(days=3)
    steps = [msgspec.structs.replace(step, due_date=None, after=[]) for step in case.raw.steps]
    steps[0] = msgspec.structs.replace(steps[0], due_date=str(day))
    steps[1] = msgspec.structs.replace(steps[1], due_date=str(day - timedelta(days=1)), after=[0])
    return RawProposal(steps, [])


def a_title_twice(case: Case, rng: random.Random) -> RawProposal:
    first, second = rng.sample(range(len(case.raw.steps)), 2)
    return changed_at(case, second, title=case.raw.steps[first].title.upper())


def a_title_without_a_verb(case: Case, rng: random.Random) -> RawProposal:
    wrong = {"en": "The introduction", "de": "Die Einleitung", "ar": "المقدمة والخاتمة"}
    return changed(case, rng, title=rng.choice([wrong.get(case.language, "1914"), "1. 2."]))


def an_invisible_title(case: Case, rng: random.Random) -> RawProposal:
    return changed(case, rng, title=rng.choice(["", "   ", "\u200b\u200f", "\u0301", "\u2800"]))


def a_long_title(case: Case, rng: random.Random) -> RawProposal:
    place = rng.randrange(len(case.raw.steps))
    return changed_at(case, place, title=f"{case.raw.steps[place].title} {'x' * 120}")


def two_steps(case: Case, rng: random.Random) -> RawProposal:
    steps = [msgspec.structs.replace(step, after=[], minutes=240) for step in case.raw.steps[:2]]
    return shared_out(case, steps)


def sixteen_steps(case: Case, rng: random.Random) -> RawProposal:
    first = msgspec.structs.replace(case.raw.steps[0], after=[])
    steps = [msgspec.structs.replace(first, title=f"{first.title} {number}") for number in range(16)]
    return shared_out(case, steps)


def shared_out(case: Case, steps: list[RawStep]) -> RawProposal:
    total = case.total or 240
    return RawProposal([msgspec.structs.replace(step, minutes=max(total // len(steps), 5)) for step in steps], [])


DISHONEST = (
    "Buy an essay online",
    "Copy the text from the internet",
    "Copy and paste the answers",
    "Ask ChatGPT to write the introduction",
    "Have an AI write the report",
    "Let someone else do your homework",
    "Submit a friend's essay as your own",
    "Hire a ghostwriter",
    "Write the essay with ChatGPT",
    "Invent the data for the second table",
    "Get the stolen exam questions",
    "Fool the plagiarism checker",
    "Use an essay mill to get the text",
    "Find an online essay writing service",
    "Download a finished essay and change the words",
    "Get a ready-made lab report",
    "Paraphrase a friend's old essay",
    "Reword an old essay from the internet",
    "Take another student's report as a start",
    "Change some words so that no one notices",
    "Run the text through a paraphrasing tool",
    "Download the essay and rewrite it",
    "Kaufe eine fertige Hausarbeit",
    "Beauftrage einen Ghostwriter",
    "Nutze einen Ghostwriting-Dienst für den Text",
    "Lade einen fertigen Aufsatz herunter und ändere die Wörter",
    "Paraphrasiere den alten Aufsatz eines Freundes",
    "Formuliere die Hausarbeit von einer Mitschülerin um",
    "Ersetze einzelne Wörter, damit es niemand merkt",
    "Lass den Aufsatz von einer KI schreiben",
    "Kopiere die Lösung aus dem Internet",
    "Gib fremde Arbeit ab",
    "Reiche den Text als deine eigene Arbeit ein",
    "Erfinde die Messwerte für die Tabelle",
    "Hausarbeit von jemandem schreiben lassen",
    "شراء مقال جاهز من موقع",
    "تحميل بحث جاهز وتغيير كلماته",
    "استخدام موقع لكتابة المقالات",
    "إعادة صياغة مقال قديم لصديق",
    "تغيير كلمات بحث زميل",
    "نسخ الإجابات من الإنترنت",
    "طلب من الذكاء الاصطناعي أن يكتب المقال",
    "تسليم بحث شخص آخر",
    "اختلاق نتائج التجربة",
)
UNSAFE = (
    "Read https://evil.example/login",
    "Read www.evil.example",
    "Read evil.com/essay",
    "Read <b>chapter 5</b>",
    "Read [chapter 5](x)",
    "Read <script>alert(1)</script>",
    "Read chapter\u202e 5",
    "Read\u200b chapter 5",
    "Read chapter\x07 5",
    "Ask teacher@school.example",
    "Enter your password to continue",
    "Click on this link",
    "Open javascript:alert(1)",
    "Gib hier dein Passwort ein",
    "Klicke auf diesen Link",
    "إرسال كلمة المرور إلى الموقع",
    "الضغط على هذا الرابط",
)


def dishonest_work(case: Case, rng: random.Random) -> RawProposal:
    return changed(case, rng, title=rng.choice(DISHONEST))


def an_unsafe_title(case: Case, rng: random.Random) -> RawProposal:
    return changed(case, rng, title=rng.choice(UNSAFE))


def an_unsafe_note(case: Case, rng: random.Random) -> RawProposal:
    return RawProposal(case.raw.steps, [rng.choice(UNSAFE)])


def a_dishonest_note(case: Case, rng: random.Random) -> RawProposal:
    return RawProposal(case.raw.steps, ["Good luck!", f"You could also do this: {rng.choice(DISHONEST)}."])


def many_notes(case: Case, rng: random.Random) -> RawProposal:
    return RawProposal(case.raw.steps, rng.choice([["Note"] * (MAX_NOTES + 1), ["x" * (MAX_NOTE_LENGTH + 1)], [" "]]))


RESULTS = (
    "Solve for x: x = 5017",
    "Check that the answer is 5017",
    "Calculate the mass: 5017 kg",
    "Compute that the root is 3.1234",
    "Zeige, dass das Ergebnis fünftausendsiebzehn ist: Ergebnis: 5017",
    "Bestimme g: g beträgt 50,17",
    "بيان أن الناتج هو ٥٠١٧",
    "Calculer que x vaut 5017",
    "Balance 2 H2 + O2 → 2 H2O",
    "Use the law q=w·z",
    "Show that the share is 5017/5018",
    "Check that you get 5017 for x",
    "Answer 5017",
    "Write the solution (5017)",
    "Write down result 5017",
    "Explain why x equals to five thousand and seventeen",
    "Show that x ≔ 5017",
    "Calculate the distance: 5017",
    "Prüfe das Ergebnis 5017 noch einmal",
)


def a_result_in_a_title(case: Case, rng: random.Random) -> RawProposal:
    return changed(case, rng, title=rng.choice(RESULTS))


def a_result_in_a_note(case: Case, rng: random.Random) -> RawProposal:
    return RawProposal(case.raw.steps, ["Good luck!", rng.choice(RESULTS)])


TRAPS: dict[Trap, Rule] = {
    a_word_of_a_quote_changed: "quote",
    a_digit_of_a_quote_changed: "quote",
    a_digit_of_a_quote_dropped: "quote",
    a_quote_of_another_brief: "quote",
    a_quote_with_words_left_out: "quote",
    no_quote: "quote",
    a_quote_that_says_nothing: "quote",
    many_quotes: "quote",
    a_step_without_time: "minutes",
    a_step_of_more_than_a_day: "minutes",
    half_of_the_time: "total",
    double_the_time: "total",
    a_cycle: "order",
    a_step_after_itself: "order",
    a_step_after_none: "order",
    a_date_in_the_past: "date",
    a_date_after_the_due_date: "date",
    no_date_at_all: "date",
    a_date_before_that_of_an_earlier_step: "date",
    a_title_twice: "duplicate",
    a_title_without_a_verb: "verb",
    an_invisible_title: "title",
    a_long_title: "title",
    two_steps: "count",
    sixteen_steps: "count",
    dishonest_work: "dishonest",
    a_dishonest_note: "dishonest",
    an_unsafe_title: "unsafe",
    an_unsafe_note: "unsafe",
    a_result_in_a_title: "result",
    a_result_in_a_note: "result",
    many_notes: "notes",
}
NEEDS_A_TOTAL = (half_of_the_time, double_the_time)
NEEDS_DAYS = (a_date_before_that_of_an_earlier_step,)


def test_every_rule_has_a_trap() -> None:
    assert set(TRAPS.values()) == set(get_args(Rule))


@pytest.mark.parametrize("number", range(200))
def test_a_trap_is_reported_and_nothing_else(number: int) -> None:
    case, trap = CASES[number], list(TRAPS)[number % len(TRAPS)]
    if trap in NEEDS_A_TOTAL:
        case = replace(case, total=sum(step.minutes for step in case.raw.steps))
    elif TRAPS[trap] == "minutes":
        case = replace(case, total=None)
    if trap in NEEDS_DAYS and case.due:
        case = replace(case, due=case.due + timedelta(days=1))
    draft, faults = checked(case, trap(case, random.Random(number)))
    assert {fault.rule for fault in faults} == {TRAPS[trap]}
    assert draft == Draft([], [])
    assert all(fault.message.isprintable() and len(fault.message) < 300 for fault in faults)


# Single rules.

BRIEF = "Essay on bees\n1. Explain how bees dance.\n2. Compare three hives in the city.\nPart B\nWords: 500"


def step(title: str = "Explain the dance", **fields: object) -> RawStep:
    base = RawStep(title, 30, "short", None, ["Explain how bees dance."], [])
    return msgspec.structs.replace(base, **fields)


def faults(*steps: RawStep, language: str = "en", due: date | None = None) -> list[tuple[int | None, str]]:
    _, found = check(
        RawProposal(list(steps), []),
        BRIEF,
        language=language,
        today=TODAY,
        due=due,
        total_minutes=None,
        granularity=None,
    )
    return [(fault.step, fault.rule) for fault in found]


def three(first: RawStep) -> list[RawStep]:
    return [first, step("Compare the hives"), step("Write five hundred words")]


@pytest.mark.parametrize("title", DISHONEST)
@pytest.mark.parametrize("language", ["en", "de", "ar", "fr"])
def test_dishonest_work_is_recognized_in_each_language(title: str, language: str) -> None:
    found = faults(*three(step(title)), language=language)
    assert found[0] == (0, "dishonest")


@pytest.mark.parametrize("title", RESULTS)
def test_a_result_that_the_brief_lacks_is_recognized(title: str) -> None:
    assert faults(*three(step(title))) == [(0, "result")]


@pytest.mark.parametrize(
    "title",
    [
        "Solve 2x + 3 = 45",
        "Solve 2x+3=45 on paper",
        "Explain why the mass is 12 kg",
        "Explain why the mass is twelve kg",
        "Read pages 10–20 (chapter 3)",
        "Answer question 7",
        "Write an outline that is 2 pages long",
        "Read for 45 minutes",
        "Draft 3 sections: 2, 4 and 5",
        "Take a break of 10 min",
        "Ask whether the due date is 5 December",
        "Finish before it is 17:30",
        "Check that the date is 2026-12-05",
        "Compare the two narrators of the novel",
        "Answer 3 questions about the text",
        "Solve exercises 4 and 5",
        "Solve exercises 3a, 3b and 4c",
        "Write half of the text",
        "Write a third draft",
        "Choose the 1st of the sources",
        "Summarize Act 3, scene 2",
        "Explain how H2O and CO2 react",
        "Collect five reasons for each side",
        "Revise days 1 to 7",
        "Meet the group at 5 pm",
        "Hand in the sheet on December 5",
        "Review World War 2",
    ],
)
def test_what_the_brief_says_and_the_numbers_of_planning_pass(title: str) -> None:
    brief = "Solve 2x + 3 = 45. The mass is 12 kg."
    steps = [step(one, quotes=["The mass is 12 kg"]) for one in (title, "Compare the hives", "Write the text")]
    _, found = check(
        RawProposal(steps, []), brief, language="en", today=TODAY, due=None, total_minutes=None, granularity=None
    )
    assert found == []


def test_an_equation_is_not_the_end_of_another_one() -> None:
    assert Known("Solve 2x = 10 and y = 105.").lacks_result_of("Show that x = 10")
    assert Known("Solve 2x = 10 and y = 105.").lacks_result_of("Show that y = 10")
    assert not Known("Solve 2x = 10 and y = 105.").lacks_result_of("Check 2x=10.")


@pytest.mark.parametrize("title", UNSAFE)
def test_unsafe_titles_are_recognized(title: str) -> None:
    assert faults(*three(step(title))) == [(0, "unsafe")]


@pytest.mark.parametrize(
    "title",
    [
        "Check the essay for plagiarism",
        "Avoid plagiarism by citing each source",
        "Ask a friend to read your draft",
        "Ask other students to complete the questionnaire",
        "Present your results to a friend",
        "Copy the data from your notebook into the table",
        "Write about the problems with AI",
        "Discuss how AI changes homework",
        "Implement the login page and password hashing",
        "Submit the assignment",
        "Prove that a < b and c > d",
        "Explain e.g. the dance, i.e. its angle",
        "Work on the 1.5 page summary",
        "Read pages 10–20 (chapter 3)",
        "Order the sections of your report",
        "Paraphrase the source in your own words",
        "Rewrite your old essay with the new sources",
        "Research why essay mills are banned",
        "Find existing reports on water quality",
        "Use past papers to practise",
        "Download the essay prompt",
        "Download the essay by Orwell and read it",
        "Take the finished essay to your teacher",
        "Edit a classmate's essay for the peer review",
        "Replace vague words in your text",
        "Compare a friend's answers with yours",
        "Use the finished report for the presentation",
    ],
)
def test_honest_work_passes(title: str) -> None:
    assert faults(*three(step(title))) == []


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("de", "Paraphrasiere die Quelle in eigenen Worten"),
        ("de", "Nutze alte Klausuren zum Üben"),
        ("de", "Lade die fertige Hausarbeit hoch"),
        ("de", "Formuliere deine alte Hausarbeit neu"),
        ("de", "Schreibe einem Freund von deiner Arbeit"),
        ("de", "Ersetze unklare Wörter in deinem Text"),
        ("de", "Suche alte Berichte über das Hochwasser"),
        ("ar", "إعادة صياغة المصدر بأسلوبك الخاص"),
        ("ar", "استخدام موقع المكتبة للبحث عن مصادر"),
        ("ar", "مراجعة المقال مع صديق"),
        ("ar", "تحميل ورقة الواجب"),
    ],
)
def test_honest_work_passes_in_other_languages(language: str, title: str) -> None:
    assert 0 not in [place for place, _ in faults(*three(step(title)), language=language)]


@pytest.mark.parametrize(
    ("language", "title", "passes"),
    [
        ("en", "Read chapter 5", True),
        ("en", "“Read” chapter 5", True),
        ("en", "Chapter 5", False),
        ("en", "Exercise 3", False),
        ("en", "Question 2 about cells", False),
        ("en", "Test 1: waves", False),
        ("en", "Test 3 hypotheses", True),
        ("en", "Exercise caution with acids", True),
        ("de", "Frage 3", False),
        ("de", "Versuch 2 zur Optik", False),
        ("de", "Frage drei Personen", True),
        ("ar", "السؤال 3", False),
        ("ar", "تجربة 2", False),
        ("ar", "تجربة الدائرة", True),
        ("en-GB", "Organise your notes", True),
        ("en", "Lies das Kapitel", False),
        ("de", "Lies Kapitel 5", True),
        ("de", "Kapitel 5 lesen", True),
        ("de", "Schreib den Text", True),
        ("de", "Sammle Quellen", True),
        ("de", "Verbessere den Text", True),
        ("de", "ÜBERPRÜFE die Quellen", True),
        ("de", "Kapitel 5", False),
        ("ar", "قراءة الفصل الخامس", True),
        ("ar", "اقرأ الفصل الخامس", True),
        ("ar", "اِقْرَأ الفصل الخامس", True),
        ("ar", "البحث عن المصادر", True),
        ("ar", "الفصل الخامس", False),
        ("fr", "Lire le chapitre", True),
        ("es", "¿Leer el capítulo?", True),
        ("zh", "阅读第五章", True),
        ("fr", "5 chapitres", False),
        ("xx", "→ go", False),
    ],
)
def test_a_title_begins_with_a_verb(language: str, title: str, passes: bool) -> None:
    first = step(title)
    found = [fault for fault in faults(*three(first), language=language) if fault[0] == 0]
    assert found == ([] if passes else [(0, "verb")])


@pytest.mark.parametrize(
    ("quote", "passes"),
    [
        ("Part B", True),  # short, but a whole line
        ("part b", True),
        ("Essay on", True),
        ("bees", False),
        ("how bees", True),
        ("in the", False),
        ("Words: 500", True),
        ("Words: 50", False),
        ("bees dance. 2. Compare", True),
        ("bees dance Compare", False),
    ],
)
def test_a_quote_proves_something(quote: str, passes: bool) -> None:
    assert faults(*three(step(quotes=[quote]))) == ([] if passes else [(0, "quote")])


def test_steps_are_put_in_order_and_stay_in_place_otherwise() -> None:
    steps = [
        step("Write the text", after=[2, 3]),
        step("Read the text", due_date="2026-11-24"),
        step("Find sources", after=[1]),
        step("Plan the text"),
        step("Check the text", after=[0]),
    ]
    draft, found = check(
        RawProposal(steps, []), BRIEF, language="en", today=TODAY, due=None, total_minutes=None, granularity=5
    )
    titles = ["Read the text", "Find sources", "Plan the text", "Write the text", "Check the text"]
    assert (found, [each.title for each in draft.steps]) == ([], titles)


def test_a_step_is_not_before_any_of_those_that_it_waits_for() -> None:
    early, late = step("Read it", due_date="2026-11-24"), step("Plan it", due_date="2026-11-26")
    for day, found in (("2026-11-26", []), ("2026-11-25", [(2, "date")]), (None, [])):
        assert faults(early, late, step("Write it", due_date=day, after=[0, 1])) == found


def test_nothing_has_a_date_after_the_due_date_has_passed() -> None:
    past = TODAY - timedelta(days=1)
    assert faults(*three(step()), due=past) == []
    assert faults(*three(step(due_date=str(TODAY))), due=past) == [(0, "date")]
    assert faults(*three(step(due_date=str(past))), due=past) == [(0, "date")]


def test_a_span_counts_code_points_of_the_original() -> None:
    brief = "🐝🐝 Notes\r\n• “Explain”\u00a0how\u00ad\t bees – dance! 🐝"
    steps = three(step(quotes=['"explain" how bees - dance!']))
    steps = [steps[0], *(msgspec.structs.replace(each, quotes=["how bees – dance"]) for each in steps[1:])]
    draft, found = check(
        RawProposal(steps, []), brief, language="en", today=TODAY, due=None, total_minutes=None, granularity=None
    )
    assert found == []
    (span,) = draft.steps[0].cites
    assert brief[span.start : span.end] == "“Explain”\u00a0how\u00ad\t bees – dance!"


RAW_STEPS = st.builds(
    RawStep,
    title=st.one_of(st.text(max_size=150), st.sampled_from(["Read it", "Write it", *DISHONEST, *UNSAFE])),
    minutes=st.integers(-10, 600),
    size=st.sampled_from(["short", "medium", "long"]),
    due_date=st.one_of(st.none(), st.dates(TODAY, TODAY + timedelta(days=9)).map(str), st.text(max_size=12)),
    quotes=st.lists(st.one_of(st.text(max_size=30), st.sampled_from(BRIEF.split("\n"))), max_size=3),
    after=st.lists(st.integers(-1, 6), max_size=3),
)


@pytest.mark.parametrize(("found", "passes"), [(475, False), (480, True), (720, True), (725, False)])
def test_a_total_is_kept_to_a_fifth(found: int, passes: bool) -> None:
    steps = [msgspec.structs.replace(one, minutes=160) for one in three(step())]
    steps[0] = msgspec.structs.replace(steps[0], minutes=found - 320)
    asked: dict[str, Any] = {"language": "en", "today": TODAY, "due": None, "granularity": None}
    _, faults = check(RawProposal(steps, []), BRIEF, **asked, total_minutes=600)
    assert [fault.rule for fault in faults] == ([] if passes else ["total"])


@given(st.lists(RAW_STEPS, max_size=6), st.lists(st.text(max_size=40), max_size=2), st.sampled_from(["en", "ar", "ja"]))
def test_any_proposal_has_faults_or_a_valid_draft(steps: list[RawStep], notes: list[str], language: str) -> None:
    due = TODAY + timedelta(days=7)
    draft, found = check(
        RawProposal(steps, notes), BRIEF, language=language, today=TODAY, due=due, total_minutes=None, granularity=None
    )
    assert bool(found) is (draft == Draft([], []))
    assert msgspec.convert(msgspec.to_builtins(draft), Draft) == draft


@given(st.integers(1, 10_080), st.integers(3, 15))
def test_a_template_has_sound_minutes_if_any_steps_can(total: int, granularity: int) -> None:
    """Up to 7,200 minutes: a model may take a fifth less than more."""
    count = minutes.fitting(granularity, total, least=3, most=15)
    asked: dict[str, Any] = {"language": "en", "today": TODAY, "due": None, "total_minutes": total}
    made = from_template("Essay about rivers", **asked, granularity=count)
    steps = [RawStep(one.title, one.minutes, "short", None, ["Essay about rivers"], []) for one in made.steps]
    _, found = check(RawProposal(steps, []), "Essay about rivers", **asked, granularity=count)
    if is_possible(total, count):
        assert found == [] or total > 15 * minutes.LONGEST
    else:
        assert {fault.rule for fault in found} == {"minutes"}
    assert count == granularity or not 5 * granularity <= total <= 480 * granularity
