"""The texts of the sample data, one file per language; the keys are those of `open_tasks` and `history`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

Language = Literal["en", "de", "ar"]


class SubjectTexts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A subject; each of `templates` takes any of `topics`."""

    name: str
    description: str
    templates: list[str]
    topics: list[str]


class TaskTexts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A task that isn't made of a template."""

    title: str
    description: str = ""
    subtasks: list[str] = []


class AttachmentTexts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file in Markdown."""

    name: str
    text: str


class TutorTexts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the tutor remembers, and messages to it about the problem set on waves."""

    goal: str
    difficulty: str
    preference: str
    messages: list[str]


class CalendarTexts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The name of a calendar and the titles of its events; {} is a subject."""

    name: str
    lecture: str
    course: str
    lab: str
    dentist: str


class Texts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All texts in one language; `notes` and `interruptions` are of focus sessions."""

    subjects: dict[str, SubjectTexts]
    tasks: dict[str, TaskTexts]
    labels: dict[str, str]
    notes: list[str]
    interruptions: list[str]
    attachment: AttachmentTexts
    calendar: CalendarTexts
    tutor: TutorTexts


def load(language: Language) -> Texts:
    """Return the texts in a language."""
    return msgspec.toml.decode((Path(__file__).parent / "texts" / f"{language}.toml").read_bytes(), type=Texts)
