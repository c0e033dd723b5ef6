"""Courses of learning platforms and the student's subjects: proposed by name, chosen once, and followed by tasks.

A choice is kept by the name of the course, not by calendar, so that it holds after a subscription was made anew.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from studyteddy import events
from studyteddy.features.calendar.schemas.courses import Course, CourseChoice, Courses, StoredCourse, TooManyCourses
from studyteddy.features.calendar.service import feeds
from studyteddy.features.calendar.store import courses as store
from studyteddy.features.subjects import service as subjects
from studyteddy.features.subjects.schemas import SubjectName
from studyteddy.features.tasks.schemas.tasks import TaskChanges
from studyteddy.features.tasks.service import tasks
from studyteddy.platform.db.statements import Reader
from studyteddy.platform.db.transaction import Tx

MAX_COURSES: Final = 1000
AT_ONCE: Final = 100
"""Tasks that get another subject at one time: the student's other commands wait meanwhile."""
SHORTEST: Final = 3
"""Letters of an abbreviation that stands for a word."""
_WORD: Final = re.compile(r"[^\W\d_]+")


async def of_feed(reader: Reader, user_id: UUID, feed_id: UUID) -> Courses:
    """Return the courses that a calendar names, with their subjects or a proposal; raise 404."""
    await feeds.get(reader, user_id, feed_id)
    known = await store.of_feed(reader, user_id, feed_id)
    names = await subjects.names(reader, user_id)
    return Courses([_shown(one, names) for one in known])


async def choose(tx: Tx, feed_id: UUID, choice: CourseChoice) -> Courses:
    """Choose the subject of a course. Its tasks follow in the background. Raise 404, 409, 422."""
    feed = await feeds.get(tx, tx.user_id, feed_id)
    if choice.subject_id is not None:
        await subjects.require(tx, choice.subject_id)
    await tx.lock_user()
    before = await store.get(tx, tx.user_id, choice.course)
    if before is None and await store.count(tx, tx.user_id) >= MAX_COURSES:
        raise TooManyCourses()
    if before is None or before.subject_id != choice.subject_id:
        await store.choose(tx, tx.user_id, choice.course, choice.subject_id)
        tx.publish(events.FeedUpdated(feed_id), feed)
    return await of_feed(tx, tx.user_id, feed_id)


async def chosen(reader: Reader, user_id: UUID) -> Mapping[str, UUID | None]:
    """Return the chosen subjects by course."""
    return {one.course: one.subject_id for one in await store.chosen(reader, user_id)}


async def follow(tx: Tx, feed_id: UUID) -> None:
    """Give tasks the subjects that were chosen for their courses, unless the student gave them another one."""
    await tx.lock_user()
    found = await store.to_follow(tx, tx.user_id, feed_id, limit=AT_ONCE)
    for one in found:
        task = await tasks.lock_if_exists(tx, one.task_id)
        if task is not None and task.status in ("pending", "in_progress") and task.subject_id == one.given:
            await tasks.update(tx, task, TaskChanges(subject_id=one.chosen))
        await store.record(tx, tx.user_id, one.event_id, one.chosen)
    if len(found) == AT_ONCE:
        tx.publish(events.FeedUpdated(feed_id), await feeds.get(tx, tx.user_id, feed_id))


def proposed(course: str, names: Sequence[SubjectName]) -> UUID | None:
    """Return the subject all of whose words, or abbreviations of them, are in the name of a course.

    Of several the one with most letters; none if that isn't clear.
    """
    said = [word.casefold() for word in _WORD.findall(course)]
    fitting = [(length, one.id) for one in names if (length := _fit(one.name, said))]
    best = max((length for length, _ in fitting), default=0)
    found = [subject_id for length, subject_id in fitting if length == best]
    return found[0] if len(found) == 1 else None


def _fit(name: str, said: Sequence[str]) -> int:
    """Return how many letters a name has, if all of its words are said; else 0."""
    words = [word.casefold() for word in _WORD.findall(name)]
    return sum(map(len, words)) if words and all(_is_said(word, said) for word in words) else 0


def _is_said(word: str, said: Sequence[str]) -> bool:
    return any(one == word or (len(one) >= SHORTEST and word.startswith(one)) for one in said)


def _shown(course: StoredCourse, names: Sequence[SubjectName]) -> Course:
    proposal = None if course.chosen else proposed(course.course, names)
    return Course(course.course, course.events, course.chosen, course.subject_id, proposal)
