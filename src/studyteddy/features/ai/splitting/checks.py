"""Checks of a proposal: every rule that a model can break, with a message that says how to repair it."""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Literal

import msgspec

from studyteddy.features.ai.schemas.steps import MAX_STEPS, MIN_STEPS, CitedSpan, Step
from studyteddy.features.ai.splitting import minutes, safety, titles
from studyteddy.features.ai.splitting.drafts import Draft
from studyteddy.features.ai.splitting.places import Places
from studyteddy.features.ai.splitting.proposal import RawProposal, RawStep
from studyteddy.features.ai.splitting.verbs import begins_with_verb
from studyteddy.features.ai.tutoring.results import Known
from studyteddy.platform.text import is_visible

MAX_QUOTES = 10
MAX_NOTES, MAX_NOTE_LENGTH = 3, 150
"""Remarks, not a place for the work itself."""
MIN_TOTAL, MAX_TOTAL = 15, 3600
_SHARE_OF_TOTAL = (0.8, 1.2)
"""A fifth less or more, as the documentation says and `total_limits` tells a model."""
_HORIZON = timedelta(days=366)
"""How far ahead dates can be if nothing is due."""
_RESULT = "contains an equation or a value that the assignment lacks. Say what to do, not what comes out."
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)

Rule = Literal[
    "count",
    "quote",
    "minutes",
    "total",
    "order",
    "date",
    "title",
    "duplicate",
    "verb",
    "unsafe",
    "dishonest",
    "result",
    "notes",
]


class Fault(msgspec.Struct, frozen=True):
    """A broken rule; `step` is the position of the step from zero, and None if it is the whole proposal's."""

    step: int | None
    rule: Rule
    message: str


def check(
    raw: RawProposal,
    brief: str,
    *,
    language: str,
    today: date,
    due: date | None,
    total_minutes: int | None,
    granularity: int | None,
) -> tuple[Draft, list[Fault]]:
    """Return the draft and no faults, or an empty draft and all the faults.

    Steps of the draft stand in the order in which they can be done, otherwise in that of the proposal.
    """
    steps, days = raw.steps, [_day(step.due_date) for step in raw.steps]
    cited = _cited(steps, Places(brief))
    order, known = _ordered(steps), Known(brief)
    faults = [
        *_count_faults(steps, granularity),
        *_title_faults(steps, language, known),
        *_quote_faults(steps, cited),
        *_minutes_faults(steps, total_minutes),
        *_date_faults(steps, days, today, due),
        *(_sequence_faults(steps, days) if order else _order_faults(steps)),
        *_note_faults(raw.notes, known),
    ]
    if faults:
        return Draft([], []), faults
    drafted = [_step(steps[place], days[place], cited[place]) for place in order]
    return Draft(drafted, [safety.visible(note) for note in raw.notes]), []


def is_possible(total: int | None, granularity: int | None) -> bool:
    """Return whether steps of five to 480 minutes can sum to a total: otherwise every proposal breaks a rule."""
    least, most = granularity or MIN_STEPS, min((granularity or MAX_STEPS) + 1, MAX_STEPS)
    return total is None or (minutes.UNIT * least <= total and _SHARE_OF_TOTAL[0] * total <= minutes.LONGEST * most)


def total_limits(total: int | None) -> tuple[int, int]:
    """Return between which minutes the sum of the steps must lie."""
    if total is None:
        return MIN_TOTAL, MAX_TOTAL
    least, most = _SHARE_OF_TOTAL
    return round(total * least), round(total * most)


def _step(raw: RawStep, day: date | None, cited: Sequence[CitedSpan | None]) -> Step:
    spans = list(dict.fromkeys(span for span in cited if span))
    return Step(safety.visible(raw.title), raw.minutes, day, spans)


def _count_faults(steps: Sequence[RawStep], granularity: int | None) -> Iterator[Fault]:
    least, most = MIN_STEPS, MAX_STEPS
    if granularity is not None:
        least, most = max(granularity - 1, least), min(granularity + 1, most)
    if not least <= len(steps) <= most:
        yield Fault(None, "count", f"There are {len(steps)} steps. Propose between {least} and {most}.")


def _title_faults(steps: Sequence[RawStep], language: str, known: Known) -> Iterator[Fault]:
    seen: dict[str, int] = {}
    for place, step in enumerate(steps):
        fault = _title_fault(place, step.title, language, known)
        first = seen.setdefault(" ".join(step.title.casefold().split()), place)
        if fault:
            yield fault
        elif first != place:
            yield Fault(place, "duplicate", f"The title is the same as that of step {first}. Merge or rename them.")


