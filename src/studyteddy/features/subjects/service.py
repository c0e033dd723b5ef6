"""The rules of subjects."""

from __future__ import annotations

from uuid import UUID

from studyteddy import events
from studyteddy.features.subjects import store
from studyteddy.features.subjects.schemas import (
    NameTaken,
    NewSubject,
    NoSuchSubject,
    Subject,
    SubjectChanges,
    SubjectName,
    SubjectQuery,
)
from studyteddy.platform import versions
from studyteddy.platform.changes import merged
from studyteddy.platform.db import Reader, Tx
from studyteddy.platform.event import Gone
from studyteddy.platform.ids import new_id
from studyteddy.platform.pages import Cursors, Page
from studyteddy.platform.words import asked


async def page(reader: Reader, user_id: UUID, query: SubjectQuery, cursors: Cursors) -> Page[Subject]:
    """The student's subjects by name, or those that a search finds; raises 422 when there is no word in it."""
    name = "subjects" if query.q is None else "subjects:rank"
    after = cursors.read(query.cursor, name, query)
    if query.q is None:
        archived = bool(query.archived)
        found = await store.page(reader, user_id, archived=archived, after=after, limit=query.limit + 1)
    else:
        sought = asked(query.q)
        found = await store.find(reader, user_id, sought, archived=query.archived, after=after, limit=query.limit + 1)
    return cursors.page(found, query, name)


async def get(reader: Reader, user_id: UUID, subject_id: UUID) -> Subject:
    """One subject; raises 404."""
    subject = await store.get(reader, user_id, subject_id)
    if subject is None:
        raise NoSuchSubject()
    return subject


async def names(reader: Reader, user_id: UUID) -> list[SubjectName]:
    """What the student's subjects are called, the archived ones left out; at most 200."""
    return await store.names(reader, user_id)


async def add(tx: Tx, new: NewSubject) -> Subject:
    """Adds a subject; raises 409 `name_taken`."""
    subject = await store.add(tx, tx.user_id, new_id(), new, at=tx.now)
    if subject is None:
        raise NameTaken()
    tx.publish(events.SubjectCreated(subject.id), subject)
    return subject


async def update(tx: Tx, subject_id: UUID, changes: SubjectChanges, *, if_match: str | None) -> Subject:
    """Changes what is given; raises 404, 409 `name_taken`, 412."""
    current = await store.lock(tx, tx.user_id, subject_id)
    if current is None:
        raise NoSuchSubject()
    versions.check(if_match, current)
    changed = merged(current, changes)
    if changed == current:
        return current
    subject = await store.update(tx, tx.user_id, changed, at=tx.now)
    if subject is None:
        raise NameTaken()
    tx.publish(events.SubjectUpdated(subject_id), subject)
    return subject


async def delete(tx: Tx, subject_id: UUID, *, if_match: str | None) -> None:
    """Deletes a subject; its tasks stay, without it."""
    await tx.in_turn()
    current = await store.lock(tx, tx.user_id, subject_id)
    if current is None:
        raise NoSuchSubject()
    versions.check(if_match, current)
    await store.delete(tx, tx.user_id, subject_id)
    tx.publish(events.SubjectDeleted(subject_id), Gone(subject_id))
