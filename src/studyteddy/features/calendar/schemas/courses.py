"""Courses that calendars of learning platforms name, and the subjects that their deadlines belong to."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from studyteddy.features.calendar.formats.feeds import MAX_COURSE
from studyteddy.platform.errors import Conflict
from studyteddy.platform.fields import name_of

CourseName = Annotated[str, name_of(MAX_COURSE, "HIST 101")]


class Course(msgspec.Struct, frozen=True, rename="camel"):
    """A course that a calendar names. As long as none is chosen for it, its tasks have the subject of the calendar."""

    course: str
    events: Annotated[int, Meta(description="How many events of the calendar belong to it.")]
    chosen: Annotated[bool, Meta(description="Whether a subject, or none, was chosen.")]
    subject_id: Annotated[UUID | None, Meta(description="The chosen subject.")]
    proposed_subject_id: Annotated[UUID | None, Meta(description="The subject whose name fits, unless one was chosen.")]


class Courses(msgspec.Struct, frozen=True):
    """The courses of a calendar, those with most events first; at most 100."""

    items: list[Course]


class CourseChoice(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The subject of a course; null if its tasks shall have none."""

    course: CourseName
    subject_id: UUID | None


class TooManyCourses(Conflict):
    """You have chosen the subjects of 1,000 courses already."""


class StoredCourse(msgspec.Struct, frozen=True):
    """A course with what was chosen for it."""

    course: str
    events: int
    chosen: bool
    subject_id: UUID | None


class ChosenSubject(msgspec.Struct, frozen=True):
    """What was chosen for a course."""

    course: str
    subject_id: UUID | None


class CourseTask(msgspec.Struct, frozen=True):
    """A task that was made of a deadline of a course: the subject that it was given, and the one chosen since."""

    event_id: UUID
    task_id: UUID
    given: UUID | None
    chosen: UUID | None