def _title_fault(place: int, title: str, language: str, known: Known) -> Fault | None:
    """Return what is most important about a title: one fault is enough to have it rewritten."""
    if not is_visible(title) or len(title) > titles.MAX_LENGTH:
        return Fault(place, "title", f"The title must have between 1 and {titles.MAX_LENGTH} visible characters.")
    if not safety.is_plain(title):
        return Fault(
            place, "unsafe", "The title must be plain text, without links, addresses, HTML, or hidden characters."
        )
    if safety.asks_for_secrets(title):
        return Fault(place, "unsafe", "The step asks for a password or a click on a link. Remove it.")
    if safety.is_dishonest(title):
        return Fault(place, "dishonest", "The step is not the student's own work. Replace it by honest work.")
    if any(map(str.isalpha, title)) and known.lacks_result_of(title):  # a number by itself lacks a verb
        return Fault(place, "result", f"The title {_RESULT}")
    if not begins_with_verb(title, language):
        return Fault(place, "verb", "The title must begin with a verb that says what the student does.")
    return None


def _cited(steps: Sequence[RawStep], places: Places) -> list[list[CitedSpan | None]]:
    return [[places.find(quote) for quote in step.quotes[:MAX_QUOTES]] for step in steps]


def _quote_faults(steps: Sequence[RawStep], cited: Sequence[Sequence[CitedSpan | None]]) -> Iterator[Fault]:
    for place, (step, spans) in enumerate(zip(steps, cited, strict=True)):
        if not 1 <= len(step.quotes) <= MAX_QUOTES:
            yield Fault(
                place, "quote", f"Quote between 1 and {MAX_QUOTES} passages of the assignment that the step serves."
            )
        for quote, span in zip(step.quotes, spans, strict=False):
            if span is None:
                shown = titles.shortened(safety.plain(quote[:500]), 80)
                yield Fault(place, "quote", f"“{shown}” is not in the assignment. Copy at least two words exactly.")


def _minutes_faults(steps: Sequence[RawStep], total: int | None) -> Iterator[Fault]:
    wrong = [place for place, step in enumerate(steps) if not minutes.UNIT <= step.minutes <= minutes.LONGEST]
    for place in wrong:
        yield Fault(place, "minutes", f"A step takes between {minutes.UNIT} and {minutes.LONGEST} minutes.")
    least, most = total_limits(total)
    found = sum(step.minutes for step in steps)
    if not wrong and not least <= found <= most:
        yield Fault(None, "total", f"The minutes sum to {found}. They must sum to between {least} and {most}.")


def _date_faults(
    steps: Sequence[RawStep], days: Sequence[date | None], today: date, due: date | None
) -> Iterator[Fault]:
    last = due or today + _HORIZON
    rule = f"between {today} and {last}, or null" if today <= last else "null, as the due date has passed"
    for place, (step, day) in enumerate(zip(steps, days, strict=True)):
        if step.due_date is not None and (day is None or not today <= day <= last):
            yield Fault(place, "date", f"dueDate must be a date (YYYY-MM-DD) {rule}.")


def _order_faults(steps: Sequence[RawStep]) -> Iterator[Fault]:
    wrong = [place for place, step in enumerate(steps) if not all(0 <= each < len(steps) for each in step.after)]
    for place in wrong:
        yield Fault(place, "order", f"`after` must contain positions of steps, from 0 to {len(steps) - 1}.")
    if steps and not wrong:
        yield Fault(None, "order", "`after` contains a cycle: steps wait for each other.")


def _sequence_faults(steps: Sequence[RawStep], days: Sequence[date | None]) -> Iterator[Fault]:
    for place, step in enumerate(steps):
        day = days[place]
        earlier = [before for each in step.after if (before := days[each])]
        if day and earlier and day < max(earlier):
            yield Fault(place, "date", "dueDate is before that of a step which must be done first.")


def _note_faults(notes: Sequence[str], known: Known) -> Iterator[Fault]:
    if len(notes) > MAX_NOTES or any(len(note) > MAX_NOTE_LENGTH or not is_visible(note) for note in notes):
        yield Fault(None, "notes", f"Write at most {MAX_NOTES} notes of at most {MAX_NOTE_LENGTH} characters.")
    elif not all(safety.is_plain(note) for note in notes) or any(map(safety.asks_for_secrets, notes)):
        yield Fault(None, "unsafe", "Notes must be plain text and never ask for passwords or clicks.")
    elif any(map(safety.is_dishonest, notes)):
        yield Fault(None, "dishonest", "A note advises work that is not the student's own. Remove it.")
    elif any(map(known.lacks_result_of, notes)):
        yield Fault(None, "result", f"A note {_RESULT}")


def _day(text: str | None) -> date | None:
    if text is None or not _ISO_DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _ordered(steps: Sequence[RawStep]) -> list[int]:
    """Return the steps in an order in which they can be done, the first possible one first; empty if there is none."""
    waiting = [set(step.after) for step in steps]
    ready, found = [place for place, before in enumerate(waiting) if not before], []
    while ready:
        place = heapq.heappop(ready)
        found.append(place)
        for later in _freed(waiting, place):
            heapq.heappush(ready, later)
    return found if len(found) == len(steps) else []


def _freed(waiting: Sequence[set[int]], done: int) -> Iterable[int]:
    """Yield the steps that waited for nothing but the one that is done."""
    for place, before in enumerate(waiting):
        if done in before:
            before.discard(done)
            if not before:
                yield place
